"""The seal: who signs a paper's content hash, and with which key.

Keys stand in a file outside the database (setting SEAL_KEYS), mode 600:

    {"keys": [{"id": "…", "algorithm": "ed25519", "key": "<base64>"}, …]}

The first key signs, all of them verify, so a key is replaced by putting a new one in front. An
Ed25519 key that no longer signs may be kept as its public half alone ("public" instead of "key").
An installation's own seal, not a certified electronic seal (电子签章): docs/papers.md.
"""

import base64
import binascii
import json
import os
import secrets
import stat
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


class SealError(Exception):
    """The key file is missing, open to others, or not what it must be. Never quotes a key."""


class Signer(Protocol):
    """What seals a hash. `id` names the key for as long as papers exist that it sealed."""

    @property
    def id(self) -> str: ...

    def sign(self, digest: str) -> str:
        """The signature over `digest` as text of at most 200 characters."""

    def verify(self, digest: str, text: str) -> bool:
        """Whether `text` is this signer's signature over `digest`; False for anything malformed."""


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Ed25519Signer:
    """Ed25519 (RFC 8032). With the public half alone it verifies and cannot sign."""

    algorithm = "ed25519"

    def __init__(self, id_: str, public: Ed25519PublicKey, private: Ed25519PrivateKey | None):
        self.id, self._public, self._private = id_, public, private

    @property
    def can_sign(self) -> bool:
        return self._private is not None

    def sign(self, digest: str) -> str:
        if self._private is None:
            raise SealError(f"seal {self.id} holds a public key alone and cannot sign")
        return _text(self._private.sign(digest.encode()))

    def verify(self, digest: str, text: str) -> bool:
        try:
            self._public.verify(_bytes(text), digest.encode())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


class HmacSm3Signer:
    """HMAC with SM3 (GB/T 32905). Whoever can verify it could also have made it."""

    algorithm = "hmac-sm3"
    can_sign = True

    def __init__(self, id_: str, key: bytes):
        self.id, self._key = id_, key

    def _mac(self, digest: str) -> hmac.HMAC:
        mac = hmac.HMAC(self._key, hashes.SM3())
        mac.update(digest.encode())
        return mac

    def sign(self, digest: str) -> str:
        return _text(self._mac(digest).finalize())

    def verify(self, digest: str, text: str) -> bool:
        try:
            self._mac(digest).verify(_bytes(text))
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


ALGORITHMS = (Ed25519Signer.algorithm, HmacSm3Signer.algorithm)
_KEY_BYTES = 32


class Seals:
    """The keys of an installation: `current` signs, `find` gives whichever sealed a paper."""

    def __init__(self, signers: Sequence[Ed25519Signer | HmacSm3Signer]):
        self._signers = {signer.id: signer for signer in signers}
        self.current: Signer = signers[0]

    def find(self, id_: str) -> Signer | None:
        return self._signers.get(id_)


def _signer(entry: Mapping[str, Any]) -> Ed25519Signer | HmacSm3Signer:
    id_, algorithm = entry["id"], entry["algorithm"]
    if not (isinstance(id_, str) and 0 < len(id_) <= 40):
        raise SealError("a seal's id is a text of 1 to 40 characters")
    if algorithm == Ed25519Signer.algorithm:
        if "key" in entry:
            private = Ed25519PrivateKey.from_private_bytes(_bytes(entry["key"]))
            return Ed25519Signer(id_, private.public_key(), private)
        return Ed25519Signer(id_, Ed25519PublicKey.from_public_bytes(_bytes(entry["public"])), None)
    if algorithm == HmacSm3Signer.algorithm:
        key = _bytes(entry["key"])
        if len(key) != _KEY_BYTES:
            raise SealError(f"seal {id_}: an HMAC-SM3 key has {_KEY_BYTES} bytes")
        return HmacSm3Signer(id_, key)
    raise SealError(f"seal {id_}: the algorithm is one of {', '.join(ALGORITHMS)}")


@lru_cache(maxsize=8)
def _read(path: Path, _changed: tuple[int, int, int]) -> Seals:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["keys"]
        signers = [_signer(entry) for entry in entries]
    except (KeyError, TypeError, ValueError) as error:
        # The cause could quote a piece of a key, so only its kind is told.
        raise SealError(f"{path} is not a file of seal keys ({type(error).__name__})") from None
    if not signers or not signers[0].can_sign:
        raise SealError(f"{path}: the first key must be one that signs")
    if len({signer.id for signer in signers}) < len(signers):
        raise SealError(f"{path}: two keys have one id")
    return Seals(signers)


def read_keys(path: Path) -> Seals:
    """The keys of a file, read anew when it changed. Raises SealError, saying what is wrong."""
    try:
        found = path.stat()
    except OSError as error:
        raise SealError(f"{path} cannot be read ({error.strerror})") from None
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise SealError(f"{path} is open to others; type: chmod 600 {path}")
    return _read(path, (found.st_mtime_ns, found.st_size, found.st_ino))


def seals() -> Seals:
    """The keys of this installation. A local one makes its first key when it needs it.

    Raises SealError.
    """
    path = Path(settings.SEAL_KEYS)
    if not settings.PRODUCTION and not path.exists():
        add_key(path, ALGORITHMS[0], only_first=True)
    return read_keys(path)


def add_key(
    path: Path, algorithm: str, *, at: datetime | None = None, only_first: bool = False
) -> str | None:
    """Put a fresh key in front of the file's others; it signs from now on. Returns its id.

    The file is replaced in one step. `only_first`: nothing happens (None) where a file stands
    already, whoever was quicker. Raises SealError for a file that is not one of keys.
    """
    id_ = f"{algorithm}-{f'{at:%Y%m%d}-' if at else ''}{secrets.token_hex(4)}"
    secret = secrets.token_bytes(_KEY_BYTES)
    entries = [{"id": id_, "algorithm": algorithm, "key": _text(secret)}]
    if path.exists() and not only_first:
        read_keys(path)
        entries += json.loads(path.read_text(encoding="utf-8"))["keys"]
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"keys": entries}, indent=2) + "\n", encoding="utf-8")
    try:
        if only_first:
            os.link(draft, path)  # refuses to replace the file another process was quicker to make
        else:
            draft.replace(path)
    except FileExistsError:
        return None
    finally:
        draft.unlink(missing_ok=True)
    return id_
