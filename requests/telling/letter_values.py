"""What the placeholders of a letter stand for in one case, in the language that is active."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from portals_core.access.actor import system
from portals_core.people import accounts
from portals_core.plumbing import links
from portals_core.plumbing.errors import BadInput
from portals_core.records.models import Record
from requests.casebook import counting
from requests.law import authorities, grounds
from requests.law.states import State
from requests.models import Case, Clarification, Kind, LetterKind
from requests.telling import letter_reasons, reached
from requests.telling.letter_reasons import Told
from requests.telling.placeholders import PLACEHOLDERS
from requests.telling.remedies import remedies

_READ = system("write a letter to the person a case is about")
_DECIDING = (LetterKind.DECISION, LetterKind.COMPLETION)


def values(case: Case, kind: str, *, at: datetime, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every placeholder with its words; `extra` goes before what the case says. `BadInput` for a name in it
    that is not in the list."""
    given = dict(extra or {})
    unknown = sorted(set(given) - set(PLACEHOLDERS))
    if unknown:
        raise BadInput(_("A letter has no place for this."), code="letter.extra", detail=", ".join(unknown))
    told = letter_reasons.told(case) if kind in _DECIDING else Told()
    authority = authorities.authority(case.country, case.subdivision)
    known = {
        "number": case.number,
        "kind": _(str(Kind(case.kind).label)),
        "name": _name(case),
        "today": counting.in_words(counting.local_day(case, at)),
        "received": counting.in_words(case.received_on),
        "due": counting.in_words(case.due_on),
        "outcome": outcome(case, told) if kind in _DECIDING else "",
        "reasons": "\n".join(one.told() for one in told.reasons),
        "items_done": ", ".join(told.done),
        "items_refused": ", ".join(told.refused),
        "remedies": "\n".join(remedies(case)) if told.reasons or _nothing(case, kind) else "",
        "authority": authority.name,
        "authority_url": authority.url,
        "link": page(case),
        "organisation": settings.ORGANISATION,
        "contact": settings.CONTACT_EMAIL,
        **_asked(case, kind),
    }
    return {name: given.get(name, known.get(name, "")) for name in PLACEHOLDERS}


def page(case: Case) -> str:
    """The page of the request in the portal; empty for somebody who has no account."""
    if case.subject is None or not _has_account(case):
        return ""
    return links.address(reverse("dsr_requests:status", args=[case.pk]))


def _has_account(case: Case) -> bool:
    account = accounts.account_of(case.person)
    return account is not None and account.is_active


def outcome(case: Case, told: Told) -> str:
    """What was decided, in one sentence."""
    if _nothing(case, LetterKind.DECISION):
        return _("We hold no data about you.")
    if case.state == State.REFUSED:
        return _("We do not do what you asked.")
    if told.refused:
        return _("We do part of what you asked.")
    return {
        Kind.DELETE: _("We delete your data."),
        Kind.STOP: _("Your data is now only stored. Nobody here can change it, send it on or use it."),
        Kind.EXPORT: _("You get a copy of your data."),
        Kind.RECTIFY: _("We correct your data."),
    }[Kind(case.kind)]


def _nothing(case: Case, kind: str) -> bool:
    return kind in _DECIDING and case.nothing_held


def _name(case: Case) -> str:
    if case.subject is None:
        return ""
    record = Record.objects.visible_to(_READ).select_related("module").filter(pk=case.subject).first()
    return str(record.values.get(record.module.title_key) or "") if record else ""


def _asked(case: Case, kind: str) -> dict[str, str]:
    """Ground, words and last day of a question or an extension, as the case has them."""
    if kind == LetterKind.EXTENSION:
        return {"ground": _sentence(grounds.EXTENSIONS, case.extension_ground)}
    if kind not in (LetterKind.PROOF, LetterKind.CLARIFICATION):
        return {}
    rows = Clarification.objects.visible_to(_READ).filter(case=case, answered_at=None)
    asked = rows.last()
    if asked is None:
        return {}
    days = settings.ANSWER_DAYS + reached.post_days(case)
    until = counting.local_day(case, asked.asked_at) + timedelta(days=days)
    return {
        "ground": _sentence(grounds.QUESTIONS, asked.ground),
        "question": asked.question,
        "until": counting.in_words(until),
    }


def _sentence(known: tuple[grounds.Ground, ...], code: str) -> str:
    return next((str(one.sentence) for one in known if one.code == code), "")
