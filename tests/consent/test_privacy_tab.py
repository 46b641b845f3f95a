"""What the privacy tab says and does, state by state."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from consent.models import Activity, Authority, Method, Objection, Purpose, Question, Recipient, Signal, State
from consent.standing import words
from portals_core.plumbing import clock
from portals_core.records.models import Module
from tests import cast
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import LOOK, states, stored
from tests.consent.tab_cast import offer, store

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
ON, OFF = "On – switch off", "Off – read and decide"


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def client(made):
    return pages.signed_in(made.org.users["subject"])


def read(client, name="privacy", *args):
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def give(client, purpose, **data):
    return client.post(reverse("consent:give", args=[purpose]), data)


def shown(moment):
    """A moment as pages write it."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def switch_off_compliance(made):
    Module.objects.visible_to(LOOK).filter(pk=made.org.contacts.pk).update(compliance=False)


def test_two_of_three_channels_and_ones_own_words(made, client):
    """D10, D11: exactly what was ticked, and what was written."""
    text = offer(
        "offers", "Offers", remarks_label="Anything else?", before_submit="Directly above the button."
    )
    page = read(client, "consent:decide", "offers")
    assert page.count('type="checkbox"') == 3 and "checked" not in page
    assert "Anything else?" in page and page.index("Directly above") < page.index("I agree</button>")
    data = {
        "text": text.pk,
        "seen": 0,
        "boxes": "True",
        "channels": ["email", "post"],
        "remarks": "Mornings.",
    }
    assert give(client, "offers", **data).status_code == 302
    (decision,) = stored(made.org.subject.pk)
    assert (decision.channels, decision.remarks) == (["email", "post"], "Mornings.")
    assert "By: E-mail, Post" in read(client)
    history = read(client, "consent:history")
    assert "Mornings." in history and "By: E-mail, Post" in history and decision.evidence in history


def test_no_box_ticked_is_no_consent_and_says_so_beside_the_boxes(made, client):
    """D17: nobody agrees by leaving boxes empty."""
    text = offer("offers", "Offers", remarks_label="Anything else?")
    for data in ({"boxes": "True"}, {}, {"boxes": "True", "channels": ["social"]}):
        answer = give(client, "offers", text=text.pk, seen=0, remarks="Keep this.", **data)
        page = answer.content.decode()
        assert answer.status_code == 400
        assert "field-error" in page and "Keep this." in page and "checked" not in page
    assert states(made.org.subject.pk) == []


def test_ticks_are_not_carried_over_to_another_text(made, client):
    """W15: a changed text is agreed to anew."""
    old = offer("offers", "Offers")
    new = offer("offers", "Offers", body="We changed our mind.")
    answer = give(client, "offers", text=old.pk, seen=0, boxes="True", channels=["email"])
    page = answer.content.decode()
    assert answer.status_code == 409
    assert new.body in page and "checked" not in page and f'value="{new.pk}"' in page


def test_where_channels_are_not_asked_a_yes_is_to_all_of_them(made, client):
    text = offer("offers", "Offers", show_channels=False)
    assert 'type="checkbox"' not in read(client, "consent:decide", "offers")
    assert give(client, "offers", text=text.pk, seen=0).status_code == 302
    assert stored(made.org.subject.pk)[0].channels == ["email", "phone", "post"]


def test_withdrawing_all_ends_as_many_as_it_said_and_nobody_elses(made, client):
    """Art. 7(3): one press; bait: the stranger agreed to the same."""
    subject, stranger = made.org.subject.pk, made.org.stranger.pk
    made.give()
    assert "Withdraw all" not in read(client)
    for key in ("one", "two"):
        for whom in (subject, stranger):
            store(whom, offer(key, key), State.OBTAINED, channels=["email"])
    assert "Withdraw all (3)" in read(client)
    answer = client.post(reverse("consent:withdraw-all"), follow=True)
    page = answer.content.decode()
    assert "Withdrawn: 3 consents." in page and ON not in page and "Withdraw all" not in page
    assert states(subject).count("withdrawn") == 3
    assert "withdrawn" not in states(stranger)
    assert (
        "Withdrawn: 0 consents." in client.post(reverse("consent:withdraw-all"), follow=True).content.decode()
    )


@pytest.mark.parametrize("state", [one for one in State if one is not State.PENDING])
def test_every_state_has_its_sentence_and_its_next_step(made, client, state):
    """D9."""
    on = state in (State.OBTAINED, State.RENEWED)
    by = Authority.REPRESENTATIVE if state in (State.WAITING, State.REVOKED) else Authority.SELF
    for whom in (made.org.subject.pk, made.org.added.pk):
        store(whom, made.text, state, authority=by, channels=["email"])
    tab = read(client)
    assert str(words.own(state, by_new_text=False, objected=False)) in tab
    assert (tab.count(ON), tab.count(OFF)) == ((1, 0) if on else (0, 1))
    assert ("I agree</button>" in read(client, "consent:decide", "news")) is not on
    theirs = read(client, "consent:person", made.org.added.pk)
    assert str(words.of_another(state, as_parent=False, objected=False)) in theirs
    ending = {State.WAITING: "Take the question back"}.get(state, "Withdraw for this person" if on else "")
    asking = not ending and state not in (State.REFUSED, State.WITHDRAWN)
    assert (bool(ending) and ending in theirs, "Read and ask this person" in theirs) == (bool(ending), asking)


