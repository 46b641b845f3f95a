"""The second factor: an authenticator app. A code is checked under a row lock and works once (RD7)."""

from __future__ import annotations

import io
from datetime import datetime

import django_otp
import segno
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people.models import User
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden

_FACTORS = system("keep second factors")
new_key = default_key


def device_of(user: User) -> TOTPDevice | None:
    """The confirmed authenticator of this account, if there is one."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).order_by("pk").first()


def verify(*, user: User, code: str) -> Device:
    """The device that accepts `code`, which it never accepts again; of two at once one succeeds.

    Raises `BadInput` for a wrong, old, future or used code, and while failures slow the device down:
    the sentence is the same for all.
    """
    device = device_of(user)
    accepted = device and django_otp.verify_token(user, device.persistent_id, "".join(code.split()))
    if not accepted:
        raise BadInput(
            _("This code is not valid now. Wait for the next one in your app and enter that."),
            code="factor.refused",
            fields={"code": _("wait for the next code and enter that")},
        )
    return accepted


def enrol(*, user: User, key: str, code: str, at: datetime, actor: Actor) -> TOTPDevice:
    """Store the authenticator that holds `key` once it proved so with a code. One per account.

    Raises `BadInput` for a wrong code, `Conflict` when there is one already.
    """
    with transaction.atomic():
        User.objects.fetch(_FACTORS, user.pk, lock=True)
        if device_of(user) is not None:
            raise Conflict(_("This account has a second factor already."), code="factor.exists")
        device = _unsaved(user, key)
        device.save(force_insert=True)
        verify(user=user, code=code)
        append.record("account.factor_added", actor=actor, about=user.ref, at=at)
    return device


def install(*, user: User, at: datetime, actor: Actor) -> str:
    """Give an account an authenticator from the command line; returns its secret, shown once."""
    if not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may do this."))
    with transaction.atomic():
        if device_of(user) is not None:
            raise Conflict(_("This account has a second factor already."), code="factor.exists")
        device = _unsaved(user, new_key())
        device.save(force_insert=True)
        append.record("account.factor_added", actor=actor, about=user.ref, at=at)
    return secret_of(device)


def remove_factor(*, actor: Actor, user: User, at: datetime) -> None:
    """Take the second factor away: one's own, or that of somebody who lost it. Their sessions lose it too.

    Staff must set up a new one before they do anything else.
    """
    if actor.user_id != user.pk and not actor.may("people.manage"):
        raise Forbidden(_("Only an administrator may remove the second factor of somebody else."))
    with transaction.atomic():
        if drop_factors(user):
            append.record("account.factor_removed", actor=actor, about=user.ref, at=at)


def drop_factors(user: User) -> int:
    """Delete the devices of an account, inside the caller's transaction; returns how many there were."""
    return TOTPDevice.objects.filter(user=user).delete()[0]


def offer(user: User, key: str) -> tuple[str, str]:
    """(secret as text, QR code as SVG) of an authenticator not yet stored."""
    device = _unsaved(user, key)
    drawn = io.BytesIO()
    segno.make(device.config_url, error="m").save(
        drawn, kind="svg", light="#fff", xmldecl=False, svgns=False, svgclass="qr", omitsize=True, nl=False
    )
    return secret_of(device), drawn.getvalue().decode()


def secret_of(device: TOTPDevice) -> str:
    """The secret in base32, in groups of four, as people type it into their app."""
    from base64 import b32encode

    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[cut : cut + 4] for cut in range(0, len(text), 4))


def _unsaved(user: User, key: str) -> TOTPDevice:
    # One live code, not three: the neighbouring intervals are not accepted (RD7).
    return TOTPDevice(user=user, name="authenticator", key=key, confirmed=True, tolerance=0)
