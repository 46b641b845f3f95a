"""What exactly a request asks: read from what was entered, kept with the case, told in words.

`Case.asked` holds codes and references and nobody's own words. What is not said counts as everything, so
that nobody is answered less than they asked for. Nothing here looks into the database: whether what is named
belongs to the person is asked by `requests.holding.offers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portals_core.plumbing.errors import BadInput
from requests.law.grounds import Ground
from requests.law.states import Kind

Asked = dict[str, Any]
ALL, KINDS, RECORDS = "all", "kinds", "records"
ACCESS, PORTABLE, BOTH = "access", "portable", "both"
MARKETING = "A21-2"
#: More than a person picks by hand; whoever wants more asks for whole kinds.
MOST_RECORDS = 500
_KIND = re.compile(r"\A[a-z_]{1,40}:\w{1,60}\Z")

_STOP = frozenset({Kind.STOP})
#: On what a decision to stop rests (decision 13). The subject sees one label; the officer records which.
STOP_GROUNDS: tuple[Ground, ...] = (
    Ground("A18-1-a", "18(1)(a)", _("It is contested that the data is accurate."), _STOP),
    Ground("A18-1-b", "18(1)(b)", _("The use is unlawful, and the person does not want it erased."), _STOP),
    Ground("A18-1-c", "18(1)(c)", _("The person needs the data for legal claims; we do not."), _STOP),
    Ground("A18-1-d", "18(1)(d)", _("The person objected, and it is not settled who prevails."), _STOP),
    Ground("A21-1", "21(1)", _("The person objected, and nothing outweighs the objection."), _STOP),
    Ground(MARKETING, "21(2), 21(3)", _("The person objected to advertising."), _STOP),
)
#: The same as the person says it, with "not said" last.
WHYS: tuple[tuple[str, Promise], ...] = (
    ("A18-1-a", _("Something in my data is wrong. Do not use it until it is checked.")),
    ("A18-1-b", _("My data is used unlawfully. I do not want it erased.")),
    ("A18-1-c", _("I need my data for a legal claim. Keep it, and do nothing else with it.")),
    ("A21-1", _("I object to the use of my data, because of my situation.")),
    (MARKETING, _("I do not want advertising. Only advertising stops, at once.")),
    ("", _("I would rather not say, or none of these fits.")),
)
#: A person who objects is heard at once: until it is settled the data is restricted.
_SAID = {code for code, _sentence in WHYS} | {"A18-1-d"}
FORMS: tuple[tuple[str, Promise], ...] = (
    (BOTH, _("Both: a copy to read, and the part I can take elsewhere")),
    (ACCESS, _("A copy to read of everything you hold about me")),
    (PORTABLE, _("Only the part I can take elsewhere, for machines")),
)
SCOPES: tuple[tuple[str, Promise], ...] = (
    (ALL, _("Everything, my account with it")),
    (KINDS, _("Only some kinds of data")),
    (RECORDS, _("Only single records")),
)
_KEYS = {
    Kind.DELETE: {"what", KINDS, RECORDS},
    Kind.STOP: {"why"},
    Kind.EXPORT: {"form", KINDS, "since", "until"},
    Kind.RECTIFY: set[str](),
}


def read(kind: str, given: Mapping[str, object] | None) -> Asked:
    """What was entered, in the one form in which it is kept; keys that say nothing are left out.

    Raises `BadInput` for a key or value that has no meaning for this kind of request.
    """
    said = {key: value for key, value in (given or {}).items() if value not in (None, "", [], ())}
    strange = sorted(set(said) - _KEYS[Kind(kind)])
    if strange:
        raise BadInput(
            _("This kind of request does not ask that. Reload the page and answer the questions there."),
            code="asked.unknown",
            detail=", ".join(strange),
        )
    return _READERS[Kind(kind)](said)


def _delete(said: Mapping[str, object]) -> Asked:
    what = _one_of(said.get("what", ALL), (ALL, KINDS, RECORDS), "what")
    if what == ALL:
        return {"what": ALL}
    chosen = _kinds(said) if what == KINDS else _records(said)
    if not chosen:
        raise _wrong(what, _("Choose at least one."))
    return {"what": what, what: chosen}


def _stop(said: Mapping[str, object]) -> Asked:
    return {"why": _one_of(said["why"], _SAID, "why")} if "why" in said else {}


def _export(said: Mapping[str, object]) -> Asked:
    found: Asked = {"form": _one_of(said.get("form", BOTH), (ACCESS, PORTABLE, BOTH), "form")}
    if chosen := _kinds(said):
        found[KINDS] = chosen
    since, until = _day(said, "since"), _day(said, "until")
    if since and until and since > until:
        raise _wrong("until", _("The last day lies before the first."))
    days = {"since": since, "until": until}
    return found | {name: day.isoformat() for name, day in days.items() if day}


_READERS: Mapping[Kind, Callable[[Mapping[str, object]], Asked]] = {
    Kind.DELETE: _delete,
    Kind.STOP: _stop,
    Kind.EXPORT: _export,
    Kind.RECTIFY: lambda said: {},
}


def _one_of(value: object, known: Collection[str], field: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise _wrong(field, _("Choose one of the answers."))
    return value


def _kinds(said: Mapping[str, object]) -> list[str]:
    found = sorted(set(_texts(said.get(KINDS, ()), KINDS)))
    if not all(_KIND.match(one) for one in found):
        raise _wrong(KINDS, _("Choose among the kinds shown."))
    return found


def _records(said: Mapping[str, object]) -> list[str]:
    try:
        found = sorted({str(UUID(one)) for one in _texts(said.get(RECORDS, ()), RECORDS)})
    except ValueError:
        raise _wrong(RECORDS, _("Choose among the records shown.")) from None
    if len(found) > MOST_RECORDS:
        raise _wrong(RECORDS, _("These are too many. Ask for a whole kind instead."))
    return found


def _texts(value: object, field: str) -> list[str]:
    if not isinstance(value, (list, tuple)):
        raise _wrong(field, _("Choose among those shown."))
    return [str(one) for one in value]


def _day(said: Mapping[str, object], field: str) -> date | None:
    value = said.get(field)
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _wrong(field, _("Write the day like 2026-03-31.")) from None


def _wrong(field: str, sentence: Promise) -> BadInput:
    return BadInput(sentence, code="asked.wrong", fields={field: sentence}, detail=field)


# --- what it means -------------------------------------------------------------------------------------


def is_marketing(kind: str, asked: Mapping[str, Any]) -> bool:
    """Whether this is an objection to advertising, which nobody weighs (Art. 21(2), (3))."""
    return kind == Kind.STOP and asked.get("why") == MARKETING


def wants_all(asked: Mapping[str, Any]) -> bool:
    """Whether a deletion asks for everything: only then do the person's own record and account go."""
    return asked.get("what", ALL) == ALL


