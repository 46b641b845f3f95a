"""What pages and commands may know about cases, always through the scope of who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access import fields as access_fields
from portals_core.access.actor import Actor, Kind, system
from portals_core.plumbing.errors import Absent
from portals_core.plumbing.models import Job, JobState
from portals_core.records import catalogue
from portals_core.records import reads as record_reads
from portals_core.records.models import Record
from requests.casebook import rectify
from requests.casebook.details import FORGET_NOTICE
from requests.holding import asked
from requests.law import authorities, grounds, progress, states
from requests.models import Case, CaseDetail, Effect, Mandate, Notice, Plan, Proposal, Transition

_ASK = system("ask whether a person has an open request")


@dataclass(frozen=True)
class Stop:
    """One stop of a case's timeline; `standing` is done, now, ahead or left_out."""

    key: str
    title: str
    standing: str
    at: datetime | None


@dataclass(frozen=True)
class Correction:
    """A proposed correction as this reader may see it; `before` is None where it is not theirs to see.

    `covered` says that both values are held back from this member of staff; `uncoverable`, that they have
    the right to uncover them, with an entry in the log (F7).
    """

    id: UUID
    field: str
    label: str
    before: object
    proposed: object
    approved: bool | None
    applied_at: datetime | None
    covered: bool = False
    uncoverable: bool = False


@dataclass(frozen=True)
class Answer:
    """What the person is told about a decision: ground, words, where to complain."""

    ground: object
    sentence: str
    authority: authorities.Authority


@dataclass(frozen=True)
class Working:
    """How far carrying out has come, and where it stopped."""

    state: str
    done: int
    total: int | None
    failure: str

    @property
    def stopped(self) -> bool:
        return bool(self.failure) and self.state in (JobState.PARKED, JobState.WAITING)


def case_for(actor: Actor, key: UUID | str) -> Case:
    """A case by id or number. Raises `Absent` alike for a missing and a foreign one."""
    text = str(key)
    if len(text) <= 20 and text[:4].isdecimal() and text[4:5] == "-":
        found = Case.objects.visible_to(actor).filter(number=text).first()
        if found is None:
            raise Absent(_("There is nothing here, or it is not shared with you."))
        return found
    return Case.objects.fetch(actor, key)


def mine(actor: Actor) -> QuerySet[Case]:
    """The cases a portal user filed and those about them, newest first."""
    rows = Case.objects.visible_to(actor)
    return (rows if actor.kind is Kind.PORTAL else rows.none()).order_by("-filed_at", "-id")


def history(actor: Actor, case: Case) -> QuerySet[Transition]:
    """Every change of state, first to last. Reasons are meant for officers: the portal leaves them out."""
    return Transition.objects.visible_to(actor).filter(case=case)


def timeline(actor: Actor, case: Case) -> list[Stop]:
    """The stops of a case as its subject sees them, with the moment each was last entered (W20)."""
    entered = dict(history(actor, case).order_by().values_list("target").annotate(Max("at")))
    return [
        Stop(
            stop.step.key,
            stop.step.title,
            stop.standing,
            max((entered[state] for state in stop.step.states if state in entered), default=None),
        )
        for stop in progress.progress(case.kind, case.state, entered)
    ]


def next_actor(case: Case) -> states.Who | None:
    """Who has to act next; None for a closed case."""
    return states.actor_next(case.state, represented=case.on_behalf)


def words(actor: Actor, case: Case) -> CaseDetail | None:
    """Text, reply address and language; None once the person was erased."""
    return CaseDetail.objects.visible_to(actor).filter(case=case).first()


def corrections(actor: Actor, case: Case, *, uncovered: UUID | None = None) -> list[Correction]:
    """The proposed corrections. Who asks for somebody else does not learn what is stored (W17); staff see
    values of fields they may read on the record, and of the one `uncovered` just now."""
    clear = _answer_is_theirs(actor, case)
    rows = list(Proposal.objects.visible_to(actor).filter(case=case))
    keys = _fields_for_staff(actor, rows) if actor.kind is Kind.STAFF else None
    return [_correction(row, clear, keys if row.pk != uncovered else None) for row in rows]


def _correction(row: Proposal, clear: bool, keys: tuple[set[str], set[str]] | None) -> Correction:
    covered = keys is not None and row.field not in keys[0]
    before, proposed = (None, None) if covered else rectify.values_of(row)
    return Correction(
        row.pk,
        row.field,
        row.label,
        before if clear else None,
        proposed,
        row.approved,
        row.applied_at,
        covered,
        covered and keys is not None and row.field in keys[1],
    )


def _fields_for_staff(actor: Actor, rows: list[Proposal]) -> tuple[set[str], set[str]]:
    """Keys of the fields this member of staff reads on the record in question, and of those they may
    uncover; none of either where the record is out of their sight."""
    refs = {row.ref for row in rows}
    found = Record.objects.visible_to(actor).select_related("module").filter(pk__in=refs).first()
    if found is None:
        return set(), set()
    fields = catalogue.fields(found.module)
    masked = access_fields.masked(actor, found.module, fields) if actor.may(access_fields.UNMASK) else []
    return {one.key for one in record_reads.readable(actor, found.module, found)}, {one.key for one in masked}


def answer(actor: Actor, case: Case) -> Answer | None:
    """The decision as the person is told it; None while there is none, and for whom it is not meant."""
    if not case.decided_at or not _answer_is_theirs(actor, case):
        return None
    every = (*grounds.REFUSALS, *grounds.ERASURES, *asked.STOP_GROUNDS)
    ground = next((one.sentence for one in every if one.code == case.ground), "")
    return Answer(ground, case.sentence, authorities.authority(case.country, case.subdivision))


def _answer_is_theirs(actor: Actor, case: Case) -> bool:
    """The result goes to the person alone, and to the staff who handle the case (decision 14)."""
    return actor.kind in (Kind.STAFF, Kind.SYSTEM) or actor.identity == case.subject


def mandate(actor: Actor, case: Case) -> Mandate | None:
    """What became of asking the person; None for a case nobody files for another."""
    return Mandate.objects.visible_to(actor).filter(case=case).first()


def plan_of(actor: Actor, case: Case) -> Plan | None:
    """The plan in force: counts and items by opaque reference. Staff only."""
    return Plan.objects.visible_to(actor).filter(case=case, digest=case.plan_digest).last()


def effects(actor: Actor, case: Case) -> QuerySet[Effect]:
    """What was done so far, in order. Staff only."""
    return Effect.objects.visible_to(actor).filter(case=case)


def working(actor: Actor, case: Case) -> Working | None:
    """The latest job of a case in reach: how far, and the failure that stopped it (W21)."""
    Case.objects.fetch(actor, case.pk)
    jobs = Job.objects.filter(about=case.ref).exclude(handler=FORGET_NOTICE)
    job = jobs.order_by("-created_at").first()
    return Working(job.state, job.done, job.total, job.failure) if job else None


def mails(actor: Actor, case: Case) -> list[UUID]:
    """Ids of the messages promised about a case, in order."""
    return list(Notice.objects.visible_to(actor).filter(case=case).values_list("mail", flat=True))


def open_case_about(subject: UUID) -> Case | None:
    """The open case about a person that is due first, for apps that must know whether there is one."""
    rows = Case.objects.visible_to(_ASK).filter(subject=subject, closed_at=None)
    return rows.order_by("due_on", "id").first()
