"""Rules by which new cases find an officer: the first that fits gives them to its officers in turn.

It happens in the transaction in which a case goes to review, once. Whoever filed a case, or has an address
under which it was asked or is answered, does not get it; nor does a closed account or one that may not decide
any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.people.models import User
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from requests.casebook import barriers
from requests.desk import assignment
from requests.law import calendars
from requests.models import AssignmentRule, Case, CaseDetail, Channel, Kind

_GIVE = system("give a new case to an officer by a rule")


@dataclass(frozen=True)
class Rule:
    """What a rule says; an empty list means every one."""

    name: str
    officers: Sequence[str]
    kinds: Sequence[str] = field(default_factory=list)
    channels: Sequence[str] = field(default_factory=list)
    countries: Sequence[str] = field(default_factory=list)
    position: int = 0
    active: bool = True


def rules(actor: Actor) -> QuerySet[AssignmentRule]:
    """Every rule, in the order in which they are asked."""
    return AssignmentRule.objects.visible_to(actor)


def rule(actor: Actor, key: UUID | str) -> AssignmentRule:
    """One rule. Raises `Absent`."""
    found: AssignmentRule = AssignmentRule.objects.fetch(actor, key)
    return found


def define(*, actor: Actor, wanted: Rule, at: datetime, rule: UUID | str | None = None) -> AssignmentRule:
    """Add a rule, or change one; cases that have an officer keep them.

    Raises `Forbidden` without "cases.assign", `BadInput` with a sentence per field, `Absent`, `Conflict`
    for a name that is taken.
    """
    _may(actor)
    _check(wanted)
    try:
        with transaction.atomic():
            found = AssignmentRule.objects.fetch(actor, rule, "edit", lock=True) if rule else AssignmentRule()
            for name in ("name", "position", "active"):
                setattr(found, name, getattr(wanted, name))
            for name in ("kinds", "channels", "countries", "officers"):
                setattr(found, name, list(getattr(wanted, name)))
            # The count of turns belongs to whoever gives cases out meanwhile.
            found.save(update_fields=_SET_UP if rule else None)
            about = f"case_rule:{found.pk}"
            append.record("case_rule.defined", actor=actor, about=about, at=at, detail=_detail(found))
    except IntegrityError:
        raise Conflict(
            _("Another rule has this name. Choose another name."), fields={"name": _("taken")}
        ) from None
    return found


_SET_UP = ["name", "position", "active", "kinds", "channels", "countries", "officers"]


def remove(*, actor: Actor, rule: UUID | str, at: datetime) -> None:
    """Take a rule away; what it gave out stays given."""
    _may(actor)
    with transaction.atomic():
        found = AssignmentRule.objects.fetch(actor, rule, "edit", lock=True)
        append.record(
            "case_rule.removed", actor=actor, about=f"case_rule:{found.pk}", at=at, detail=_detail(found)
        )
        found.delete()


def assign(*, about: str, case: str, **ids: object) -> None:
    """Inline subscriber of a case that goes to review: it gets an officer, unless it has one."""
    found = Case.objects.fetch(_GIVE, case, lock=True)
    if found.assignee_id is not None or found.closed_at is not None:
        return
    fitting = next((one for one in rules(_GIVE).filter(active=True) if _fits(one, found)), None)
    if fitting is None:
        return
    officer = _next(fitting, found)
    if officer is None:
        return
    Case.objects.visible_to(_GIVE).filter(pk=found.pk).update(assignee=officer.pk)
    append.record(
        assignment.ASSIGNED,
        actor=_GIVE,
        about=about,
        at=clock.now(),
        detail={"to": officer.ref, "rule": str(fitting.pk)},
    )


def _next(rule: AssignmentRule, case: Case) -> User | None:
    """Whose turn it is. The update locks the rule, so that two cases at once are two turns."""
    detail = CaseDetail.objects.visible_to(_GIVE).filter(case=case).first()
    theirs = {one.casefold() for one in [*barriers.asked_under(case), detail.reply_to if detail else ""]}
    able = {str(one.public_id): one for one in assignment.officers()}
    chosen = [able[key] for key in rule.officers if key in able]
    fair = [one for one in chosen if one.pk != case.requester_id and one.email.casefold() not in theirs]
    if not fair:
        return None
    AssignmentRule.objects.visible_to(_GIVE).filter(pk=rule.pk).update(given=F("given") + 1)
    turn = AssignmentRule.objects.visible_to(_GIVE).values_list("given", flat=True).get(pk=rule.pk)
    return fair[(turn - 1) % len(fair)]


def _fits(rule: AssignmentRule, case: Case) -> bool:
    asked = ((rule.kinds, case.kind), (rule.channels, case.channel), (rule.countries, case.country))
    return all(not wanted or value in wanted for wanted, value in asked)


def _check(wanted: Rule) -> None:
    wrong: dict[str, object] = {}
    if not wanted.name.strip() or len(wanted.name) > 80:
        wrong["name"] = _("Write a name of at most 80 characters.")
    known = {str(one.public_id) for one in assignment.officers()}
    if not wanted.officers or set(wanted.officers) - known:
        wrong["officers"] = _("Choose at least one officer from the list.")
    if set(wanted.kinds) - set(Kind.values):
        wrong["kinds"] = _("Choose from the list.")
    if set(wanted.channels) - set(Channel.values):
        wrong["channels"] = _("Choose from the list.")
    if set(wanted.countries) - set(calendars.ZONES):
        wrong["countries"] = _("Write two-letter codes of countries of the EEA.")
    if wanted.position < 0:
        wrong["position"] = _("Write a number from 0 on.")
    if wrong:
        raise BadInput(_("Please check the rule."), code="case_rule.wrong", fields=wrong)


def _detail(rule: AssignmentRule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in _SET_UP}


def _may(actor: Actor) -> None:
    if not actor.may("cases.assign"):
        raise Forbidden(
            _("Your role does not include this step. Ask an administrator."), detail="cases.assign"
        )
