"""Genuine, replaced, no longer valid, or not genuine."""

import copy
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from tests.documents.papers import certificate_of, paper_of
from tests.scenes import Scene, moment
from transfers.documents.sheets import sheet_of
from transfers.documents.signing import add_key, read_keys, seals
from transfers.documents.verification import Verdict, code_of, is_sealed, verify
from transfers.models import Agency, Paper, TransferApplication
from transfers.rules.hashing import digest_of
from transfers.rules.states import Action, State

pytestmark = pytest.mark.django_db
TODAY = date(2025, 10, 29)
K = Paper.Kind


@pytest.fixture
def application(scene: Scene) -> TransferApplication:
    return scene.out()


@pytest.fixture
def form(application: TransferApplication) -> Paper:
    return paper_of(application, K.INFORMATION_FORM)


def verdict(paper: Paper, on: date = TODAY, **changes: str) -> Verdict:
    given = {"number": paper.number, "code": code_of(paper)} | changes
    return verify(given["number"], given["code"], on).verdict


def test_a_paper_as_issued_is_genuine(form: Paper) -> None:
    assert verdict(form) is Verdict.GENUINE
    assert verdict(form, number=form.number.lower().replace("-", " ")) is Verdict.GENUINE
    assert verdict(form, code=f" {code_of(form).upper()} ") is Verdict.GENUINE
    with translation.override("en"):
        assert verdict(form, code=sheet_of(form).code) is Verdict.GENUINE


def test_the_notice_of_one_office_does_not_replace_that_of_the_other(scene: Scene) -> None:
    case = scene.in_state(State.SUPPLEMENT_REQUESTED)
    scene.do(case, "applicant", Action.SUPPLY, moment("2025-09-26"), items=["stop_proof"])
    scene.do(case, "destination_clerk", Action.REQUEST_SUPPLEMENT, moment("2025-09-28"),
             items=["residence_proof"], why="住址不一致")  # fmt: skip
    first, second = Paper.objects.filter(kind=K.SUPPLEMENT_NOTICE).order_by("pk")
    assert first.agency != second.agency
    assert verdict(first) is verdict(second) is Verdict.GENUINE


def test_a_newer_paper_of_the_kind_replaces_it(
    scene: Scene, application: TransferApplication
) -> None:
    first = certificate_of(scene, application)
    second = certificate_of(scene, application, "2025-10-23")
    assert verdict(first) is Verdict.REPLACED
    assert verdict(second) is Verdict.GENUINE
    assert verdict(paper_of(application, K.RECEIPT)) is Verdict.GENUINE


def test_a_certificate_ends_after_its_last_day(
    scene: Scene, application: TransferApplication
) -> None:
    paper = certificate_of(scene, application)
    assert paper.valid_until is not None
    assert verdict(paper, paper.valid_until) is Verdict.GENUINE
    assert verdict(paper, paper.valid_until + timedelta(days=1)) is Verdict.EXPIRED


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "0" * 16}, {"code": ""}, {"code": "é"}, {"number": "HZ20250924-000000018"},
        {"number": ""}, {"number": "' OR 1=1 --"}, {"number": "x" * 500},
    ],
)  # fmt: skip
def test_anything_else_is_not_genuine_and_tells_nothing(
    form: Paper, changes: dict[str, str]
) -> None:
    given = {"number": form.number, "code": code_of(form)} | changes
    finding = verify(given["number"], given["code"], TODAY)
    assert finding.verdict is Verdict.NOT_GENUINE
    assert finding.paper is None


def test_the_whole_hash_is_no_code(form: Paper) -> None:
    assert verdict(form, code=form.content_hash) is Verdict.NOT_GENUINE


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    else:
        yield path


def changed(content: Any, path: tuple[Any, ...]) -> Any:
    twin = copy.deepcopy(content)
    inner = twin
    for key in path[:-1]:
        inner = inner[key]
    old = inner[path[-1]]
    if isinstance(old, bool) or old is None:
        inner[path[-1]] = not old
    elif isinstance(old, int):
        inner[path[-1]] = old + 1
    else:
        inner[path[-1]] = f"{old}1"
    return twin


