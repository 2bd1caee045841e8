"""The query code that, with the reference, opens an applicant's status page.

Eight characters of an alphabet without look-alikes: 39 bits, stored only as a password hash.
"""

import secrets
import unicodedata
from dataclasses import dataclass

from django.contrib.auth.hashers import check_password, make_password
from django.utils.crypto import salted_hmac

from ..models.applications import TransferApplication

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def code_of(key: str) -> str:
    """The code that a message stands for: a secret of this installation, the same every time.

    So a message sent twice, because the first sending was not noted, brings the code that opens.
    """
    number = int.from_bytes(salted_hmac("transfers.query_code", key, algorithm="sha256").digest())
    drawn = []
    for _ in range(LENGTH):
        number, index = divmod(number, len(ALPHABET))
        drawn.append(ALPHABET[index])
    return "".join(drawn)


def keep(application: TransferApplication, code: str) -> None:
    """From now on this code opens the case, and no other."""
    TransferApplication.objects.filter(pk=application.pk).update(query_code_hash=hash_code(code))


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
