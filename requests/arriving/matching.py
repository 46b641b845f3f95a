"""From what was proved to the person: only a proved identifier is ever searched (promise 1).

One person found is bound to the case at once. Of several an officer picks; where nobody is found, the answer
is that nothing is held. Every search is in the ledger, with the proofs it rested on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, TextField, Value
from django.db.models.lookups import In, IsNull
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.access.compile import Form
from portals_core.ledger import append
from portals_core.people.models import User, UserKind
from portals_core.plumbing import keyring, outbox
from portals_core.plumbing.errors import Absent, BadInput, Broken, Conflict
from portals_core.plumbing.models import Mail
from portals_core.records import catalogue, keyed, values
from portals_core.records.models import Field, FieldType, Module, Record, UniqueValue
from requests.arriving import identifiers
from requests.casebook import barriers, lifecycle
from requests.holding import planning
from requests.law.states import State, Who
from requests.models import Case, IdentifierKind, Kind, Notice, Proof
from requests.telling.notices import answers

#: Candidates an officer is shown; an identifier that means more people identifies nobody.
MOST = 20
_FIND = system("find the person by what was proved")


def proven(case: Case) -> list[Proof]:
    """The proofs of a case that count."""
    return list(Proof.objects.visible_to(_FIND).filter(case=case).exclude(proved_at=None))


def candidates(case: Case) -> list[Record]:
    """The people whom the proven identifiers of a case mean. Nothing else is looked for."""
    return search(proven(case))


def search(proofs: Iterable[Proof]) -> list[Record]:
    """The people whom these proofs mean, each at most once. Raises `Broken` for one that is not proved."""
    keys: set[UUID] = set()
    for proof in proofs:
        if proof.proved_at is None:
            raise Broken("", code="matching.unproven", detail=str(proof.pk))
        if proof.value:
            keys |= _SEARCHES[proof.kind](identifiers.normal(proof.kind, proof.value))
    rows = Record.objects.visible_to(_FIND).select_related("module")
    return list(rows.filter(pk__in=keys, module__identity=True).order_by("created_at", "id")[:MOST])


def lock(found: Sequence[Record]) -> None:
    """The lock of the one person found. Taken before the lock of the case, as everywhere."""
    if len(found) == 1:
        planning.lock_subject(found[0].pk)


def match(case: Case, found: Sequence[Record], *, at: datetime) -> Case:
    """Bind the case to the one person found, inside the caller's transaction and under its locks; leave it
    for an officer where several were found, or the one is being erased, or was while the lock was waited for.
    A case that has its person stays."""
    if case.subject is not None:
        return case
    proofs = proven(case)
    append.record(
        "case.searched",
        actor=_FIND,
        about=case.ref,
        at=at,
        detail={"proofs": [str(proof.pk) for proof in proofs], "found": len(found)},
    )
    if len(found) != 1 or not _own(found[0], proofs):
        return case
    if _being_erased(found[0].pk) or not _stands(found[0].pk):
        return case
    return _bind(case, found[0], actor=_FIND, at=at)


def bind(*, actor: Actor, case: UUID | str, record: UUID | str, at: datetime) -> Case:
    """An officer picks the person among the candidates.

    Raises `Absent` for a record that is no candidate, `Conflict` for a case that has its person, is not
    proved or is closed, `Forbidden` for an officer who picks themself.
    """
    barriers.needs(actor, "cases.decide")
    with transaction.atomic():
        seen = Case.objects.fetch(actor, case, "decide")
        chosen = next((one for one in candidates(seen) if str(one.pk) == str(record)), None)
        if chosen is None:
            raise Absent(_("There is nothing here, or it is not shared with you."))
        lock([chosen])
        found = Case.objects.fetch(actor, case, "decide", lock=True)
        _ready(found)
        if not _stands(chosen.pk):
            raise Absent(_("There is nothing here, or it is not shared with you."))
        if _being_erased(chosen.pk):
            raise Conflict(
                _("This person's data is being deleted. Nothing else can be done with it now."),
                code="request.being_erased",
            )
        bound = _bind(found, chosen, actor=actor, at=at)
        barriers.not_about_oneself(actor, bound)
        return bound


def answer_none(*, actor: Actor, case: UUID | str, at: datetime) -> Case:
    """An officer answers that nothing is held, and the person is told. It is a full answer and no refusal
    (W25). Raises `Conflict` where somebody is found by what was proved, `Forbidden` for an officer who asked
    themself."""
    barriers.needs(actor, "cases.decide")
    with transaction.atomic():
        found = Case.objects.fetch(actor, case, "decide", lock=True)
        _ready(found)
        barriers.not_about_oneself(actor, found)
        if candidates(found):
            raise Conflict(
                _("Somebody is found by what was proved. Pick the person, or refuse the request."),
                code="request.somebody",
            )
        closed = lifecycle.move(
            found,
            "none_held",
            actor=actor,
            who=Who.OFFICER,
            at=at,
            nothing_held=True,
            decided_by=barriers.user_of(actor),
            decided_at=at,
        )
        answers.none_held(closed, at=at)
        return closed


def _ready(case: Case) -> None:
    if case.subject is not None or case.proved_at is None or case.state != State.IN_REVIEW:
        raise Conflict(
            _("This is possible while a proved request is in review and has no person yet."),
            code="request.not_searching",
        )


def _bind(case: Case, record: Record, *, actor: Actor, at: datetime) -> Case:
    rows = Case.objects.visible_to(_FIND).filter(pk=case.pk, subject=None, version=case.version)
    if rows.update(subject=record.pk, version=F("version") + 1) != 1:
        raise Conflict(
            _("Somebody else worked on this request meanwhile. Reload the page to see where it stands."),
            code="request.changed",
        )
    # What was written to them so far is theirs from here on, and goes when they are erased.
    sent = Notice.objects.visible_to(_FIND).filter(case=case).values_list("mail", flat=True)
    Mail.objects.filter(pk__in=list(sent), subject_id=None).update(subject_id=record.pk)
    bound: Case = Case.objects.fetch(_FIND, case.pk)
    append.record(
        "case.bound",
        actor=actor,
        about=case.ref,
        subject=key_of(bound),
        at=at,
        detail={"record": str(record.pk)},
    )
    outbox.announce("case.bound", about=case.ref, case=str(case.pk), subject=str(record.pk))
    return Case.objects.fetch(_FIND, case.pk)


def key_of(case: Case) -> UUID | None:
    """Under whose key the ledger seals what it says of a case: the person's while there is one."""
    return case.subject if case.subject and not keyring.is_destroyed(case.subject) else None


