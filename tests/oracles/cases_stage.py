"""Plays a history of cases in the product and in the model, and says on what they differ after each act."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db.models import F

from portals_core.access.actor import Actor
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Broken, DsrError
from portals_core.plumbing.models import Job, Mail
from portals_core.records import catalogue
from portals_core.records.models import Record
from portals_core.writing.records import change_record
from requests import (
    approvals,
    clock,
    cooling,
    intake,
    lapsing,
    lifecycle,
    mandates,
    matching,
    proofs,
    public,
    reminders,
)
from requests.models import Alarm, Approval, Case, Effect, Notice, Proof
from tests import cast
from tests.oracles import cases_naive as naive
from tests.oracles.locks_stage import rolled_back
from tests.requests.case_cast import GROUND, TEST, there

SCOPE, COMPLEX = "JustificationA12InformationRequired", "JustificationA12Complexity"


@dataclass(frozen=True)
class Stage:
    """Which record and which account stands for whom; made once for all histories."""

    records: dict[str, UUID]
    actors: dict[str, Actor]

    def name(self, record: UUID | None) -> str | None:
        return next((name for name, key in self.records.items() if key == record), None)


def set_up() -> Stage:
    made = cast.set_up()
    made.users["third_officer"] = cast.staff("third_officer", "officer")
    change_record(
        actor=TEST, record=made.stranger.pk, given={"phone": "+48 600 100 200"}, at=cast.NOW
    )  # fmt: skip
    shared = "+48 600 300 400"
    kim = cast.contact(made.contacts, "Kim Kowalska", phone=shared)
    lee = cast.contact(made.contacts, "Lee Lipska", phone=shared)
    made.users["lee"] = cast.accounts.create_portal_user(
        actor=TEST,
        identity=lee.pk,
        email="kim@people.example",
        name="Lee",
        user_type=made.user_type.pk,
        at=cast.NOW,
    )
    # PostgreSQL builds no index in a transaction that wrote to its table.
    Job.objects.filter(handler=catalogue.INDEX_JOB).delete()
    records = {"sage": made.subject, "ada": made.added, "robin": made.stranger, "kim": kim, "lee": lee}
    accounts = {"sage": "subject", "robin": "stranger", "lee": "lee", **{one: one for one in naive.OFFICERS}}
    return Stage(
        {name: row.pk for name, row in records.items()},
        {name: made.actor(who) for name, who in accounts.items()},
    )


@contextmanager
def playing(stage: Stage, needed: int = 1) -> Iterator[Play]:
    """One history, of which nothing stays stored."""
    with rolled_back(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.COOLING_OFF_HOURS", 24)
        patch.setattr("django.conf.settings.TWO_APPROVALS_FROM", 1 if needed == 2 else 1000)
        play = Play(stage, naive.World(cast.NOW, needed))
        for kind, search in matching._SEARCHES.items():
            patch.setitem(matching._SEARCHES, kind, play.watched(str(kind), search))
        yield play


@dataclass
class Play:
    """The same acts in both; `differing` says on what they do not agree."""

    stage: Stage
    world: naive.World
    cases: list[UUID] = field(default_factory=list)
    searched: list[tuple[str, str]] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    def watched(self, kind: str, search: Any) -> Any:
        def found(form: str) -> set[UUID]:
            self.searched.append((kind, self.stage.name(UUID(form)) or "" if kind in _OWN else form))
            return search(form)

        return found

    def act(self, name: str, *given: Any) -> None:
        """Let it happen in both, a minute after the last act, and compare."""
        self.world.now += timedelta(minutes=1)
        self.searched.clear()
        with time_machine.travel(self.world.now, tick=False):
            try:
                getattr(self, f"_{name}")(*given)
                code = ""
            except Broken:
                raise
            except DsrError as refusal:
                code = refusal.code
            more = (code == "plan.drift",) if name == "approve" else ()
            wanted = getattr(self.world, name)(*given, *more)
            self._note(f"{name}{given}", bool(wanted), not code, why=code)
            self._compare(f"after {name}{given}", name, given)

    def passes(self, **time: float) -> None:
        """Time passes, and the daily duties and the worker do what is to be done."""
        self.world.now += timedelta(**time)
        with time_machine.travel(self.world.now, tick=False):
            for job in (lapsing.JOB, reminders.JOB):
                outbox.run_now(outbox.enqueue(job, about="duty:test"))
            self.world.lapse()
            for index in self.world.late():
                warned = Alarm.objects.visible_to(TEST).filter(case=self.cases[index], at=self.world.now)
                kinds = warned.values_list("kind", flat=True)
                day = Case.objects.visible_to(TEST).get(pk=self.cases[index]).unpaused_on
                self._note(f"{index} is late", True, any(one.startswith(f"late:{day}") for one in kinds))
            cooling_off = [i for i, one in enumerate(self.world.cases) if one.state == "cooling_off"]
            outbox.drain()
            back = {index for index in cooling_off if self._row(index).state == "in_review"}
            self.world.work(back)
            parked = Job.objects.exclude(failure="").values_list("handler", "failure")
            self._note("jobs that failed", [], list(parked))
            self._compare(f"after {time}", "passes", ())

    # --- the acts in the product

    def _form(self, email: str, kind: str, phone: str) -> None:
        key = public.ask(kind=kind, email=email, phone=phone, at=self.world.now, network="192.0.2.0/24")
        kept = Proof.objects.visible_to(TEST).filter(pk=key).first()
        if kept is not None:
            self.cases.append(kept.case_id)

    def _file(self, user: str, kind: str, subject: UUID | None = None, **more: Any) -> None:
        case = intake.file_case(
            actor=self.stage.actors[user], kind=kind, at=self.world.now, subject=subject, **more
        )
        self.cases.append(case.pk)

    def _file_added(self, kind: str) -> None:
        self._file(naive.ADDED_BY, kind, self.stage.records[naive.ADDED])

    def _intake(self, officer: str, person: str, kind: str, seen: bool, ago: int) -> None:
        received = self.world.now - timedelta(days=ago) if ago else None
        what = "passport, name agrees" if seen else None
        self._file(officer, kind, self.stage.records[person], received_at=received, seen=what)

    def _resend(self, number: int) -> None:
        proofs.send_again(self._proof(number), at=self.world.now)

    def _code(self, number: int, other: str) -> None:
        code = self._code_of(number)
        if other != "right":
            other_code = self._code_of(int(other)) if other.isdigit() else ""
            code = other_code if other_code not in ("", code) else f"{(int(code or 0) + 1) % 10**8:08}"
        proofs.try_code(self._proof(number), code, at=self.world.now)

    def _link(self, number: int) -> None:
        token = self._found(number, "case.proof", r"/requests/prove/([\w-]+)/")
        proofs.follow(token, at=self.world.now)

    def _vouch(self, number: int) -> None:
        proofs.vouch(
            actor=self._officer(), case=self.cases[number], seen="passport agrees", at=self.world.now
        )

    def _bind(self, number: int, person: str) -> None:
        record = self.stage.records[person]
        matching.bind(actor=self._officer(), case=self.cases[number], record=record, at=self.world.now)

    def _none_held(self, number: int) -> None:
        matching.answer_none(actor=self._officer(), case=self.cases[number], at=self.world.now)

    def _confirm(self, number: int) -> None:
        mandates.confirm(self._answer_link(number), at=self.world.now)

    def _object(self, number: int) -> None:
        mandates.object_to(self._answer_link(number), at=self.world.now)

    def _on_paper(self, number: int) -> None:
        mandates.shown(
            actor=self._officer(), case=self.cases[number], seen="a power of attorney", at=self.world.now
        )

    def _withdraw(self, number: int, user: str) -> None:
        lifecycle.withdraw(actor=self.stage.actors[user], case=self.cases[number], at=self.world.now)

    def _ask(self, number: int) -> None:
        clock.ask(
            actor=self._officer(),
            case=self.cases[number],
            ground=SCOPE,
            question="Which?",
            at=self.world.now,
        )

    def _answer(self, number: int, who: str) -> None:
        clock.answer(
            actor=self.stage.actors[who], case=self.cases[number], text="These.", at=self.world.now
        )  # fmt: skip

    def _extend(self, number: int) -> None:
        clock.extend(
            actor=self._officer(),
            case=self.cases[number],
            ground=COMPLEX,
            sentence="There is much.",
            at=self.world.now,
        )

    def _refuse(self, number: int) -> None:
        self._decided(number, naive.DESK, "refuse", ground=GROUND, sentence="No.")

    def _decide(self, number: int, officer: str) -> None:
        self._decided(number, officer, "approve")

    def _decided(self, number: int, officer: str, outcome: str, **why: str) -> None:
        actor, case = self.stage.actors[officer], self.cases[number]
        approvals.decide(actor=actor, case=case, outcome=outcome, at=self.world.now, **why)

    def _approve(self, number: int, officer: str) -> None:
        approvals.approve(actor=self.stage.actors[officer], case=self.cases[number], at=self.world.now)

    def _send_back(self, number: int, officer: str) -> None:
        actor, case = self.stage.actors[officer], self.cases[number]
        approvals.send_back(actor=actor, case=case, at=self.world.now, reason="Look again.")

    def _recall(self, number: int) -> None:
        cooling.recall(
            actor=self._officer(), case=self.cases[number], at=self.world.now, reason="An order came."
        )

    # --- what the messages hold

    def _officer(self) -> Actor:
        return self.stage.actors[naive.DESK]

    def _proof(self, number: int) -> UUID | str:
        rows = Proof.objects.visible_to(TEST).filter(case=self.cases[number], kind="email")
        return rows.values_list("pk", flat=True).first() or "none"

    def _found(self, number: int, kind: str, pattern: str) -> str:
        """What the newest message about a case says of this kind; nothing where there is none."""
        told = Notice.objects.visible_to(TEST).filter(case=self.cases[number]).values_list("mail", flat=True)
        mails = Mail.objects.filter(pk__in=list(told), kind__startswith=kind)
        for mail in mails.order_by("-created_at"):
            if met := re.search(pattern, mail.body):
                return met.group(1)
        return ""

    def _code_of(self, number: int) -> str:
        return self._found(number, "case.proof", r"\b(\d{8})\b")

    def _answer_link(self, number: int) -> str:
        return self._found(number, "case.", r"/requests/confirm/([^/\s]+)/")

    # --- comparing

    def _row(self, number: int) -> Case:
        return Case.objects.visible_to(TEST).get(pk=self.cases[number])

    def _note(self, what: str, wanted: object, found: object, why: str = "") -> None:
        if wanted != found:
            self.differing.append(f"{what}: the model says {wanted}, the product {found} {why}".rstrip())

    def _compare(self, when: str, name: str, given: tuple[Any, ...]) -> None:
        self._note(f"{when}, how many cases", len(self.world.cases), len(self.cases))
        rows = {row.pk: row for row in Case.objects.visible_to(TEST).filter(pk__in=self.cases)}
        for number, (key, case) in enumerate(zip(self.cases, self.world.cases, strict=False)):
            row = rows[key]
            wanted = (case.state, case.due_on, case.unpaused_on, case.person, case.proved, not case.open)
            found = (
                str(row.state),
                row.due_on,
                row.unpaused_on,
                self.stage.name(row.subject),
                row.proved_at is not None,
                row.closed_at is not None,
            )
            self._note(f"{when}, case {number}", wanted, found)
        self._note(f"{when}, who is still there", self.world.alive, self._there())
        self._compare_proofs(when)
        self._compare_sight(when)
        self._compare_erasures(when)
        if name in ("link", "code", "vouch", "bind", "none_held"):
            proved = {(one.kind, one.value) for one in self.world.cases[given[0]].given if one.proved}
            self._note(f"{when}, searched by what is not proved", set(), set(self.searched) - proved)
        elif name != "passes":
            self._note(f"{when}, searched", [], self.searched)

    def _there(self) -> set[str]:
        rows = Record.objects.visible_to(TEST).filter(pk__in=self.stage.records.values())
        return {there(self.stage.name(key)) for key in rows.values_list("pk", flat=True)}

    def _compare_proofs(self, when: str) -> None:
        rows = Proof.objects.visible_to(TEST).filter(case__in=self.cases).exclude(proved_at=None)
        found: dict[UUID, set[tuple[str, str]]] = {}
        for one in rows:
            value = self.stage.name(UUID(one.value)) if one.kind in _OWN and one.value else one.value
            found.setdefault(one.case_id, set()).add((str(one.kind), value or ""))
        for number, (key, case) in enumerate(zip(self.cases, self.world.cases, strict=False)):
            if case.open and not self.frozen(number):
                wanted = {(one.kind, one.value) for one in case.given if one.proved}
                self._note(f"{when}, proved in {number}", wanted, found.get(key, set()))

    def _compare_sight(self, when: str) -> None:
        for user in naive.USERS:
            if user in self.world.alive:
                wanted = {i for i, one in enumerate(self.world.cases) if self.world.sees(user, one)}
                self._note(f"{when}, what {user} sees", wanted, self._seen(user))
        everything = set(range(len(self.cases)))
        self._note(f"{when}, what an officer sees", everything, self._seen(naive.DESK))

    def _seen(self, who: str) -> set[int]:
        rows = Case.objects.visible_to(self.stage.actors[who]).values_list("pk", flat=True)
        return {self.cases.index(key) for key in rows}

    def _compare_erasures(self, when: str) -> None:
        """Promise 10, from the rows alone and whatever the model thinks: nobody erases alone."""
        keys = Effect.objects.visible_to(TEST).filter(step="erase").values_list("case", flat=True).distinct()
        for case in Case.objects.visible_to(TEST).filter(pk__in=list(keys)):
            given = Approval.objects.visible_to(TEST).filter(
                case=case, void=False, digest=F("case__plan_digest")
            )
            signers = {one.by_id for one in given} - {case.decided_by_id, case.requester_id, None}
            enough = len(signers) >= self.world.needed and case.decided_by_id is not None
            self._note(f"{when}, {case.number} is erased with enough approvals", True, enough)

    def frozen(self, number: int) -> bool:
        """A case about somebody who is erased: nothing more is tried with it."""
        person = self.world.cases[number].person
        return person is not None and person not in self.world.alive


_OWN = ("account", "record")
