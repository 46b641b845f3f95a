"""The indexes of cases: each list, count and daily job reads one of them and no further than it must.

Most cases are closed and few are looked at, so the two are kept apart: an index of open cases stays small
however many have been answered, and a case that is closed for good leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from django.db.models import Index, Q

_OPEN = Q(closed_at=None)
_CLOSED = Q(closed_at__isnull=False)
#: What the queue is narrowed by, beside state and due day.
_NARROWED = ("kind", "assignee", "channel", "country")
#: Asked for by itself: with one of these it has no index, and every index more is written with each case.
_ALONE = "user_type"
_DUE = ("due_on", "id")


def _queue() -> Iterator[Index]:
    """Each filter of the queue, and each two of them but among closed cases of any state, in the order of
    its pages."""
    yield Index(fields=["state", *_DUE], name="case_queue")
    # SQLite counts from an index alone only where it holds what its condition asks, too.
    yield Index(fields=[*_DUE, "closed_at"], name="case_open", condition=_OPEN)
    yield Index(fields=_DUE, name="case_closed", condition=_CLOSED)
    for one in (*_NARROWED, _ALONE):
        yield Index(fields=[one, *_DUE], name=f"case_open_{one}", condition=_OPEN)
        yield Index(fields=[one, *_DUE], name=f"case_closed_{one}", condition=_CLOSED)
        yield Index(fields=["state", one, *_DUE], name=f"case_state_{one}")
    for one, other in combinations(_NARROWED, 2):
        yield Index(fields=[one, other, *_DUE], name=f"case_{one}_{other}", condition=_OPEN)


CASE_INDEXES = [
    *_queue(),
    # The figures and the register; the list of auditors, newest first.
    Index(fields=["received_at", "id", "kind"], name="case_received"),
    Index(fields=["filed_at", "id"], name="case_filed"),
    # Only of closed cases: SQLite would read all open ones from it, and sort them for one page.
    Index(
        fields=["closed_at", "state", "received_at", "assignee", "ground"],
        name="case_ended",
        condition=_CLOSED,
    ),
    # What is to be forgotten on schedule.
    Index(fields=["closed_at", "id"], name="case_words", condition=_CLOSED & Q(purged_at=None)),
    Index(
        fields=["closed_at", "id"],
        name="case_unproved",
        condition=_CLOSED & Q(purged_at=None, proved_at=None),
    ),
    # What officers are reminded of, and what ends because nobody answers.
    Index(fields=["unpaused_on", "id"], name="case_open_unpaused", condition=_OPEN),
    Index(fields=["state", "filed_at", "id"], name="case_open_filed", condition=_OPEN),
    Index(fields=["subject", *_DUE], name="case_subject"),
    # Without those that repeat none, which are nearly all: SQLite would take their number for that of any
    # request and read the whole table by case number instead.
    Index(fields=["duplicate_of", "number"], name="case_duplicate", condition=Q(duplicate_of__isnull=False)),
    Index(fields=["requester", "subject"], name="case_requester"),
]
