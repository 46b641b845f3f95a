"""Conditions mean the same to the naive model, to the rule on one record, and to the database (C2, C3, C11,
C12, N7)."""

from __future__ import annotations

import json
import unicodedata
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from portals_core.access import compile as compiler
from portals_core.access import criteria, policy
from portals_core.access.actor import system
from portals_core.records import conditions, reads, values
from portals_core.records.models import Module, Record
from tests import cast
from tests.oracles import LONGEST, texts
from tests.oracles import conditions as naive
from tests.oracles.naive import Field
from tests.oracles.stage import field_of

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(LONGEST)]
_LOOK = system("look in a test")
_LINKS = tuple(str(UUID(int=number * 0x1234567890ABCDEF1234567)) for number in (1, 2, 3))
#: One field of every type, some under keys in other scripts; the viewer's own record has the same ones.
FIELDS = (
    Field("text"),
    Field("текст"),
    Field("lines", "multiline"),
    Field("amount", "number"),
    Field("金额", "number"),
    Field("due", "date"),
    Field("at", "datetime"),
    Field("won", "boolean"),
    Field("stage", "picklist", choices=texts.CHOICES),
    Field("areas", "multiselect", choices=texts.CHOICES),
    Field("link", "lookup", target="somewhere"),
)


def _record(links: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {},
        optional={one.key: links if one.type == "lookup" else texts.written(one) for one in FIELDS},
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[dict[str, str]], dict[str, str], list[naive.Tree]]:
    """A few records, the viewer's own record, a few trees over values that occur in them."""
    some = _record(st.sampled_from(_LINKS))
    records = draw(st.lists(some, min_size=1, max_size=4))
    own = draw(some)
    if draw(st.booleans()):
        own = {**records[0], **own}
    words = [row[key] for row in [*records, own] for key in ("text", "текст", "lines") if row.get(key)]
    trees = draw(st.lists(texts.trees(FIELDS, FIELDS, words, _LINKS), min_size=1, max_size=4))
    return records, own, trees


def made_module() -> Module:
    made = Module(key="anything", label="Anything", label_plural="Anything", title_key="text")
    made.save(force_insert=True)
    return made


@pytest.fixture
def module(db):
    return made_module()


STORED = {one.key: field_of(one, SimpleNamespace(pk=1)) for one in FIELDS}


def stored_values(written: dict[str, str]) -> dict[str, object]:
    """What the product keeps of what was written."""
    parsed = {key: values.parse(STORED[key], text) for key, text in written.items()}
    return {key: value for key, value in parsed.items() if value is not None}


def store(module, written: dict[str, str]) -> Record:
    kept = stored_values(written)
    forms = values.forms(STORED.values(), kept)
    return Record(module=module, values=kept, folded=forms, created_at=cast.NOW, changed_at=cast.NOW)


def naive_values(written: dict[str, str]) -> dict[str, object]:
    read = {one.key: naive.read(one.type, written[one.key]) for one in FIELDS if one.key in written}
    return {key: value for key, value in read.items() if value is not None}


def bound(tree: naive.Tree, own: dict[str, str]) -> policy.Policy:
    """The rule that the product makes of an administrator's description, stored and read again."""
    read = conditions.Reader(list(STORED.values()), list(STORED.values())).read(naive.described(tree))
    again = criteria.load(json.loads(json.dumps(criteria.dump(read))))
    assert again == read
    return policy.bind(again, values.forms(STORED.values(), stored_values(own)))


def answers(module, records, own, trees):
    """For each tree and record: what the naive model, the rule and the database say."""
    rows = [store(module, one) for one in records]
    everything = Record.objects.visible_to(_LOOK)
    everything.bulk_create(rows)
    rules = [bound(tree, own) for tree in trees]
    columns = {f"holds_{at}": compiler.holds_for(rule, Record) for at, rule in enumerate(rules)}
    columns |= {f"fails_{at}": compiler.holds_for(rule, Record) for at, rule in enumerate(_nots(trees, own))}
    fresh = Record.objects.visible_to(_LOOK).filter(module=module)
    by_id = {row["pk"]: row for row in fresh.values("pk", **columns)}
    seen = {row.pk: reads.row_of(row) for row in fresh}
    mine = naive_values(own)
    for at, (tree, rule) in enumerate(zip(trees, rules, strict=True)):
        kept = set(compiler.narrow(fresh, rule).values_list("pk", flat=True))
        for row, wanted in zip(rows, records, strict=True):
            theirs = naive_values(wanted)
            yield (
                tree,
                wanted,
                own,
                (
                    naive.holds(tree, theirs, mine),
                    policy.holds(rule, seen[row.pk]),
                    row.pk in kept,
                    by_id[row.pk][f"holds_{at}"],
                ),
            )
            yield (
                naive.Not(tree),
                wanted,
                own,
                (
                    naive.holds(naive.Not(tree), theirs, mine),
                    by_id[row.pk][f"fails_{at}"],
                ),
            )


def _nots(trees, own) -> list[policy.Policy]:
    return [bound(naive.Not(tree), own) for tree in trees]


def disagreements(module, records, own, trees) -> list[object]:
    with transaction.atomic():
        found = [one for one in answers(module, records, own, trees) if len(set(one[3])) > 1]
        transaction.set_rollback(True)
    return found


@given(case=cases())
def test_a_condition_means_the_same_everywhere(module, case):
    """C2, C3, C12: what an administrator writes, the rule on one record, and the filter on the database."""
    assert disagreements(module, *case) == []


@given(
    text=texts.written_texts | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"))
)
def test_the_compared_form_of_a_text_is_steady(text):
    """C12: folding again changes nothing, and no composition of the letters makes a difference."""
    form = values.folded(text)
    assert values.folded(form) == form
    assert values.folded(unicodedata.normalize("NFD", text)) == form
    assert (
        values.folded(text.lower()) == form or "İ" in text or "\u0345" in unicodedata.normalize("NFD", text)
    )
