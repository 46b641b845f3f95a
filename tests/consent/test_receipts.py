"""For whom a receipt is, and what is told of what the tables hold."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import translation

from consent.deciding import decisions
from consent.models import Authority, Method, State
from consent.receipts import facts, reading
from consent.receipts.files import FORMATS
from consent.receipts.reading import hand_out, receipt_of
from consent.standing import history
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import Absent, Conflict
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import leaves, mails, stored, token_in
from tests.consent.receipt_facts import FROZEN

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(days=9)


@pytest.fixture
def made():
    return consent_cast.set_up()


def take(made, who, decision, form="dpv.json"):
    return hand_out(actor=made.actor(who), decision=decision.pk, form=form, at=LATER)


def as_parent(made, state=State.OBTAINED):
    """The subject decided as the parent of the person they added."""
    record = made.org.added
    return history.add(
        state,
        actor=made.actor("subject"),
        subject=record.pk,
        purpose=made.news,
        text=made.text,
        before=history.latest(record.pk, made.news),
        authority=Authority.PARENT,
        method=Method.PORTAL,
        channels=["email"],
        at=cast.NOW,
    )


@pytest.mark.parametrize("form", FORMATS)
def test_the_person_and_staff_who_keep_consent_take_it_and_each_time_is_on_record(made, form):
    """D10, W9."""
    decision = made.give()
    for number, who in enumerate(("subject", "officer"), start=1):
        assert take(made, who, decision, form).content
        assert leaves("consent.receipt_taken") == number
    assert LedgerEntry.objects.filter(
        code="consent.receipt_taken", about=f"record:{decision.subject}"
    ).exists()


@pytest.mark.parametrize("who", ["stranger", "auditor", "operator"])
def test_nobody_else_does(made, who):
    decision = made.give()
    with pytest.raises(Absent):
        take(made, who, decision)
    assert leaves("consent.receipt_taken") == 0
    assert take(made, "subject", decision)


def test_who_asked_for_somebody_has_no_receipt_of_it(made):
    """D5, W17: they see the state, and nothing about the person leaves on paper."""
    decision = made.ask()
    with pytest.raises(Absent):
        take(made, "subject", decision)
    assert take(made, "officer", decision)


def test_a_parent_has_that_of_their_own_decision_for_their_child(made):
    """Art. 8; not that of somebody else's decision, and not once the child is no longer theirs."""
    made.ask()
    asked, given = stored(made.org.added.pk)[0], as_parent(made)
    assert take(made, "subject", given)
    for who, decision in (("stranger", given), ("subject", asked)):
        with pytest.raises(Absent):
            take(made, who, decision)
    cast.Record.objects.visible_to(cast.SETTING_UP).filter(pk=made.org.added.pk).update(
        creator=made.org.users["stranger"]
    )
    with pytest.raises(Absent):
        take(made, "subject", given)


def test_an_unknown_format_is_not_there(made):
    decision = made.give()
    for form in ("exe", "", "pdf/.."):
        with pytest.raises(Absent):
            take(made, "subject", decision, form)


def test_what_was_withdrawn_has_no_kantara_receipt_and_the_others_say_so(made):
    made.give()
    actor = made.actor("subject")
    ended = decisions.withdraw(actor=actor, subject=actor.identity, purpose="news", at=LATER)
    with pytest.raises(Conflict):
        take(made, "subject", ended, "kantara.json")
    assert leaves("consent.receipt_taken") == 0
    record = json.loads(take(made, "subject", ended).content)["dpv:hasRecordOfActivity"][0]
    assert [one["@type"] for one in record["dpv:hasConsentStatus"]] == [
        "dpv:ConsentGiven",
        "dpv:ConsentWithdrawn",
    ]


@pytest.mark.parametrize("form", ["dpv.json", "kantara.json"])
def test_one_decision_gives_the_same_bytes_for_ever(made, form):
    """Whoever reads, in whatever language, whatever was decided and published afterwards."""
    decision = made.give()
    first = take(made, "subject", decision, form)
    made.republish()
    made.news.name, made.news.description = "Other words", "Changed"
    made.news.save()
    actor = made.actor("subject")
    decisions.withdraw(actor=actor, subject=actor.identity, purpose="news", at=LATER)
    with translation.override("fi"):
        assert take(made, "officer", decision, form) == first
    other = take(made, "subject", stored(actor.identity)[1], "dpv.json")
    assert other.content != take(made, "subject", decision, "dpv.json").content


