"""Nobody but the workflow moves a state."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django_fsm import TransitionNotAllowed

from tests.scenes import Scene, moment
from transfers.models import TransferApplication


def test_a_transition_taken_past_the_door_is_refused(scene: Scene) -> None:
    application = TransferApplication.objects.get(pk=scene.accepted().pk)
    with pytest.raises(TransitionNotAllowed):
        application.transfer_out(at=moment("2025-10-13"))
    with pytest.raises(TransitionNotAllowed):
        application.balance.remit(bank_reference="B1", at=moment("2025-10-13"))


def test_the_state_cannot_be_assigned(scene: Scene) -> None:
    application = scene.submit().application
    with pytest.raises(AttributeError):
        application.state = "validated"


def state_updates(source: str) -> list[int]:
    """Lines that write a column named `state` through a queryset, which no machine would see."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("update", "update_or_create")
        and any(keyword.arg == "state" for keyword in node.keywords)
    ]


def test_no_queryset_writes_a_state() -> None:
    packages = [settings.BASE_DIR / name for name in ("transfers", "arrears", "config")]
    files = [path for package in packages for path in package.rglob("*.py")]
    assert len(files) > 50, "the sources are found"
    found: dict[Path, list[int]] = {
        path: lines for path in files if (lines := state_updates(path.read_text(encoding="utf-8")))
    }
    # How far a batch has come is no case's state: its jobs move it by compare-and-set.
    batches = settings.BASE_DIR / "transfers" / "intake" / "batches"
    assert {path.name for path in found if path.parent == batches} == {"asking.py", "jobs.py"}
    assert not [
        path
        for path in found
        if path.parent == batches and "TransferApplication" in path.read_text()
    ]
    assert {path for path in found if path.parent != batches} == set()


def test_a_queryset_that_writes_a_state_would_be_seen() -> None:
    assert state_updates("rows.filter(pk=1).update(state='rejected')") == [1]
    assert state_updates("rows.update(name='x')") == []
