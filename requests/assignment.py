"""Who works on a case. It decides nothing: whoever has the right may act, assigned or not."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing.errors import Conflict, Forbidden
from requests.models import Case

ASSIGNED = "case.assigned"
_WRITE = system("assign a case")


def take(*, actor: Actor, case: UUID | str, at: datetime) -> Case:
    """The officer makes an open case theirs, also from a colleague.

    Raises `Absent` out of reach, `Forbidden` without the right to decide, `Conflict` for a closed case.
    """
    if not actor.may("cases.decide") or actor.user_id is None:
        raise Forbidden(
            _("Your role does not include this step. Ask an administrator."), detail="cases.decide"
        )
    with transaction.atomic():
        found = Case.objects.fetch(actor, case, "decide", lock=True)
        rows = Case.objects.visible_to(_WRITE).filter(pk=found.pk, closed_at=None)
        if rows.update(assignee=actor.user_id) != 1:
            raise Conflict(
                _("This request is closed. Nobody needs to work on it any more."), code="request.closed"
            )
        append.record(ASSIGNED, actor=actor, about=found.ref, at=at)
    found.assignee_id = actor.user_id
    return found
