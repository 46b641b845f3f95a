"""What pages with conditions share: stored ones as rows, conditions in words, and what a button asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.forms import Form
from django.http import HttpRequest

from portals_core.access import criteria
from portals_core.access.actor import Actor
from portals_core.forms.conditions import ConditionsForm
from portals_core.records import conditions, explained, reads
from portals_core.records.models import Field

#: Buttons that need everything to be right; the others take what is entered without a word about it.
ACTS = ("save", "preview")


def rows_of(stored: object) -> tuple[Mapping[str, Any] | None, bool]:
    """Stored conditions as rows and their pattern, and whether they cannot be read."""
    if stored is None:
        return None, False
    try:
        return conditions.described(criteria.load(stored)), False
    except criteria.Malformed:
        return None, True


def in_words(
    actor: Actor, trees: Sequence[criteria.Tree | None], fields: Iterable[Field], own: Iterable[Field] = ()
) -> list[str]:
    """Each tree as one sentence, empty for none; linked records as they are called to whoever reads. At most
    one query."""
    wanted = [key for tree in trees for key in explained.linked(tree)]
    titles = {str(key): one.title for key, one in reads.references(actor, wanted).items()}
    labels, own_labels = {one.key: one.label for one in fields}, {one.key: one.label for one in own}
    return [
        conditions.words(explained.named(tree, titles), labels, own_labels) if tree else "" for tree in trees
    ]


def mistaken(rule: Form, built: ConditionsForm) -> bool:
    """Whether something on the page is to be corrected."""
    return bool(rule.errors or built.mistakes or built.joined.errors or any(row.errors for row in built.rows))


def step(
    request: HttpRequest, built: ConditionsForm, answer: Callable[[str], tuple[bool, int]]
) -> tuple[bool, int]:
    """What a page of conditions does with a request: (whether it was stored, the status). `answer` is asked
    for the buttons in `ACTS`; the others change the rows that are shown."""
    act = request.POST.get("act", "")
    if request.method != "POST":
        built.is_valid()  # what was stored can have become wrong since
    elif built.act(act) or act not in ACTS:
        built.look()
    else:
        return answer(act)
    return False, 200


def status_for(request: HttpRequest, status: int) -> int:
    """The status of the page: one that takes the place of a part of another is answered as found, with its
    mistakes."""
    return 200 if "HX-Request" in request.headers else status
