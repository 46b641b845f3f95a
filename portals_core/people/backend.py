"""How a password becomes a person, and a session a person again."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from portals_core.access.actor import system
from portals_core.people.models import User, normalise_email

_SIGN_IN = system("sign-in")


class SignInBackend(BaseBackend):
    """One query and one hash for every answer: known or unknown, open or closed (promise 2)."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **other: Any,
    ) -> User | None:
        """The active account with this address and password, or nothing; never why not."""
        if username is None or password is None:
            return None
        rows = User.objects.visible_to(_SIGN_IN)
        user = rows.filter(email=normalise_email(username)).first()
        if user is None:
            make_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """The account of a session; a closed one has none, whatever its cookie says (promise 5)."""
        return User.objects.visible_to(_SIGN_IN).filter(pk=user_id, is_active=True).first()
