"""People without account or address, and their letters."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from portals_core.plumbing.models import Job, Mail
from portals_core.writing.records import create_record
from requests.models import Letter, Message
from requests.telling import letter_paper, letters
from tests import cast
from tests.requests.case_cast import LATER, TEST, file


@dataclass
class Held:
    """A claim in the hands of a test."""

    payload: dict[str, object]

    def hold(self, **kwargs: object) -> None:
        """The lease is ours."""


def filed_for(made, record, kind="export"):
    """A request of somebody without an account, written down by an officer."""
    return file(made, kind, "officer", subject=record.pk)


def no_account(made):
    """A person with an address and no account."""
    return cast.contact(made.contacts, "Wren Reed")


def no_address(made):
    """A person who can be written to on paper only."""
    return create_record(
        actor=cast.SETTING_UP, module=made.contacts, given={"name": "Ash Grove"}, source="test", at=cast.NOW
    )


def write(case, kind="receipt", **extra):
    """A letter, in a transaction as its writers have one."""
    with transaction.atomic():
        return letters.write(case, kind, at=LATER, extra=extra or None)


def make(letter):
    """The document of a letter, as its job makes it."""
    letter_paper.make(Held({"letter": str(letter.pk)}))
    return stored(letter)


def stored(letter):
    """The letter as it is stored now."""
    return Letter.objects.visible_to(TEST).get(pk=letter.pk)


def letters_of(case, *, receipt: bool = False):
    """The letters of a case, oldest first, without its receipt unless asked for."""
    rows = Letter.objects.visible_to(TEST).filter(case=case)
    return list(rows if receipt else rows.exclude(kind="receipt"))


def said_in(case):
    """Every message and note of a case, oldest first."""
    return list(Message.objects.visible_to(TEST).filter(case=case))


def mails(kind):
    """Messages of a kind, oldest first."""
    return list(Mail.objects.filter(kind=kind).order_by("created_at"))


def jobs_for(letter):
    """Jobs that make its document."""
    return Job.objects.filter(handler=letter_paper.PDF, payload__letter=str(letter.pk))
