"""Prove that the books agree, and keep the report."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ...money.proof import prove
from ...rules.money import yuan


class Command(BaseCommand):
    help = (
        "Check that all books agree. Keeps the report, opens and clears breaks; exit 1 on a break."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="the report as JSON, amounts in fen"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        proof = prove(timezone.now())
        breaks = list(
            proof.breaks.select_related("application", "line__statement", "receivable", "agency")
        )
        if options["json"]:
            report = {
                "proof": proof.pk,
                "breaks_found": proof.breaks_found,
                "figures": proof.figures,
                "new_breaks": [
                    {
                        "kind": each.kind,
                        "subject": str(each.application or each.line or each.receivable),
                        "owner": each.agency.region_id,
                        "facts": each.facts,
                    }
                    for each in breaks
                ],
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            for name, fen in proof.figures.items():
                if name.endswith("_fen"):
                    self.stdout.write(f"{name.removesuffix('_fen'):12} {yuan(fen):>20}")
            seconds = (proof.finished_at - proof.started_at).total_seconds()
            self.stdout.write(f"{proof.breaks_found} breaks, {seconds:.1f} s")
            for each in breaks:
                self.stdout.write(f"  {each} ({each.agency.name}) {each.facts}")
        if proof.breaks_found:
            raise CommandError(f"The books do not agree: {proof.breaks_found} breaks.")
