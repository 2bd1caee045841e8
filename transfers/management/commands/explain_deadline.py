"""`manage.py explain_deadline`: when is it due, and why, day by day."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from transfers.deadlines.calendars import calendar_of
from transfers.deadlines.sentences import why_sentence
from transfers.models import NATION, Calendar, Region
from transfers.rules.working_days import Explained, OutsideCalendar

LONGEST = 1000  # working days; four years are more than any limit


class Command(BaseCommand):
    help = "Say when something is due that starts on a day and may take so many working days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="start", required=True, help="Day zero, such as 2025-09-30."
        )
        parser.add_argument("--days", required=True, help="Working days, at least 1.")
        parser.add_argument("--pool", default=NATION, help="Count by this pool's calendar.")
        parser.add_argument("--json", action="store_true", help="Print JSON.")
        parser.add_argument("--lang", choices=("zh", "en"), default="zh")

    def handle(
        self,
        *args: Any,
        start: str,
        days: str,
        pool: str,
        lang: str,
        **options: Any,
    ) -> None:
        with translation.override("zh-hans" if lang == "zh" else "en"):
            since, count = _day(start), _count(days)
            try:
                calendar = calendar_of(pool)
                explained = calendar.explain(since, count)
            except (Region.DoesNotExist, Calendar.DoesNotExist) as error:
                if Calendar.objects.exists():
                    raise CommandError(
                        _("There is no region %(code)s.") % {"code": pool}
                    ) from error
                raise CommandError(
                    _("There is no calendar yet. Run load_reference first.")
                ) from error
            except OutsideCalendar as error:
                raise CommandError(
                    _("The calendar starts on %(first)s.") % {"first": calendar.first}
                ) from error
            if options["json"]:
                self.stdout.write(json.dumps(_as_data(explained), ensure_ascii=False))
            else:
                self._print(since, explained)

    def _print(self, since: date, explained: list[Explained]) -> None:
        last = explained[-1]
        due = _("Due on %(day)s") % {"day": last.day}
        self.stdout.write(f"{due} {_('(provisional)')}" if last.provisional else due)
        self.stdout.write(f"{since}    0  {_('Day zero')}")
        for day in explained:
            number = "–" if day.counted is None else str(day.counted)
            self.stdout.write(f"{day.day} {number:>4}  {_why(day)}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            _("“%(value)s” is not a date like 2027-01-31.") % {"value": text}
        ) from error


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LONGEST:
        raise CommandError(
            _("“%(value)s” is not a number of working days from 1 to %(longest)s.")
            % {"value": text, "longest": LONGEST}
        )
    return int(text)


def _why(day: Explained) -> str:
    return why_sentence(day.why, provisional=day.provisional)


def _as_data(explained: list[Explained]) -> dict[str, Any]:
    last = explained[-1]
    return {
        "due": last.day.isoformat(),
        "provisional": last.provisional,
        "days": [
            {"date": day.day.isoformat(), "working": day.working, "why": _why(day)}
            for day in explained
        ],
    }
