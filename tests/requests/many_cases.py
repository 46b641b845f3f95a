"""Very many cases as rows, for what is counted and paged."""

from __future__ import annotations

from datetime import timedelta

from requests.law import states
from requests.models import Case, Channel, Kind
from tests import cast
from tests.requests.case_cast import TEST


def row(made, place: int, **given) -> Case:
    """One case of the subject, due as many days after the common moment as its place."""
    due = given.pop("due_on", cast.NOW.date() + timedelta(days=place))
    return Case(
        **{
            "number": f"2020-{place:05d}",
            "kind": Kind.EXPORT,
            "state": states.State.IN_REVIEW,
            "subject": made.subject.pk,
            "requester": made.users["subject"],
            "user_type": made.user_type.pk,
            "channel": Channel.PORTAL,
            "received_at": cast.NOW,
            "filed_at": cast.NOW,
            "country": "PL",
            "due_on": due,
            "unpaused_on": due,
            "ends_at": cast.NOW,
            "proved_at": cast.NOW,
            **given,
        }
    )


def many(made, number: int, *, start: int = 0, **given) -> list[Case]:
    """As many cases, each due a day later than the one before unless a day is given."""
    rows = [row(made, place, **given) for place in range(start, start + number)]
    return Case.objects.visible_to(TEST).bulk_create(rows)
