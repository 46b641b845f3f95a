"""What exactly is asked: read strictly, kept without words, told in plain ones."""

from uuid import uuid4

import pytest

from consent.deciding import objections
from consent.models import Basis, Signal
from portals_core.plumbing.errors import BadInput
from requests.holding import asked, offers
from requests.models import Case
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import again, file

ONE = "0b0e7f0e-4a0c-4f4e-9d3c-1f7b8f0f3a11"


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("delete", None, {"what": "all"}),
        (
            "delete",
            {"what": "kinds", "kinds": ["b:y", "a:x", "b:y"]},
            {"what": "kinds", "kinds": ["a:x", "b:y"]},
        ),
        ("delete", {"what": "all", "kinds": ["a:x"]}, {"what": "all"}),
        ("delete", {"what": "records", "records": [ONE.upper()]}, {"what": "records", "records": [ONE]}),
        ("stop", {}, {}),
        ("stop", {"why": ""}, {}),
        ("stop", {"why": "A21-2"}, {"why": "A21-2"}),
        ("export", {}, {"form": "both"}),
        (
            "export",
            {"form": "portable", "since": "2026-01-01", "until": "2026-01-01"},
            {"form": "portable", "since": "2026-01-01", "until": "2026-01-01"},
        ),
        ("rectify", None, {}),
    ],
)
def test_what_is_entered_is_kept_in_one_form(kind, given, kept):
    """What is not said counts as everything; reading what was kept changes nothing."""
    found = asked.read(kind, given)
    assert found == kept
    assert asked.read(kind, found) == found


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("delete", {"what": "most"}, "what"),
        ("delete", {"what": "kinds"}, "kinds"),
        ("delete", {"what": "kinds", "kinds": ["orders"]}, "kinds"),
        ("delete", {"what": "kinds", "kinds": "a:x"}, "kinds"),
        ("delete", {"what": "records", "records": ["1"]}, "records"),
        ("delete", {"what": "records", "records": [str(uuid4()) for _ in range(501)]}, "records"),
        ("stop", {"why": "because"}, "why"),
        ("export", {"form": "paper"}, "form"),
        ("export", {"since": "yesterday"}, "since"),
        ("export", {"since": "2026-02-01", "until": "2026-01-31"}, "until"),
    ],
)
def test_an_answer_without_a_meaning_is_refused_next_to_its_question(kind, given, field):
    with pytest.raises(BadInput) as caught:
        asked.read(kind, given)
    assert list(caught.value.fields) == [field]


def test_a_question_of_another_kind_is_refused():
    for kind, given in (
        ("stop", {"what": "all"}),
        ("rectify", {"why": "A21-2"}),
        ("export", {"records": [ONE]}),
    ):
        with pytest.raises(BadInput):
            asked.read(kind, given)


def test_part_of_a_deletion_covers_what_was_chosen_and_what_stands_on_it():
    """W5: the person's own record and the account go only with everything."""
    assert asked.covers({}, "records", "contacts", "1") and asked.wants_all({"what": "all"})
    kinds = {"what": "kinds", "kinds": ["records:orders"]}
    assert asked.covers(kinds, "records", "orders", "7")
    assert not asked.covers(kinds, "records", "contacts", "1")
    assert not asked.covers(kinds, "account", "account", "1")
    single = {"what": "records", "records": ["7"]}
    assert asked.covers(single, "records", "orders", "7")
    assert asked.covers(single, "attachments", "file", "9", of="7")
    assert not asked.covers(single, "records", "orders", "8")
    assert not asked.covers(single, "attachments", "file", "7", of="8")


def test_every_reason_of_a_person_is_a_ground_an_officer_can_record():
    """Decision 13."""
    assert {code for code, _words in asked.WHYS} - {""} < {one.code for one in asked.STOP_GROUNDS}
    assert asked.MARKETING not in dict(asked.ground_choices())
    assert asked.stop_ground("A18-1-d").article == "18(1)(d)"
    for code in ("", "A17-1", "OwnA18NoneApplies"):
        with pytest.raises(BadInput):
            asked.stop_ground(code)


@pytest.mark.parametrize(
    ("kind", "kept", "words"),
    [
        ("delete", {"what": "all"}, ["everything"]),
        ("delete", {"what": "kinds", "kinds": ["a:x", "a:y"]}, ["<a:x>, <a:y>"]),
        ("delete", {"what": "records", "records": [ONE]}, ["1 single record"]),
        ("stop", {}, ["not said"]),
        ("stop", {"why": "A18-1-d"}, ["The person objected, and it is not settled who prevails."]),
        ("rectify", {}, []),
        (
            "export",
            {"form": "access", "kinds": ["a:x"], "since": "2026-03-01"},
            ["A copy to read of everything you hold about me", "<a:x>", "March 1, 2026"],
        ),
    ],
)
def test_what_is_asked_is_told_in_words(kind, kept, words):
    assert [answer for _question, answer in asked.told(kind, kept, lambda key: f"<{key}>")] == words


