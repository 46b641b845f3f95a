"""A person answers whether somebody may ask in their name (W17, decision 14).

The link in the mail shows the question on GET and takes the answer by POST only (W16). Who follows it has
shown that the address is theirs, nothing more: it opens no account and no data. Whoever agreed, and whoever's
representative showed an authority on paper, gets another link by which the request can be ended until it is
carried out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.people.models import User
from portals_core.plumbing import links
from portals_core.plumbing.errors import Absent, BadInput, Conflict
from portals_core.plumbing.models import OneTimeLink
from requests.casebook import attempts, barriers, lifecycle
from requests.holding import planning
from requests.law import states
from requests.law.states import Who
from requests.models import Case, CaseDetail, Mandate
from requests.telling.notices import behalf

TTL = timedelta(days=14)
#: No request is open that long; when it closes, its link ends with it.
OPEN_AT_MOST = timedelta(days=730)
LONGEST_AUTHORITY = 300
#: Where the link leads; the page shows `asked(token)` and posts to `confirm` or `object_to`.
PATH = "/requests/confirm/{token}/"
_READ = system("ask a person about a request in their name")
#: What looks like the number of a document is not kept (Art. 5(1)(c), EDPB 01/2022, 65).
_NUMBER = re.compile(r"\d(?:[ .\-/]?\d){5,}")


@dataclass(frozen=True)
class Question:
    """What the page behind the link may say: who asks for what. Nothing that is stored about the person."""

    number: str
    kind: str
    #: Who asks in the person's name; empty for a request of their own.
    asker: str
    until: datetime
    #: In which the question was put.
    language: str
    #: Whether the answer can still be yes, and whether it can still be no.
    may_agree: bool = True
    may_object: bool = True


def ask(case: Case, *, actor: Actor, address: str, language: str, at: datetime) -> Case:
    """Put the question, inside the transaction of filing. The case waits for the answer."""
    Mandate(case=case, subject=case.person, address=address, asked_at=at).save(force_insert=True)
    waiting = lifecycle.move(case, "ask_proof", actor=actor, who=Who.SYSTEM, at=at)
    token = links.issue(lifecycle.MANDATE_LINK, about=case.ref, at=at, ttl=TTL)
    behalf.asked(
        waiting,
        to=address,
        language=language,
        asker=_asker(case),
        link=links.address(PATH.format(token=token)),
        until=at + TTL,
        at=at,
    )
    return waiting


def way_out(case: Case, *, at: datetime) -> str:
    """The address at which the person ends this request without an account, until it is carried out. An
    older one ends at once: the newest message has the one that works."""
    token = links.issue(lifecycle.WAY_OUT_LINK, about=case.ref, at=at, ttl=OPEN_AT_MOST)
    return links.address(PATH.format(token=token))


def asked(token: str, *, at: datetime) -> Question:
    """The question behind a link, unchanged by looking. Raises `Absent` for a link that does not work."""
    link = _link(token, at=at)
    case = _case(link.about)
    detail = CaseDetail.objects.visible_to(_READ).filter(case=case).first()
    steps = states.allowed(case.state, Who.PERSON, kind=case.kind)
    return Question(
        case.number,
        case.kind,
        _asker(case) if case.on_behalf else "",
        link.expires_at,
        detail.language if detail else settings.LANGUAGE_CODE,
        link.purpose == lifecycle.MANDATE_LINK and "prove" in steps,
        _ending(case) in steps,
    )


def confirm(token: str, *, at: datetime) -> Case:
    """The person agrees: the request is reviewed from now on. Raises `Absent` for a used or ended link and
    `Conflict` when the case went on without it."""
    link = links.peek(token, lifecycle.MANDATE_LINK, at=at)
    with transaction.atomic():
        case = _taken(link)
        links.redeem(token, lifecycle.MANDATE_LINK, at=at)
        moved = _moved(case, "prove", at=at, proved_at=at)
        _note(moved, confirmed_at=at)
        _told(moved, at=at)
    return moved


def object_to(token: str, *, at: datetime, reason: str = "") -> Case:
    """The person does not agree, or takes back what they agreed to: the request ends, and nothing happens
    because of it. Raises `Absent` for a used or ended link and `Conflict` once it is carried out."""
    link = _link(token, at=at)
    with transaction.atomic():
        case = _taken(link)
        links.redeem(token, link.purpose, at=at)
        words = reason.strip() or _("The person does not agree.")
        moved = _moved(case, _ending(case), at=at, reason=words)
        _note(moved, objected_at=at)
    return moved


def shown(*, actor: Actor, case: UUID | str, seen: str, at: datetime) -> Case:
    """An officer saw the representative's authority on paper: the request is reviewed from now on, and the
    person is told how to end it (decision 14).

    `seen` says what was looked at; no copy is kept and no number of a document. Raises `Absent`, `Forbidden`,
    `BadInput`, and `Conflict` where nobody's authority is asked for.
    """
    words = _seen(seen)
    with attempts.watched(actor=actor, act="authority", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        barriers.not_about_oneself(actor, found)
        if not found.on_behalf:
            raise Conflict(_("Nobody asks here for somebody else."), code="mandate.none")
        states.next_state(found.state, "prove", kind=found.kind)
        barriers.no_asker(actor, found)
        moved = lifecycle.move(found, "prove", actor=actor, who=Who.OFFICER, at=at, proved_at=at)
        _note(moved, authority=words, checked_by=barriers.user_of(actor), checked_at=at)
        _told(moved, at=at)
    return moved


def _seen(text: str) -> str:
    words = " ".join(text.split())
    if not words or len(words) > LONGEST_AUTHORITY:
        sentence = _("Say in at most %(longest)s characters what you looked at.")
        raise BadInput(
            sentence % {"longest": LONGEST_AUTHORITY}, code="mandate.seen", fields={"seen": _("write what")}
        )
    if _NUMBER.search(words):
        raise BadInput(
            _("Leave out numbers of documents: it is enough to say what you looked at."),
            code="mandate.number",
            fields={"seen": _("no numbers of documents")},
        )
    return words


def _link(token: str, *, at: datetime) -> OneTimeLink:
    try:
        return links.peek(token, lifecycle.MANDATE_LINK, at=at)
    except Absent:
        return links.peek(token, lifecycle.WAY_OUT_LINK, at=at)


def _taken(link: OneTimeLink) -> Case:
    """The case behind a link, after the locks in the order that holds everywhere: subject, case, link."""
    planning.lock_subject(_case(link.about).subject)
    return Case.objects.fetch(_READ, _key(link.about), lock=True)


def _ending(case: Case) -> str:
    """Who never asked objects; whoever asked takes it back."""
    return "object" if case.on_behalf else "withdraw"


def _moved(case: Case, step: str, *, at: datetime, reason: str = "", **changes: object) -> Case:
    person = Actor(kind=Kind.ANONYMOUS, ref=f"person:{case.subject or case.pk}")
    return lifecycle.move(case, step, actor=person, who=Who.PERSON, at=at, reason=reason, **changes)


def _note(case: Case, **columns: object) -> None:
    Mandate.objects.visible_to(_READ).filter(case=case).update(**columns)


def _told(case: Case, *, at: datetime) -> None:
    mandate = Mandate.objects.visible_to(_READ).get(case=case)
    behalf.proved(
        case, to=mandate.address, asker=_asker(case), on_paper=bool(mandate.authority),
        link=way_out(case, at=at), at=at,
    )  # fmt: skip


def _case(ref: str) -> Case:
    return Case.objects.fetch(_READ, _key(ref))


def _key(ref: str) -> UUID:
    return UUID(ref.partition(":")[2])


def _asker(case: Case) -> str:
    user = User.objects.visible_to(_READ).filter(pk=case.requester_id).first()
    return user.name or user.email if user else ""
