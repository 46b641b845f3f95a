"""The mail to a recipient: what was done with the data of whom, and what they have to do (Art. 19)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from portals_core.plumbing import mail
from requests.casebook import rectify
from requests.holding import offers, planning
from requests.models import Case


def promise(case: Case, act: str, *, to: str, whom: str, at: datetime) -> UUID:
    """Promise the message inside the caller's transaction; returns its id.

    It names the person, because nobody can act on less, and no value that is stored about them. It belongs
    to the person's data unless it tells of their erasure: then it is forgotten when it is out.
    """
    title, body = words(case, act, whom=whom)
    return mail.send(
        to=to,
        title=title,
        body=body,
        kind="recipient.told",
        language=settings.LANGUAGE_CODE,
        subject=None if act == "erase" else case.subject,
        at=at,
    )


def words(case: Case, act: str, *, whom: str) -> tuple[str, str]:
    """Title and text of what a recipient is told, by mail or on paper."""
    with translation.override(settings.LANGUAGE_CODE):
        title, lines = _TEXTS[act](case)
        said = [
            *lines,
            whom,
            _("Please tell us what you did. Quote the number %(number)s.") % {"number": case.number},
            f"{settings.ORGANISATION}\n{settings.CONTACT_EMAIL}",
        ]
    return title, "\n\n".join(said)


def _erased(case: Case) -> tuple[str, list[str]]:
    name = offers.names()
    kinds = {f"{one.source}:{one.kind}" for one in planning.entries_stored(case) if one.verdict == "fulfil"}
    return _("Please delete data you have from us: %(number)s") % {"number": case.number}, [
        _("We deleted data of a person at their request (Art. 17 GDPR): %(kinds)s.")
        % {"kinds": ", ".join(sorted({name(kind) for kind in kinds}))},
        _("You received such data from us. Delete it with every copy, unless a law makes you keep it."),
        _("The person:"),
    ]


def _corrected(case: Case) -> tuple[str, list[str]]:
    labels = ", ".join(one.label for one in rectify.approved(case))
    return _("Please correct data you have from us: %(number)s") % {"number": case.number}, [
        _("We corrected data of a person (Art. 16 GDPR): %(fields)s.") % {"fields": labels},
        _("If you hold these, ask us for the new values in the way in which you receive data from us."),
        _("The person:"),
    ]


def _restricted(case: Case) -> tuple[str, list[str]]:
    return _("Please stop using data you have from us: %(number)s") % {"number": case.number}, [
        _("We restricted the processing of a person's data (Art. 18 GDPR)."),
        _("Until we write to you again, store what you received from us and do nothing else with it."),
        _("The person:"),
    ]


def _lifted(case: Case) -> tuple[str, list[str]]:
    return _("You can use data again: %(number)s") % {"number": case.number}, [
        _("The restriction of which we told you has ended (Art. 18(3) GDPR)."),
        _("The person:"),
    ]


_TEXTS = {"erase": _erased, "rectify": _corrected, "restrict": _restricted, "lift": _lifted}
