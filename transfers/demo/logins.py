"""The file that keeps the demo's passwords and its query code, for its owner's eyes only.

The database holds only hashes; what is lost with the file is made anew.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..models.applications import TransferApplication
from ..models.regions import Agency
from . import employers
from .staff import LOGINS

# No letter or digit that is mistaken for another; 16 of 29 make 77 bits.
_ALPHABET = "23456789abcdefghjkmnpqrstwxyz"


def new_password() -> str:
    """Four groups of four, easy to type."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def write(path: Path, passwords: Mapping[str, str], reference: str, query_code: str) -> None:
    """Replace the file at once; nobody but its owner can read it at any moment."""
    codes = {login.region for login in LOGINS if login.region}
    agencies = dict(Agency.objects.filter(region__in=codes).values_list("region_id", "name_zh"))
    content = {
        "logins": [
            {
                "username": login.username,
                "password": passwords[login.username],
                "role": login.role.value,
                "agency": agencies.get(login.region or ""),
            }
            for login in LOGINS
        ],
        "employer": {"username": employers.CODE, "password": passwords[employers.CODE]},
        "reference": reference,
        "query_code": query_code,
    }
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def is_current(path: Path) -> bool:
    """Whether the file is there, whole, and about the cases in this database."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    if not isinstance(found, dict) or not {"logins", "employer", "query_code"} <= found.keys():
        return False
    return TransferApplication.objects.filter(reference=found.get("reference")).exists()
