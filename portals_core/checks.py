"""System checks of the core: it does not start without the keys that its data needs (attack 72)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, ProgrammingError

from portals_core.plumbing import keyfiles, keyring
from portals_core.plumbing.errors import Broken
from portals_core.plumbing.keyring_models import SubjectKey
from portals_core.records import keyed


@register(Tags.security)
def master_key_is_there(**kwargs: Any) -> list[CheckMessage]:
    """Wrapped keys without the master key that wrapped them are all lost: say so before anybody works."""
    try:
        masters = {bytes(one) for one in _living().values_list("master_id", flat=True).distinct()}
    except (OperationalError, ProgrammingError):
        return []  # Before the first migration there are no wrapped keys.
    if not masters:
        return []
    try:
        present = keyring.master_id(keyfiles.read(keyring.MASTER))
    except Broken as missing:
        return [_error("keyring.E001", str(missing))]
    if masters != {present}:
        return [_error("keyring.E002", "Stored keys were wrapped by another master key than the file holds.")]
    return []


@register(Tags.security)
def index_key_is_there(**kwargs: Any) -> list[CheckMessage]:
    """Without it nobody is found by an encrypted address, and none can be stored."""
    try:
        needed = bool(keyed.fields())
    except (OperationalError, ProgrammingError):
        return []  # Before the first migration nothing is encrypted.
    if not needed:
        return []
    try:
        keyfiles.read(keyed.KEY)
    except Broken as missing:
        hint = f"Restore {keyfiles.path(keyed.KEY)} from its escrow copy, or run make_keys if there was none."
        return [Error(str(missing), hint=hint, id="keyed.E001")]
    return []


@register(Tags.security)
def passwords_cost_enough(**kwargs: Any) -> list[CheckMessage]:
    """The cheap hasher of the test suite would give every password away, wherever people are served."""
    named = [name for name in settings.PASSWORD_HASHERS if name != _HASHER]
    if not named or _under_test():
        return []
    hint = f"Set PASSWORD_HASHERS = [{_HASHER!r}]."
    return [Error(f"Passwords may be hashed with {name}.", hint=hint, id="people.E001") for name in named]


@register(Tags.security)
def secret_is_secret(**kwargs: Any) -> list[CheckMessage]:
    """Sessions are signed with it: one that is short, repeats itself or is known opens every account."""
    secret = settings.SECRET_KEY
    weak = len(secret) < 40 or len(set(secret)) < 10 or secret.startswith(("tests-only", "django-insecure"))
    if not weak or _under_test():
        return []
    hint = "Give DSR_SECRET_KEY at least 40 random characters."
    return [Error("The signing secret is too weak.", hint=hint, id="people.E002")]


_HASHER = "django.contrib.auth.hashers.Argon2PasswordHasher"


def _under_test() -> bool:
    return str(settings.SETTINGS_MODULE) == "dsr_portal.settings.test"


def _living() -> Any:
    return SubjectKey.objects.filter(wrapped__isnull=False)


def _error(code: str, sentence: str) -> Error:
    hint = f"Restore {keyfiles.path(keyring.MASTER)} from its escrow copy; a new key opens nothing."
    return Error(sentence, hint=hint, id=code)