def test_whatever_is_changed_changes_the_hash_and_is_noticed(form: Paper) -> None:
    paths = list(leaves(form.content))
    assert len(paths) > 40
    seen = {form.content_hash}
    for path in paths:
        tampered = copy.copy(form)
        tampered.content = changed(form.content, path)
        digest = digest_of(tampered.content)
        assert digest not in seen, path
        seen.add(digest)
        assert not is_sealed(tampered), path
        # Also with the hash put right: the seal is over the old one.
        tampered.content_hash = digest
        assert not is_sealed(tampered), path


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "XB20251021-000000018"),
        ("kind", K.RECEIPT),
        ("version", 2),
        ("signature", "AAAA"),
        ("signer", "ed25519-unknown"),
        ("content_hash", "0" * 64),
        ("valid_until", date(2030, 1, 1)),
    ],
)
def test_a_changed_column_is_noticed(form: Paper, field: str, value: Any) -> None:
    tampered = copy.copy(form)
    setattr(tampered, field, value)
    assert not is_sealed(tampered)


def test_a_changed_day_of_issue_is_noticed(form: Paper) -> None:
    form.issued_at += timedelta(seconds=1)
    assert not is_sealed(form)


def _forged(form: Paper, **changes: Any) -> Paper:
    """A row that somebody with the database but without the key put in."""
    content = copy.deepcopy(form.content)
    content["number"] = "XB20251021-000000019"
    content["version"] = 9
    content["body"]["balance_fen"] = 99_999_900
    digest = digest_of(content)
    given = {
        "number": content["number"], "kind": K.CERTIFICATE, "application": form.application,
        "version": 9, "content": content | {"kind": "certificate"}, "content_hash": digest,
        "signer": form.signer, "signature": form.signature, "agency": form.agency,
        "issued_at": form.issued_at,
    }  # fmt: skip
    given |= changes
    content = given["content"]
    given["content_hash"] = digest_of(content)
    return Paper.objects.create(**given)


def test_a_row_put_in_with_another_papers_signature_is_not_genuine(form: Paper) -> None:
    assert verdict(_forged(form)) is Verdict.NOT_GENUINE


def test_a_row_signed_with_a_key_of_the_forger_is_not_genuine(form: Paper, tmp_path: Path) -> None:
    add_key(tmp_path / "forger.json", "ed25519")
    forger = read_keys(tmp_path / "forger.json").current
    row = _forged(form, signer=form.signer)
    for signer in (form.signer, forger.id):
        twin = copy.copy(row)
        twin.signer, twin.signature = signer, forger.sign(row.content_hash)
        assert not is_sealed(twin)


def test_after_rotation_old_and_new_papers_verify(
    scene: Scene, application: TransferApplication, form: Paper, seal_keys: Path
) -> None:
    add_key(seal_keys, "hmac-sm3")
    newer = certificate_of(scene, application)
    assert newer.signer.startswith("hmac-sm3-")
    assert newer.signer != form.signer
    assert verdict(form) is verdict(newer) is Verdict.GENUINE
    keys = json.loads(seal_keys.read_text())["keys"]
    seal_keys.write_text(json.dumps({"keys": keys[:1]}))  # the old key is lost
    assert seals().find(form.signer) is None
    assert verdict(form) is Verdict.NOT_GENUINE
    assert verdict(newer) is Verdict.GENUINE


def test_the_name_of_an_office_may_change_later(form: Paper) -> None:
    Agency.objects.filter(pk=form.agency_id).update(name_zh="新名称", phone="1")
    assert verdict(Paper.objects.get(pk=form.pk)) is Verdict.GENUINE


def test_papers_stay_genuine_when_the_case_ends(scene: Scene) -> None:
    application = scene.in_state(State.WITHDRAWN)
    assert verdict(paper_of(application, K.RECEIPT)) is Verdict.GENUINE


def test_two_forms_and_their_papers(scene: Scene) -> None:
    """A corrected form's paper replaces the first one's."""
    from tests.scenes import FORM, moment

    application = scene.in_state(State.DISCREPANCY_RAISED)
    first = paper_of(application, K.INFORMATION_FORM)
    scene.four_eyes(application, Action.CORRECT, "origin_clerk", "origin_checker",
                    moment("2025-10-23"), form=FORM)  # fmt: skip
    assert verdict(first) is Verdict.REPLACED
    assert verdict(paper_of(application, K.INFORMATION_FORM)) is Verdict.GENUINE
