"""How commands tell of a case."""

from __future__ import annotations

from portals_core.access.actor import Actor
from requests.casebook import reads
from requests.models import Case


def facts(case: Case) -> dict[str, object]:
    """The facts every command about a case answers with."""
    return {
        "number": case.number,
        "id": str(case.pk),
        "kind": case.kind,
        "state": case.state,
        "received_at": case.received_at.isoformat(),
        "due_on": case.due_on.isoformat(),
        "on_behalf": case.on_behalf,
        "version": case.version,
    }


def everything(actor: Actor, case: Case) -> dict[str, object]:
    """Facts, history, plan and effects, as far as this actor may see them."""
    plan, answer, work = reads.plan_of(actor, case), reads.answer(actor, case), reads.working(actor, case)
    upcoming = reads.next_actor(case)
    return {
        **facts(case),
        "next": str(upcoming) if upcoming else None,
        "ground": case.ground if answer else "",
        "sentence": answer.sentence if answer else "",
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "plan": {"digest": plan.digest, "counts": plan.counts} if plan else None,
        "effects": reads.effects(actor, case).count(),
        "job": {"state": work.state, "done": work.done, "total": work.total, "failure": work.failure}
        if work
        else None,
        "corrections": [
            {
                "field": row.field,
                "before": row.before,
                "proposed": row.proposed,
                "approved": row.approved,
                "covered": row.covered,
            }
            for row in reads.corrections(actor, case)
        ],
        "timeline": [
            {"step": stop.key, "standing": stop.standing, "at": stop.at.isoformat() if stop.at else None}
            for stop in reads.timeline(actor, case)
        ],
    }
