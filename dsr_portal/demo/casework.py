"""Requests of the demo, in every kind and in every state that people can bring them to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from dsr_portal.demo import mailbox
from dsr_portal.demo.house import House
from dsr_portal.demo.visitors import Visitor
from portals_core.plumbing import outbox
from portals_core.records.models import Record
from requests.arriving import intake, mandates
from requests.casebook import lifecycle
from requests.deciding import approvals
from requests.models import Case

Visitors = Mapping[tuple[str, int], Visitor]
Contacts = Mapping[str, list[Record]]
_CONFIRM = re.compile(r"/requests/confirm/([\w-]+)/")


def file_everything(house: House, contacts: Contacts, visitors: Visitors) -> None:
    """All requests, oldest first as far as one waits for another."""
    _closed(house, contacts, visitors)
    _open(house, visitors)
    _on_behalf(house, visitors)
    _by_officers(house, contacts)


def _file(house: House, visitor: Visitor, kind: str, days: float, **given: object) -> Case:
    return intake.file_case(actor=visitor.actor, kind=kind, at=house.ago(days=days), **given)  # type: ignore[arg-type]


def _decide(house: House, case: Case, outcome: str, days: float, **given: object) -> Case:
    return approvals.decide(
        actor=house.actor("officer"),
        case=case.pk,
        outcome=outcome,
        at=house.ago(days=days),
        **given,  # type: ignore[arg-type]
    )


def _done(case: Case) -> None:
    """Let everything that the case promised be carried out now."""
    outbox.drain(about=case.ref)


def _closed(house: House, contacts: Contacts, visitors: Visitors) -> None:
    portuguese = visitors["pt", 0]
    _done(_decide(house, _file(house, portuguese, "export", 27), "approve", 24))
    stop = _file(
        house, visitors["ru", 0], "stop", 19, text="Пока спорные данные не исправлены, не используйте их."
    )
    _done(_decide(house, stop, "approve", 18))
    moved = _file(
        house,
        visitors["fi", 0],
        "rectify",
        16,
        text="Muutin tammikuussa.",
        proposals={"street": "Rantatie 8 B 14", "postal_code": "40100", "city": "Jyväskylä"},
    )
    _done(_decide(house, moved, "approve", 15))
    partly = _file(
        house,
        visitors["pl", 0],
        "rectify",
        14,
        text="Proszę poprawić numer telefonu i datę urodzenia.",
        proposals={"phone": "+48 501 220 118", "born": "1979-04-01"},
    )
    _done(
        _decide(
            house,
            partly,
            "approve",
            12,
            proposals={"phone": True, "born": False},
            ground="JustificationA12IdentityFailure",
            sentence="Podana data urodzenia różni się od daty w dokumencie, który nam pokazano.",
        )
    )
    refused = _file(
        house, visitors["en", 1], "delete", 25, text="Please delete everything, invoices included."
    )
    _decide(
        house,
        refused,
        "refuse",
        22,
        ground="JustificationA17LegallyRequired",
        sentence="Your invoice must be kept by accounting law. We can delete the rest: ask for that.",
    )
    changed_mind = _file(house, visitors["zh-hans", 0], "delete", 11, text="请删除我的全部资料。")
    lifecycle.withdraw(
        actor=visitors["zh-hans", 0].actor,
        case=changed_mind.pk,
        at=house.ago(days=10),
        reason="我改变主意了。",
    )
    _erased(house, contacts["fi"][5])


def _erased(house: House, person: Record) -> None:
    """A deletion as it should be: recorded by one officer, approved by another, carried out."""
    case = intake.file_case(
        actor=house.actor("officer"),
        kind="delete",
        subject=person.pk,
        text="Asked at the counter.",
        seen="Passport, name and photograph agree",
        received_at=house.ago(days=21),
        at=house.ago(days=20),
    )
    _decide(house, case, "approve", 18)
    approvals.approve(actor=house.actor("officer", 1), case=case.pk, at=house.ago(days=17))
    _done(case)


def _open(house: House, visitors: Visitors) -> None:
    _file(house, visitors["en", 0], "export", 1, text="Everything you have, please, support cases too.")
    _file(
        house,
        visitors["en", 1],
        "rectify",
        27,
        text="My street is spelled wrong on every parcel.",
        proposals={"street": "14 Quay Street"},
    )
    waiting = _file(house, visitors["fi", 1], "delete", 9, text="Poistakaa kaikki tietoni.")
    _decide(house, waiting, "approve", 6)
    _file(house, visitors["zh-hans", 0], "export", 3, text="请提供我的数据副本。")
    _file(house, visitors["pl", 0], "stop", 4, text="Kwestionuję prawidłowość danych w ostatniej fakturze.")


def _on_behalf(house: House, visitors: Visitors) -> None:
    """Requests for people whom portal users added: not answered yet, agreed to, objected to."""
    added = visitors["pl", 1].added
    _file(house, visitors["en", 0], "export", 2, subject=visitors["en", 0].added[0].pk)
    agreed = _file(
        house, visitors["pl", 1], "delete", 8, subject=added[0].pk, text="Prosiła mnie o to osobiście."
    )
    mandates.confirm(_token(added[0]), at=agreed.filed_at + timedelta(days=1))
    objected = _file(house, visitors["pl", 1], "export", 7, subject=added[1].pk)
    mandates.object_to(_token(added[1]), at=objected.filed_at + timedelta(hours=20))
    _file(
        house,
        visitors["zh-hans", 1],
        "rectify",
        5,
        subject=visitors["zh-hans", 1].added[0].pk,
        proposals={"city": "苏州市"},
    )
    _lapsed(house, visitors["pt", 0])


def _lapsed(house: House, visitor: Visitor) -> None:
    """A person who was asked about a request in their name never answers, and has all deleted instead."""
    person = visitor.added[0]
    _file(house, visitor, "export", 24, subject=person.pk)
    _erased(house, person)


def _token(person: Record) -> str:
    """The link in the latest mail that asked this person about a request in their name."""
    for letter in mailbox.page(to=person.values["email"]).messages:
        if found := _CONFIRM.search(letter.body):
            return found[1]
    raise AssertionError("the question holds the link that answers it")


#: What came in by post and phone: language, number of the contact, kind, days since receipt.
POST = (
    ("pl", 4, "export", 44),
    ("pt", 6, "rectify", 29),
    ("en", 7, "delete", 26),
    ("fi", 9, "export", 23),
    ("ru", 3, "stop", 20),
    ("zh-hans", 11, "export", 17),
    ("pl", 12, "delete", 13),
    ("pt", 2, "export", 10),
    ("en", 10, "stop", 6),
    ("fi", 13, "delete", 2),
)


def _by_officers(house: House, contacts: Contacts) -> None:
    """One of them overdue, some due this week."""
    for language, number, kind, days in POST:
        person: UUID = contacts[language][number].pk
        intake.file_case(
            actor=house.actor("officer", number % 2),
            kind=kind,
            subject=person,
            text="Came in by post." if number % 2 else "Asked on the phone and called back.",
            proposals={"name": f"{contacts[language][number].values['name']}-Neves"}
            if kind == "rectify"
            else None,
            received_at=house.ago(days=days),
            channel="letter" if number % 2 else "phone",
            seen="Signature agrees with the contract" if number % 2 else "Called back on the number we know",
            at=house.ago(days=max(days - 1, 0.2)),
        )
