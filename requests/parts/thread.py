"""What was said in a case: part of the officer's page and of the person's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portals_core.access.actor import Actor, Kind
from requests.forms.letters import MessageForm, NoteForm
from requests.models import Case
from requests.telling import messages, reached


def part(actor: Actor, case: Case, at: datetime) -> dict[str, Any]:
    """The thread with its forms; None for somebody who has no part in it. Its queries do not grow with it."""
    staff = actor.kind is Kind.STAFF
    if not staff and (actor.identity is None or actor.identity != case.subject):
        return {"thread": None}
    said = messages.thread(actor, case)
    detail = reached.detail_of(case)
    writing = detail is not None and (not staff or actor.may("cases.decide"))
    return {
        "thread": {
            "case": case,
            "staff": staff,
            "said": said,
            "unread": sum(one.unread for one in said),
            "say": MessageForm(auto_id="say_%s") if writing else None,
            "note": NoteForm(auto_id="note_%s") if writing and staff else None,
            # A person without an address hears nothing of a message: the officer is told so.
            "unreachable": staff and detail is not None and not detail.reply_to,
        }
    }
