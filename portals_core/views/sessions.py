"""How a session comes to belong to somebody: password, then code, then signed in.

Between the two the session belongs to nobody; it only remembers whose password was right.
"""

from __future__ import annotations

from datetime import timedelta

import django_otp
from django.contrib.auth import get_user, login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django_otp.models import Device

from portals_core.people import factors, stepup
from portals_core.people.backend import SignInBackend
from portals_core.people.models import User, UserKind
from portals_core.plumbing import clock

_PENDING = "awaits_code"
_BACKEND = "portals_core.people.backend.SignInBackend"
#: Time to take out the phone; afterwards the password is asked for again.
PATIENCE = timedelta(minutes=10)


def password_given(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """The way on for somebody whose password was right: to the code, to the first set-up of one, or in."""
    if factors.device_of(user) is not None:
        request.session.flush()
        request.session[_PENDING] = [user.pk, user.get_session_auth_hash(), clock.now().timestamp()]
        return _on("code", target)
    login(request, user, backend=_BACKEND)
    if user.kind == UserKind.STAFF:
        return _on("enrol", target)
    stepup.mark(request.session, at=clock.now())
    return redirect(target)


def awaiting_code(request: HttpRequest) -> User | None:
    """Whose code this session waits for: a password given a short while ago, or staff not yet verified."""
    pending = request.session.get(_PENDING)
    if pending is not None:
        key, credentials, since = pending
        user = SignInBackend().get_user(key)
        young = 0 <= clock.now().timestamp() - since <= PATIENCE.total_seconds()
        return user if user and young and user.get_session_auth_hash() == credentials else None
    present = get_user(request)
    return present if isinstance(present, User) and present.kind == UserKind.STAFF else None


def code_given(request: HttpRequest, user: User, device: Device) -> None:
    """Sign the person in, or confirm who is signed in, with a device that just accepted a code."""
    request.session.pop(_PENDING, None)
    login(request, user, backend=_BACKEND)
    request.session.cycle_key()
    django_otp.login(request, device)
    stepup.mark(request.session, at=clock.now())


def _on(name: str, target: str) -> HttpResponse:
    return redirect(f"{reverse(f'portals_core:{name}')}?{urlencode({'next': target})}")
