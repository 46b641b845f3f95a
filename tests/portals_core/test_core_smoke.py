"""The core's promises in one walk: who sees what, what a lock stops, what a deletion takes along."""

import pytest

from portals_core.access.actor import ANONYMOUS, system
from portals_core.locks import place
from portals_core.plumbing.errors import Absent, BadInput, Broken, Forbidden, Locked
from portals_core.records.models import Record
from portals_core.writing.records import change_record, delete_record
from tests import cast

pytestmark = pytest.mark.django_db(databases=["default", "keyring"], transaction=False)


@pytest.fixture
def made():
    return cast.set_up()


def test_a_subject_sees_their_own_record_those_they_added_and_those_linked(made):
    mine, theirs = cast.order(made, "A1", made.subject), cast.order(made, "B1", made.stranger)
    seen = set(Record.objects.visible_to(made.actor("subject")).values_list("pk", flat=True))
    assert seen == {made.subject.pk, made.added.pk, mine.pk}
    assert theirs.pk in set(Record.objects.visible_to(made.actor("stranger")).values_list("pk", flat=True))
    assert not Record.objects.visible_to(ANONYMOUS).exists()


def test_a_query_without_an_actor_raises(made):
    with pytest.raises(Broken):
        Record.objects.all()
    with pytest.raises(Broken):
        Record.objects.filter(pk=made.subject.pk)


def test_foreign_missing_and_malformed_ids_are_alike(made):
    for key in (made.stranger.pk, "00000000-0000-0000-0000-000000000000", "x"):
        with pytest.raises(Absent) as caught:
            Record.objects.fetch(made.actor("subject"), key)
        assert caught.value.code == "absent"


def test_a_subject_changes_what_is_editable_and_nothing_else(made):
    subject = made.actor("subject")
    changes = change_record(actor=subject, record=made.subject.pk, given={"name": "Sage Summer"}, at=cast.NOW)
    assert [(c.field, c.before, c.after) for c in changes] == [("name", "Sage Winter", "Sage Summer")]
    with pytest.raises(Forbidden):
        change_record(actor=subject, record=made.subject.pk, given={"phone": "1"}, at=cast.NOW)
    with pytest.raises(BadInput) as caught:
        change_record(
            actor=subject, record=made.subject.pk, given={"email": "robin@people.example"}, at=cast.NOW
        )
    assert caught.value.code == "value.not_unique"
    assert Record.objects.fetch(subject, made.subject.pk).values["email"] == "sage@people.example"


def test_a_restriction_binds_everybody(made):
    place.place(
        actor=system("case"),
        record=made.subject.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=cast.NOW,
    )
    for who in ("subject", "administrator", "operator"):
        with pytest.raises(Locked):
            change_record(actor=made.actor(who), record=made.subject.pk, given={"name": "X"}, at=cast.NOW)
    change_record(actor=made.actor("operator"), record=made.stranger.pk, given={"name": "X"}, at=cast.NOW)


def test_nothing_is_added_to_a_restricted_person_and_mentions_stay_possible(made):
    """W3, R9: a new order of theirs is processing; that somebody else's order names them is not theirs."""
    place.place(
        actor=system("case"),
        record=made.subject.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=cast.NOW,
    )
    moved = cast.order(made, "S1", made.stranger, agent=str(made.subject.pk))
    with pytest.raises(Locked):
        cast.order(made, "A1", made.subject)
    with pytest.raises(Locked):
        change_record(
            actor=made.actor("operator"),
            record=moved.pk,
            given={"customer": str(made.subject.pk)},
            at=cast.NOW,
        )


def test_deleting_takes_its_notes_and_links_along_and_nobody_elses(made):
    first = cast.order(made, "A1", made.stranger, agent=str(made.subject.pk))
    delete_record(actor=system("case"), record=made.subject.pk, at=cast.NOW)
    after = Record.objects.visible_to(system("test")).get(pk=first.pk)
    assert "agent" not in after.values and after.values["customer"] == str(made.stranger.pk)
