"""Who has a case before them now, so that two officers who work on one see each other.

This is no state of the case and no record of work: a row lives for a minute and then goes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from portals_core.access.actor import Actor, Kind, system
from requests.casebook import names
from requests.models import Case, Presence

#: How long somebody counts as looking at a case after the page last asked.
LASTS = timedelta(seconds=60)
#: How often an open page says that it is still open.
EVERY_SECONDS = 20
_KEEP = system("know who has a request open")


def here(actor: Actor, case: Case, at: datetime) -> list[str]:
    """Note that this member of staff has the case open, and return the names of the others who do."""
    rows = Presence.objects.visible_to(_KEEP)
    rows.filter(at__lt=at - LASTS).delete()
    if actor.kind is Kind.STAFF and actor.user_id is not None:
        _note(actor.user_id, case, at)
    return others(actor, case, at)


def others(actor: Actor, case: Case, at: datetime) -> list[str]:
    """Names of the other members of staff who had this case open within the last minute."""
    rows = Presence.objects.visible_to(actor).filter(case=case, at__gte=at - LASTS)
    users = [row.user for row in rows.exclude(user=actor.user_id).select_related("user")]
    return sorted(names.called(actor, user) for user in users)


def _note(user: int, case: Case, at: datetime) -> None:
    mine = Presence.objects.visible_to(_KEEP).filter(case=case, user=user)
    if mine.update(at=at):
        return
    mine.bulk_create([Presence(case=case, user_id=user, at=at)], ignore_conflicts=True)
