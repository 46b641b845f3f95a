"""The register of requests as a table for a supervisory authority: procedure and outcome, nobody's name.

What Art. 5(2) asks to be shown of Art. 12: when each request came, when its answer was due, whether the
time was extended and why, what was decided on which ground, when it ended, how many recipients were told
(Art. 19).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.ledger import append
from portals_core.plumbing import cells, keyset
from portals_core.plumbing.errors import BadInput, Forbidden
from portals_core.writing.exported import MARK
from requests.law import grounds, progress
from requests.law.calendars import place
from requests.models import Case, Channel, Kind, RecipientNotice, Standing

TAKEN, ENDED = "case.register_taken", "case.register_ended"
#: Any of these permissions lets somebody take the register away.
PERMISSIONS = ("evidence.view", "cases.approve")
#: Cases read at once; memory holds no more, however long the period is.
PIECE = 500
#: What a row is made of, out of four times as many columns.
_COLUMNS = (
    *("number", "kind", "state", "channel", "country", "subdivision", "received_at", "due_on", "unpaused_on"),
    *("extended_at", "extension_ground", "decided_at", "ground", "nothing_held", "closed_at"),
)
HEADINGS = (
    _("Number"),
    _("Kind"),
    _("Channel"),
    _("Received"),
    _("Due"),
    _("Due without pauses"),
    _("Extended on"),
    _("Ground of the extension"),
    _("Decided on"),
    _("Ground"),
    _("Outcome"),
    _("Nothing was held"),
    _("Closed on"),
    _("Recipients told"),
)


def export(*, actor: Actor, since: date, until: date, at: datetime) -> Iterator[str]:
    """Lines of a CSV file of the cases received from `since` to `until`, both included, by day of receipt.

    The entry "case.register_taken" is committed when this returns; when the last line is read another one
    says how many rows left. Raises `Forbidden`, and `BadInput` for a period that ends before it begins.
    """
    if not actor.may("cases.view") or not any(actor.may(name) for name in PERMISSIONS):
        raise Forbidden(_("Your role does not include taking the register of requests away."))
    if until < since:
        raise BadInput(_("The period ends before it begins."), fields={"until": _("too early")})
    with transaction.atomic():
        entry = append.record(
            TAKEN,
            actor=actor,
            about="case_register",
            at=at,
            detail={"since": since.isoformat(), "until": until.isoformat()},
        )
    return _Leaving(actor, since, until, entry).lines()


@dataclass
class _Leaving:
    """One register on its way; its words are resolved before the first line, in the person's language."""

    actor: Actor
    since: date
    until: date
    entry: UUID
    sent: int = 0
    headings: list[str] = field(default_factory=lambda: [str(one) for one in HEADINGS])
    kinds: dict[str, str] = field(default_factory=lambda: {one: str(one.label) for one in Kind})
    channels: dict[str, str] = field(default_factory=lambda: {one: str(one.label) for one in Channel})
    states: dict[str, str] = field(
        default_factory=lambda: {state: gettext(name) for state, name in progress.NAMES.items()}
    )
    grounds: dict[str, str] = field(
        default_factory=lambda: {
            one.code: f"{one.article}: {one.sentence}"
            for one in (*grounds.REFUSALS, *grounds.ERASURES, *grounds.EXTENSIONS)
        }
    )
    yes: str = field(default_factory=lambda: gettext("yes"))

    def lines(self) -> Iterator[str]:
        """Headings and rows; however it ends, the ledger is told how far it came."""
        outcome = "broken_off"
        try:
            yield MARK + cells.line(self.headings)
            for piece in self._pieces():
                told = _told(self.actor, piece)
                rows = [self._line(case, told.get(case.pk, 0)) for case in piece]
                self.sent += len(rows)
                yield "".join(rows)
            outcome = "done"
        finally:
            self._report(outcome)

    def _pieces(self) -> Iterator[list[Case]]:
        return keyset.pages(self._cases(), ("received_at", "id"), PIECE)

    def _cases(self) -> QuerySet[Case]:
        zone = place(settings.COUNTRY, settings.SUBDIVISION).zone
        begin = datetime.combine(self.since, time.min, tzinfo=zone)
        end = datetime.combine(self.until + timedelta(days=1), time.min, tzinfo=zone)
        rows = Case.objects.visible_to(self.actor).filter(received_at__gte=begin, received_at__lt=end)
        return rows.only(*_COLUMNS)

    def _line(self, case: Case, told: int) -> str:
        zone = place(case.country, case.subdivision).zone

        def day(at: datetime | None) -> str:
            return at.astimezone(zone).date().isoformat() if at else ""

        return cells.line(
            [
                case.number,
                self.kinds[case.kind],
                self.channels[case.channel],
                day(case.received_at),
                case.due_on.isoformat(),
                case.unpaused_on.isoformat(),
                day(case.extended_at),
                self.grounds.get(case.extension_ground, case.extension_ground),
                day(case.decided_at),
                self.grounds.get(case.ground, case.ground),
                self.states[case.state],
                self.yes if case.nothing_held else "",
                day(case.closed_at),
                told,
            ]
        )

    def _report(self, outcome: str) -> None:
        with transaction.atomic():
            append.record(
                ENDED,
                actor=self.actor,
                about="case_register",
                outcome=outcome,
                detail={"entry": str(self.entry), "rows": self.sent},
            )


def _told(actor: Actor, piece: list[Case]) -> dict[UUID, int]:
    """How many recipients of each of these cases were told."""
    rows = RecipientNotice.objects.visible_to(actor).filter(case__in=[one.pk for one in piece])
    told = rows.filter(standing__in=(Standing.TOLD, Standing.ANSWERED)).order_by()
    return dict(told.values_list("case").annotate(number=Count("pk")))
