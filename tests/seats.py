"""Browsers of the cast: a client that is signed in, staff with their second factor given."""

from __future__ import annotations

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from tests.cast import Organisation


def seat(made: Organisation, who: str) -> Client:
    """A client signed in as one of the cast."""
    client = Client()
    user = made.users[who]
    # The session is bound to the password as stored, which the cast set after this object was made.
    user.refresh_from_db()
    client.force_login(user)
    if user.kind == "staff":
        device, _new = TOTPDevice.objects.get_or_create(user=user, name="test", confirmed=True)
        session = client.session
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
        session.save()
    return client
