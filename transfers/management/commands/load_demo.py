"""`manage.py load_demo`: made-up cases to look at."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import localdate

from transfers.demo.load import load
from transfers.demo.plots import FEWEST

LOGINS = "demo-logins.json"


class Command(BaseCommand):
    help = (
        "Load made-up agencies' cases in every state, once, and logins for them with random"
        " passwords, kept in DATA_DIR. Safe to run again. Refused in production."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--count", type=int, default=400, help="How many cases (default: 400).")
        parser.add_argument(
            "--today",
            type=date.fromisoformat,
            help="The day the cases lead up to, as YYYY-MM-DD (default: today).",
        )

    def handle(self, *args: Any, count: int, today: date | None, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Made-up cases have no place in production; nothing was loaded.")
        if count < FEWEST:
            raise CommandError(f"It takes at least {FEWEST} cases to show every state.")
        path = settings.DATA_DIR / LOGINS
        made = load(count, today or localdate(), path)
        if options["verbosity"] > 0:
            self.stdout.write(f"{made} new cases. The logins are in {path}")
