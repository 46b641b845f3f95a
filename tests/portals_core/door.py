"""How tests get in: as a portal user, as staff with a second factor, and with codes of the right moment."""

import base64
import hashlib
import hmac
import struct
from datetime import datetime

from django.test import Client

from portals_core.people import accounts, factors
from portals_core.people.models import User
from portals_core.plumbing import clock
from tests import cast

#: The key of every authenticator in tests; hexadecimal, as django-otp keeps it.
KEY = "3132333435363738393031323334353637383930"


def code_at(moment: datetime, key: str = KEY) -> str:
    """The six digits of RFC 6238 for a key at a moment."""
    counter = struct.pack(">Q", int(moment.timestamp()) // 30)
    digest = hmac.new(bytes.fromhex(key), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def key_of(secret: str) -> str:
    """The hexadecimal key behind a secret as people type it."""
    text = secret.replace(" ", "")
    return base64.b32decode(text + "=" * (-len(text) % 8)).hex()


def give_device(user: User) -> None:
    """Set up an authenticator; uses up the code of this moment."""
    owner = accounts.actor_of(user, verified=False)
    factors.enrol(user=user, key=KEY, code=code_at(clock.now()), at=clock.now(), actor=owner)


def sign_in(client: Client, user: User, password: str = cast.PASSWORD, **more: str):
    """Send the sign-in form."""
    return client.post("/sign-in/", {"username": user.email, "password": password, **more})
