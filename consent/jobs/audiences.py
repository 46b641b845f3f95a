"""Whom a campaign can ask: people of modules with compliance settings, by what they decided.

Nobody is here for whom the purpose rests on another basis than consent: they are not asked what changes
nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from consent.contact import askable
from consent.law.bases import Basis as LawfulBasis
from consent.models import NOT_APPLICABLE, PERMITTING, Audience, Basis, Decision, Purpose, State, Text
from portals_core.access.actor import system
from portals_core.records.models import Record

#: A consent that ends within this time is asked for again.
SOON = timedelta(days=30)
#: Counting stops here: nobody reads a larger number.
CAP = 10_000
_ASK = system("find whom to ask for consent")
_UNDECIDED = (State.WAITING, State.NOT_RESPONDED)


def people(text: Text, audience: str, at: datetime) -> QuerySet[Record]:
    """Records of those whom a campaign on this text would look at now, in no order."""
    narrow = {
        Audience.UNDECIDED: _never_decided,
        Audience.OUTDATED: _on_an_earlier_version,
        Audience.ENDING: _ending,
    }[Audience(audience)]
    other = Basis.objects.visible_to(_ASK).filter(
        subject=OuterRef("pk"), purpose=text.purpose_id, valid_to=None
    )
    other = other.exclude(basis__in=[LawfulBasis.CONSENT.value, NOT_APPLICABLE])
    rows = Record.objects.visible_to(_ASK).filter(module__identity=True, module__compliance=True)
    return rows.filter(narrow(text, at), ~Exists(other))


def count(text: Text, audience: str, at: datetime) -> int:
    """How many there are; more than `CAP` is said as one more than that."""
    return people(text, audience, at).order_by().values("pk")[: CAP + 1].count()


def _never_decided(text: Text, at: datetime) -> Q:
    return ~Q(Exists(_decisions(text.purpose).exclude(state__in=_UNDECIDED)))


def _on_an_earlier_version(text: Text, at: datetime) -> Q:
    still = Q(state__in=PERMITTING) & (Q(ends_at=None) | Q(ends_at__gt=at))
    by_renewal = Q(state=State.EXPIRED, text__version__lt=askable.floor(text.purpose, at))
    return Q(Exists(_in_force(text.purpose).filter(still | by_renewal, text__version__lt=text.version)))


def _ending(text: Text, at: datetime) -> Q:
    soon = Q(state__in=PERMITTING, ends_at__lte=at + SOON)
    return Q(Exists(_in_force(text.purpose).filter(soon | Q(state=State.EXPIRED))))


def _in_force(purpose: Purpose) -> QuerySet[Decision]:
    return _decisions(purpose).filter(superseded_at=None)


def _decisions(purpose: Purpose) -> QuerySet[Decision]:
    return Decision.objects.visible_to(_ASK).filter(subject=OuterRef("pk"), purpose=purpose)