# --- what can be chosen ----------------------------------------------------------------------------------

db = pytest.mark.django_db(databases=["default", "keyring"])


@db
def test_kinds_are_offered_with_counts_and_never_the_own_record_alone(made):
    for number in ("A1", "A2"):
        cast.order(made, number, made.subject)
    cast.order(made, "B1", made.stranger)
    found = offers.offer(made.actor("subject"), "delete", made.subject.pk)
    assert ("records:orders", "Orders", 2) in {(one.key, one.label, one.count) for one in found.kinds}
    keys = {one.key for one in found.kinds}
    assert not keys & {"records:contacts", "account:account"}
    copied = {one.key for one in offers.offer(made.actor("subject"), "export", made.subject.pk).kinds}
    assert {"records:contacts", "records:orders", "account:account"} <= copied


@db
def test_no_two_kinds_on_offer_are_called_the_same(made):
    """What one app holds in several tables is told apart."""
    Basis(subject=made.subject.pk, basis="A6-1-b", valid_from=cast.NOW, recorded_at=cast.NOW).save()
    about = {"subject": made.subject.pk, "marketing": True, "sharing": False, "signal": Signal.PORTAL}
    objections.object_to(actor=made.actor("subject"), at=cast.NOW, **about)
    found = offers.offer(made.actor("subject"), "export", made.subject.pk)
    keys, labels = {one.key for one in found.kinds}, [one.label for one in found.kinds]
    assert {"consent:objections", "consent:processing_bases"} <= keys
    assert len(set(labels)) == len(labels)


@db
def test_single_records_come_in_pages_and_what_was_chosen_stays(made, monkeypatch):
    monkeypatch.setattr(offers, "PAGE", 2)
    mine = {str(cast.order(made, f"A{n}", made.subject).pk) for n in range(5)}
    cast.order(made, "B1", made.stranger)
    actor, seen, after, kept = made.actor("subject"), set(), None, []
    for _page in range(3):
        found = offers.offer(actor, "delete", made.subject.pk, after=after, kept=kept)
        assert set(kept) <= {one.key for one in found.records}
        seen |= {one.key for one in found.records}
        kept, after = [*kept, found.records[-1].key], found.after
    assert (seen, after) == (mine, None)
    assert {one.label for one in found.records} <= {f"A{n}" for n in range(5)}


@db
def test_a_record_out_of_sight_is_not_named_and_cannot_be_picked(made):
    """C4: what the portal does not show has no title here; it goes with its kind or with everything."""
    order = cast.order(made, "A1", made.subject)
    line = cast.line(made, order, "Chai")
    found = offers.offer(made.actor("subject"), "delete", made.subject.pk)
    assert [one.key for one in found.records] == [str(order.pk)]
    assert "records:lines" in {one.key for one in found.kinds}
    with pytest.raises(BadInput):
        file(made, "delete", asked={"what": "records", "records": [str(line.pk)]})


@db
def test_nothing_of_others_can_be_named(made):
    """W17, attack 1: for people one added there is only everything, and a stranger's record is no answer."""
    foreign = cast.order(made, "B1", made.stranger)
    theirs = cast.order(made, "C1", made.added)
    actor = made.actor("subject")
    assert offers.offer(actor, "delete", made.added.pk) == offers.Offer()
    tries = [
        (None, {"what": "records", "records": [str(foreign.pk)]}),
        (None, {"what": "kinds", "kinds": ["records:lines"]}),
        (made.added.pk, {"what": "records", "records": [str(theirs.pk)]}),
        (made.added.pk, {"what": "kinds", "kinds": ["records:orders"]}),
    ]
    for subject, given in tries:
        with pytest.raises(BadInput):
            file(made, "delete", subject=subject, asked=given)
    assert not Case.objects.visible_to(case_cast.TEST).exists()
    assert file(made, "delete", subject=made.added.pk).asked == {"what": "all"}


@db
def test_what_is_asked_is_kept_with_the_case(made):
    order = cast.order(made, "A1", made.subject)
    case = file(made, "delete", asked={"what": "records", "records": [str(order.pk)]})
    assert again(case).asked == {"what": "records", "records": [str(order.pk)]}
    assert again(file(made, "stop", asked={"why": "A18-1-a"})).asked == {"why": "A18-1-a"}
    assert again(file(made, "rectify", proposals={"name": "Sage Summer"})).asked == {}


@db
def test_offering_asks_as_often_for_many_as_for_one(made, django_assert_max_num_queries):
    cast.order(made, "A0", made.subject)
    actor = made.actor("subject")
    with django_assert_max_num_queries(100) as one:
        offers.offer(actor, "delete", made.subject.pk)
    for number in range(12):
        cast.order(made, f"B{number}", made.subject)
    with django_assert_max_num_queries(len(one)):
        assert len(offers.offer(actor, "delete", made.subject.pk).records) == 13
