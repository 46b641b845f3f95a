"""Every source, in order, or nothing (architecture: an unknown or failing source stops the bundle)."""

import pytest

from exports.collect import Incomplete, collect
from portals_core.access.actor import system
from portals_core.plumbing.sources import SOURCES, Row
from portals_core.writing.notes import add_note
from tests import cast, registering

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
READ = system("test")


class Yields:
    """A source of these rows."""

    key, label = "zz", "Test"

    def __init__(self, *rows: object) -> None:
        self.rows = rows

    def export(self, subject, *, actor):
        yield from self.rows


def test_sources_are_walked_in_the_order_of_their_keys(made):
    keys = [source for source, _row in collect(made.subject.pk, actor=READ)]
    assert keys == sorted(keys) and {"records", "account"} <= set(keys)


def test_an_unknown_source_stops_the_walk_and_is_named(made):
    assert list(collect(made.subject.pk, actor=READ, keys=["account"]))
    with pytest.raises(Incomplete) as caught:
        list(collect(made.subject.pk, actor=READ, keys=["account", "attic"]))
    assert caught.value.source == "attic"


@pytest.mark.parametrize(
    "bad", [{"a": 1}, None, Row("../x", {}), Row("", {}), Row("a b", {}), Row("x" * 61, {})]
)
def test_what_is_no_row_of_a_named_table_stops_the_walk(made, monkeypatch, bad):
    registering.stand_in(monkeypatch, SOURCES, "zz", Yields(Row("fine", {"a": 1}), bad))
    with pytest.raises(Incomplete) as caught:
        list(collect(made.subject.pk, actor=READ))
    assert caught.value.source == "zz"


def test_rows_are_handed_on_one_by_one(made, monkeypatch):
    """Streaming: the first row is out before the source was asked for the second."""
    asked = []

    class Counting(Yields):
        def export(self, subject, *, actor):
            for number in range(3):
                asked.append(number)
                yield Row("fine", {"n": number})

    registering.stand_in(monkeypatch, SOURCES, "zz", Counting())
    walk = collect(made.subject.pk, actor=READ, keys=["zz"])
    assert next(walk) == ("zz", Row("fine", {"n": 0})) and asked == [0]


def test_what_staff_wrote_about_the_person_is_in_the_copy_and_not_in_the_portable_part(made):
    """Art. 15 knows no internal remarks; Art. 20 covers only what came from the person (C10)."""
    add_note(
        actor=made.actor("operator"), record=made.subject.pk, body="Calls often.", at=cast.NOW, internal=True
    )
    add_note(actor=made.actor("subject"), record=made.subject.pk, body="Please call.", at=cast.NOW)
    add_note(
        actor=made.actor("operator"), record=made.stranger.pk, body="A stranger.", at=cast.NOW, internal=True
    )
    rows = [row for _source, row in collect(made.subject.pk, actor=READ) if "notes" in row.table]
    found = [(row.table, row.values["body"], row.provided) for row in rows]
    assert sorted(found) == [("notes", "Please call.", True), ("staff_notes", "Calls often.", False)]
