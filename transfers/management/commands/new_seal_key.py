"""`manage.py new_seal_key`: the first key that seals papers, or the next one."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from transfers.documents.signing import ALGORITHMS, SealError, add_key


class Command(BaseCommand):
    help = (
        "Put a fresh key in front of the file SEAL_KEYS: it seals papers from now on; the keys"
        " behind it still verify. Keep a copy of the file apart from the database."
    )
    requires_system_checks: list[str] = []  # one of them asks for the file this makes

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--algorithm", choices=ALGORITHMS, default=ALGORITHMS[0])
        parser.add_argument(
            "--if-missing", action="store_true", help="Do nothing where there is a file already."
        )

    def handle(self, *args: Any, algorithm: str, if_missing: bool, **options: Any) -> None:
        path = Path(settings.SEAL_KEYS)
        try:
            made = add_key(path, algorithm, at=timezone.localtime(), only_first=if_missing)
        except (OSError, SealError) as error:
            raise CommandError(f"No key was made: {error}") from None
        if options["verbosity"] > 0:
            said = f"{path}: {made} signs from now on." if made else f"{path} is there already."
            self.stdout.write(said)
