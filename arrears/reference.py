"""What every installation starts with: the arrears policies of places and their wage bases.

Inserted when absent and never written over, like all that ships (`transfers.deadlines.reference`): a
policy when its region has no row that shares a day with it, a wage base when its region has none for
the year.
"""

from pathlib import Path

from django.apps import apps

from transfers.deadlines.reference_files import (
    BadFile,
    flag,
    insert,
    parsed,
    policies,
    regions_known,
    rows_in,
)
from transfers.models.policies import ValueStatus
from transfers.rules.states import Role

from .models.policies import ArrearsPolicy, WageBase

FILES = Path(__file__).resolve().parent / "fixtures"


def load_policies(files: Path = FILES) -> int:
    """Returns how many were new. Raises BadFile."""
    return policies(files / "arrears_policies.csv", ArrearsPolicy)


def load_wage_bases(files: Path = FILES) -> int:
    """Returns how many were new. Raises BadFile."""
    path = files / "wage_bases.csv"
    columns = ("region", "year", "amount_fen", "status", "source", "verified")
    regions, known = regions_known(), set(WageBase.objects.values_list("region_id", "year"))
    stored = set(known)
    lines, bases = [], []
    for line, row in rows_in(path, columns):
        if row["region"] not in regions:
            raise BadFile(path, line, f"region {row['region']} is unknown")
        if row["status"] not in ValueStatus:
            raise BadFile(path, line, f"status cannot be {row['status']!r}")
        key = row["region"], parsed(path, line, "year", row["year"], int)
        if key in stored:
            continue
        if key in known:
            raise BadFile(path, line, f"{key[0]} has a base for {key[1]} already")
        known.add(key)
        lines.append(line)
        bases.append(
            WageBase(
                region_id=key[0],
                year=key[1],
                amount_fen=parsed(path, line, "amount_fen", row["amount_fen"], int),
                status=row["status"],
                source=row["source"],
                verified=parsed(path, line, "verified", row["verified"], flag),
            )
        )
    return insert(path, lines, bases)


def permissions() -> dict[Role, set[tuple[str, str]]]:
    """What roles may do with the models of this app, besides the work on its cases."""
    edited = [model._meta.model_name for model in (ArrearsPolicy, WageBase)]
    every = [model._meta.model_name for model in apps.get_app_config("arrears").get_models()]
    actions = ("add", "change", "view")
    return {
        Role.POLICY_EDITOR: {("arrears", f"{act}_{name}") for act in actions for name in edited},
        Role.AUDITOR: {("arrears", f"view_{name}") for name in every},
    }
