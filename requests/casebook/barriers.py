"""What stands in the way of a decision: rights, a second part in the same case, other cases of the person."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.access.actor import Kind as ActorKind
from portals_core.people import accounts
from portals_core.people.models import User, normalise_email
from portals_core.plumbing.errors import Conflict, Forbidden
from portals_core.records.models import Record
from requests.holding import planning
from requests.law.states import OPEN, State
from requests.models import Case, CaseDetail, IdentifierKind, Kind, Proof

_LOOK = system("look at other cases of the same person")


def needs(actor: Actor, permission: str) -> None:
    """Raise `Forbidden` unless a member of staff with this permission acts."""
    if actor.kind is not ActorKind.STAFF or not actor.may(permission):
        raise Forbidden(_("Your role does not include this step. Ask an administrator."), detail=permission)


def taken(actor: Actor, key: UUID | str, action: str) -> Case:
    """The case, after the subject's lock and its own, in that order."""
    planning.lock_subject(Case.objects.fetch(actor, key, action).subject)
    return Case.objects.fetch(actor, key, action, lock=True)


def user_of(actor: Actor) -> User:
    """The account of the officer, to stand in the case for good."""
    return User.objects.fetch(system("name who decided"), actor.user_id)


def second_person(actor: Actor, found: Case) -> None:
    """Raise `Forbidden` for whoever filed or decided the case, or is the person, by whatever account
    (decision 22). One human with two accounts is known by the address or by the record of both."""
    if actor.user_id is None or _same_human(user_of(actor), _had_a_part(found)):
        raise Forbidden(
            _("A deletion is approved by somebody who neither filed nor decided it. Ask another officer."),
            code="approval.same_person",
        )
    not_about_oneself(actor, found)


def _had_a_part(found: Case) -> list[User]:
    """Who filed and who decided."""
    ids = {found.decided_by_id, found.requester_id} - {None}
    return list(User.objects.visible_to(_LOOK).filter(pk__in=ids))


def _same_human(user: User, others: Iterable[User]) -> bool:
    return any(
        other.pk == user.pk
        or (bool(user.email) and normalise_email(other.email) == normalise_email(user.email))
        or (user.identity_id is not None and other.identity_id == user.identity_id)
        for other in others
    )


def no_asker(actor: Actor, found: Case) -> None:
    """Raise `Forbidden` where the officer is who asks: nobody vouches for themself."""
    askers = User.objects.visible_to(_LOOK).filter(pk=found.requester_id)
    if _same_human(user_of(actor), askers):
        raise Forbidden(
            _("You ask for this person yourself. Another officer must look at your authority."),
            code="mandate.own",
        )


def another_signer(actor: Actor, signers: Iterable[User]) -> None:
    """Raise `Conflict` where one of those who approved the plan already is the same human."""
    if _same_human(user_of(actor), signers):
        raise Conflict(
            _("You approved this plan already. Another officer must approve it, too."),
            code="approval.again",
        )


def not_about_oneself(actor: Actor, found: Case) -> None:
    """Raise `Forbidden` where the officer is the person: by account, by the address on the record, or by an
    address that asked or is answered, whoever is found."""
    user = user_of(actor)
    account = accounts.account_of(found.subject) if found.subject else None
    known = normalise_email(user.email)
    if (account is not None and _same_human(user, [account])) or (known and known in _addresses(found)):
        raise Forbidden(
            _("This request is about you. Ask another officer to handle it."), code="approval.own_case"
        )


def _addresses(found: Case) -> set[str]:
    """Every address that stands for the person, in the form in which they are compared."""
    record = Record.objects.visible_to(_LOOK).select_related("module").filter(pk=found.subject).first()
    detail = CaseDetail.objects.visible_to(_LOOK).filter(case=found).first()
    stored = record.values.get(record.module.email_key) if record is not None else ""
    given = asked_under(found)
    return {normalise_email(str(one or "")) for one in (stored, detail and detail.reply_to, *given)}


def asked_under(found: Case) -> list[str]:
    """The mail addresses that were given when it was asked, proved or not, as they were entered."""
    rows = Proof.objects.visible_to(_LOOK).filter(case=found, kind=IdentifierKind.EMAIL)
    return list(rows.values_list("value", flat=True))


def proven(found: Case) -> None:
    """Raise `Conflict` until it is proved who asks and the person is found: what nobody proved is neither
    approved nor answered, whatever it is linked to (W18, attack 3)."""
    if found.proved_at is None or found.subject is None:
        raise Conflict(
            _("It is not proved yet who asks. Prove that first; a link to another request proves nothing."),
            code="request.unproven",
        )


def _others(found: Case) -> QuerySet[Case]:
    return Case.objects.visible_to(_LOOK).filter(subject=found.subject).exclude(pk=found.pk)


def no_erasure_under_way(found: Case) -> None:
    """Raise `Conflict` while the person's data is being deleted (attacks 39, 40)."""
    if _others(found).filter(kind=Kind.DELETE, state=State.CARRYING_OUT).exists():
        raise Conflict(
            _("This person's data is being deleted. Nothing else can be done with it now."),
            code="request.being_erased",
        )


def nothing_else_open(found: Case) -> None:
    """A deletion ends every other request of the person, so the proven ones are answered first. What is
    linked to this one as the same request once more is answered with it (W18)."""
    busy = _others(found).filter(state__in=OPEN - {State.PROVING}).exclude(proved_at=None)
    open_case = busy.exclude(duplicate_of=found.pk).order_by("due_on").first()
    if open_case is not None:
        raise Conflict(
            _("Answer this person's other open request first: %(number)s.") % {"number": open_case.number},
            code="request.others_open",
        )
