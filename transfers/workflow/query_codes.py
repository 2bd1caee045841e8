"""The query code that, with the reference, opens an applicant's status page.

Eight characters of an alphabet without look-alikes: 39 bits, stored only as a password hash.
"""

import secrets
import unicodedata
from dataclasses import dataclass

from django.contrib.auth.hashers import check_password, make_password

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalise(code: str) -> str:
    """As typed by a person: full-width forms, spaces, hyphens and lower case are forgiven."""
    plain = unicodedata.normalize("NFKC", code).upper()
    return "".join(each for each in plain if each.isalnum())


def hash_code(code: str) -> str:
    return make_password(normalise(code))


@dataclass(frozen=True, slots=True)
class QueryCode:
    """A code with its hash, which takes a quarter of a second to make: many cases can share one."""

    plain: str
    hashed: str

    @classmethod
    def new(cls) -> "QueryCode":
        plain = new_code()
        return cls(plain, hash_code(plain))

    @classmethod
    def of_nobody(cls) -> "QueryCode":
        """A code that nothing opens, until the applicant asks for one of their own."""
        return cls("", make_password(None))


def verify(code: str, hashed: str) -> bool:
    return check_password(normalise(code), hashed)


def verify_dummy(code: str) -> bool:
    """Spend the time of a real verification on a reference that does not exist; always False."""
    make_password(normalise(code))
    return False
