"""Why a purpose may be pursued for somebody, or why not: one code and one sentence for staff.

Decides from facts that were read before; see `gate` for the rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.law.bases import WITHOUT_CONSENT
from consent.models import PERMITTING, Basis, Channel, Decision, Objection, Purpose, State
from portals_core.locks import words
from portals_core.locks.decide import InForce


@dataclass(frozen=True)
class Verdict:
    """The answer; `code` is stable, `sentence` is for staff in their language."""

    allowed: bool
    code: str
    sentence: str


@dataclass(frozen=True)
class Facts:
    """What was found about one person and one purpose."""

    purpose: Purpose | None
    person: bool
    restricted: bool = False
    #: The strictest lock that forbids contact.
    lock: InForce | None = None
    #: The decision that counts, with its text.
    decision: Decision | None = None
    #: The newest version everybody had to agree to by now; 0 where there is none.
    renewed: int = 0
    #: Those about this purpose, newest first.
    objections: tuple[Objection, ...] = ()
    basis: Basis | None = None


_NOT_GIVEN = {
    State.PENDING: gettext_lazy("The person was never asked."),
    State.WAITING: gettext_lazy("The person was asked and has not answered yet."),
    State.NOT_RESPONDED: gettext_lazy("The person was asked and did not answer in time."),
    State.REFUSED: gettext_lazy("The person refused."),
    State.WITHDRAWN: gettext_lazy("The person withdrew their consent."),
    State.REVOKED: gettext_lazy("The consent was withdrawn on the person's behalf."),
    State.EXPIRED: gettext_lazy("The consent ended. The person can be asked again."),
    State.INVALIDATED: gettext_lazy("The consent was found invalid. The person can be asked again."),
}


def judge(facts: Facts, channel: str, *, at: datetime) -> Verdict:
    """The first thing that stands in the way, or what allows it."""
    in_the_way = _of_purpose(facts.purpose, channel) or _of_person(facts, channel)
    if in_the_way is not None:
        return in_the_way
    if facts.decision is None:
        return _without_decision(facts)
    return _of_decision(facts.decision, facts, channel, at)


def _of_purpose(purpose: Purpose | None, channel: str) -> Verdict | None:
    if purpose is None:
        return _no("purpose.unknown", _("There is no such purpose."))
    if not purpose.active:
        return _no("purpose.ended", _("This purpose is no longer pursued."))
    if channel and (channel not in Channel.values or channel not in purpose.channels):
        return _no("channel.unknown", _("This purpose does not use this way of contact."))
    return None


def _of_person(facts: Facts, channel: str) -> Verdict | None:
    if not facts.person:
        return _no("person.absent", _("There is no record of such a person."))
    if channel and facts.lock is not None:
        return _no("locked", str(words.for_staff(facts.lock, "mail")))
    if facts.restricted:
        return _no("locked", _("The processing of this person's data is restricted."))
    return None


def _without_decision(facts: Facts) -> Verdict:
    if facts.basis is None or facts.basis.basis not in WITHOUT_CONSENT:
        return _no(
            "undecided", _("The person was never asked, and no other basis is recorded for this purpose.")
        )
    if facts.objections:
        return _objected(facts.objections[0])
    named = {"basis": facts.basis.get_basis_display()}
    return Verdict(True, "basis", _("It rests on another basis than consent: %(basis)s.") % named)


def _of_decision(decision: Decision, facts: Facts, channel: str, at: datetime) -> Verdict:
    if decision.state not in PERMITTING:
        return _no(decision.state, str(_NOT_GIVEN[State(decision.state)]))
    if not decision.permits(at):
        return _no("expired", str(_NOT_GIVEN[State.EXPIRED]))
    if decision.text.version < facts.renewed:
        return _no("outdated", _("The person agreed to an earlier text and has not agreed to the new one."))
    if channel and channel not in decision.channels:
        return _no("channel.not_agreed", _("The person did not agree to this way of contact."))
    if facts.objections and facts.objections[0].at >= decision.at:
        return _objected(facts.objections[0])
    return Verdict(True, "consent", _("The person agreed on %(date)s.") % {"date": _day(decision.at)})


def _objected(objection: Objection) -> Verdict:
    told = {"date": _day(objection.at), "how": objection.get_signal_display()}
    return _no("objected", _("The person objected on %(date)s (%(how)s).") % told)


def _no(code: str, sentence: str) -> Verdict:
    return Verdict(False, str(code), sentence)


def _day(at: datetime) -> str:
    return date_format(localtime(at), "DATE_FORMAT")