def test_a_new_text_that_asks_again_says_until_when_the_old_yes_holds(made, client):
    """D17: before and after the date."""
    made.give(at=clock.now())
    day = clock.now() + timedelta(days=30)
    new = offer("news", "Newsletter", body="Every day from now on.", renew_by=day)
    tab = read(client)
    assert ON in tab and f"What you agreed to holds until {shown(day)}" in tab
    page = read(client, "consent:decide", "news")
    assert new.body in page and made.text.body in page and "I do not agree: end it now" in page
    offer("news", "Newsletter", body="Every hour.", renew_by=clock.now() - timedelta(minutes=1))
    lapsed = read(client)
    assert ON not in lapsed and str(words.own(State.EXPIRED, by_new_text=True, objected=False)) in lapsed


def test_a_new_text_that_does_not_ask_again_leaves_the_old_yes_good(made, client):
    made.give(at=clock.now())
    offer("news", "Newsletter", body="Every day from now on.")
    tab = read(client)
    assert ON in tab and "What you agreed to stays good." in tab


def test_saying_no_to_the_new_text_ends_the_old_yes(made, client):
    """The button beside "I agree" does what it says."""
    made.give(at=clock.now())
    new = offer("news", "Newsletter", body="Every day.", renew_by=clock.now() + timedelta(days=30))
    page = read(client, "consent:decide", "news")
    assert f'formaction="{reverse("consent:withdraw", args=["news"])}"' in page
    assert client.post(reverse("consent:withdraw", args=["news"]), {"text": new.pk}).status_code == 302
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]


def test_the_end_of_a_consent_is_told_and_then_it_is_off(made, client):
    """D10."""
    ends = clock.now() + timedelta(days=3)
    made.give(at=clock.now(), ends_at=ends)
    assert f"Ends by itself {shown(ends)}" in read(client)
    store(made.org.subject.pk, made.text, State.OBTAINED, ends_at=clock.now() - timedelta(minutes=1))
    assert str(words.own(State.EXPIRED, by_new_text=False, objected=False)) in read(client)


@pytest.mark.parametrize(("marketing", "later", "on"), [(True, 1, False), (True, -1, True), (False, 1, True)])
def test_a_later_objection_switches_off_what_it_is_about(made, client, marketing, later, on):
    """Art. 21(2), (3): an earlier one, or one about something else, does not."""
    Purpose.objects.visible_to(LOOK).filter(key="news").update(marketing=marketing)
    made.give()
    at = cast.NOW + timedelta(days=later)
    Objection(subject=made.org.subject.pk, signal=Signal.PORTAL, at=at).save()
    tab = read(client)
    assert (ON in tab, "you agreed to this and objected later" in tab.lower()) == (on, not on)


def test_a_question_says_until_when_an_answer_is_awaited(made, client):
    store(made.org.subject.pk, made.text, State.WAITING, authority=Authority.REPRESENTATIVE)
    Question(
        subject=made.org.subject.pk,
        purpose=made.news,
        text=made.text,
        asked_at=cast.NOW,
        due_at=cast.NOW + timedelta(days=30),
    ).save()
    assert "An answer is awaited until April 4, 2026" in read(client)


def test_without_compliance_there_is_no_consent_and_requests_stay(made, client):
    """D2, with its control."""
    assert "What we may do with your data" in read(client)
    switch_off_compliance(made)
    tab = read(client)
    assert "What we may do with your data" not in tab and OFF not in tab
    assert "What do you want to do?" in tab and "My requests" in tab and "What we hold about you" in tab
    assert client.get(reverse("consent:decide", args=["news"])).status_code == 404


def test_without_compliance_what_was_given_can_still_be_ended(made, client):
    """Art. 7(3): a setting never takes the way out away."""
    made.give()
    switch_off_compliance(made)
    offer("offers", "Offers")
    tab = read(client)
    assert tab.count(ON) == 1 and OFF not in tab
    client.post(reverse("consent:withdraw", args=["news"]))
    assert states(made.org.subject.pk) == ["obtained", "withdrawn"]
    assert "What we may do with your data" not in read(client)


def test_people_one_added_by_what_they_said(made, client):
    """D5."""
    added = made.org.added.pk
    store(added, offer("yes", "Surveys"), State.OBTAINED, method=Method.LINK)
    store(added, offer("no", "Offers"), State.REFUSED, method=Method.LINK)
    made.ask()
    tab = read(client)
    row = tab[tab.index('id="people-heading"') :]
    assert "They must confirm themselves" in row
    places = [
        row.index(word)
        for word in ("Waiting for them", "Newsletter", "Agreed", "Surveys", "Said no", "Offers")
    ]
    assert places == sorted(places)
    assert f"/privacy/requests/new/?for={added}" in row


