"""`manage.py deadman`: for a timer outside the worker, which it watches."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from transfers.deadlines.heartbeats import stale


class Command(BaseCommand):
    help = "Exit with 1 and name every scheduled job that has been silent for three of its periods."

    def handle(self, *args: Any, **options: Any) -> None:
        silent = stale(timezone.now())
        if silent:
            raise CommandError("\n".join(str(job) for job in silent))
        if options["verbosity"] > 0:
            self.stdout.write("Every job has finished lately.")
