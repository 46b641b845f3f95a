"""Signed-in browsers for the pages of cases, and what the pages say."""

from __future__ import annotations

import html
import re

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from portals_core.people import stepup
from portals_core.plumbing import clock
from requests.models import Case
from tests.requests.case_cast import TEST

STAFF = {"officer", "second_officer", "administrator", "auditor", "operator"}


def browser(made, who: str, *, fresh: bool = False, csrf: bool = False) -> Client:
    """A browser in which `who` is signed in, staff with their second factor; `fresh`: given just now."""
    user = made.users[who]
    user.refresh_from_db()
    client = Client(enforce_csrf_checks=csrf)
    client.force_login(user)
    session = client.session
    if who in STAFF:
        device, _new = TOTPDevice.objects.get_or_create(user=user, name="test", confirmed=True)
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    if fresh:
        stepup.mark(session, at=clock.now())
    session.save()
    return client


def words(response) -> str:
    """What the main part of a page says, without markup, one blank between words."""
    body = re.search(r"<main.*?</main>", response.content.decode(), re.S)
    assert body is not None
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body.group())).split())


def cases() -> list[Case]:
    """Every stored case, oldest first."""
    return list(Case.objects.visible_to(TEST).order_by("filed_at", "number"))
