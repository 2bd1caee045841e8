"""Papers of cases that went the real road, for people of any name, and what their PDFs say."""

import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from tests.scenes import FORM, Scene, example_number, moment
from transfers.models import Paper, TransferApplication
from transfers.workflow.papers import issue_certificate

RARE = "𠮷㐂䶮"


def named(name: str, **changes: Any) -> dict[str, Any]:
    """What a scene submits for a person of this name, on record at both sides alike."""
    number = example_number()
    both = {"name": name, "id_number": number}
    return {
        "id_number": number,
        "name": name,
        "origin_record": both
        | {
            "enrolled_on": date(2018, 7, 1),
            "stopped_on": date(2025, 8, 31),
            "balance_fen": FORM.balance_fen,
        },
        "destination_record": both
        | {"enrolled_on": date(2025, 9, 1), "paying": True, "cover_year": 2030},
        **changes,
    }


def paper_of(application: TransferApplication, kind: Paper.Kind) -> Paper:
    """The newest paper of a kind."""
    return Paper.objects.filter(application=application, kind=kind).latest("version")


def certificate_of(scene: Scene, application: TransferApplication, on: str = "2025-10-22") -> Paper:
    return issue_certificate(application, by=scene.actor("origin_clerk"), at=moment(on))


def pdf_text(pdf: bytes, tmp_path: Path) -> str:
    """The text of a PDF without white space, as pdftotext reads it."""
    file = tmp_path / "paper.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True)
    return re.sub(r"\s+", "", done.stdout.decode())
