"""Lines of the queue: what a page of very many cases shows of each, and nothing else."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from requests.law import states
from requests.models import Case, Kind


class Line(NamedTuple):
    """A case as one line, under the names it has as a case.

    A light value: a row of the table becomes one at once, where a model object of a few columns takes more
    time than the database needs to find them.
    """

    id: UUID
    number: str
    kind: str
    state: str
    subject: UUID | None
    requester_id: int | None
    on_behalf: bool
    channel: str
    country: str
    subdivision: str
    due_on: date
    assignee_id: int | None

    @property
    def pk(self) -> UUID:
        return self.id

    @property
    def is_open(self) -> bool:
        return self.state in states.OPEN

    def get_kind_display(self) -> str:
        return str(Kind(self.kind).label)


#: A case whole or as a line: both answer to the names of a line.
Shown = Case | Line
