"""What this app knows of a case: the one place where it looks at the cases app's facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from django.conf import settings

from portals_core.access.actor import Actor, system
from portals_core.people import accounts
from requests.holding import kept, planning, saying
from requests.holding.saying import Said
from requests.models import Case, CaseDetail, Effect, Mandate, Plan, Transition

_READ = system("make a bundle of a case")


def case_for(actor: Actor, case: UUID | str) -> Case:
    """The case, if `actor` may see it. Raises `Absent` otherwise."""
    return Case.objects.fetch(actor, case)


def case_named(actor: Actor, name: str) -> Case:
    """The case with this number or id. Raises `Absent`."""
    found = Case.objects.visible_to(actor).filter(number=name).first()
    return found if found is not None else case_for(actor, name)


def of_system(case: UUID | str) -> Case:
    """The case, for work done by jobs."""
    return Case.objects.fetch(_READ, case)


def answer_to(case: Case) -> tuple[str, str]:
    """Address and language in which the person is answered, as fixed at filing; empty where there is none."""
    detail = CaseDetail.objects.visible_to(_READ).filter(case=case).first()
    if detail is None:
        return "", settings.LANGUAGE_CODE
    return detail.reply_to, detail.language


def language_of(case: Case) -> str:
    """The language of the person the case is about."""
    account = accounts.account_of(case.person)
    chosen = account.language if account else answer_to(case)[1]
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def left_out(case: Case) -> list[kept.Kept]:
    """What the decision leaves out of a copy, in whole or in part, and why; stored with the case."""
    return kept.settle(case, planning.entries_stored(case))


def verdicts(case: Case) -> Said:
    """What is done about each item of a copy that is not given whole."""
    return saying.said(case)


def facts(case: Case) -> Mapping[str, object]:
    """The facts of the procedure (Art. 5(2)): no name, no address, nobody's own words. Ids are opaque."""
    mandate = Mandate.objects.visible_to(_READ).filter(case=case).first()
    return {
        "id": str(case.pk),
        "number": case.number,
        "kind": case.kind,
        "state": case.state,
        "channel": case.channel,
        "on_behalf": case.on_behalf,
        "received_at": case.received_at,
        "filed_at": case.filed_at,
        "proved_at": case.proved_at,
        "country": case.country,
        "subdivision": case.subdivision,
        "due_on": case.due_on,
        "ends_at": case.ends_at,
        "decision": {
            "ground": case.ground,
            "by": case.decided_by and case.decided_by.ref,
            "at": case.decided_at,
        },
        "approval": {"by": case.approved_by and case.approved_by.ref, "at": case.approved_at},
        "mandate": mandate
        and {
            "asked_at": mandate.asked_at,
            "confirmed_at": mandate.confirmed_at,
            "objected_at": mandate.objected_at,
        },
        "plan_digest": case.plan_digest,
        "closed_at": case.closed_at,
        "plans": [
            {"digest": plan.digest, "counts": plan.counts, "stored_at": plan.stored_at}
            for plan in Plan.objects.visible_to(_READ).filter(case=case).order_by("id")
        ],
        "transitions": [
            {"name": one.name, "from": one.source, "to": one.target, "by": one.actor, "at": one.at}
            for one in Transition.objects.visible_to(_READ).filter(case=case).order_by("id")
        ],
    }


def effects(case: Case) -> Iterator[Mapping[str, object]]:
    """Every step carried out, by opaque reference, in order."""
    rows = Effect.objects.visible_to(_READ).filter(case=case).order_by("id")
    for effect in rows.iterator():
        yield {"step": effect.step, "item": effect.item, "outcome": effect.outcome, "at": effect.at}
