"""What people wrote and no officer has read yet: counted on the desk, and told by a mail without content.

A case tells of itself once: the next mail about it goes when it was read and somebody writes again. Whoever
has the case is told; where nobody has it, everybody who decides.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from portals_core.access.actor import Actor, system
from portals_core.plumbing import links, mail
from requests.casebook import colleagues
from requests.models import Case, Direction, Message

#: The name under which the mail room asks whether a message is still wanted.
STILL = "unread"
#: Threads counted; a badge needs no larger number.
MOST = 99
_TELL = system("tell officers that somebody wrote")


def cases(actor: Actor) -> QuerySet[Message, Any]:
    """Ids of the cases with an unread message, of those that are one's own or nobody's."""
    rows = _unread(Message.objects.visible_to(actor))
    own = Q(case__assignee=actor.user_id) | Q(case__assignee=None)
    return rows.filter(own).order_by().values("case").distinct()


def threads(actor: Actor) -> int:
    """How many threads wait for this officer, counted no further than one above `MOST`; one query. Who does
    not answer has nothing waiting."""
    return cases(actor)[: MOST + 1].count() if actor.may("cases.decide") else 0


def announce(case: Case, written: Message, *, at: datetime) -> None:
    """Promise the officers a mail about what was just written, inside the caller's transaction; none while
    they were told of something else in this case that they have not read."""
    waiting = _unread(Message.objects.visible_to(_TELL)).filter(case=case)
    if written.seen_at is not None or waiting.exclude(pk=written.pk).exists():
        return
    deciding = colleagues.holders("cases.decide")["cases.decide"]
    own = deciding.get(case.assignee_id) if case.assignee_id is not None else None
    told = [own] if own else list(deciding.values())
    to = [(one.email, one.language) for one in told] or [(settings.CONTACT_EMAIL, settings.LANGUAGE_CODE)]
    for address, language in to:
        _write(case, address, language, at=at)


def still(key: str) -> bool:
    """Whether a mail about this case is still wanted when its turn comes."""
    return _unread(Message.objects.visible_to(_TELL)).filter(case=UUID(key)).exists()


def _unread(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.filter(direction=Direction.IN, seen_at=None)


def _write(case: Case, to: str, language: str, *, at: datetime) -> None:
    with translation.override(language):
        title = _("Somebody wrote to us: request %(number)s") % {"number": case.number}
        body = "\n\n".join(
            [
                _("There is an unread message in request %(number)s. Read it and answer here:")
                % {"number": case.number},
                links.address(f"/desk/cases/{case.pk}/"),
                _("You hear of this request again when this message was read and another one comes."),
            ]
        )
    mail.send(
        to=to,
        title=title,
        body=body,
        kind="desk.unread",
        language=language,
        only_if=f"{STILL}:{case.pk}",
        at=at,
    )
