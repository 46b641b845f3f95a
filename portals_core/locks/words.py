"""What to say of a lock to somebody who is not staff: the plain ground, never the internal reason (L8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portals_core.access.actor import Actor, Kind
from portals_core.locks.decide import InForce
from portals_core.locks.models import Ground

PLAIN = {
    "business": _("It cannot be changed at the moment because of how we work with it."),
    "retention": _("The law obliges us to keep it as it is for some time."),
    "legal_hold": _("It is needed for a legal matter and stays as it is until that is settled."),
    "restriction": _("We store it and do nothing else with it, because its processing is restricted."),
}


@dataclass(frozen=True)
class Plain:
    """A ground as somebody is told who is not staff, and until when where every lock behind it has an end."""

    sentence: object
    until: date | None


def plain(locks: Iterable[InForce], actor: Actor) -> list[Plain]:
    """The grounds of the locks that bind this actor, strictest first, each once; a rule's own sentence
    stands for its ground."""
    ends: dict[str, list[date | None]] = {}
    for lock in sorted(locks, key=_strictness):
        if lock.binding.covers(actor):
            ends.setdefault(str(lock.plain or PLAIN[lock.ground]), []).append(lock.ends_on)
    return [Plain(sentence, _last(known)) for sentence, known in ends.items()]


def _last(ends: Sequence[date | None]) -> date | None:
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def refusal(lock: InForce, action: str, actor: Actor | None) -> object:
    """Why `action` is refused: in the portal the plain ground, never what staff wrote down (L8, L20)."""
    if actor is None or actor.kind is not Kind.PORTAL:
        return for_staff(lock, action)
    facts = {"act": ACTS.get(action, action), "ground": for_subject(lock)}
    return _("Not possible at the moment: %(act)s. %(ground)s") % facts


def in_list(lock: InForce) -> str:
    """What a list at the desk says of a lock: the rule, or the ground where there is none, and since when."""
    since = date_format(localtime(lock.since), "DATE_FORMAT")
    called = lock.rule or Ground(lock.ground).label
    return str(_("%(name)s, since %(date)s") % {"name": called, "date": since})


def beside_field(lock: InForce, actor: Actor) -> object:
    """Why one field cannot be changed, in words for who reads it."""
    return for_subject(lock) if actor.kind is Kind.PORTAL else for_staff(lock)


def for_subject(lock: InForce) -> object:
    """What somebody who is not staff is told of one lock: the ground, and until when where that is known."""
    sentence = lock.plain or PLAIN[lock.ground]
    if lock.ends_on is None:
        return sentence
    until = {"sentence": sentence, "date": date_format(lock.ends_on)}
    return _("%(sentence)s This is expected to end on %(date)s.") % until


def for_staff(lock: InForce, action: str = "edit") -> object:
    """What staff are told: the act that is refused, which rule, why, and until when (L8, L20)."""
    facts = {
        "act": ACTS.get(action, action),
        "rule": lock.rule,
        "reason": lock.reason,
        "date": date_format(lock.ends_on) if lock.ends_on else "",
    }
    if lock.rule and lock.ends_on:
        sentence = _("This record is locked by the rule “%(rule)s” until %(date)s (%(act)s): %(reason)s")
    elif lock.rule:
        sentence = _("This record is locked by the rule “%(rule)s” (%(act)s): %(reason)s")
    else:
        sentence = _("This record is locked (%(act)s): %(reason)s")
    return sentence % facts


def _strictness(lock: InForce) -> int:
    return list(PLAIN).index(lock.ground)


#: Acts of `decide.ACTS` as they stand in a sentence.
ACTS = {
    "edit": pgettext_lazy("locked act", "editing"),
    "delete": pgettext_lazy("locked act", "deleting"),
    "owner": pgettext_lazy("locked act", "changing the owner"),
    "tag": pgettext_lazy("locked act", "tagging"),
    "convert": pgettext_lazy("locked act", "converting"),
    "merge": pgettext_lazy("locked act", "merging"),
    "clone": pgettext_lazy("locked act", "cloning"),
    "attach": pgettext_lazy("locked act", "attaching files"),
    "note": pgettext_lazy("locked act", "adding notes"),
    "mail": pgettext_lazy("locked act", "sending mail"),
    "export": pgettext_lazy("locked act", "exporting"),
    "share": pgettext_lazy("locked act", "sharing"),
    "api": pgettext_lazy("locked act", "changing through an interface"),
    "import": pgettext_lazy("locked act", "importing"),
    "add": pgettext_lazy("locked act", "adding records to it"),
}
