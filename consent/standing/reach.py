"""For whom may somebody decide about consent: for oneself, and for people one added (D4, D5, decision 14)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.models import Authority, Purpose
from consent.standing import children
from portals_core.access.actor import Actor, Kind, system
from portals_core.locks import place
from portals_core.locks.models import Ground, Source
from portals_core.plumbing.errors import Absent, BadInput, Forbidden, Locked
from portals_core.records.models import Record

_SPEAK = system("decide about consent")


def authority(actor: Actor, subject: UUID | None) -> tuple[Authority, UUID]:
    """By what right `actor` decides, and for whom.

    Raises `Absent` alike for strangers, for nobody, and for records that are not people; `Forbidden` for
    staff, whose decision it never is. One's own consent needs no permission on any module (P1).
    """
    if actor.kind is not Kind.PORTAL:
        raise Forbidden(_("Consent is given by the person, or asked for by the one who added them."))
    if subject is not None and subject == actor.identity:
        return Authority.SELF, subject
    return Authority.REPRESENTATIVE, added(actor, subject).pk


def added(actor: Actor, subject: UUID | None) -> Record:
    """The record of a person this portal user added. Raises `Absent` for anybody else."""
    record = people_added(actor).filter(pk=subject).first() if subject else None
    if record is None:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return record


def people_added(actor: Actor) -> QuerySet[Record]:
    """Records of people which this portal user added and can see; never their own."""
    rows = Record.objects.visible_to(actor).filter(module__identity=True, creator=actor.user_id)
    if actor.kind is not Kind.PORTAL or actor.user_id is None:
        return rows.none()
    return rows.exclude(pk=actor.identity).select_related("module")


def lock(subject: UUID) -> Record:
    """The person's record, row-locked in the caller's transaction: decisions about one person happen one
    after the other, and a restriction or an erasure comes before or after, never in between.

    Raises `Absent` for a record that is gone.
    """
    record = Record.objects.visible_to(_SPEAK).filter(pk=subject)
    found = record.select_related("module").select_for_update(of=("self",)).first()
    if found is None or not found.module.identity:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return found


def refuse_unless_kept(record: Record) -> None:
    """Raise `Absent` where no consent is kept for this kind of record: nothing is offered there (D2).

    What was given before can be withdrawn all the same.
    """
    if not record.module.compliance:
        raise Absent(_("There is nothing here, or it is not shared with you."))


def refuse_if_restricted(subject: UUID) -> None:
    """Raise `Locked` while the processing of this person's data is restricted: nothing new is agreed to.

    A lock for want of consent does not count: it ends when the person agrees (D13).
    """
    locks = place.in_force([subject]).get(subject, ())
    if any(lock.ground == Ground.RESTRICTION and lock.source != Source.CONSENT for lock in locks):
        raise Locked(
            _("The use of this data is restricted at the moment, so nothing new can be agreed to. "
              "Withdrawing is possible at any time."),
            code="restriction",
        )  # fmt: skip


def refuse_child(record: Record, purpose: Purpose, at: datetime) -> None:
    """Raise `Forbidden` where the person is too young to agree to this purpose alone (Art. 8(1)). Asked by
    whatever takes a person's own yes; saying no and withdrawing are open to a child."""
    if children.is_child(record, purpose, at):
        raise Forbidden(
            _("Somebody with parental responsibility has to agree for you. Ask them to sign in, or write to "
              "%(contact)s.") % {"contact": settings.CONTACT_EMAIL},
            code="consent.child",
        )  # fmt: skip


def right(by: Authority, record: Record, purpose: Purpose, at: datetime, *, as_parent: bool) -> Authority:
    """By what right a yes is given in the portal, once it is clear that age allows it (Art. 8).

    Raises `Forbidden` for a child's own yes; `BadInput` where a child would be asked, and where somebody says
    to be the parent of a person who is no child.
    """
    if as_parent:
        if by is Authority.SELF:
            raise BadInput(_("Nobody is their own parent. Agree for yourself."), code="consent.own_parent")
        refuse_parent_of_adult(record, purpose, at)
        return Authority.PARENT
    if by is Authority.SELF:
        refuse_child(record, purpose, at)
    else:
        refuse_to_ask_child(record, purpose, at)
    return by


def refuse_to_ask_child(record: Record, purpose: Purpose, at: datetime) -> None:
    """Raise `BadInput` where the person is too young to agree: asking them leads nowhere (Art. 8(1))."""
    if children.is_child(record, purpose, at):
        raise BadInput(
            _("This person is too young to agree alone. If you have parental responsibility, say so and "
              "agree for them."),
            code="consent.child_asked",
            fields={"as_parent": _("say that you have parental responsibility")},
        )  # fmt: skip


def refuse_parent_of_adult(record: Record, purpose: Purpose, at: datetime) -> None:
    """Raise `BadInput` where somebody would agree as a parent for a person who can agree alone."""
    if not children.is_child(record, purpose, at):
        raise BadInput(
            _("A parent agrees only for a child whose date of birth is known and who is too young to agree "
              "alone. Ask the person themself."),
            code="consent.not_child",
            fields={"as_parent": _("only for a child"), "by_parent": _("only for a child")},
        )  # fmt: skip
