"""`manage.py assess_arrears`: what one gap comes to, for scripts and to be read out at the counter."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arrears.policy import NotInForce, resolve
from arrears.rules.answer import answer, complaint
from arrears.rules.asked import Problem, Refused, problem
from arrears.rules.assessment import Assessment, assess
from arrears.rules.figures import figures, shown, sources, spell, stated
from arrears.rules.reading import read
from arrears.rules.reasons import INSTEAD, Caution, Reason
from transfers.models import Region

LONGEST = 1_000_000  # characters; a case needs a few hundred
INVALID = 2  # exit code
ESSENTIAL = ("gap_months", "total", "late_fee", "waiting_months", "restart_on")  # said first


class Command(BaseCommand):
    help = (
        "Read one case of missed contributions as a JSON object on standard input and say what it "
        "comes to: with --json as one JSON object, else as text."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON.")
        parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="Of the text.")

    def handle(self, *args: Any, lang: str, **options: Any) -> None:
        with translation.override("zh-hans" if lang == "zh" else "en"):
            try:
                found = _assessed(_standard_input())
            except Refused as error:
                if options["json"]:
                    self._print(complaint(error.problems))
                    raise SystemExit(INVALID) from None
                sentences = (
                    f"{field}: {said}" if field else said for field, said in error.sentences
                )
                raise CommandError("\n".join(sentences), returncode=INVALID) from error
            if options["json"]:
                self._print(answer(found))
            else:
                self._read_out(found)

    def _print(self, data: dict[str, Any]) -> None:
        said = json.dumps(data, ensure_ascii=False)
        try:
            said.encode(getattr(self.stdout, "encoding", None) or "utf-8")
        except UnicodeEncodeError:  # half a character from the input, or a terminal without Chinese
            said = json.dumps(data)
        self.stdout.write(said)

    def _read_out(self, found: Assessment) -> None:
        if found.reason is not None:
            self.stdout.write(str(Reason(found.reason).label))
            self.stdout.write(str(INSTEAD[found.reason]))
        told = figures(found)
        for figure in told:
            if figure.key in ESSENTIAL:
                self.stdout.write(stated(figure.key, shown(figure.key, figure.value)))
        self.stdout.write("\n" + _("How this comes about:"))
        places = {place.code: place.name for place in Region.objects.filter(pk__in=_places(found))}
        behind = dict.fromkeys(line for figure in told for line in sources(figure, places))
        for figure in told:
            self.stdout.write(stated(figure.key, spell(figure)))
        self.stdout.write("\n" + _("Where the values come from:"))
        for line in behind:
            self.stdout.write(line)
        for code in found.cautions:
            self.stdout.write(_("Note: %(what)s") % {"what": Caution(code).label})


def _places(found: Assessment) -> set[str]:
    used = found.used
    values = [*used.values.values(), *(base.amount for base in used.bases.values())]
    return {value.region for value in (*values, *(period.rate for period in used.rates))}


def _standard_input() -> str:
    if sys.stdin is None:  # closed
        return ""
    raw = getattr(sys.stdin, "buffer", sys.stdin).read(LONGEST + 1)
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = gettext_lazy("This is not text in UTF-8.")
        raise Refused([problem("", "not_json", words)]) from error
    if len(raw) > LONGEST:
        raise Refused([problem("", "too_large", gettext_lazy("This is too long for one case."))])
    return text


def _assessed(document: str) -> Assessment:
    case = read(document)
    wrong: list[Problem] = []
    if case.region is not None and not Region.objects.filter(pk=case.region).exists():
        words = gettext_lazy("There is no region %(code)s.")
        wrong.append(Problem("region", "unknown", words, {"code": case.region}))
    asked = case.asked(wrong)
    assert case.region is not None  # or `asked` had refused
    try:
        terms = resolve(case.region, asked.paid_on)
    except NotInForce as error:
        raise Refused([problem("paid_on", error.code, lazystr(error))]) from error
    return assess(asked, terms)
