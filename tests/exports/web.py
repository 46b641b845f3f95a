"""Signed-in browsers for tests: with and without a fresh proof of who sits before them."""

from __future__ import annotations

from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from portals_core.people import stepup
from portals_core.plumbing import clock
from tests.cast import Organisation

STAFF = {"officer", "second_officer", "administrator", "auditor", "operator"}


def browser(made: Organisation, who: str, *, fresh: bool = True) -> Client:
    """A browser in which `who` is signed in, staff with their second factor."""
    client = Client()
    made.users[who].refresh_from_db()
    client.force_login(made.users[who])
    session = client.session
    if who in STAFF:
        device, _new = TOTPDevice.objects.get_or_create(user=made.users[who], name="test", confirmed=True)
        session["otp_device_id"] = device.persistent_id
    if fresh:
        stepup.mark(session, at=clock.now())
    session.save()
    return client