def _being_erased(subject: UUID) -> bool:
    rows = Case.objects.visible_to(_FIND).filter(subject=subject)
    return rows.filter(kind=Kind.DELETE, state=State.CARRYING_OUT).exists()


def _stands(subject: UUID) -> bool:
    """Whether the record is still there under the lock that was waited for."""
    return any(planning.alive([subject]))


def _own(record: Record, proofs: Sequence[Proof]) -> bool:
    """Whether what was proved is surely the person's own. A further address on a record may be that of
    somebody beside them, an assistant or a parent: then an officer looks."""
    mails = [proof.value for proof in proofs if proof.kind == IdentifierKind.EMAIL]
    if len(mails) < len(proofs):
        return True
    users = User.objects.visible_to(_FIND).filter(kind=UserKind.PORTAL, identity=record)
    stored = [record.values.get(record.module.email_key), *users.values_list("email", flat=True)]
    return any(identifiers.same_mail(one, identifiers.mail(mail)) for one in stored for mail in mails)


def _people() -> list[Module]:
    return list(catalogue.modules().filter(identity=True))


def _by_mail(form: str) -> set[UUID]:
    forms = [values.folded(one) for one in identifiers.spellings(form)]
    users = User.objects.visible_to(_FIND).filter(kind=UserKind.PORTAL, email__in=forms)
    found = {user.identity_id for user in users if identifiers.same_mail(user.email, form)} - {None}
    for module in _people():
        for field in catalogue.fields(module):
            if field.encrypted and field.type == FieldType.EMAIL:
                found |= keyed.holders(field, form)
            elif field.key == module.email_key or field.type == FieldType.EMAIL:
                rows = _with(module, field, forms)
                found |= {row.pk for row in rows if identifiers.same_mail(row.values.get(field.key), form)}
    return found


def _by_phone(form: str) -> set[UUID]:
    found: set[UUID] = set()
    for module in _people():
        for field in catalogue.fields(module):
            if field.type == FieldType.PHONE and field.encrypted:
                found |= keyed.holders(field, form)
            elif field.type == FieldType.PHONE:
                found |= {row.pk for row in _with(module, field, [values.comparable(field, form) or ""])}
    return found


def _by_number(form: str) -> set[UUID]:
    """By any value that is unique among people; mail addresses and phone numbers are proved as such."""
    beside = (FieldType.LOOKUP, FieldType.EMAIL, FieldType.PHONE)
    found: set[UUID] = set()
    for module in _people():
        for field in catalogue.fields(module):
            if field.unique and field.type not in beside:
                found |= _unique(field, form)
    return found


def _unique(field: Field, word: str) -> set[UUID]:
    try:
        form = values.normal_form(field, values.parse(field, word))
    except BadInput:
        return set()
    rows = UniqueValue.objects.visible_to(_FIND).filter(field=field, value=form)
    return set(rows.values_list("record", flat=True))


def _by_record(form: str) -> set[UUID]:
    return {UUID(form)}


def _with(module: Module, field: Field, forms: list[str]) -> list[Record]:
    """The records of a module with one of these forms in a field; a few more than anybody is shown."""
    wanted = [Value(form, output_field=TextField()) for form in forms if form]
    same = Q(IsNull(Form(field.key), False)) & Q(In(Form(field.key), wanted))
    rows = Record.objects.visible_to(_FIND).filter(module=module).filter(same)
    return list(rows.order_by("id")[: MOST + 1])


_SEARCHES: dict[str, Callable[[str], set[UUID]]] = {
    IdentifierKind.EMAIL: _by_mail,
    IdentifierKind.PHONE: _by_phone,
    IdentifierKind.NUMBER: _by_number,
    IdentifierKind.ACCOUNT: _by_record,
    IdentifierKind.RECORD: _by_record,
}
