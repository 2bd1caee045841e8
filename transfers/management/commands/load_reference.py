"""`manage.py load_reference`: what every installation starts with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from transfers.deadlines.reference import load
from transfers.deadlines.reference_files import BadFile


class Command(BaseCommand):
    help = (
        "Insert the regions, agencies, calendar, policies, alert ladder and roles that ship and are"
        " missing. Never changes what is there; safe to run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            inserted = load(at=timezone.now())
        except BadFile as error:
            raise CommandError(str(error)) from error
        if options["verbosity"] > 0:
            if not inserted.total:
                self.stdout.write("Everything is there already.")
            for name, count in inserted.counts.items():
                if count:
                    self.stdout.write(f"{name}: {count} new")
