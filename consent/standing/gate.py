"""May this purpose be pursued for this person, over this channel, now? The one question (D15).

`permitting` is the answer as one condition of the database; `allowed` and `allowed_among` ask it for one
person and for many. `explain` says why, by a second way from the same tables; an oracle compares the two.

Yes only if all of this is so:

* the purpose is pursued and has the channel; a channel of "" asks whether it may be pursued at all;
* the record is there and is a person;
* no lock in force forbids the contact. Every channel asks for "mail", the only act of contact locks know;
  without a channel only a restriction stands in the way, which forbids everything (Art. 18(2));
* the decision that counts gives consent, has not ended, names the channel, and no newer version of its text
  stands by whose date everybody had to agree again (D17; a version that was withdrawn asks nobody); or
  nothing was ever decided, and the basis in force for exactly this purpose is another than consent (D1);
* no objection to direct marketing or sharing was made at that decision's moment or later (Art. 21(2), (3)).
  Without a decision any objection stops such a purpose, whatever its basis.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce

from consent.catalogue import texts
from consent.law.bases import WITHOUT_CONSENT
from consent.models import PERMITTING, Basis, Channel, Decision, Objection, Purpose
from consent.standing.verdict import Facts, Verdict, judge
from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.plumbing import clock
from portals_core.records.models import Record

#: So many people are asked about in one query.
CHUNK = 20_000
_ASK = system("ask whether a purpose may be pursued")


def allowed(subject: UUID, purpose: str, channel: str) -> bool:
    """Whether this person may be contacted for this purpose over this channel now; in one query.

    Whatever is not known is no: a purpose, a channel, a record that is gone or is no person.
    """
    return _permitting(purpose, channel, Q(subject=subject)).filter(pk=subject).exists()


def allowed_among(purpose: str, channel: str, subjects: Iterable[UUID]) -> set[UUID]:
    """Those of many people for whom the answer is yes; one query for every `CHUNK` of them."""
    # Neighbours are asked about together: they lie on the same pages of the indexes.
    asked = sorted(set(subjects))
    found: set[UUID] = set()
    for start in range(0, len(asked), CHUNK):
        some = Q(subject__in=_list(asked[start : start + CHUNK]))
        found.update(_permitting(purpose, channel, some).values_list("pk", flat=True))
    return found


def permitting(purpose: str, channel: str) -> QuerySet[Record]:
    """Everybody for whom the answer is yes at this moment, as a condition that other queries can take in.

    The moment is that of the call: a queryset is not to be kept for later.
    """
    return _permitting(purpose, channel, Q())


def _permitting(purpose: str, channel: str, who: Q) -> QuerySet[Record]:
    """`who` narrows the subjects where they are looked for: no database does so by itself."""
    pursued = _pursued(purpose, channel)
    subjects = _consented(purpose, channel, pursued).filter(who).values("subject")
    otherwise = _otherwise(pursued).filter(who).values("subject")
    locks = place.standing_against("mail") if channel else place.standing_against()
    return Record.objects.visible_to(_ASK).filter(
        ~Exists(locks.filter(record=OuterRef("pk"))),
        pk__in=subjects.union(otherwise, all=True),
        module__identity=True,
    )


def _consented(purpose: str, channel: str, pursued: QuerySet[Purpose]) -> QuerySet[Decision]:
    """Decisions in force that permit it."""
    at = clock.now()
    stopped = _objections(pursued).filter(subject=OuterRef("subject"), at__gte=OuterRef("at"))
    return _decided(pursued).filter(
        ~Exists(stopped),
        Q(ends_at=None) | Q(ends_at__gt=at),
        state__in=sorted(PERMITTING),
        text__version__gte=Coalesce(Subquery(_renewed(purpose, at)), Value(0)),
        **({f"by_{channel}": True} if channel in Channel.values else {}),
    )


def _otherwise(pursued: QuerySet[Purpose]) -> QuerySet[Basis]:
    """Bases in force that carry it without consent, where nothing was ever decided and nobody objected."""
    rows = Basis.objects.visible_to(_ASK).order_by()
    of_person = {"subject": OuterRef("subject")}
    return rows.filter(
        ~Exists(_decided(pursued).filter(**of_person)),
        ~Exists(_objections(pursued).filter(**of_person)),
        purpose=Subquery(pursued.values("pk")),
        valid_to=None,
        basis__in=WITHOUT_CONSENT,
    )


def _decided(pursued: QuerySet[Purpose]) -> QuerySet[Decision]:
    """The decisions that count."""
    rows = Decision.objects.visible_to(_ASK).order_by()
    return rows.filter(purpose=Subquery(pursued.values("pk")), superseded_at=None)


def _pursued(purpose: str, channel: str) -> QuerySet[Purpose]:
    """The purpose, if it is pursued and has the channel; nothing otherwise."""
    rows = Purpose.objects.visible_to(_ASK).filter(key=purpose, active=True).order_by()
    if not channel:
        return rows
    if channel not in Channel.values:
        return rows.none()
    # The list is kept as JSON: between quotation marks a word is found whole, on any database.
    return rows.annotate(named=Cast("channels", TextField())).filter(named__contains=f'"{channel}"')


def _objections(pursued: QuerySet[Purpose]) -> QuerySet[Objection]:
    """Objections that are about this purpose."""
    return (
        Objection.objects.visible_to(_ASK)
        .order_by()
        .filter(
            Q(Exists(pursued.filter(marketing=True)), marketing=True)
            | Q(Exists(pursued.filter(sharing=True)), sharing=True)
        )
    )


def explain(subject: UUID, purpose: str, channel: str) -> Verdict:
    """The same answer with its reason, for staff; a constant number of queries.

    The caller has asked whether the reader may know: nothing here does.
    """
    return judge(_facts(subject, purpose, channel), channel, at=clock.now())


def _facts(subject: UUID, key: str, channel: str) -> Facts:
    purpose = Purpose.objects.visible_to(_ASK).filter(key=key).first()
    person = Record.objects.visible_to(_ASK).filter(pk=subject, module__identity=True).exists()
    found = Facts(purpose=purpose, person=person)
    if purpose is None or not person:
        return found
    of_person = {"subject": subject, "purpose": purpose}
    decisions = Decision.objects.visible_to(_ASK).filter(**of_person, superseded_at=None)
    bases_now = Basis.objects.visible_to(_ASK).filter(**of_person, valid_to=None)
    objections = Objection.objects.visible_to(_ASK).filter(subject=subject)
    renewed = _renewed(key, clock.now()).first()
    return replace(
        found,
        restricted=place.restricted(subject),
        lock=place.forbids(subject, "mail"),
        decision=decisions.select_related("text").first(),
        renewed=renewed["version"] if renewed else 0,
        objections=tuple(one for one in objections if one.is_about(purpose)),
        basis=bases_now.first(),
    )


def _renewed(purpose: str, at: datetime) -> QuerySet:
    """The newest version everybody had to agree to by now: consents to earlier ones no longer hold (D17)."""
    due = texts.renewals().filter(purpose__key=purpose, renew_by__lte=at)
    return due.order_by("-version").values("version")[:1]


def _list(subjects: list[UUID]) -> RawSQL:
    """Ids as one value of a statement: no database takes a value for each of very many."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::uuid[])", [subjects])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps([one.hex for one in subjects])])
