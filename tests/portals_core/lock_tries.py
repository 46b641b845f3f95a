"""One try for every path to records and every act it asks: which record is locked, and what is then done.

The one who tries is somebody for whom it works while nothing is locked: the administrator where staff act.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import time_machine
from django.db import transaction

from consent.deciding import answers, decisions, entering, signups
from consent.grounds import recording
from consent.jobs import campaigns, endings
from consent.models import Purpose
from portals_core.access.actor import system
from portals_core.file_source import Attachments
from portals_core.imports import runs
from portals_core.imports.mapping import parse
from portals_core.locks import place
from portals_core.locks.models import Source
from portals_core.people import invitations, resets
from portals_core.plumbing import mail, outbox
from portals_core.plumbing.models import Mail, MailState
from portals_core.plumbing.sources import Authority, Item
from portals_core.records import catalogue, descriptions, keyed, masking
from portals_core.records.models import Field, KeyedForm, Record
from portals_core.sources import Records
from portals_core.writing import attachments
from portals_core.writing.exported import export_list
from portals_core.writing.notes import add_note, remove_note
from portals_core.writing.records import change_record, create_record, delete_record
from requests.telling import messages
from requests.timing import reminders
from tests import cast
from tests.consent import consent_cast, register_cast
from tests.requests import case_cast

WORKER = system("carry out a request in a test")
PARTS = {
    "key": "parts",
    "label": "Part",
    "label_plural": "Parts",
    "title_key": "number",
    "fields": [
        {"key": "number", "label": "Number", "unique": True, "required": True},
        {"key": "whole", "label": "Part of", "type": "lookup", "target": "parts", "link": "mentions"},
    ],
}


@dataclass(frozen=True)
class Try:
    """The record to lock, and what is done; a door that keeps silent answers false where it refused."""

    record: Record
    do: Callable[[], object]
    #: The field that is changed, where one is.
    field: str = ""


def _create(made: Any) -> Try:
    given = {"number": "N-1", "customer": str(made.subject.pk)}
    return Try(made.subject, lambda: _new(made, made.orders, given))


def _clone(made: Any) -> Try:
    order = cast.order(made, "O-1", made.subject)
    return Try(order, lambda: _new(made, made.orders, {"number": "O-2"}, clone_of=order.pk))


def _new(made: Any, module: Any, given: dict[str, object], **more: Any) -> Record:
    admin = made.actor("administrator")
    return create_record(actor=admin, module=module, given=given, source="test", at=cast.NOW, **more)


def _edit(made: Any, who: str = "administrator") -> Try:
    def do() -> object:
        return change_record(
            actor=made.actor(who), record=made.subject.pk, given={"name": "Sage Summer"}, at=cast.NOW
        )

    return Try(made.subject, do, field="name")


def _edit_own(made: Any) -> Try:
    return _edit(made, "subject")


def _move(made: Any, **more: Any) -> Try:
    order = cast.order(made, "O-1", made.stranger)
    given = {"customer": str(made.subject.pk)}
    admin = made.actor("administrator")
    return Try(
        made.subject,
        lambda: change_record(actor=admin, record=order.pk, given=given, at=cast.NOW, **more),
    )


def _delete(made: Any) -> Try:
    order = cast.order(made, "O-1", made.subject)
    return Try(order, lambda: delete_record(actor=made.actor("administrator"), record=order.pk, at=cast.NOW))


def _delete_mentioned(made: Any) -> Try:
    agent = cast.contact(made.contacts, "Kim Agent")
    order = cast.order(made, "O-1", made.subject, agent=str(agent.pk))
    return Try(
        order,
        lambda: delete_record(actor=made.actor("administrator"), record=agent.pk, at=cast.NOW),
        field="agent",
    )


def _note(made: Any, who: str = "administrator") -> Try:
    return Try(
        made.subject,
        lambda: add_note(actor=made.actor(who), record=made.subject.pk, body="Hello", at=cast.NOW),
    )


def _note_removed(made: Any) -> Try:
    admin = made.actor("administrator")
    note = add_note(actor=admin, record=made.subject.pk, body="Hello", at=cast.NOW)
    return Try(made.subject, lambda: remove_note(actor=admin, note=note.pk, at=cast.NOW))


def _note_own(made: Any) -> Try:
    return _note(made, "subject")


def _filed(made: Any, who: str = "administrator") -> Any:
    return attachments.attach(
        actor=made.actor(who), record=made.subject.pk, name="id.txt", content=BytesIO(b"A"), at=cast.NOW
    )


def _file(made: Any) -> Try:
    return Try(made.subject, lambda: _filed(made))


def _file_removed(made: Any) -> Try:
    file = _filed(made)
    admin = made.actor("administrator")
    return Try(made.subject, lambda: attachments.remove(actor=admin, attachment=file.pk, at=cast.NOW))


def _file_erased(made: Any) -> Try:
    item, under = (
        Item("attachments", "file", str(_filed(made).pk)),
        Authority(uuid4(), "erase", made.subject.pk),
    )
    return Try(
        made.subject, lambda: Attachments().erase(item, subject=made.subject.pk, actor=WORKER, under=under)
    )


def _importer(made: Any, module: Any, mapped: dict[str, object]) -> Any:
    return runs.importer(made.actor("administrator"), module, parse(mapped), "people.csv", cast.NOW)


def _row(made: Any, verb: str) -> Try:
    mapped = {"values": {"email": "{{mail}}", "name": "{{name}}"}, "match": "email"}
    cells = {"mail": "sage@people.example", "name": "Sage Summer"}
    return Try(made.subject, lambda: _stored(made, made.contacts, mapped, cells, verb), field="name")


def _row_added(made: Any, verb: str) -> Try:
    mapped = {"values": {"number": "{{n}}", "customer": "{{mail}}"}, "lookups": {"customer": "email"}}
    cells = {"n": "N-1", "mail": "sage@people.example"}
    return Try(made.subject, lambda: _stored(made, made.orders, mapped, cells, verb))


def _stored(made: Any, module: Any, mapped: dict[str, object], cells: dict[str, str], verb: str) -> None:
    wanted = _importer(made, module, mapped)
    if verb == "check":
        wanted.check(cells, {})
    else:
        wanted.store(cells, skip=set())


def _row_linked(made: Any) -> Try:
    parts = catalogue.define(actor=cast.SETTING_UP, description=PARTS)
    _whole, part = (_new(made, parts, {"number": number}) for number in ("P-1", "P-2"))
    mapped = {"values": {"number": "{{n}}", "whole": "{{of}}"}, "lookups": {"whole": "number"}}
    return Try(
        part,
        lambda: _importer(made, parts, mapped).link({"n": "P-2", "of": "P-1"}, "number"),
        field="whole",
    )


def _export(made: Any) -> Try:
    def do() -> bool:
        lines = export_list(actor=made.actor("administrator"), module=made.contacts, at=cast.NOW)
        text = "".join(lines)
        assert "E-mail" in text
        return "Sage Winter" in text

    return Try(made.subject, do)


def _mail(made: Any) -> Try:
    _news, text = consent_cast.offer()
    subject = made.actor("subject")
    decisions.give(actor=subject, subject=made.subject.pk, purpose="news", text=text.pk, at=cast.NOW)

    def do() -> bool:
        sent = mail.send(
            to="sage@people.example", title="News", body="News", kind="news", purpose="news",
            subject=made.subject.pk,
        )  # fmt: skip
        outbox.drain(about=f"mail:{sent}")
        return Mail.objects.get(pk=sent).state != MailState.HELD

    return Try(made.subject, do)


def _invite(made: Any) -> Try:
    def do() -> object:
        return invitations.invite_person(
            actor=made.actor("administrator"),
            record=made.added.pk,
            user_type=made.user_type.pk,
            at=cast.NOW,
        )

    return Try(made.added, do)


def _ask(made: Any) -> Try:
    _news, text = consent_cast.offer()
    asked = {"subject": made.added.pk, "purpose": "news", "text": text.pk, "at": cast.NOW}
    return Try(made.added, lambda: decisions.give(actor=made.actor("subject"), **asked))


def _campaign(made: Any) -> Try:
    """Somebody asked by a campaign, who is left out while nobody may write to them."""
    consent_cast.offer()

    def do() -> bool:
        officer = made.actor("officer")
        campaign = campaigns.start(actor=officer, purpose="news", audience="undecided", at=cast.NOW)
        outbox.drain(about=campaigns.about(campaign))
        return any(mail.to == "ada@people.example" for mail in consent_cast.mails("consent.asked"))

    return Try(made.added, do)


def _enter(made: Any) -> Try:
    """What a person agreed to on paper, with the page they signed."""
    _news, text = consent_cast.offer()
    said = {"subject": made.added.pk, "purpose": "news", "answer": "give", "method": "paper"}
    officer = made.actor("officer")
    return Try(
        made.added,
        lambda: entering.enter(
            actor=officer,
            **said,
            text=text.pk,
            at=cast.NOW,
            proof=entering.Upload("signed.txt", BytesIO(b"Signed")),
        ),
    )


def _rectify(made: Any) -> Try:
    return Try(made.subject, lambda: _corrected(made.subject, {"name": "Sage Summer"}), field="name")


def _rectify_link(made: Any) -> Try:
    order = cast.order(made, "O-1", made.stranger)
    return Try(made.subject, lambda: _corrected(order, {"customer": str(made.subject.pk)}))


def _corrected(record: Record, given: dict[str, object]) -> object:
    return Records().rectify(
        Item("records", "record", str(record.pk)),
        given,
        subject=record.pk,
        actor=WORKER,
        under=Authority(uuid4(), "rectify", record.pk),
    )


def _erase(made: Any) -> Try:
    order = cast.order(made, "O-1", made.subject)
    item = Item("records", "orders", str(order.pk))
    under = Authority(uuid4(), "erase", made.subject.pk)
    return Try(order, lambda: Records().erase(item, subject=made.subject.pk, actor=WORKER, under=under))


#: Path, act, and whose try it is where several may.
TRIES: dict[tuple[str, str, str], Callable[[Any], Try]] = {
    ("records.create", "add", ""): _create,
    ("records.create", "clone", ""): _clone,
    ("records.edit", "edit", "staff"): _edit,
    ("records.edit", "edit", "portal"): _edit_own,
    ("records.edit", "add", ""): _move,
    ("records.delete", "delete", ""): _delete,
    ("records.delete", "edit", "mention"): _delete_mentioned,
    ("notes.add", "note", "staff"): _note,
    ("notes.add", "note", "portal"): _note_own,
    ("notes.remove", "note", ""): _note_removed,
    ("files.add", "attach", ""): _file,
    ("files.remove", "attach", ""): _file_removed,
    ("imports.check", "edit", ""): lambda made: _row(made, "check"),
    ("imports.check", "import", ""): lambda made: _row(made, "check"),
    ("imports.check", "add", ""): lambda made: _row_added(made, "check"),
    ("imports.store", "edit", ""): lambda made: _row(made, "store"),
    ("imports.store", "import", ""): lambda made: _row(made, "store"),
    ("imports.store", "add", ""): lambda made: _row_added(made, "store"),
    ("imports.store", "edit", "second pass"): _row_linked,
    ("imports.store", "import", "second pass"): _row_linked,
    ("lists.export", "export", ""): _export,
    ("mail.purpose", "mail", ""): _mail,
    ("people.invite", "mail", ""): _invite,
    ("consent.ask", "mail", ""): _ask,
    ("consent.campaign", "mail", ""): _campaign,
    ("consent.enter", "attach", ""): _enter,
    ("requests.rectify", "edit", ""): _rectify,
    ("requests.rectify", "add", ""): _rectify_link,
    ("requests.erase", "delete", "record"): _erase,
    ("requests.erase", "delete", "file"): _file_erased,
}


# --- paths that are free of locks ------------------------------------------------------------------------


def _uncover(made: Any) -> Callable[[], bool]:
    Field.objects.visible_to(cast.SETTING_UP).filter(module=made.contacts, key="phone").update(masked=True)
    change_record(
        actor=cast.SETTING_UP, record=made.subject.pk, given={"phone": "+49 30 1234567"}, at=cast.NOW
    )
    who = made.actor("officer")
    return lambda: bool(masking.uncover(actor=who, record=made.subject.pk, key="phone", at=cast.NOW))


def _taken(made: Any) -> Callable[[], bool]:
    file, who = _filed(made), made.actor("officer")
    return lambda: attachments.hand_out(actor=who, attachment=file.pk, at=cast.NOW)[1] == b"A"


def _reset(made: Any) -> Callable[[], bool]:
    def do() -> bool:
        resets.ask(email="sage@people.example")
        outbox.drain()
        return bool(consent_cast.mails("reset"))

    return do


def _restrict(made: Any) -> Callable[[], bool]:
    item, under = (
        Item("records", "contacts", str(made.subject.pk)),
        Authority(uuid4(), "restrict", made.subject.pk),
    )

    def do() -> bool:
        Records().restrict(item, subject=made.subject.pk, actor=WORKER, under=under)
        return place.restricted(made.subject.pk)

    return do


def _recipient_told(made: Any) -> Callable[[], bool]:
    register_cast.activity(of=[register_cast.recipient()])
    case = case_cast.file(made, "stop")
    case_cast.decide(made, case)

    def do() -> bool:
        outbox.drain()
        return bool(consent_cast.mails("recipient.told"))

    return do


def _asked(made: Any) -> int:
    """The subject asked for the consent of the person they added; returns the text."""
    _ask(made).do()
    return int(consent_cast.stored(made.added.pk)[0].text_id)


def _receipt(made: Any) -> Callable[[], bool]:
    text = _asked(made)
    token = consent_cast.token_in(consent_cast.mails("consent.asked")[0])

    def do() -> bool:
        answers.confirm(token=token, text=text, at=cast.NOW)
        return bool(consent_cast.mails("consent.confirmed"))

    return do


def _taken_back(made: Any) -> Callable[[], bool]:
    _asked(made)

    def do() -> bool:
        decisions.withdraw(actor=made.actor("subject"), subject=made.added.pk, purpose="news", at=cast.NOW)
        return bool(consent_cast.mails("consent.revoked"))

    return do


def _signed_up(made: Any) -> Callable[[], bool]:
    news, text = consent_cast.offer()
    opened = Purpose.objects.visible_to(consent_cast.LOOK).filter(pk=news.pk)
    opened.update(public_form=True, form_module=made.contacts)

    def do() -> bool:
        signups.sign_up(
            purpose="news",
            text=text.pk,
            email=str(made.added.values["email"]),
            name="Somebody",
            at=cast.NOW,
        )
        return bool(consent_cast.mails("consent.confirm_sign_up"))

    return do


def _ended(made: Any) -> Callable[[], bool]:
    """A consent whose time is over: the entry is made whatever is locked, and its message asks for itself."""
    asked = consent_cast.Asked(made, *consent_cast.offer())
    asked.give(ends_at=cast.NOW + timedelta(days=1))

    def do() -> bool:
        with time_machine.travel(cast.NOW + timedelta(days=2), tick=False):
            with transaction.atomic():
                job = outbox.enqueue(endings.JOB, about="duty:test")
            outbox.run_now(job)
        return consent_cast.states(made.subject.pk) == ["obtained", "expired"]

    return do


def _agreed_by_parent(made: Any) -> Callable[[], bool]:
    asked = consent_cast.Asked(made, *consent_cast.offer())
    Purpose.objects.visible_to(consent_cast.LOOK).filter(pk=asked.news.pk).update(for_children=True)
    consent_cast.with_birthdays(asked)
    consent_cast.born(made.added, "2016-01-01")

    def do() -> bool:
        asked.ask(as_parent=True)
        return bool(consent_cast.mails("consent.confirmed"))

    return do


def _unlocked(made: Any) -> Callable[[], bool]:
    consent_cast.offer()
    given = {"record": made.subject.pk, "ground": "restriction", "reason": "x", "placed_by": "consent:news"}
    place.place(actor=consent_cast.LOOK, source=Source.CONSENT, at=cast.NOW, **given)

    def do() -> bool:
        officer = made.actor("officer")
        recording.record_basis(actor=officer, subject=made.subject.pk, basis="A6-1-b", at=cast.NOW)
        return bool(consent_cast.mails("consent.unlocked"))

    return do


def _own_copy(made: Any) -> Callable[[], bool]:
    def do() -> bool:
        state = case_cast.carried_out(made, "export").state
        return state == "fulfilled" and bool(consent_cast.mails("case.acknowledged"))

    return do


def _written_to_officers(made: Any) -> Callable[[], bool]:
    case = case_cast.file(made, "export")

    def do() -> bool:
        messages.say(actor=made.actor("subject"), case=case.pk, text="I moved house.", at=cast.NOW)
        return bool(consent_cast.mails("desk.unread"))

    return do


def _reminded(made: Any) -> Callable[[], bool]:
    case_cast.file(made, "export")

    def do() -> bool:
        with time_machine.travel(cast.NOW + timedelta(days=60), tick=False):
            with transaction.atomic():
                job = outbox.enqueue(reminders.JOB, about="duty:test")
            outbox.run_now(job)
        return bool(consent_cast.mails("desk.deadlines"))

    return do


def _found_again(made: Any) -> Callable[[], bool]:
    row = {"key": "home", "label": "Home address", "type": "email", "encrypted": True}
    descriptions.add_field(actor=cast.SETTING_UP, of=made.contacts, row=row)
    person = cast.contact(made.contacts, "Vera", home="vera@home.example")
    forms = KeyedForm.objects.visible_to(consent_cast.LOOK)
    forms.all().delete()
    given = {"record": person.pk, "ground": "restriction", "reason": "x", "placed_by": "test:lock"}
    place.place(actor=consent_cast.LOOK, at=cast.NOW, **given)

    def do() -> bool:
        with transaction.atomic():
            job = outbox.enqueue(keyed.JOB, about="duty:test")
        outbox.run_now(job)
        return bool(forms.filter(record=person).exists())

    return do


#: What goes on whatever is locked; a copy and its message are walked by the same try.
FREE: dict[str, Callable[[Any], Callable[[], bool]]] = {
    "fields.uncover": _uncover,
    "records.key_forms": _found_again,
    "files.take": _taken,
    "people.reset": _reset,
    "requests.restrict": _restrict,
    "consent.receipt": _receipt,
    "consent.withdrawn": _taken_back,
    "consent.sign_up": _signed_up,
    "consent.ended": _ended,
    "consent.parent": _agreed_by_parent,
    "consent.unlocked": _unlocked,
    "exports.copy": _own_copy,
    "exports.ready": _own_copy,
    "requests.notices": _own_copy,
    "requests.reminders": _reminded,
    "requests.unread": _written_to_officers,
    "requests.recipients": _recipient_told,
}
