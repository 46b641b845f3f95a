"""A deletion nobody asked for: the person never consented, and the time to keep their data is over (D14).

It is only opened here. Plan, officer and second officer follow as for every deletion.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from portals_core.access.actor import system
from portals_core.plumbing import clock
from portals_core.records.models import Record
from requests.arriving import filing
from requests.casebook import lifecycle
from requests.holding import planning
from requests.law import deadlines, states
from requests.law.states import Who
from requests.models import Case, CaseDetail, Channel, Kind

_OPEN = system("open a deletion for want of consent")


def open_deletion(*, about: str, purpose: str, **ids: object) -> None:
    """Inline subscriber of "consent.erase_due": one open deletion for this person, with the reason in its
    history. Nothing where one is open already, or the record is gone."""
    subject, at = UUID(about.removeprefix("record:")), clock.now()
    planning.lock_subject(subject)
    there = Record.objects.visible_to(_OPEN).filter(pk=subject).exists()
    cases = Case.objects.visible_to(_OPEN).filter(subject=subject, kind=Kind.DELETE, state__in=states.OPEN)
    if not there or cases.exists():
        return
    due = deadlines.due(at, settings.COUNTRY, settings.SUBDIVISION)
    case = Case(
        number=filing.next_number(at.year),
        kind=Kind.DELETE,
        subject=subject,
        channel=Channel.COMMAND,
        received_at=at,
        filed_at=at,
        country=due.place.country,
        subdivision=due.place.subdivision,
        due_on=due.due_on,
        unpaused_on=due.due_on,
        ends_at=due.ends_at,
        # Nobody asks, so there is nobody to prove.
        proved_at=at,
    )
    lifecycle.begin(case, actor=_OPEN, at=at)
    # Nobody wrote to us: there are no words to keep, and nobody to answer.
    CaseDetail(case=case, language=settings.LANGUAGE_CODE).save(force_insert=True)
    reason = _("Consent was never given (%(purpose)s): the person was asked and did not answer, and nothing "
               "else is recorded that allows keeping their data.")  # fmt: skip
    lifecycle.move(case, "review", actor=_OPEN, who=Who.SYSTEM, at=at, reason=reason % {"purpose": purpose})
