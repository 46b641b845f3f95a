"""Whose record a confirmed sign-up is about: one that has the address, or a new one (D16, D18)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet, TextField, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from consent.contact import asking
from consent.deciding import agreeing
from consent.grounds import recording
from consent.law.bases import Basis as LawfulBasis
from consent.models import Authority, Decision, Method, SignUp, State, Text
from consent.standing import history, reach
from portals_core.access.actor import Actor, system
from portals_core.access.compile import ValueText
from portals_core.plumbing.errors import Absent
from portals_core.records import catalogue, values
from portals_core.records.models import Module, Record
from portals_core.writing.records import create_record

_ENTER = system("enter somebody who signed up and proved their address")


def agree(*, actor: Actor, sign_up: SignUp, text: Text, at: datetime) -> Decision:
    """Store the consent of whoever proved this address, in the caller's transaction; tell them how to
    withdraw. Raises `Locked` while their data is restricted."""
    purpose = text.purpose
    module = purpose.form_module
    if module is None:
        raise Absent(_("There is no such form, or it is closed."), code="sign_up.absent")
    record = _theirs(module, sign_up) or _entered(module, sign_up, purpose.key, at)
    record = reach.lock(record.pk)
    reach.refuse_if_restricted(record.pk)
    reach.refuse_child(record, purpose, at)
    before = history.latest(record.pk, purpose)
    again = before is not None and before.permits(at)
    decision = history.add(
        State.RENEWED if again else State.OBTAINED,
        actor=actor,
        subject=record.pk,
        purpose=purpose,
        text=text,
        before=before,
        authority=Authority.SELF,
        method=Method.FORM,
        channels=sign_up.channels,
        remarks=sign_up.remarks,
        at=at,
        ends_at=agreeing.end(purpose, at),
    )
    asking.confirm_receipt(record=record, purpose=purpose, text=text, at=at)
    return decision


def _theirs(module: Module, sign_up: SignUp) -> Record | None:
    """The one record with this address: by itself where addresses are unique, else by the name, too. Several
    people may share a mailbox, and none of them decides for another."""
    found = list(_with_address(module, sign_up.email)[:20])
    unique = any(field.unique for field in catalogue.fields(module) if field.key == module.email_key)
    if unique and found:
        return found[0]
    same = [one for one in found if _folded(one.values.get(module.title_key)) == _folded(sign_up.name)]
    return same[0] if len(same) == 1 else None


def _with_address(module: Module, address: str) -> QuerySet[Record]:
    field = next(one for one in catalogue.fields(module) if one.key == module.email_key)
    form = values.comparable(field, address) or ""
    same = Exact(ValueText(module.email_key), Value(form, output_field=TextField()))
    return Record.objects.visible_to(_ENTER).filter(module=module).filter(same).order_by("id")


def _folded(name: object) -> str:
    return " ".join(str(name or "").split()).casefold()


def _entered(module: Module, sign_up: SignUp, form: str, at: datetime) -> Record:
    given = {module.title_key: sign_up.name, module.email_key: sign_up.email}
    record = create_record(actor=_ENTER, module=module, given=given, source=f"form {form}", at=at)
    _record_bases(record.pk, form, at)
    return record


def _record_bases(subject: UUID, purpose: str, at: datetime) -> None:
    """We know of this person only because they agreed: that is why their data is kept, and for what (T16)."""
    for what in (None, purpose):
        recording.record_basis(
            actor=_ENTER, subject=subject, basis=LawfulBasis.CONSENT.value, purpose=what, at=at
        )
