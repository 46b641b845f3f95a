"""Who and what there is for histories of cases; and one history, played in the product and in the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from portals_core.access.actor import Actor
from portals_core.plumbing import keyring, outbox
from portals_core.plumbing.errors import Broken, DsrError
from portals_core.plumbing.models import Job
from portals_core.records import catalogue
from portals_core.records.models import Module
from portals_core.writing.records import change_record
from requests.arriving import matching
from requests.models import Alarm
from requests.telling import letter_paper
from requests.timing import lapsing, reminders
from tests import cast
from tests.oracles.cases import facts
from tests.oracles.cases.days import local
from tests.oracles.cases.world import World
from tests.oracles.cases_acts import Acts
from tests.oracles.cases_compare import OWN
from tests.oracles.locks_stage import rolled_back
from tests.requests.case_cast import TEST


@dataclass(frozen=True)
class Stage:
    """Which record and which account stands for whom; made once for all histories."""

    records: dict[str, UUID]
    orders: dict[int, UUID]
    actors: dict[str, Actor]
    modules: dict[str, Module]
    #: Whose each address is.
    emails: dict[str, str]

    def name(self, record: UUID | None) -> str | None:
        return next((name for name, key in self.records.items() if key == record), None)


def set_up() -> Stage:
    made = cast.set_up()
    made.users["third_officer"] = cast.staff("third_officer", "officer")
    phones = facts.HAVE_PHONES
    change_record(actor=TEST, record=made.stranger.pk, given={"phone": phones["robin"]}, at=cast.NOW)
    kim = cast.contact(made.contacts, facts.NAMES["kim"], phone=phones["kim"])
    lee = cast.contact(made.contacts, facts.NAMES["lee"], phone=phones["lee"])
    made.users["lee"] = cast.accounts.create_portal_user(
        actor=TEST,
        identity=lee.pk,
        email="kim@people.example",
        name="Lee",
        user_type=made.user_type.pk,
        at=cast.NOW,
    )
    people = {"sage": made.subject, "ada": made.added, "robin": made.stranger, "kim": kim, "lee": lee}
    orders = {n: cast.order(made, f"O-{n}", people[who]).pk for n, who in facts.ORDERS.items()}
    # PostgreSQL builds no index in a transaction that wrote to its table.
    Job.objects.filter(handler=catalogue.INDEX_JOB).delete()
    accounts = {"sage": "subject", "robin": "stranger", "lee": "lee", "staff": "administrator"}
    accounts |= {one: one for one in facts.OFFICERS}
    return Stage(
        {name: row.pk for name, row in people.items()},
        orders,
        {name: made.actor(who) for name, who in accounts.items()},
        {"contacts": made.contacts, "orders": made.orders},
        {row.values["email"]: name for name, row in people.items()},
    )


@contextmanager
def standing(blocker: Any) -> Iterator[Stage]:
    """A stage that many tests share, each of which rolls back what it does."""
    with blocker.unblock(), rolled_back(), rolled_back(keyring.ALIAS):
        yield set_up()


@contextmanager
def playing(stage: Stage, needed: int = 1) -> Iterator[Play]:
    """One history, of which nothing stays stored: no row, no key, and no key destroyed.

    Letters stay without a look: a renderer for each would take most of the time, and has tests of its own.
    """
    with rolled_back(), rolled_back(keyring.ALIAS), pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.COOLING_OFF_HOURS", 24)
        patch.setattr(letter_paper.render, "pdf", lambda html, *, title: b"%PDF-")
        patch.setattr("django.conf.settings.TWO_APPROVALS_FROM", 1 if needed == 2 else 1000)
        play = Play(stage, World(cast.NOW, needed), orders=dict(stage.orders))
        for kind, search in matching._SEARCHES.items():
            patch.setitem(matching._SEARCHES, kind, play.watched(str(kind), search))
        yield play


@dataclass
class Play(Acts):
    """The same acts in both; `differing` says on what they do not agree."""

    def watched(self, kind: str, search: Any) -> Any:
        def found(form: str) -> set[UUID]:
            self.searched.append((kind, self.stage.name(UUID(form)) or "" if kind in OWN else form))
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
            self.note(f"{name}{given}", bool(wanted), not code, why=code)
            self.compare(f"after {name}{given}", name, given)

    def passes(self, **time: float) -> None:
        """Time passes, and the daily duties and the worker do what is to be done."""
        self.world.now += timedelta(**time)
        self.read_the_mail()
        with time_machine.travel(self.world.now, tick=False):
            for job in (lapsing.JOB, reminders.JOB):
                outbox.run_now(outbox.enqueue(job, about="duty:test"))
            self.world.lapse()
            self._compare_warnings()
            cooling_off = [i for i, one in enumerate(self.world.cases) if one.state == "cooling_off"]
            outbox.drain()
            back = {index for index in cooling_off if self.row(index).state == "in_review"}
            self.world.work(back)
            parked = Job.objects.exclude(failure="").values_list("handler", "failure")
            self.note("jobs that failed", [], list(parked))
            self.compare(f"after {time}", "passes", ())

    def _compare_warnings(self) -> None:
        """Promise 15: of what is late it was said today that it is, once however often somebody looks."""
        rows = Alarm.objects.visible_to(TEST).filter(case__in=self.cases)
        told = {(key, kind[:15], local(at)) for key, kind, at in rows.values_list("case", "kind", "at")}
        for index in self.world.late():
            day = self.row(index).unpaused_on
            said = (self.cases[index], f"late:{day}", local(self.world.now)) in told
            self.note(f"{index} is late", True, said)
