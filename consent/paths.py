"""The mail of this app, and what it asks of the locks."""

from __future__ import annotations

from consent.contact import asking, questions, telling
from consent.deciding import entering, signups
from consent.jobs import campaigns, endings, waiting
from portals_core.locks.paths import register


def register_all() -> None:
    """Called once by the wiring."""
    _questions()
    _owed()
    _entered()


def _questions() -> None:
    """Messages that ask, and what time does to them."""
    register(
        "consent.ask",
        asking.ask,
        questions.ask_person,
        questions.ask_anew,
        acts=("mail",),
        who="portal users, for people they added; staff who keep consent; the person, for a new text",
        pages=("consent:give", "consent:give-for", "consent:confirm", "consent:ask-person"),
        commands=("demo",),
    )
    register(
        "consent.campaign",
        campaigns.run,
        waiting.remind,
        acts=("mail",),
        who="staff who keep consent, for many people; the reminder of a question",
        jobs=(campaigns.JOB, waiting.REMIND_JOB),
        commands=("demo",),
    )
    register(
        "consent.ended",
        endings.end_all,
        who="nobody: a period ended",
        jobs=(endings.JOB,),
        commands=("demo",),
        free="whether the person may be written to is asked when the message is handed over",
    )
    register(
        "consent.sign_up",
        signups.sign_up,
        who="anybody, on a public form",
        pages=("consent:sign-up",),
        free="nobody is looked up for it: whoever has the address decides by it",
    )


def _owed() -> None:
    """Messages a person is owed, whatever is locked."""
    register(
        "consent.receipt",
        asking.confirm_receipt,
        who="the person, by a link",
        pages=("consent:confirm", "consent:confirm-sign-up"),
        commands=("demo",),
        free="the person is owed what they agreed to, with the way to withdraw",
    )
    register(
        "consent.parent",
        telling.agreed_by_parent,
        who="portal users, as parents of a child they added",
        pages=("consent:give", "consent:give-for"),
        commands=("demo",),
        free="child and parent are owed what was agreed to, with the way to withdraw",
    )
    register(
        "consent.withdrawn",
        telling.withdrawn_for,
        who="portal users, for people they added",
        pages=("consent:withdraw", "consent:withdraw-all", "consent:withdraw-for"),
        commands=("demo",),
        free="the person is owed word of what was done in their name",
    )
    register(
        "consent.unlocked",
        endings.on_decision,
        endings.on_basis,
        who="whoever agrees, or records a basis",
        jobs=("consent.changed/unlock", "basis.recorded/unlock"),
        free="the person is owed word before a restriction ends (Art. 18(3))",
    )


def _entered() -> None:
    """What staff enter on somebody's word."""
    register(
        "consent.enter",
        entering.enter,
        acts=("attach",),
        who="staff who keep consent, on the person's word",
        pages=("consent:enter",),
    )
