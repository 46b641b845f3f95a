"""`manage.py demo_code EMAIL`: the second factor's code of this moment, for somebody of the demo."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from dsr_portal.demo import sign_ins
from portals_core.access.actor import Actor
from portals_core.management.command import DsrCommand
from portals_core.people.models import normalise_email
from portals_core.plumbing.errors import Absent


class Command(DsrCommand):
    help = "Print the current code of a member of staff of the demo."
    acts_as_person = False

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        wanted = normalise_email(options["email"])
        found = next((one for one in sign_ins.stored() if one.email == wanted), None)
        if found is None or found.totp_secret is None:
            known = ", ".join(one.email for one in sign_ins.stored() if one.totp_secret)
            raise Absent(
                _("Nobody of the demo has a second factor under this address. There are: %(known)s.")
                % {"known": known or "–"},
                code="demo.nobody",
            )
        code, left = sign_ins.code_now(found.totp_secret, at=time.time())
        return {"code": code, "seconds_left": left}

    def lines(self, answer: Mapping[str, object]) -> str:
        return str(answer["code"])
