"""Seals: what signs, what verifies, what a key file must be."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from transfers.documents.checks import seal_keys as check
from transfers.documents.signing import (
    ALGORITHMS,
    HmacSm3Signer,
    SealError,
    _bytes,
    _text,
    add_key,
    read_keys,
    seals,
)
from transfers.models import Paper
from transfers.rules.hashing import digest_of

DIGEST = digest_of({"a": 1})


def test_a_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": [1, "张"]}) == digest_of({"b": [1, "张"], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": "1"})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_verifies_and_a_changed_one_does_not(seal_keys: Path, algorithm: str) -> None:
    add_key(seal_keys, algorithm)
    seal = read_keys(seal_keys).current
    signed = seal.sign(DIGEST)
    assert len(signed) <= Paper._meta.get_field("signature").max_length
    assert len(seal.id) <= Paper._meta.get_field("signer").max_length
    assert seal.verify(DIGEST, signed)
    assert not seal.verify(digest_of({"a": 2}), signed)
    raw = bytearray(_bytes(signed))
    raw[3] ^= 1
    assert not seal.verify(DIGEST, _text(bytes(raw)))
    for junk in ("", "x", "ä", signed[:-4], "AAAA"):
        assert not seal.verify(DIGEST, junk)


def test_hmac_sm3_agrees_with_the_published_vector() -> None:
    """HMAC-SM3 by its definition, over SM3 of GB/T 32905: abc → 66c7f0f4…"""
    from cryptography.hazmat.primitives import hashes

    def sm3(data: bytes) -> bytes:
        digest = hashes.Hash(hashes.SM3())
        digest.update(data)
        return digest.finalize()

    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    key = bytes(range(32)).ljust(64, b"\0")
    inner = sm3(bytes(each ^ 0x36 for each in key) + DIGEST.encode())
    expected = sm3(bytes(each ^ 0x5C for each in key) + inner)
    assert _bytes(HmacSm3Signer("x", bytes(range(32))).sign(DIGEST)) == expected


def test_another_key_does_not_verify(tmp_path: Path) -> None:
    add_key(tmp_path / "one.json", "ed25519")
    add_key(tmp_path / "two.json", "ed25519")
    signed = read_keys(tmp_path / "one.json").current.sign(DIGEST)
    assert not read_keys(tmp_path / "two.json").current.verify(DIGEST, signed)


def test_a_new_key_signs_and_the_old_ones_still_verify(seal_keys: Path) -> None:
    old = seals().current
    signed = old.sign(DIGEST)
    call_command("new_seal_key", algorithm="hmac-sm3", verbosity=0)
    assert seals().current.id != old.id
    assert seals().current.id.startswith("hmac-sm3-")
    kept = seals().find(old.id)
    assert kept is not None
    assert kept.verify(DIGEST, signed)
    assert seals().find("unknown") is None


def test_the_public_half_alone_verifies_and_cannot_be_first(seal_keys: Path) -> None:
    private = Ed25519PrivateKey.generate()
    public = {"id": "old", "algorithm": "ed25519",
              "public": _text(private.public_key().public_bytes_raw())}  # fmt: skip
    signed = _text(private.sign(DIGEST.encode()))
    add_key(seal_keys, "ed25519")
    entries = json.loads(seal_keys.read_text())["keys"]
    seal_keys.write_text(json.dumps({"keys": [*entries, public]}))
    old = read_keys(seal_keys).find("old")
    assert old is not None
    assert old.verify(DIGEST, signed)
    with pytest.raises(SealError, match="cannot sign"):
        old.sign(DIGEST)
    seal_keys.write_text(json.dumps({"keys": [public]}))
    with pytest.raises(SealError, match="must be one that signs"):
        read_keys(seal_keys)


def test_a_local_installation_makes_one_key_for_its_owner_alone(seal_keys: Path) -> None:
    assert not seal_keys.exists()
    first = seals().current.id
    assert seals().current.id == first
    assert stat.S_IMODE(seal_keys.stat().st_mode) == 0o600
    assert [path.name for path in seal_keys.parent.iterdir()] == [seal_keys.name]
    assert add_key(seal_keys, "ed25519", only_first=True) is None
    assert seals().current.id == first


def test_production_makes_none_by_itself(seal_keys: Path, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(SealError, match="cannot be read"):
        seals()
    assert not seal_keys.exists()
    assert [error.id for error in check()] == ["transfers.E001"]


KEY = {"id": "a", "algorithm": "ed25519", "key": _text(bytes(32))}


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"keys": []}', '{"keys": [1]}', "\x00",
        json.dumps({"keys": [KEY, KEY]}),
        json.dumps({"keys": [KEY | {"algorithm": "rsa"}]}),
        json.dumps({"keys": [KEY | {"key": "short"}]}),
        json.dumps({"keys": [KEY | {"algorithm": "hmac-sm3", "key": _text(b"short")}]}),
        json.dumps({"keys": [KEY | {"id": "x" * 41}]}),
    ],
)  # fmt: skip
def test_a_file_that_is_not_one_of_keys_is_refused(seal_keys: Path, text: str) -> None:
    seal_keys.touch(mode=0o600)
    seal_keys.write_text(text)
    with pytest.raises(SealError) as refusal:
        read_keys(seal_keys)
    assert KEY["key"] not in str(refusal.value)
    assert [error.id for error in check()] == ["transfers.E001"]
    with pytest.raises(CommandError):
        call_command("new_seal_key", verbosity=0)
    assert seal_keys.read_text() == text


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_open_to_others_is_refused(seal_keys: Path, mode: int) -> None:
    add_key(seal_keys, "ed25519")
    seal_keys.chmod(mode)
    with pytest.raises(SealError, match="open to others"):
        read_keys(seal_keys)
