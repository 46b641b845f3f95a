"""Forget what cases hold of a person's own words and addresses; the facts of the procedure stay."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import CharField
from django.db.models.functions import Cast

from portals_core.access.actor import system
from requests.models import (
    Case,
    CaseDetail,
    Clarification,
    Letter,
    Mandate,
    Message,
    Proof,
    Proposal,
    RecipientNotice,
    Transition,
    Verdict,
)

#: The job that empties the last message of a deletion once it is out.
FORGET_NOTICE = "requests.forget_notice"
_FORGET = system("forget what a case says of a person")


def about(subject: UUID) -> list[UUID]:
    """Ids of the cases about this person, whoever filed them."""
    rows = Case.objects.visible_to(_FORGET).filter(subject=subject).order_by("id")
    return list(rows.values_list("pk", flat=True))


def purge(cases: Iterable[UUID]) -> None:
    """Delete text, reply address, proposed values, messages and letters; empty what officers and askers
    wrote and by what the person could be found. Idempotent.

    Where recipients must still be told of an erasure, by what they find the person stays until they were
    (Art. 17(3)(b), 19).

    Kept are number, kind, dates, states, ground code and who acted: what Art. 5(2) asks to be shown.
    """
    ids = list(cases)
    CaseDetail.objects.visible_to(_FORGET).filter(case__in=ids).delete()
    Proposal.objects.visible_to(_FORGET).filter(case__in=ids).delete()
    Message.objects.visible_to(_FORGET).filter(case__in=ids).delete()
    Letter.objects.visible_to(_FORGET).filter(case__in=ids).delete()
    Clarification.objects.visible_to(_FORGET).filter(case__in=ids).exclude(question="").update(question="")
    Verdict.objects.visible_to(_FORGET).filter(case__in=ids).exclude(sentence="").update(sentence="")
    Proof.objects.visible_to(_FORGET).filter(case__in=ids).update(
        value="", name_hash=Cast("id", CharField()), seen=""
    )
    Mandate.objects.visible_to(_FORGET).filter(case__in=ids).update(address="", authority="")
    Transition.objects.visible_to(_FORGET).filter(case__in=ids).exclude(reason="").update(reason="")
    RecipientNotice.objects.visible_to(_FORGET).filter(case__in=ids).exclude(act="erase").update(
        whom="", letter="", pdf=None
    )
    Case.objects.visible_to(_FORGET).filter(pk__in=ids).exclude(sentence="").update(sentence="")
