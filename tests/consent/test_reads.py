"""What other rooms and pages learn."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.catalogue import purposes
from consent.deciding import decisions
from consent.grounds import recording
from consent.standing import reads
from portals_core.access.actor import ANONYMOUS
from portals_core.locks import place
from portals_core.plumbing import clock, mail, outbox
from portals_core.plumbing.errors import Absent
from portals_core.plumbing.models import Mail
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, publish

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return consent_cast.set_up()


def standing(made, who="subject", subject=None, at=None):
    actor = made.actor(who)
    found = reads.current(actor, subject or actor.identity, language="en", at=at or clock.now())
    return {one.purpose.key: one for one in found}


def test_only_a_given_consent_over_one_of_its_channels_allows(made):
    """D15, D9: unknown, undecided, other channel and ended are no."""
    subject = made.org.subject.pk
    assert not reads.allowed(subject, "news", "email")
    made.give()
    assert reads.allowed(subject, "news", "email") and reads.allowed(subject, "news", "post")
    assert not reads.allowed(subject, "news", "phone")
    assert not reads.allowed(subject, "unknown", "email")
    assert not reads.allowed(subject, "draft", "email")
    assert not reads.allowed(made.org.stranger.pk, "news", "email")


def test_a_consent_that_ended_or_whose_purpose_is_dropped_allows_nothing(made):
    """D10, D17."""
    subject = made.org.subject.pk
    made.give(at=clock.now(), ends_at=clock.now() + timedelta(hours=1))
    assert reads.allowed(subject, "news", "email")
    purposes.define(actor=LOOK, key="news", name="Newsletter", channels=["email"], active=False)
    assert not reads.allowed(subject, "news", "email")
    purposes.define(actor=LOOK, key="news", name="Newsletter", channels=["email"])
    assert reads.allowed(subject, "news", "email")
    made.give("stranger", ends_at=cast.NOW + timedelta(hours=1))
    assert not reads.allowed(made.org.stranger.pk, "news", "email")
    assert standing(made, "stranger")["news"].state == "expired"


def test_a_restriction_closes_the_gate(made):
    """R9."""
    made.give()
    subject = made.org.subject.pk
    assert reads.allowed(subject, "news", "email")
    place.place(
        actor=LOOK, record=subject, ground="restriction", reason="asked", placed_by="case:1", at=cast.NOW
    )
    assert not reads.allowed(subject, "news", "email")


def test_mail_for_a_purpose_asks_the_gate_when_it_is_handed_over(made):
    """D15: enforced in the mail service; consent withdrawn while the message waited holds it back."""
    promised = []
    for who in ("subject", "stranger"):
        made.give(who)
        to, subject = f"{who}@people.example", made.actor(who).identity
        promised.append(
            mail.send(to=to, title="News", body="…", kind="news", subject=subject, purpose="news")
        )
    decisions.withdraw(actor=made.actor("subject"), subject=made.org.subject.pk, purpose="news", at=cast.NOW)
    for sent in promised:
        outbox.drain(about=f"mail:{sent}")
    held = dict(Mail.objects.filter(kind="news").values_list("to", "state"))
    assert held == {"subject@people.example": "held", "stranger@people.example": "kept"}


def test_where_each_purpose_stands(made):
    """D4, D9: those without a text are not offered."""
    assert set(standing(made)) == {"news"}
    before = standing(made)["news"]
    assert (before.state, before.since, before.seen, before.text) == ("pending", None, 0, made.text)
    made.give()
    after = standing(made)["news"]
    assert (after.state, after.since, after.seen) == ("obtained", cast.NOW, 1)
    assert not after.outdated
    made.republish()
    assert standing(made)["news"].outdated


def test_a_purpose_that_rests_on_a_contract_is_not_offered_but_can_always_be_left(made):
    """D3: no switch that would promise what it cannot do; the officer sees all of it."""
    subject = made.org.subject.pk

    def record(basis):
        officer = made.actor("officer")
        recording.record_basis(actor=officer, subject=subject, basis=basis, purpose="news", at=clock.now())

    record("A6-1-b")
    assert standing(made) == {}
    assert standing(made, "officer", subject)["news"].basis.basis == "A6-1-b"
    record("A6-1-a")
    assert standing(made)["news"].basis.basis == "A6-1-a"
    made.give()
    record("A6-1-d")
    assert (standing(made)["news"].permits, standing(made)["news"].basis) == (True, None)


def test_others_are_absent(made):
    """Scope: strangers and nobody; the ones one added are there."""
    subject = made.actor("subject")
    for actor, wanted in (
        (subject, made.org.stranger.pk),
        (ANONYMOUS, made.org.subject.pk),
        (made.actor("operator"), made.org.subject.pk),
    ):
        for read in (lambda a, w: reads.current(a, w, language="en", at=cast.NOW), reads.history):
            with pytest.raises(Absent):
                read(actor, wanted)
    assert standing(made, "subject", made.org.added.pk)["news"].state == "pending"


def test_history_is_one_s_own_newest_first_with_the_texts(made):
    """W15: and nobody else's."""
    made.give()
    made.give("stranger")
    decisions.withdraw(
        actor=made.actor("subject"),
        subject=made.org.subject.pk,
        purpose="news",
        at=cast.NOW + timedelta(days=1),
    )
    found = list(reads.history(made.actor("subject"), made.org.subject.pk))
    assert [(one.state, one.text.body) for one in found] == [
        ("withdrawn", made.text.body),
        ("obtained", made.text.body),
    ]


def test_people_one_added_are_listed_with_their_consent_and_nobody_else(made):
    """D5: not oneself, not whom others added."""
    made.ask()
    (person,) = reads.added_people(made.actor("subject"), language="en", at=cast.NOW)
    assert (person.id, person.name) == (made.org.added.pk, "Ada Added")
    assert [one.state for one in person.standings] == ["waiting"]
    assert reads.added_people(made.actor("stranger"), language="en", at=cast.NOW) == []


def test_the_list_takes_as_many_queries_for_three_as_for_one(made):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            found = reads.added_people(actor, language="en", at=cast.NOW)
            assert all(one.standings for one in found)
        return len(found), len(seen)

    actor = made.actor("subject")
    one, queries = count()
    for name in ("Bea", "Cid"):
        cast.contact(made.org.contacts, f"{name} Added", actor=actor)
    publish("draft", body="Another purpose.")
    assert (one, count()) == (1, (3, queries))


def test_the_list_goes_on_where_it_stopped(made):
    actor = made.actor("subject")
    for name in ("Bea", "Cid"):
        cast.contact(made.org.contacts, f"{name} Added", actor=actor)
    first = reads.added_people(actor, language="en", at=cast.NOW, limit=2)
    rest = reads.added_people(actor, language="en", at=cast.NOW, after=first[-1].id, limit=2)
    assert len({one.id for one in (*first, *rest)}) == 3
