"""Recording bases."""

from datetime import timedelta

import pytest

from consent.grounds import people, recording
from consent.law.bases import Basis as Lawful
from consent.models import NOT_APPLICABLE, Basis
from consent.standing import reads
from portals_core.locks import manual
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, Locked
from portals_core.records import catalogue, descriptions
from portals_core.writing.records import change_record, create_record
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, stored, switch

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(days=1)


@pytest.fixture
def made():
    return consent_cast.set_up()


def record(made, basis, who="officer", **changed):
    given = {"subject": made.org.subject.pk, "basis": basis, "at": cast.NOW, **changed}
    return recording.record_basis(actor=made.actor(who), **given)


def rows(made):
    found = Basis.objects.visible_to(LOOK).filter(subject=made.org.subject.pk)
    return list(found.order_by("recorded_at").values_list("basis", "valid_from", "valid_to"))


def test_a_new_basis_ends_the_earlier_and_overwrites_nothing(made):
    """D1, D7, D8."""
    record(made, NOT_APPLICABLE)
    record(made, "A6-1-b", at=LATER, reason="Contract of sale")
    assert rows(made) == [(NOT_APPLICABLE, cast.NOW, LATER), ("A6-1-b", LATER, None)]
    assert leaves("basis.recorded") == 2


def test_a_basis_in_general_and_one_for_a_purpose_stand_side_by_side(made):
    record(made, "A6-1-b")
    record(made, "A6-1-a", purpose="news", at=LATER)
    assert [valid_to for _basis, _from, valid_to in rows(made)] == [None, None]


@pytest.mark.parametrize("basis", [*Lawful, NOT_APPLICABLE])
def test_exactly_the_six_and_undecided_can_be_recorded(made, basis):
    """D1."""
    weighed = {"assessment": "LIA 4"} if basis == "A6-1-f" else {}
    assert record(made, str(basis), **weighed).basis == str(basis)


@pytest.mark.parametrize(
    ("basis", "reference", "named"),
    [
        ("A6-1-f", "", "name the assessment"),
        ("A6-1-f", "   ", "name the assessment"),
        ("A6-1-b", "LIA 4", "leave it empty"),
        (NOT_APPLICABLE, "LIA 4", "leave it empty"),
        ("A6-1-f", "x" * 201, "too long"),
    ],
)
def test_only_legitimate_interests_name_the_assessment_that_weighed_them(made, basis, reference, named):
    """D1, Art. 6(1)(f)."""
    with pytest.raises(BadInput) as refused:
        record(made, basis, assessment=reference)
    assert refused.value.fields == {"assessment": named}
    assert record(made, "A6-1-f", assessment=" LIA 4 ").assessment == "LIA 4"


def hold(made, **values):
    change_record(actor=cast.SETTING_UP, record=made.org.subject.pk, given=values, at=cast.NOW)


@pytest.mark.parametrize("encrypted", [False, True])
def test_sensitive_data_needs_a_condition_besides_any_basis(made, encrypted):
    """D1, Art. 9(2): as long as a sensitive field is filled in, kept encrypted or not."""
    if encrypted:
        described = descriptions.described(made.org.contacts)
        next(one for one in described["fields"] if one["key"] == "health")["encrypted"] = True
        catalogue.define(actor=cast.SETTING_UP, description=described)
    record(made, "A6-1-b")
    hold(made, health="Asthma")
    for basis, purpose in (("A6-1-b", None), ("A6-1-a", None), ("A6-1-b", "news")):
        with pytest.raises(BadInput) as refused:
            record(made, basis, purpose=purpose, at=LATER)
        assert set(refused.value.fields) == {"condition"}
    assert record(made, NOT_APPLICABLE, at=LATER).condition == ""
    assert record(made, "A6-1-a", condition="A9-2-a", at=LATER).condition == "A9-2-a"
    hold(made, health=None)
    assert record(made, "A6-1-c", at=LATER).condition == ""


def test_bases_are_recorded_only_where_the_module_keeps_them(made):
    """D2, D7: switched off nothing new is recorded, and nothing stored is lost."""
    record(made, "A6-1-b")
    switch(made.org.contacts, on=False)
    with pytest.raises(Conflict):
        record(made, "A6-1-c", at=LATER)
    assert len(rows(made)) == 1
    switch(made.org.contacts, on=True)
    record(made, "A6-1-c", at=LATER)


def test_a_lock_on_the_record_does_not_stand_in_the_way(made):
    """Recording a basis is no change of the record: restricted or held, why it is kept can be said."""
    manual.lock_record(
        actor=made.actor("officer"),
        record=made.org.subject.pk,
        ground="legal_hold",
        reason="Dispute",
        at=cast.NOW,
    )
    with pytest.raises(Locked):
        hold(made, name="Other")
    record(made, "A6-1-c")
    assert len(rows(made)) == 1


def test_somebody_new_is_undecided_and_so_is_a_clone(made):
    """D7, D19: a copy of a record carries neither basis nor consent."""
    record(made, "A6-1-b")
    made.give()
    copied = create_record(
        actor=cast.SETTING_UP,
        module=made.org.contacts,
        given={"name": "Sage Winter", "email": "copy@people.example"},
        source="staff",
        clone_of=made.org.subject.pk,
        at=LATER,
    )
    officer = made.actor("officer")
    assert reads.general_basis(officer, made.org.subject.pk) is not None
    assert reads.general_basis(officer, copied.pk) is None
    assert not reads.bases_of(officer, copied.pk).exists() and not stored(copied.pk)
    undecided = people.found(officer, people.Filter(basis=people.UNDECIDED))
    assert set(undecided.values_list("pk", flat=True)) == {copied.pk, made.org.added.pk, made.org.stranger.pk}


@pytest.mark.parametrize(
    "changed",
    [
        {"basis": "A6-1-g"},
        {"basis": ""},
        {"condition": "A9-2-z"},
        {"valid_from": cast.NOW + timedelta(seconds=1)},
        {"valid_from": cast.NOW - timedelta(days=2)},
    ],
)
def test_what_cannot_be_recorded(made, changed):
    record(made, "A6-1-c", valid_from=cast.NOW - timedelta(days=1))
    with pytest.raises(BadInput):
        record(made, **{"basis": "A6-1-b", **changed})
    assert len(rows(made)) == 1
    record(made, "A6-1-b", condition="A9-2-h")


def test_recording_needs_its_permission_and_a_person(made):
    for who in ("operator", "auditor", "subject"):
        with pytest.raises(Forbidden):
            record(made, "A6-1-b", who)
    order = cast.order(made.org, "A1", made.org.subject)
    for subject in (order.pk, "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(Absent):
            record(made, "A6-1-b", subject=subject)
    record(made, "A6-1-b")


def test_the_subject_sees_the_basis_only_where_it_is_consent(made):
    """D3, decision 12; staff see every one."""
    subject = made.actor("subject")
    record(made, "A6-1-b")
    assert reads.general_basis(subject, made.org.subject.pk) is None
    record(made, "A6-1-a", at=LATER)
    general = reads.general_basis(subject, made.org.subject.pk)
    assert general is not None and general.basis == "A6-1-a"
    assert [one.basis for one in reads.bases_of(subject, made.org.subject.pk)] == ["A6-1-a"]
    assert reads.bases_of(made.actor("officer"), made.org.subject.pk).count() == 2
    assert not reads.bases_of(made.actor("stranger"), made.org.subject.pk).exists()
