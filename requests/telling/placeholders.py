"""What a letter can name, and the only replacing there is: no template language, no expression, no attribute.

A placeholder is one of these names in double braces. Whatever else stands in a text is printed as it stands,
and what is put in is never looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import BadInput
from requests.models import LetterKind

LONGEST_TITLE, LONGEST_BODY = 200, 20_000
_NAME = re.compile(r"\{\{ *(\w+) *\}\}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a name stands for, and what a preview shows in its place."""

    means: Promise
    sample: Promise | str


PLACEHOLDERS: Mapping[str, Placeholder] = {
    "number": Placeholder(_("Number of the request"), "2026-00042"),
    "kind": Placeholder(_("What was asked for"), _("Delete")),
    "name": Placeholder(_("Name of the person"), "Sage Winter"),
    "today": Placeholder(_("Day on which the letter is written"), _("5 March 2026")),
    "received": Placeholder(_("Day on which the request came in"), _("2 March 2026")),
    "due": Placeholder(_("Day by which the answer is owed"), _("2 April 2026")),
    "ground": Placeholder(_("Why, in a sentence of the law"), _("The request is complex.")),
    "question": Placeholder(_("What the person is asked"), _("Which orders do you mean?")),
    "how": Placeholder(
        _("How to answer by post, for people without an e-mail address"),
        _("How to answer: write to us by post and quote the number of your request."),
    ),
    "until": Placeholder(_("Last day to answer, or day on which something ends"), _("19 March 2026")),
    "outcome": Placeholder(_("What was decided, in one sentence"), _("We do part of what you asked.")),
    "reasons": Placeholder(
        _("Everything that is refused, each with ground, law and your words"),
        _("Invoices (3): A law obliges us to keep the data. (Art. 17(3)(b) GDPR)"),
    ),
    "items_done": Placeholder(_("What was done"), _("Orders (12)")),
    "items_refused": Placeholder(_("What was not done, without the reasons"), _("Invoices (3)")),
    "remedies": Placeholder(
        _("How to complain and that a court can be asked, where something was refused"),
        _("You may complain to the supervisory authority. You may also go to court."),
    ),
    "authority": Placeholder(_("Name of the supervisory authority"), "Data Protection Commission"),
    "authority_url": Placeholder(_("Address of the supervisory authority"), "https://www.dataprotection.ie/"),
    "link": Placeholder(
        _("Page of the request in the portal, for people who have an account"), "https://portal.example/"
    ),
    "organisation": Placeholder(_("Name of your organisation"), "Example Ltd"),
    "contact": Placeholder(_("Address to which people write"), "privacy@example.org"),
}
#: What the law wants each letter to say (Art. 12(3), 12(4), 12(6), 18(3)); a text without it is not stored.
NEEDED: Mapping[str, tuple[str, ...]] = {
    LetterKind.RECEIPT: ("number", "due"),
    LetterKind.PROOF: ("number", "question"),
    LetterKind.CLARIFICATION: ("number", "question"),
    LetterKind.EXTENSION: ("number", "due", "ground"),
    LetterKind.DECISION: ("number", "outcome", "reasons", "remedies"),
    LetterKind.COMPLETION: ("number", "outcome", "reasons", "remedies"),
    LetterKind.LIFTING: ("number", "until"),
}


def samples() -> dict[str, str]:
    """Values for a preview, in the language that is active."""
    return {name: str(one.sample) for name, one in PLACEHOLDERS.items()}


def title(text: str, values: Mapping[str, str]) -> str:
    """A title with its names replaced, on one line."""
    return " ".join(_fill(text, values).split())[:LONGEST_TITLE]


def body(text: str, values: Mapping[str, str]) -> str:
    """A text with its names replaced. A paragraph whose names are all empty is left out."""
    return "\n\n".join(_fill(part, values) for part in text.split("\n\n") if not _empty(part, values))


def _fill(text: str, values: Mapping[str, str]) -> str:
    """In one pass, so that braces inside a value stay what they are."""
    return _NAME.sub(lambda found: values.get(found[1], "") if found[1] in PLACEHOLDERS else found[0], text)


def _empty(part: str, values: Mapping[str, str]) -> bool:
    named = [name for name in _NAME.findall(part) if name in PLACEHOLDERS]
    return bool(named) and not any(values.get(name) for name in named)


def checked(kind: str, *, title: str, body: str) -> tuple[str, str]:
    """Title and body as they are stored. `BadInput` for an empty or too long text, for a name that is not in
    the list, and for a letter that leaves out what the law wants it to say."""
    heading = " ".join(title.split())
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
    faults = _faults(heading, text)
    if faults:
        raise BadInput(_("This text cannot be used yet."), code="letter.text", fields=faults)
    unknown = sorted({one for one in _NAME.findall(f"{heading}\n{text}") if one not in PLACEHOLDERS})
    if unknown:
        sentence = _("These names are not known: %(unknown)s. Use only: %(known)s.") % {
            "unknown": ", ".join(unknown),
            "known": ", ".join(PLACEHOLDERS),
        }
        raise BadInput(sentence, code="letter.unknown", fields={"body": sentence})
    missing = [name for name in NEEDED[kind] if name not in _NAME.findall(text)]
    if missing:
        sentence = _("The law wants this letter to say more. Add: %(missing)s.") % {
            "missing": ", ".join(f"{{{{ {name} }}}}" for name in missing)
        }
        raise BadInput(sentence, code="letter.missing", fields={"body": sentence})
    return heading, text


def _faults(heading: str, text: str) -> dict[str, object]:
    faults: dict[str, object] = {}
    for name, given, longest in (("title", heading, LONGEST_TITLE), ("body", text, LONGEST_BODY)):
        if not given:
            faults[name] = _("this field is required")
        elif len(given) > longest:
            faults[name] = _("at most %(limit)s characters") % {"limit": longest}
    return faults
