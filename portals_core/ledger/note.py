"""Signed notes and checkpoints, as C2SP signed-note and tlog-checkpoint define them (formats, Audit log).

    <origin>\\n<size>\\n<base64 root>\\n
    \\n
    — <name> <base64(key id ‖ signature)>\\n

Reading is strict: base64 must be canonical and a number without leading zeros, so that one changed byte
never leaves a note that still means the same.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portals_core.plumbing.errors import Broken

_ED25519 = b"\x01"
_MARK = "\u2014 "
_MOST_SIGNATURES = 100


class BadNote(Broken):
    """Not a note, not signed by the key asked for, or not a checkpoint."""

    default_code = "bad_note"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Whose signature is believed: the public half of a log's key, with its name."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint states: this log had this root at this size."""

    origin: str
    size: int
    root: bytes


def verifier(name: str, private: Ed25519PrivateKey) -> VerifierKey:
    """The verifier key of a signing key. Raises `BadNote` for a name that a note cannot carry."""
    _check_name(name)
    return VerifierKey(name, private.public_key().public_bytes_raw())


def parse_verifier(text: str) -> VerifierKey:
    """Read `name+hex key id+base64 key`. Raises `BadNote` unless it is exactly that."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise BadNote("", detail="not a verifier key")
    name, key_id, encoded = parts
    _check_name(name)
    raw = _strict(encoded)
    if len(raw) != 33 or raw[:1] != _ED25519:
        raise BadNote("", detail="not an Ed25519 verifier key")
    key = VerifierKey(name, raw[1:])
    if key.id.hex() != key_id:
        raise BadNote("", detail="the key id does not belong to the key")
    return key


def sign(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """The note that signs `text`, which ends in a line feed."""
    _check_text(text)
    key = verifier(name, private)
    signature = base64.b64encode(key.id + private.sign(text.encode())).decode()
    return f"{text}\n{_MARK}{name} {signature}\n"


def opened(note: str, key: VerifierKey) -> str:
    """The text of `note`, if `key` signed it. Signatures by others are allowed and not judged."""
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    if not separator or not signatures.endswith("\n"):
        raise BadNote("", detail="no signature block")
    _check_text(text)
    lines = signatures[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise BadNote("", detail="too many signatures")
    matching = [found for found in map(_signature, lines) if found[:2] == (key.name, key.id)]
    if len(matching) != 1:
        raise BadNote("", detail="not signed exactly once by this key")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(matching[0][2], text.encode())
    except InvalidSignature:
        raise BadNote("", detail="the signature is not of this text") from None
    return text


def body(head: Head) -> str:
    """The text of the checkpoint that states `head`."""
    _check_name(head.origin)
    return f"{head.origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"


def parse_head(text: str) -> Head:
    """What a checkpoint's text states; extension lines after the third are allowed and kept out."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise BadNote("", detail="a checkpoint has three lines or more, none empty")
    origin, size, root = lines[:3]
    if len(size) > 18 or not (size.isascii() and size.isdigit()) or str(int(size)) != size:
        raise BadNote("", detail="the size is not a plain number")
    raw = _strict(root)
    if len(raw) != 32:
        raise BadNote("", detail="the root is not 32 bytes")
    return Head(origin, int(size), raw)


def head_of(note: str, key: VerifierKey) -> Head:
    """What the checkpoint `note`, signed by `key`, states. Raises `BadNote`, also for another log's."""
    head = parse_head(opened(note, key))
    if head.origin != key.name:
        raise BadNote("", detail="the checkpoint is of another log")
    return head


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, separator, encoded = line.removeprefix(_MARK).partition(" ")
    if not line.startswith(_MARK) or not separator:
        raise BadNote("", detail="a signature line is damaged")
    _check_name(name)
    raw = _strict(encoded)
    if len(raw) < 5:
        raise BadNote("", detail="a signature is too short")
    return name, raw[:4], raw[4:]


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise BadNote("", detail="a key name has no space and no plus sign")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(ord(character) < 0x20 and character != "\n" for character in text):
        raise BadNote("", detail="a note's text ends in a line feed and has no control characters")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise BadNote("", detail="a note's text is valid Unicode")


def _strict(encoded: str) -> bytes:
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("", detail="damaged base64") from None
    if base64.b64encode(raw).decode() != encoded:
        raise BadNote("", detail="base64 that is not canonical")
    return raw
