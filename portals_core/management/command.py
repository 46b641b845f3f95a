"""What every command of this product does alike: who acts, how it answers, how it fails.

`--as EMAIL` acts as a named person with the rights that person has at this moment. A shell on the server is
the operator's own proof, so no second factor is asked for; what is done that way says so where it is kept
(a case filed here has the channel "command"). A refusal prints its public sentence on stderr and ends with
the exit status of its error, so that scripts can tell one from the other.
"""

from __future__ import annotations

import json
import logging
import signal
from argparse import ArgumentParser
from collections.abc import Mapping
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.people import accounts
from portals_core.people.models import User, normalise_email
from portals_core.plumbing.errors import Absent, BadInput, DsrError

log = logging.getLogger(__name__)


class DsrCommand(BaseCommand):
    """Base of our commands. A subclass says what to ask for in `arguments` and does its work in `act`."""

    #: Whether the command needs somebody to act as; readers that serve any operator set it to False.
    acts_as_person = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")
        if self.acts_as_person:
            parser.add_argument("--as", dest="acting", metavar="EMAIL", required=True, help="who acts")
        self.arguments(parser)

    def arguments(self, parser: ArgumentParser) -> None:
        """Add the command's own arguments."""

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        """Do the work and return the answer; raise one of the error family to refuse."""
        raise NotImplementedError

    def lines(self, answer: Mapping[str, object]) -> str:
        """The answer as people read it."""
        return "\n".join(f"{name}: {value}" for name, value in answer.items() if value not in (None, ""))

    def handle(self, *args: object, **options: Any) -> None:
        try:
            actor = acting_as(options["acting"]) if self.acts_as_person else system(f"command {self.name}")
            answer = self.act(actor, **options)
        except DsrError as refusal:
            self.stderr.write(sentence(refusal))
            raise SystemExit(refusal.exit_status) from None
        text = json.dumps(answer, ensure_ascii=False, default=str) if options["json"] else self.lines(answer)
        self.stdout.write(text)

    @property
    def name(self) -> str:
        return type(self).__module__.rpartition(".")[2]


def acting_as(email: str) -> Actor:
    """The person with this address as an actor, rights read now. Raises `Absent` or `Forbidden`."""
    rows = User.objects.visible_to(system("act for a person named on the command line"))
    user = rows.filter(email=normalise_email(email)).first()
    if user is None:
        raise Absent(
            _("Nobody has an account with this address. Check how it is written."), code="account.absent"
        )
    return accounts.actor_of(user, verified=True)


def pairs(given: list[str] | None) -> dict[str, str]:
    """`["field=value", …]` as a mapping. Raises `BadInput` for a word without "="."""
    found: dict[str, str] = {}
    for word in given or []:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise BadInput(
                _("“%(word)s” is not of the form field=value.") % {"word": word}, code="command.pair"
            )
        found[key] = value
    return found


def sentence(refusal: DsrError) -> str:
    """What stderr shows; the private detail goes to the log only."""
    if refusal.detail:
        log.info("%s: %s", refusal.code, refusal.detail)
    text = str(refusal.public)
    return gettext(text) if text else gettext("Something inside is broken. The log says more.")


def asked_to_stop() -> Event:
    """Set when SIGTERM or Ctrl-C comes, for commands that run until then: what is under way is finished."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
