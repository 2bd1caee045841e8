"""`manage.py load_calendar FILE`: one year's holiday notice, and new dates for the steps it touches."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from transfers.deadlines.redate import CannotLoad, Loaded, load, preview
from transfers.deadlines.sentences import problem_sentences
from transfers.rules.notices import NoticeError


class Command(BaseCommand):
    help = (
        "Load one year's holiday notice and re-date every open step it touches. The same file twice"
        " changes nothing; another file for the same year replaces it. The format is that of"
        " transfers/fixtures/calendar/."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--pool", help="Code of the pool whose own days the file holds.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would move, and write nothing."
        )
        parser.add_argument("--lang", choices=("zh", "en"), default="zh")

    def handle(
        self,
        *args: Any,
        file: Path,
        pool: str | None,
        dry_run: bool,
        lang: str,
        **options: Any,
    ) -> None:
        with translation.override("zh-hans" if lang == "zh" else "en"):
            try:
                text = file.read_text(encoding="utf-8")
                work = preview if dry_run else load
                self._say(work(text, pool, at=timezone.now()))
            except OSError as error:
                raise CommandError(f"{file}: {error.strerror}") from error
            except UnicodeDecodeError as error:
                raise CommandError(_("%(file)s is not UTF-8 text.") % {"file": file}) from error
            except NoticeError as error:
                raise CommandError("\n".join(problem_sentences(error))) from error
            except CannotLoad as error:
                raise CommandError(str(error)) from error

    def _say(self, loaded: Loaded) -> None:
        notice, moved = loaded.notice, loaded.moved
        head = {"year": notice.year, "number": notice.number}
        if not loaded.changed:
            self.stdout.write(_("%(year)s (%(number)s) is loaded already.") % head)
            return
        self.stdout.write(_("%(year)s (%(number)s) is loaded.") % head)
        self.stdout.write(
            _(
                "%(steps)s steps of %(cases)s cases have new dates: %(later)s later,"
                " %(earlier)s earlier, %(confirmed)s now certain;"
                " %(no_longer_overdue)s are no longer overdue, %(newly_overdue)s are now."
            )
            % {
                "steps": moved.steps,
                "cases": moved.cases,
                "later": moved.later,
                "earlier": moved.earlier,
                "confirmed": moved.confirmed,
                "no_longer_overdue": moved.no_longer_overdue,
                "newly_overdue": moved.newly_overdue,
            }
        )
