"""The PDFs, read back by poppler: rare names print, nobody is named in full, two pages at most."""

import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from django.utils import translation

from tests.documents.papers import RARE, certificate_of, named, paper_of, pdf_text
from tests.scenes import FORM, Scene, moment
from transfers.documents.glyphs import characters, printable, printable_all
from transfers.documents.pdf import pdf_of
from transfers.models import Paper
from transfers.rules.states import Action, State
from transfers.workflow.forms import FormDraft, RowDraft

K = Paper.Kind
if shutil.which("pdftotext") is None:
    assert not os.environ.get("CI"), "CI reads PDFs back; apt-get install poppler-utils"
    poppler = pytest.mark.skip(reason="no pdftotext; on Debian: apt-get install poppler-utils")
else:
    poppler = pytest.mark.filterwarnings("error")


def info(pdf: bytes, tmp_path: Path, tool: str = "pdfinfo") -> str:
    file = tmp_path / "paper.pdf"
    file.write_bytes(pdf)
    return subprocess.run([tool, str(file)], capture_output=True, check=True, text=True).stdout


def pages(pdf: bytes, tmp_path: Path) -> int:
    matched = re.search(r"Pages:\s+(\d+)", info(pdf, tmp_path))
    assert matched
    return int(matched[1])


def in_language(paper: Paper, language: str = "zh-hans") -> bytes:
    with translation.override(language):
        return pdf_of(paper)


@poppler
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (State.APPLIED, K.RECEIPT),
        (State.SUPPLEMENT_REQUESTED, K.SUPPLEMENT_NOTICE),
        (State.REJECTED, K.REJECTION_NOTICE),
        (State.TRANSFERRED_OUT, K.INFORMATION_FORM),
        (State.TRANSFERRED_OUT, K.CERTIFICATE),
        (State.BALANCE_CREDITED, K.COMPLETION_NOTICE),
    ],
)
def test_every_kind_prints_for_a_rare_name_and_names_nobody(
    scene: Scene, tmp_path: Path, state: State, kind: Paper.Kind
) -> None:
    """The PDFs stay in pytest's directory: bin/test … --basetemp=DIR keeps them to be looked at."""
    application = scene.in_state(state, **named(RARE))
    if kind == K.CERTIFICATE:
        certificate_of(scene, application)
    paper = paper_of(application, kind)
    for language in ("zh-hans", "en"):
        pdf = in_language(paper, language)
        (tmp_path / f"{kind}-{language[:2]}.pdf").write_bytes(pdf)
        text = pdf_text(pdf, tmp_path)
        assert "𠮷*" in text
        assert not set(RARE[1:]) & set(text)
        assert application.person.id_number not in text
        assert application.person.id_number[:3] + "*" * 13 in text
        for wanted in (paper.number, paper.content_hash[:16], paper.signer, application.reference):
            assert wanted in text
        assert "http://127.0.0.1:8000/verify/" in text
        told = info(pdf, tmp_path)
        assert re.search(r"Tagged:\s+yes", told)
        assert re.search(r"Page size:\s+595\.\d+ x 841\.\d+ pts \(A4\)", told)
        assert application.applicant_name not in told
        assert pages(pdf, tmp_path) == 1
        fonts = info(pdf, tmp_path, "pdffonts").splitlines()[2:]
        assert fonts
        for font in fonts:
            assert re.search(r"NotoSansCJK\S*", font)
            assert re.search(r"\byes\s+yes\s+yes\b", font), font  # embedded, subset, to Unicode


@poppler
@pytest.mark.django_db
def test_forty_rows_fit_on_two_pages(scene: Scene, tmp_path: Path) -> None:
    rows = [
        RowDraft(date(1990 + n // 2, 1 + n % 2 * 6, 1), date(1990 + n // 2, 5 + n % 2 * 6, 1),
                 base_fen=123_456_700)
        for n in range(40)
    ]  # fmt: skip
    form = FormDraft(rows[-1].to_month, date(2010, 1, 31), 9_999_999_999, rows, True)
    application = scene.out(form=form)
    for language in ("zh-hans", "en"):
        pdf = in_language(paper_of(application, K.INFORMATION_FORM), language)
        (tmp_path / f"forty-{language[:2]}.pdf").write_bytes(pdf)
        assert pages(pdf, tmp_path) <= 2
        text = pdf_text(pdf, tmp_path)
        assert text.count("¥1,234,567.00") == 40
        assert "¥99,999,999.99" in text


@poppler
@pytest.mark.django_db
def test_the_longest_reason_fits_on_two_pages(scene: Scene, tmp_path: Path) -> None:
    application = scene.submit().application
    scene.do(application, "destination_clerk", Action.REJECT, moment("2025-09-25"),
             code="other", text="缺少停保证明，请补齐。" * 90)  # fmt: skip
    for language in ("zh-hans", "en"):
        pdf = in_language(paper_of(application, K.REJECTION_NOTICE), language)
        assert pages(pdf, tmp_path) <= 2


@poppler
@pytest.mark.django_db
def test_a_sentence_with_rare_names_prints_every_character(scene: Scene, tmp_path: Path) -> None:
    application = scene.submit().application
    scene.do(application, "destination_clerk", Action.REJECT, moment("2025-09-25"),
             code="other", text=f"登记的姓名为{RARE}，与身份证不一致")  # fmt: skip
    text = pdf_text(in_language(paper_of(application, K.REJECTION_NOTICE)), tmp_path)
    assert f"登记的姓名为{RARE}，与身份证不一致" in text


@poppler
@pytest.mark.django_db
def test_what_people_write_is_data_and_never_source(scene: Scene, tmp_path: Path) -> None:
    evil = '#panic("x") *b* _i_ $1$ @ref <l> \\ `#read("/etc/passwd")`\nline "two"'
    application = scene.submit().application
    scene.do(application, "destination_clerk", Action.REJECT, moment("2025-09-25"),
             code="other", text=evil)  # fmt: skip
    text = pdf_text(in_language(paper_of(application, K.REJECTION_NOTICE)), tmp_path)
    assert "".join(evil.split()) in text


@poppler
@pytest.mark.django_db
def test_a_character_the_font_lacks_is_printed_as_its_code_point_and_flagged(
    scene: Scene, tmp_path: Path
) -> None:
    assert 0x31350 not in characters()
    application = scene.submit(**named("\U00031350㐂")).application
    text = pdf_text(in_language(paper_of(application, K.RECEIPT), "en"), tmp_path)
    assert "〔U+31350〕*" in text
    assert "printedasitsUnicodenumber" in text
    plain = scene.submit(**named(RARE)).application
    other = pdf_text(in_language(paper_of(plain, K.RECEIPT), "en"), tmp_path)
    assert "printedasitsUnicodenumber" not in other


@pytest.mark.parametrize("name", [RARE, "欧阳示例", "吐尔逊·阿布都", "李示例Ａ", "𬎆𫖯䲟"])
def test_names_are_in_the_font_character_by_character(name: str) -> None:
    assert printable(name) == (name, False)


def test_what_does_not_print_is_dropped() -> None:
    assert printable("张\u200b三\x00") == ("张三", False)
    assert printable("葛\U000e0100\ufe0f") == ("葛", False)  # which of two shapes is meant
    assert printable_all({"a": ["\U00031350", {"b": 1}]}) == (
        {"a": ["〔U+31350〕", {"b": 1}]},
        True,
    )


@pytest.mark.django_db
def test_the_same_paper_makes_the_same_file(scene: Scene) -> None:
    paper = paper_of(scene.out(form=FORM), K.INFORMATION_FORM)
    assert in_language(paper) == in_language(paper)
