"""Campaigns: who is asked, who is left out and why, how far it is, and that it ends."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.catalogue import texts
from consent.deciding import decisions
from consent.desk import campaign_reads
from consent.grounds import recording
from consent.jobs import audiences, campaigns
from consent.models import Audience, Campaign, Objection, Question, Signal
from consent.standing import children
from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from portals_core.plumbing.models import Job, MailState
from portals_core.records.models import Module, Record
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, mails, states, stored
from tests.consent.pages import at_the_desk

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(days=40)


@pytest.fixture
def made():
    made = consent_cast.set_up()
    Module.objects.visible_to(LOOK).filter(key="contacts").update(compliance=True)
    with time_machine.travel(LATER, tick=False):
        yield made


def start(made, audience=Audience.UNDECIDED, who="officer"):
    return campaigns.start(actor=made.actor(who), purpose="news", audience=audience, at=LATER)


def run(campaign) -> Campaign:
    """The job as a worker takes it; the messages stay where they are."""
    outbox.drain(about=campaigns.about(campaign))
    campaign.refresh_from_db()
    return campaign


def asked(campaign) -> set:
    rows = Question.objects.visible_to(LOOK).filter(campaign=campaign)
    return set(rows.values_list("subject", flat=True))


def everybody(made) -> set:
    return {made.org.subject.pk, made.org.added.pk, made.org.stranger.pk}


def publish(*, renew_by=None):
    return texts.publish(
        actor=cast.SETTING_UP,
        purpose="news",
        language="en",
        title="Newsletter",
        body="We write to you every week.",
        renew_by=renew_by,
        at=LATER,
    )


def restrict(subject):
    place.place(
        actor=LOOK, record=subject, ground="restriction", reason="asked", placed_by="case:1", at=LATER
    )


def crowd(made, number):
    """Many more people, without the cost of one door each."""
    Record.objects.visible_to(LOOK).bulk_create(
        Record(
            module=made.org.contacts,
            values={"name": f"Person {one}", "email": f"p{one}@people.example"},
            created_at=cast.NOW,
            changed_at=cast.NOW,
        )
        for one in range(number)
    )


def test_everybody_who_never_decided_is_asked_once(made):
    """D9, D12, D17: with question, decision, leaf and message each; whoever decided is left alone."""
    made.give("stranger", at=cast.NOW)
    campaign = run(start(made))
    assert asked(campaign) == {made.org.subject.pk, made.org.added.pk}
    assert (campaign.state, campaign.total, campaign.asked, campaign.skipped) == ("done", 2, 2, {})
    assert states(made.org.subject.pk) == ["waiting"] and states(made.org.stranger.pk) == ["obtained"]
    (waiting,) = stored(made.org.subject.pk)
    assert (waiting.authority, waiting.method) == ("staff", "rule")
    assert sorted(mail.to for mail in mails("consent.asked")) == ["ada@people.example", "sage@people.example"]
    assert (leaves("consent.asked"), leaves("campaign.started"), leaves("campaign.done")) == (2, 1, 1)
    assert run(start(made)).skipped == {"asked": 2}


def test_whoever_has_another_basis_for_the_purpose_is_not_asked(made):
    """D1, D3: it would change nothing."""
    recording.record_basis(
        actor=made.actor("officer"), subject=made.org.stranger.pk, basis="A6-1-b", purpose="news", at=LATER
    )
    recording.record_basis(
        actor=made.actor("officer"), subject=made.org.added.pk, basis="A6-1-a", purpose="news", at=LATER
    )
    assert asked(run(start(made))) == everybody(made) - {made.org.stranger.pk}


def test_modules_without_compliance_settings_are_left_alone(made):
    """D2, D7."""
    Module.objects.visible_to(LOOK).filter(key="contacts").update(compliance=False)
    assert run(start(made)).total == 0


def test_people_are_left_out_with_a_counted_reason(made, monkeypatch):
    """L16, W18, Art. 21: nobody silently."""
    made.news.marketing = True
    made.news.save()
    Objection(subject=made.org.subject.pk, signal=Signal.GPC, at=LATER).save()
    restrict(made.org.added.pk)
    cast.contact(made.org.contacts, "Noah Noaddress", email="")
    child = cast.contact(made.org.contacts, "Bea Young")
    monkeypatch.setattr(children, "is_child", lambda record, purpose, at: record.pk == child.pk)
    campaign = run(start(made))
    assert asked(campaign) == {made.org.stranger.pk}
    assert campaign.skipped == {"objected": 1, "locked": 1, "no_address": 1, "child": 1}
    told = campaign_reads.progress(campaign, at=LATER)
    assert sorted(number for _word, number in told.skipped) == [1, 1, 1, 1]
    assert (told.done, told.total, told.running) == (5, 5, False)


def test_people_on_an_earlier_version_are_asked_and_their_consent_goes_on(made):
    """D17: no waiting over a consent that holds."""
    made.give(at=cast.NOW)
    new = publish()
    made.give("stranger", text=new.pk, at=LATER)
    campaign = run(start(made, Audience.OUTDATED))
    assert asked(campaign) == {made.org.subject.pk}
    assert states(made.org.subject.pk) == ["obtained"]
    assert leaves("consent.asked_again") == 1


def test_people_whose_consent_ends_soon_or_has_ended_are_asked(made):
    """D10, D17: thirty days ahead, to the second."""
    edge = LATER + timedelta(days=30)
    made.give(at=cast.NOW, ends_at=edge)
    made.give("stranger", at=cast.NOW, ends_at=edge + timedelta(seconds=1))
    made.org.users["added"] = cast.portal_user(made.org.added, made.org.user_type)
    made.give("added", at=cast.NOW, ends_at=LATER)
    campaign = run(start(made, Audience.ENDING))
    assert asked(campaign) == {made.org.subject.pk, made.org.added.pk}
    assert states(made.org.subject.pk) == ["obtained"]
    assert states(made.org.added.pk) == ["obtained", "waiting"]


def test_one_campaign_runs_for_a_purpose(made):
    campaign = start(made)
    with pytest.raises(Conflict) as caught:
        start(made)
    assert caught.value.code == "campaign.running"
    run(campaign)
    assert start(made).pk


def test_what_cannot_be_started(made):
    for who in ("auditor", "operator", "subject"):
        with pytest.raises(Forbidden):
            start(made, who=who)
    with pytest.raises(BadInput):
        start(made, "everybody")
    with pytest.raises(Conflict):
        campaigns.start(actor=made.actor("officer"), purpose="draft", audience="undecided", at=LATER)
    assert not Campaign.objects.visible_to(LOOK).exists()


def test_a_stopped_campaign_asks_nobody_else(made, monkeypatch):
    """What was asked stays asked; stopping twice is refused."""
    monkeypatch.setattr(campaigns, "BATCH", 1)
    campaign = start(made)
    real = campaigns._batch

    def stopping(held, key, *, at):
        more = real(held, key, at=at)
        campaign.refresh_from_db()
        if campaign.state == "running":
            campaigns.stop(actor=made.actor("officer"), campaign=key, at=at)
        return more

    monkeypatch.setattr(campaigns, "_batch", stopping)
    assert (run(campaign).state, campaign.asked) == ("stopped", 1)
    assert len(asked(campaign)) == len(mails("consent.asked")) == 1
    with pytest.raises(Conflict):
        campaigns.stop(actor=made.actor("officer"), campaign=campaign.pk, at=LATER)


def test_a_campaign_ends_when_its_words_are_replaced(made):
    """W15: nobody is asked on an old version."""
    campaign = start(made)
    publish()
    assert (run(campaign).state, campaign.asked) == ("stopped", 0)


def test_whoever_withdraws_or_refuses_while_it_is_sent_gets_nothing_more(made):
    """D15: the promise is there, the message is held back."""
    run(start(made))
    decisions.refuse(
        actor=made.actor("subject"),
        subject=made.org.subject.pk,
        purpose="news",
        text=made.text.pk,
        at=LATER,
    )
    restrict(made.org.stranger.pk)
    outbox.drain()
    found = {mail.to: mail.state for mail in mails("consent.asked")}
    assert found.pop("ada@people.example") == MailState.KEPT
    assert set(found.values()) == {MailState.HELD} and len(found) == 2


def test_people_who_are_left_out_cost_no_query_each(made):
    """What is asked of the tables is asked once a batch, whatever its size."""
    costs = []
    for number in (5, 50):
        crowd(made, number)
        Record.objects.visible_to(LOOK).filter(module=made.org.contacts).update(values={"name": "None"})
        campaign = start(made)
        with CaptureQueriesContext(
            connection,
        ) as found:
            run(campaign)
        assert campaign.skipped["no_address"] >= number
        costs.append(len(found))
    assert costs[0] == costs[1]


def test_reading_costs_the_same_for_one_and_for_many_asked(made):
    costs = []
    for number in (1, 30):
        Record.objects.visible_to(LOOK).filter(values__name__startswith="Person").delete()
        Campaign.objects.visible_to(LOOK).filter(state="running").update(state="done")
        crowd(made, number)
        with CaptureQueriesContext(connection) as found:
            run(start(made))
        costs.append(sum("SELECT" in one["sql"][:6] and "consent_" in one["sql"] for one in found))
    assert costs[0] == costs[1]


def test_more_than_one_batch_asks_everybody_once(made, monkeypatch):
    monkeypatch.setattr(campaigns, "BATCH", 2)
    crowd(made, 5)
    campaign = run(start(made))
    assert (campaign.asked, campaign.total, campaign.state) == (8, 8, "done")
    job = Job.objects.get(handler=campaigns.JOB)
    assert (job.done, job.total) == (8, 8)
    assert Question.objects.visible_to(LOOK).filter(campaign=campaign).count() == 8


def test_counting_stops_at_a_number_nobody_reads(made, monkeypatch):
    monkeypatch.setattr(audiences, "CAP", 2)
    found = campaign_reads.preview(made.text, at=LATER)
    assert [(number, more) for _word, number, more in found.audiences] == [(2, True), (0, False), (0, False)]


# --- pages -----------------------------------------------------------------------------------------------


@pytest.fixture
def desk(made):
    return at_the_desk(made.org.users["officer"])


def text_of(response) -> str:
    return response.content.decode()


def test_the_message_and_the_numbers_are_seen_before_anything_is_sent(made, desk):
    """D11, D12: in every language of the version."""
    consent_cast.publish("news", language="fi", title="Uutiskirje", body="Kirjoitamme.")
    address = reverse("consent:new-campaign")
    given = {"purpose": "news", "audience": "undecided"}
    page = desk.post(address, {**given, "step": "preview"})
    assert page.status_code == 200 and not Campaign.objects.visible_to(LOOK).exists()
    assert "Uutiskirje" in text_of(page) and "Newsletter" in text_of(page) and "<dd>3</dd>" in text_of(page)
    answer = desk.post(address, {**given, "step": "start"})
    campaign = Campaign.objects.visible_to(LOOK).get()
    assert answer["Location"] == reverse("consent:campaign", args=[campaign.pk])
    again = desk.post(address, {**given, "step": "start"})
    assert again.status_code == 409 and "is running" in text_of(again)
    assert desk.post(address, {"purpose": "none"}).status_code == 400


def test_the_page_of_a_campaign_shows_how_far_it_is_and_stops_it(made, desk):
    cast.contact(made.org.contacts, "Noah Noaddress", email="")
    campaign = start(made)
    address = reverse("consent:campaign", args=[campaign.pk])
    page = text_of(desk.get(address))
    assert "hx-get" in page and reverse("consent:stop-campaign", args=[campaign.pk]) in page
    assert desk.get(reverse("consent:campaign-progress", args=[campaign.pk])).status_code == 200
    assert desk.post(reverse("consent:stop-campaign", args=[campaign.pk])).status_code == 302
    assert desk.post(reverse("consent:stop-campaign", args=[campaign.pk])).status_code == 409
    done = run(start(made))
    page = text_of(desk.get(reverse("consent:campaign", args=[done.pk])))
    assert "4 of 4" in page and "no e-mail address" in page and "hx-get" not in page
    assert "Newsletter" in text_of(desk.get(reverse("consent:campaigns")))


def test_a_campaign_that_was_put_aside_is_said_to_be(made, desk):
    campaign = start(made)
    Job.objects.filter(handler=campaigns.JOB).update(state="parked")
    page = text_of(desk.get(reverse("consent:campaign", args=[campaign.pk])))
    assert "put aside" in page


def test_an_unknown_campaign_is_404_and_a_list_is_paged(made, desk, monkeypatch):
    unknown = "00000000-0000-4000-8000-000000000000"
    assert desk.get(reverse("consent:campaign", args=[unknown])).status_code == 404
    assert desk.post(reverse("consent:stop-campaign", args=[unknown])).status_code == 404
    monkeypatch.setattr(campaign_reads, "PAGE", 2)
    made_of = [run(start(made)) for _one in range(3)]
    first = campaign_reads.page(system("look in a test"))
    second = campaign_reads.page(system("look in a test"), after=first.next)
    assert {one.pk for one in (*first.rows, *second.rows)} == {one.pk for one in made_of}
    assert len(first.rows) == 2 and second.next is None
