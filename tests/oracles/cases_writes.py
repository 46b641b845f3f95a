"""What is done to records in histories of cases, by others and by cases; and duplicates."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from portals_core.access.actor import Actor
from portals_core.plumbing import mail, outbox
from portals_core.plumbing.models import Job, JobState
from portals_core.records.models import Record
from portals_core.writing.exported import export_list
from portals_core.writing.notes import add_note
from portals_core.writing.records import change_record, create_record, delete_record
from requests.carrying_out import lifting
from requests.casebook import rectify
from requests.deciding import duplicates
from tests.oracles.cases import facts
from tests.oracles.cases_compare import Comparing


@dataclass
class Writes(Comparing):
    """The acts of the model on records, by the same name."""

    def _officer(self) -> Actor:
        return self.stage.actors[facts.DESK]

    def _staff(self) -> Actor:
        return self.stage.actors["staff"]

    def _record(self, record: str | int) -> UUID:
        return self.orders[record] if isinstance(record, int) else self.stage.records[record]

    # --- by others

    def _edit(self, who: str, person: str, field: str, value: str) -> None:
        actor, record = self.stage.actors[who], self.stage.records[person]
        change_record(actor=actor, record=record, given={field: value}, at=self.world.now)

    def _note(self, record: str | int) -> None:
        add_note(actor=self._staff(), record=self._record(record), body="Seen.", at=self.world.now)

    def _add_order(self, person: str) -> None:
        customer = str(self.stage.records[person])
        number = self.world.ordered + 1
        self.orders[number] = self._new(number=f"O-{number}", customer=customer).pk

    def _copy_order(self, number: int) -> None:
        self._new(clone_of=self.orders[number], number=f"copy at {self.world.now:%m-%d %H:%M}")

    def _new(self, clone_of: UUID | None = None, **given: str) -> Record:
        return create_record(
            actor=self._staff(),
            module=self.stage.modules["orders"],
            given=given,
            source="test",
            at=self.world.now,
            clone_of=clone_of,
        )

    def _move_order(self, number: int, person: str) -> None:
        given = {"customer": str(self.stage.records[person])}
        change_record(actor=self._staff(), record=self.orders[number], given=given, at=self.world.now)

    def _delete_order(self, number: int) -> None:
        delete_record(actor=self._staff(), record=self.orders[number], at=self.world.now)

    def _listed(self) -> None:
        people = {self.stage.emails[line["E-mail"]] for line in self._lines("contacts")}
        numbers = {line["Number"] for line in self._lines("orders")}
        orders = {number for number in self.orders if f"O-{number}" in numbers}
        self.note("what leaves in a list", self.world.listed(), (people, orders))

    def _lines(self, module: str) -> list[dict[str, str]]:
        lines = export_list(actor=self._staff(), module=self.stage.modules[module], at=self.world.now)
        return list(csv.DictReader("".join(lines).removeprefix("\ufeff").splitlines()))

    # --- corrections and restrictions

    def _enter(self, number: int, officer: str, fields: Mapping[str, str]) -> None:
        actor, case = self.stage.actors[officer], self.cases[number]
        rectify.enter(actor=actor, case=case, given=fields, at=self.world.now)

    def _announce(self, number: int, officer: str) -> None:
        actor, case = self.stage.actors[officer], self.cases[number]
        lifting.announce(actor=actor, case=case, reason="Checked.", told="By phone.", at=self.world.now)
        # The worker sends it before the day on which the restriction ends.
        for job in Job.objects.filter(handler=mail.HANDLER, state=JobState.WAITING):
            outbox.run_now(job.pk)

    def _keep(self, number: int, officer: str) -> None:
        lifting.cancel(actor=self.stage.actors[officer], case=self.cases[number], at=self.world.now)

    # --- duplicates

    def _join(self, number: int, of: int) -> None:
        actor, at = self._officer(), self.world.now
        duplicates.link(actor=actor, case=self.cases[number], of=self.cases[of], at=at)

    def _part(self, number: int) -> None:
        duplicates.unlink(actor=self._officer(), case=self.cases[number], at=self.world.now)

    def _settle(self, number: int, officer: str) -> None:
        duplicates.settle(actor=self.stage.actors[officer], case=self.cases[number], at=self.world.now)
