"""Which materials are asked for."""

import pytest

from transfers.models import MaterialKind, MoveReason
from transfers.models.applications import Channel
from transfers.models.policies import ValueStatus
from transfers.rules.materials import TABLE, Facts, required
from transfers.rules.states import Scheme

ID, HOME = "id_card", "residence_proof"


@pytest.mark.parametrize(
    ("facts", "kinds"),
    [
        ((Scheme.EMPLOYEE, Scheme.EMPLOYEE, "new_job", "online"), [ID]),
        ((Scheme.EMPLOYEE, Scheme.FLEXIBLE, "new_job", "online"), [ID]),
        ((Scheme.EMPLOYEE, Scheme.EMPLOYEE, "moved", "online"), [ID]),
        ((Scheme.EMPLOYEE, Scheme.FLEXIBLE, "moved", "online"), [ID, HOME]),
        ((Scheme.RESIDENT, Scheme.RESIDENT, "moved", "online"), [ID, HOME]),
        ((Scheme.EMPLOYEE, Scheme.EMPLOYEE, "retired", "online"), [ID, HOME]),
        ((Scheme.RESIDENT, Scheme.EMPLOYEE, "other", "online"), [ID]),
        ((Scheme.EMPLOYEE, Scheme.EMPLOYEE, "new_job", "counter"), [ID]),
        ((Scheme.EMPLOYEE, Scheme.EMPLOYEE, "new_job", "counter", False), [ID, "certificate"]),
        ((Scheme.RESIDENT, Scheme.RESIDENT, "moved", "counter", False), [ID, "certificate", HOME]),
        ((Scheme.EMPLOYEE, Scheme.EMPLOYEE, "new_job", "counter", True, True), [ID, "authorisation"]),
        ((Scheme.EMPLOYEE, Scheme.EMPLOYEE, "moved", "batch", False, True), []),
    ],
)  # fmt: skip
def test_materials_by_scheme_reason_and_channel(facts: tuple, kinds: list[str]) -> None:
    assert [row.kind for row in required(Facts(*facts))] == kinds


def test_the_table_speaks_the_models_words_and_says_how_sure_it_is() -> None:
    assert {row.kind for row in TABLE} <= set(MaterialKind.values)
    assert {row.status for row in TABLE} <= set(ValueStatus.values)
    assert all(str(row.why) for row in TABLE)
    for reason in MoveReason.values:
        for channel in Channel.values:
            kinds = [row.kind for row in required(Facts("resident", "resident", reason, channel))]
            assert len(kinds) == len(set(kinds))
