"""Whether a purpose may be pursued for somebody: the cases of the law one by one; the oracle has the rest."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.catalogue import purposes
from consent.deciding import decisions, objections
from consent.grounds import recording
from consent.law.bases import Basis as LawfulBasis
from consent.models import Authority, Method, Signal, State, Text, Withdrawn
from consent.standing import gate, history
from portals_core.access.actor import ANONYMOUS
from portals_core.locks import decide, place, rules
from portals_core.locks.models import LockRule
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Broken
from portals_core.records.models import Record
from portals_core.writing.records import delete_record
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK

pytestmark = [pytest.mark.django_db, pytest.mark.both]
DAY = timedelta(days=1)


@pytest.fixture
def made():
    with time_machine.travel(cast.NOW, tick=False):
        yield consent_cast.set_up()


@pytest.fixture
def subject(made):
    return made.org.subject.pk


def answers(subject, purpose="news", channel="email") -> str:
    """The code of the verdict, once all four ways of asking agree."""
    verdict = gate.explain(subject, purpose, channel)
    found = {
        gate.allowed(subject, purpose, channel),
        gate.allowed_among(purpose, channel, [subject, uuid4()]) == {subject},
        verdict.allowed,
        subject in {one.pk for one in gate.permitting(purpose, channel)},
    }
    assert found == {verdict.allowed}
    assert verdict.sentence
    return verdict.code


def later(days=1):
    return time_machine.travel(clock.now() + timedelta(days=days), tick=False)


def marketing(key="news", **flags):
    """Purposes are marked where they are set up."""
    row = purposes.purpose(key)
    for name, value in (flags or {"marketing": True}).items():
        setattr(row, name, value)
    row.save()


def object_to(subject, **given):
    wanted = {"marketing": True, "sharing": False, "signal": Signal.STAFF, "at": clock.now(), **given}
    return objections.object_to(actor=LOOK, subject=subject, **wanted)


def lock(subject, ground="business", **given):
    wanted = {"actor": LOOK, "record": subject, "reason": "held", "placed_by": "case:1", "at": clock.now()}
    return place.place(ground=ground, **{**wanted, **given})


def rule_against(made, *acts, **binds) -> LockRule:
    return rules.define_rule(
        actor=LOOK,
        module=made.org.contacts,
        description={
            "name": "Quiet",
            "conditions": {"field": "name", "how": "not_empty"},
            "actions": list(acts),
            **binds,
        },
        at=clock.now(),
    )


# --- consent --------------------------------------------------------------------------------------------


def test_what_is_not_known_is_no(made, subject):
    """D15: fail closed."""
    made.give()
    assert answers(subject, "unknown") == "purpose.unknown"
    assert answers(subject, "news", "phone") == "channel.unknown"
    assert answers(subject, "news", "pigeon") == "channel.unknown"
    assert answers(uuid4()) == "person.absent"
    assert answers(subject) == "consent"


def test_a_record_that_is_no_person_or_is_gone_is_no(made, subject):
    made.give()
    order = cast.order(made.org, "7", made.org.subject)
    recording_of = Record.objects.visible_to(LOOK).get(pk=order.pk)
    assert answers(recording_of.pk) == "person.absent"
    other = cast.contact(made.org.contacts, "Gone Soon")
    _decided(other.pk, made.text)
    assert answers(other.pk) == "consent"
    delete_record(actor=LOOK, record=other.pk, at=clock.now())
    assert answers(other.pk) == "person.absent"


def _decided(subject, text, state=State.OBTAINED, channels=("email",), **given):
    return history.add(
        state,
        actor=ANONYMOUS,
        subject=subject,
        purpose=text.purpose,
        text=text,
        before=history.latest(subject, text.purpose),
        authority=Authority.SELF,
        method=Method.LINK,
        channels=channels,
        at=clock.now(),
        **given,
    )


@pytest.mark.parametrize("state", [one for one in State if one != State.PENDING])
def test_only_what_was_given_allows(made, subject, state):
    """D9: of nine states two."""
    _decided(subject, made.text, state)
    permitting = {State.OBTAINED: "consent", State.RENEWED: "consent"}
    assert answers(subject) == permitting.get(state, state.value)


def test_a_channel_that_was_not_chosen_is_closed_and_the_purpose_is_not(made, subject):
    """D15."""
    _decided(subject, made.text, channels=("post",))
    assert answers(subject, channel="email") == "channel.not_agreed"
    assert answers(subject, channel="post") == "consent"
    assert answers(subject, channel="") == "consent"


def test_a_consent_ends_with_its_time(made, subject):
    """D17: at the moment itself it is over."""
    _decided(subject, made.text, ends_at=clock.now() + DAY)
    assert answers(subject) == "consent"
    with later():
        assert answers(subject) == "expired"


def test_a_new_text_that_asks_everybody_again_ends_earlier_consents_on_its_day(made, subject):
    """D17, D11: before its day they hold; agreeing to it holds; another new text asks nobody."""
    made.give()
    _published(made, 2, renew_by=clock.now() + DAY)
    assert answers(subject) == "consent"
    _published(made, 3)
    with later():
        assert answers(subject) == "outdated"
        _decided(subject, Text.objects.visible_to(LOOK).get(purpose=made.news, version=2))
        assert answers(subject) == "consent"


def test_a_version_that_was_withdrawn_asks_nobody_again(made, subject):
    made.give()
    _published(made, 2, renew_by=clock.now())
    assert answers(subject) == "outdated"
    Withdrawn(purpose=made.news, version=2, reason="wrong", at=clock.now()).save()
    assert answers(subject) == "consent"


def test_the_text_of_another_purpose_ends_nothing(made, subject):
    made.give()
    draft = purposes.purpose("draft")
    Text(purpose=draft, version=9, language="en", renew_by=clock.now(), published_at=clock.now()).save()
    assert answers(subject) == "consent"


def _published(made, version, **given):
    Text(purpose=made.news, version=version, language="en", published_at=clock.now(), **given).save()


def test_a_purpose_that_is_not_pursued_or_lost_its_channel_is_closed(made, subject):
    made.give()
    purposes.define(actor=LOOK, key="news", name="Newsletter", channels=["post"])
    assert answers(subject) == "channel.unknown" and answers(subject, channel="post") == "consent"
    purposes.define(actor=LOOK, key="news", name="Newsletter", channels=["post"], active=False)
    assert answers(subject, channel="post") == "purpose.ended" == answers(subject, channel="")


# --- other bases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", [*LawfulBasis, "not_applicable"])
def test_where_nothing_was_decided_one_of_the_other_five_bases_carries_the_purpose(made, subject, basis):
    """D1: and only one recorded for exactly this purpose."""
    weighed = "Assessment 1" if basis == "A6-1-f" else ""
    recording.record_basis(actor=LOOK, subject=subject, basis=str(basis), assessment=weighed, at=clock.now())
    assert answers(subject) == "undecided"
    _basis(subject, str(basis))
    carried = basis in set(LawfulBasis) - {LawfulBasis.CONSENT}
    assert answers(subject) == ("basis" if carried else "undecided")


def _basis(subject, basis="A6-1-f"):
    weighed = "Assessment 1" if basis == "A6-1-f" else ""
    recording.record_basis(
        actor=LOOK, subject=subject, purpose="news", basis=basis, assessment=weighed, at=clock.now()
    )


def test_whoever_said_no_is_not_contacted_on_another_basis(made, subject):
    """Art. 7: a basis is not exchanged behind the back of somebody who refused."""
    _basis(subject)
    assert answers(subject) == "basis"
    actor = made.actor("subject")
    decisions.refuse(actor=actor, subject=subject, purpose="news", text=made.text.pk, at=clock.now())
    assert answers(subject) == "refused"


def test_a_basis_that_ended_carries_nothing(made, subject):
    _basis(subject, "A6-1-b")
    with later():
        _basis(subject, "not_applicable")
        assert answers(subject) == "undecided"


# --- objections -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["marketing", "sharing"])
def test_an_objection_stops_its_purposes_whatever_the_basis_and_no_other(made, subject, flag):
    """Art. 21(2), (3)."""
    other = "sharing" if flag == "marketing" else "marketing"
    _basis(subject)
    object_to(subject, marketing=flag == "marketing", sharing=flag == "sharing")
    marketing(**{other: True})
    assert answers(subject) == "basis"
    marketing(**{flag: True})
    assert answers(subject) == "objected" == answers(subject, channel="")


def test_an_express_consent_given_later_outranks_an_objection_and_an_earlier_one_does_not(made, subject):
    marketing()
    made.give()
    with later():
        object_to(subject)
        assert answers(subject) == "objected"
    with later(2):
        _decided(subject, made.text, State.RENEWED)
        assert answers(subject) == "consent"
    with later(3):
        object_to(subject)
        assert answers(subject) == "objected"


def test_at_one_and_the_same_moment_the_objection_counts(made, subject):
    """Nobody can say which was first: in doubt it stops."""
    marketing()
    made.give()
    object_to(subject)
    assert answers(subject) == "objected"


# --- locks ----------------------------------------------------------------------------------------------


def test_a_restriction_stops_every_channel_and_the_purpose_itself(made, subject):
    """Art. 18(2), R9."""
    made.give()
    held = lock(subject, "restriction")
    assert answers(subject) == "locked" == answers(subject, channel="")
    place.end(held, actor=LOOK, at=clock.now(), reason="over")
    assert answers(subject) == "consent"


def test_a_rule_against_mail_stops_every_contact_and_not_the_purpose_itself(made, subject):
    """L16: the rule binds one role only, and the gate asks for nobody in particular: it is closed."""
    made.give()
    held = rule_against(made, "edit", "mail", binds="only", roles=["officer"])
    lock(subject, source="automatic", rule=held, placed_by=decide.rule_ref(held.pk))
    assert answers(subject, channel="post") == "locked" == answers(subject)
    assert answers(subject, channel="") == "consent"


@pytest.mark.parametrize("ground", ["business", "retention", "legal_hold"])
def test_a_lock_that_only_keeps_the_record_as_it_is_stops_no_contact(made, subject, ground):
    made.give()
    lock(subject, ground)
    assert answers(subject) == "consent"


@pytest.mark.parametrize("act", [act for act in decide.ACTS if act != "edit"])
def test_the_condition_of_the_database_agrees_with_the_decision_about_locks(made, subject, act):
    """The reference is `place.forbids`; one lock after the other, each alone."""
    held = rule_against(made, act)
    none = rule_against_nothing(made)
    kinds = [
        {"ground": "restriction"},
        {"ground": "legal_hold"},
        {"ground": "business", "rule": held},
        {"ground": "business", "rule": none},
    ]
    seen = set()
    for kind in kinds:
        placed = lock(subject, **kind)
        found = place.standing_against(act).filter(record=subject).exists()
        assert found == (place.forbids(subject, act) is not None)
        seen.add(found)
        place.end(placed, actor=LOOK, at=clock.now(), reason="next")
        assert not place.standing_against(act).filter(record=subject).exists()
    assert seen == {True, False}


def rule_against_nothing(made) -> LockRule:
    row = LockRule(module=made.org.contacts, name="None", criteria={}, digest="x", since=clock.now())
    row.save()
    return row


@pytest.mark.parametrize("act", ["edit", "fly"])
def test_no_condition_is_given_for_what_depends_on_fields_or_is_no_act(db, act):
    with pytest.raises(Broken):
        place.standing_against(act)


# --- many -----------------------------------------------------------------------------------------------


def test_one_person_is_one_query_and_many_are_one_for_each_chunk(made, subject, monkeypatch):
    made.give()
    made.give("stranger")
    people = [subject, made.org.stranger.pk, made.org.added.pk, *(uuid4() for _ in range(7))]
    with CaptureQueriesContext(connection) as one:
        assert gate.allowed(subject, "news", "email")
    monkeypatch.setattr(gate, "CHUNK", 4)
    with CaptureQueriesContext(connection) as many:
        assert gate.allowed_among("news", "email", people) == {subject, made.org.stranger.pk}
    assert (len(one), len(many)) == (1, 3)


def test_more_people_than_a_statement_takes_values_are_asked_about(made, subject):
    """One chunk of 20,000 goes as one value."""
    made.give()
    people = [subject, *(uuid4() for _ in range(gate.CHUNK - 1))]
    with CaptureQueriesContext(connection) as asked:
        assert gate.allowed_among("news", "email", iter(people)) == {subject}
    assert len(asked) == 1
    assert gate.allowed_among("news", "email", []) == set()


def test_explaining_costs_the_same_whatever_stands_in_the_way(made, subject):
    made.give()
    object_to(subject)
    lock(subject, "legal_hold")
    with CaptureQueriesContext(connection) as asked:
        gate.explain(subject, "news", "email")
    assert len(asked) == 8


def test_the_condition_can_be_taken_into_another_query(made, subject):
    made.give()
    named = Record.objects.visible_to(made.actor("officer")).filter(pk__in=gate.permitting("news", "email"))
    assert [one.pk for one in named] == [subject]


def test_staff_are_told_who_objected_when_and_how_and_which_lock_it_is(made, subject):
    marketing()
    object_to(subject, signal=Signal.GPC)
    _basis(subject)
    told = gate.explain(subject, "news", "email").sentence
    assert "March 5, 2026" in told and "Global Privacy Control" in told
    lock(subject, "restriction", reason="contested figures")
    assert "contested figures" in gate.explain(subject, "news", "email").sentence
