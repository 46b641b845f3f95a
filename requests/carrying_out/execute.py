"""The job that carries out what was decided."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from django.db import transaction

from portals_core.access.actor import system
from portals_core.plumbing import clock, faults
from portals_core.plumbing.outbox import Claim
from requests.carrying_out import erasure, restriction
from requests.casebook import effects, lifecycle, rectify
from requests.casebook.effects import Run
from requests.law.states import State
from requests.models import Case, Kind, Proposal
from requests.telling.notices import answers

log = logging.getLogger(__name__)
_READ = system("find the request to carry out")
_CLOSE = system("close a correction")


def carry_out(held: Claim) -> None:
    """Job handler: carry out the case, or nothing where it is not waiting for that.

    Late, repeated and shuffled messages find a case that moved on and change nothing (attacks 41, 46). An
    error stops the run where it stands; the job keeps it and is tried again, or parked for an officer (W21).
    """
    case = Case.objects.visible_to(_READ).filter(pk=held.payload["case"]).first()
    if case is None or case.state != State.CARRYING_OUT:
        log.info("job %s: %s is not waiting to be carried out", held.id, held.about)
        return
    faults.reach("execute.claimed")
    _BY_KIND[Kind(case.kind)](effects.begin(case, held))


def _correct(run: Run) -> None:
    waiting = rectify.approved(run.case)
    for proposal in waiting:
        name = f"{proposal.source}:{proposal.ref}:{proposal.field}"
        run.once("rectify", name, partial(_correct_one, run, proposal), total=len(waiting))
    with transaction.atomic():
        run.held.hold()
        case = Case.objects.fetch(_CLOSE, run.case.pk, lock=True)
        rows = Proposal.objects.visible_to(_CLOSE).filter(case=case)
        left = [str(row.label) for row in rows if not row.approved]
        at = clock.now()
        finished = lifecycle.finish(case, actor=run.actor, at=at, partly=bool(left))
        answers.corrected(finished, done=[row.label for row in waiting], left=left, at=at)
        faults.reach("execute.last_commit")


def _correct_one(run: Run, proposal: Proposal) -> None:
    changes = rectify.apply(run.case, proposal, actor=run.actor)
    rectify.applied(proposal, changes, at=clock.now())


_BY_KIND: dict[Kind, Callable[[Run], None]] = {
    Kind.DELETE: erasure.carry_out,
    Kind.STOP: restriction.carry_out,
    Kind.RECTIFY: _correct,
}
