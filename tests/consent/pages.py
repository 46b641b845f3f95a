"""Signing in for page tests."""

from __future__ import annotations

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice


def signed_in(user) -> Client:
    """A browser in which this portal user is signed in."""
    # The session is bound to the password as stored, which the cast set after this object was made.
    user.refresh_from_db()
    client = Client()
    client.force_login(user)
    return client


def at_the_desk(user) -> Client:
    """A browser in which this member of staff is signed in with a second factor."""
    client = signed_in(user)
    device = TOTPDevice.objects.create(user=user, name="test", confirmed=True)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client