def test_decisions_of_others_and_about_other_purposes_stay_out(made):
    """Bait: a stranger's decision on the same purpose, and one's own about another."""
    made.give("stranger")
    draft = consent_cast.publish("draft", title="Draft", body="Something else.")
    made.give(purpose="draft", text=draft.pk)
    decision = made.give()
    told = receipt_of(decision)
    assert [one.id for one in told.acts] == [decision.pk]
    assert {one.title for one in told.notices} == {"Newsletter"}


def test_it_tells_what_is_stored(made, settings):
    """W15, D10: text, version, language, digests, channels, moments, as they were recorded."""
    settings.BASE_URL, settings.ORGANISATION, settings.COUNTRY = "https://portal.example", "Ourselves", "FI"
    decision = made.give(ends_at=LATER)
    told = receipt_of(decision)
    act = told.act
    assert (told.subject, told.purpose, told.record_id) == (decision.subject, "news", decision.pk)
    assert (act.state, act.authority, act.method) == ("obtained", "self", "portal")
    assert (act.channels, act.at, act.ends_at) == (("email", "post"), cast.NOW, LATER)
    assert (act.evidence, act.notice.digest) == (decision.evidence, made.text.digest)
    assert act.notice.words == (made.text.body,)
    assert told.privacy_page == "https://portal.example/privacy/"
    # The snapshot names the organisation as it was when the text was published.
    assert (told.controller.name, told.jurisdiction) == (made.text.facts["controller"]["name"], "FI")


def test_the_snapshot_comes_before_the_settings_and_what_it_lacks_is_left_out():
    def controller(frozen):
        return facts.receipt(
            subject=None,
            purpose="news",
            acts=[],
            frozen=frozen,
            otherwise=facts.Controller(name="Now", email="now@x.example", country="PL"),
            privacy_page="",
        ).controller

    assert controller({}).name == "Now" and controller({"controller": {}}).country == "PL"
    frozen = controller(FROZEN)
    assert (frozen.name, frozen.country, frozen.phone) == ("Harjula Outdoor Oy", "FI", "+358 9 1234567")
    bare = controller({"controller": {"name": "Then"}})
    assert (bare.name, bare.email, bare.country) == ("Then", "now@x.example", "")


def test_by_link_it_is_what_the_link_was_sent_for(made):
    """W23: without an account, and as often as wanted."""
    from consent.deciding import answers

    made.ask()
    token = token_in(mails("consent.asked")[0])
    given = answers.confirm(token=token, text=made.text.pk, at=LATER)
    token = token_in(mails("consent.confirmed")[0])
    before = LedgerEntry.objects.count()
    for form in FORMATS:
        assert reading.by_link(token=token, form=form, at=LATER).content
    told = json.loads(reading.by_link(token=token, form="dpv.json", at=LATER).content)
    statuses = told["dpv:hasRecordOfActivity"][0]["dpv:hasConsentStatus"]
    assert [one["@type"] for one in statuses] == ["dpv:ConsentRequested", "dpv:ConsentGiven"]
    assert statuses[-1]["dct:identifier"] == [str(given.pk), f"sha256:{given.evidence}"]
    assert LedgerEntry.objects.count() == before
    answers.withdraw_by_link(token=token, at=LATER)
    with pytest.raises(Absent):
        reading.by_link(token=token, form="dpv.json", at=LATER)


def test_a_link_of_another_kind_opens_no_receipt(made):
    made.ask()
    with pytest.raises(Absent):
        reading.by_link(token=token_in(mails("consent.asked")[0]), form="dpv.json", at=LATER)


def test_the_number_of_queries_does_not_grow_with_the_history(made, django_assert_num_queries):
    decision = made.give()
    with django_assert_num_queries(1):
        receipt_of(decision)
    for number in range(3):
        text = consent_cast.publish("news", body=f"Words {number}.")
        decision = made.give(text=text.pk)
    with django_assert_num_queries(1):
        assert len(receipt_of(decision).acts) == 4