def test_a_parent_agrees_for_a_child_where_the_purpose_is_for_children(made, client):
    """Art. 8(1), with its control."""
    added = made.org.added.pk
    text = offer("game", "A game")
    address, data = (
        reverse("consent:give-for", args=[added, "game"]),
        {"text": text.pk, "seen": 0, "boxes": "True", "channels": ["email"], "as": "parent"},
    )
    assert "parental responsibility" not in read(client, "consent:decide-for", added, "game")
    assert client.post(address, data).status_code == 400
    Purpose.objects.visible_to(LOOK).filter(key="game").update(for_children=True)
    assert "parental responsibility" not in read(client, "consent:decide-for", added, "game"), "of full age"
    consent_cast.with_birthdays(made)
    consent_cast.born(made.org.added, (clock.now() - timedelta(days=3650)).date().isoformat())
    page = read(client, "consent:decide-for", added, "game")
    assert "I hold parental responsibility and agree for this child" in page and "checked" not in page
    assert client.post(address, data).status_code == 302
    (decision,) = stored(added)
    assert (decision.state, decision.authority, decision.channels) == ("obtained", "parent", ["email"])
    theirs = read(client, "consent:person", added)
    assert "You agreed for this child" in theirs and "Withdraw for this person" in theirs
    stranger = reverse("consent:give-for", args=[made.org.stranger.pk, "game"])
    assert client.post(stranger, data).status_code == 404


def test_the_history_is_paged_newest_first_and_every_decision_stands_once(made, client):
    """0, 1 and 1,000 rows: the same number of queries, fifty a page."""
    assert "You have decided nothing yet." in read(client, "consent:history")
    made.give()
    address, seen, queries = reverse("consent:history"), [], set()
    for number in range(999):
        state = State.WITHDRAWN if number % 2 == 0 else State.OBTAINED
        # Seven at the same moment: what orders them then is their number.
        store(made.org.subject.pk, made.text, state, at=cast.NOW + timedelta(days=number // 7))
    client.get(address)
    while address:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        queries.add(len(captured))
        seen += [decision.number for decision in answer.context["decisions"]]
        assert len(answer.context["decisions"]) == 50
        following = re.search(r'href="(\?after=[^"]+)"', answer.content.decode())
        address = reverse("consent:history") + unescape(following[1]) if following else ""
    assert seen == list(range(1000, 0, -1))
    assert len(queries) == 1
    assert client.get(reverse("consent:history") + "?after=nonsense").context["decisions"][0].number == 1000


def test_who_decided_in_ones_name_is_named(made, client):
    """W17: the person reads who did it, how, and when it was recorded."""
    store(
        made.org.subject.pk,
        made.text,
        State.WAITING,
        authority=Authority.REPRESENTATIVE,
        actor=made.actor("stranger"),
        recorded_at=cast.NOW + timedelta(days=1),
    )
    page = read(client, "consent:history")
    assert "Robin Stranger" in page and "in your name" in page and "recorded March 6, 2026" in page


def test_what_is_held_says_how_it_came_here_and_who_receives_it(made, client):
    """D6, D18, Art. 15(1)(c), (g): the counts are those of the copy's preview."""
    cast.order(made.org, "A-1", made.org.subject)
    receiver = Recipient(name="Posting House", kind="processor", country="FI")
    receiver.save()
    Recipient(name="Former House", kind="processor", country="FI").save()
    activity = Activity(name="Newsletter", description="We write.", changed_at=cast.NOW)
    activity.save()
    activity.recipients.add(receiver)
    answer = client.get(reverse("privacy"))
    tab = answer.content.decode()
    held = tab[tab.index('id="held-heading"') : tab.index('id="consent-heading"')]
    assert (
        "How it came here" in held
        and ">test</td>" in held
        and "4 personal fields, 1 of them sensitive" in held
    )
    assert "Posting House" in held and "Processor, Finland" in held and "Former House" not in held
    preview = client.get(reverse("dsr_requests:new") + "?kind=export").context["held"]
    counts = [f">{group.label}" for group in preview.groups]
    assert counts and all(count in held for count in counts)


def test_the_tab_takes_as_many_queries_for_twenty_purposes_and_fifty_people_as_for_one(made, client):
    def count():
        client.get(reverse("privacy"))
        with CaptureQueriesContext(connection) as captured:
            page = read(client)
        return len(captured), page.count(OFF) + page.count(ON), page.count('id="person-')

    store(made.org.subject.pk, made.text, State.OBTAINED, channels=["email"])
    few = count()
    actor = made.actor("subject")
    for number in range(19):
        text = offer(f"purpose-{number}", f"Purpose {number}")
        store(made.org.subject.pk, text, State.OBTAINED, channels=["email"])
    for number in range(49):
        cast.contact(made.org.contacts, f"Person{number} Added", actor=actor)
    assert few[1:] == (1, 1)
    assert count() == (few[0], 20, 50)