def covers(asked: Mapping[str, Any], source: str, kind: str, ref: str, *, of: str = "") -> bool:
    """Whether a deletion asks for this item. `of` is the record that a file or note stands on: it goes along
    with its record."""
    if wants_all(asked):
        return True
    if asked["what"] == KINDS:
        return f"{source}:{kind}" in asked.get(KINDS, ())
    named = asked.get(RECORDS, ())
    return ref in named if source == "records" else of in named


def stop_ground(code: str) -> Ground:
    """The ground on which processing stops. `BadInput` for one that is not in the list."""
    for ground in STOP_GROUNDS:
        if ground.code == code:
            return ground
    raise BadInput(
        _("Choose the ground on which processing stops."),
        code="stop.ground",
        detail=repr(code),
        fields={"ground": _("choose one")},
    )


def ground_choices() -> list[tuple[str, str]]:
    """The grounds of a decision to stop, for a form. Objections to advertising need no decision."""
    return [
        (
            one.code,
            str(_("%(sentence)s (Art. %(article)s)") % {"sentence": one.sentence, "article": one.article}),
        )
        for one in STOP_GROUNDS
        if one.code != MARKETING
    ]


# --- in words ------------------------------------------------------------------------------------------


def told(kind: str, asked: Mapping[str, Any], name: Callable[[str], str]) -> list[tuple[str, str]]:
    """What is asked, as (question, answer) for pages. `name` says what a kind is called."""
    lines: list[tuple[object, object]] = []
    if kind == Kind.DELETE:
        lines.append((_("To be deleted"), _what(asked, name)))
    if kind == Kind.STOP:
        lines.append((_("Why"), _why(str(asked.get("why", "")))))
    if kind == Kind.EXPORT:
        lines += _copy(asked, name)
    return [(str(question), str(answer)) for question, answer in lines]


def _what(asked: Mapping[str, Any], name: Callable[[str], str]) -> object:
    if wants_all(asked):
        return _("everything")
    if asked["what"] == KINDS:
        return ", ".join(map(name, asked[KINDS]))
    count = len(asked[RECORDS])
    return ngettext("%(count)s single record", "%(count)s single records", count) % {"count": count}


def _why(code: str) -> object:
    if not code:
        return _("not said")
    return next((sentence for one, sentence in WHYS if one == code), None) or stop_ground(code).sentence


def _copy(asked: Mapping[str, Any], name: Callable[[str], str]) -> Iterable[tuple[object, object]]:
    yield _("Kind of copy"), dict(FORMS)[asked.get("form", BOTH)]
    if asked.get(KINDS):
        yield _("Only these kinds"), ", ".join(map(name, asked[KINDS]))
    for word, key in ((_("From"), "since"), (_("Until"), "until")):
        if asked.get(key):
            yield word, formats.date_format(date.fromisoformat(asked[key]), "DATE_FORMAT")
