"""From the first question to a withdrawal while a thousand messages are on their way (D12, D15, D17).

The officer works in the browser, the person has no account, and every message goes by a real mail server.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction

from consent.jobs import campaigns
from consent.models import Authority, Campaign, Method, State, Text
from consent.standing import history, reads
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.models import Job, JobState, Mail, MailState
from portals_core.records import catalogue, values
from portals_core.records.models import Record
from tests import cast
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import LOOK, states
from tests.journeys.test_consent import enter
from tests.letterbox import Letterbox, serving

pytestmark = [
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
    pytest.mark.journey,
    pytest.mark.timeout(400),
]
OTHERS = 999
LINK = re.compile(r"https?://[^/\s]+(/consent/[^\s]+)")


@pytest.fixture
def box(settings):
    with serving(settings) as letterbox:
        yield letterbox


def crowd(made) -> None:
    """People who agreed to the first version on paper."""
    of = made.org.contacts
    fields = catalogue.fields(of)
    people = []
    for number in range(OTHERS):
        given = {"name": f"Reader {number}", "email": f"reader{number}@people.example"}
        people.append(
            Record(
                module=of,
                values=given,
                folded=values.forms(fields, given),
                created_at=cast.NOW,
                changed_at=cast.NOW,
            )
        )
    Record.objects.visible_to(LOOK).bulk_create(people)
    for start in range(0, OTHERS, 100):
        with transaction.atomic():
            for person in people[start : start + 100]:
                agreed(made, person)


def agreed(made, person: Record) -> None:
    history.add(
        State.OBTAINED,
        actor=made.actor("officer"),
        subject=person.pk,
        purpose=made.news,
        text=made.text,
        before=None,
        authority=Authority.SELF,
        method=Method.PAPER,
        channels=made.text.channels,
        at=cast.NOW,
    )


def hand_over(limit: int = 5000, *, but: str = "") -> int:
    """Hand over what waits, oldest first, as the worker does; `but` one person's messages."""
    held_up = set(Mail.objects.filter(to=but).values_list("pk", flat=True)) if but else set()
    waiting = Job.objects.filter(handler="mail.send", state=JobState.WAITING).order_by("created_at", "id")
    count = 0
    for job in list(waiting):
        if count < limit and job.payload["mail"] not in {str(one) for one in held_up}:
            outbox.run_now(job.pk)
            count += 1
    return count


def letter_to(box: Letterbox, to: str) -> str:
    """The newest letter to this person."""
    return next(one.get_content() for one in reversed(box.letters) if one["To"] == to)


def address_in(letter: str) -> str:
    found = LINK.search(letter)
    assert found is not None, letter
    return found[1]


def publish_again(page, live_url: str) -> None:
    page.goto(f"{live_url}/desk/consent/purposes/news/publish/")
    page.get_by_label("Title").fill("Newsletter")
    page.get_by_label("Text", exact=True).fill("We write to you every week, and about our partners.")
    page.get_by_label("More than that: people must agree again").check()
    day = (clock.now() + timedelta(days=60)).date().isoformat()
    page.get_by_label("They can agree again until").fill(day)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Publish").click()


def start_campaign(page, live_url: str) -> None:
    page.goto(f"{live_url}/desk/consent/campaigns/new/")
    page.get_by_label("Purpose").select_option("news")
    page.get_by_label("People who agreed to an earlier version").check()
    page.get_by_role("button", name="Preview").click()
    assert page.get_by_text(str(OTHERS + 1)).first.is_visible()
    page.get_by_role("button", name="Start").click()


def test_who_withdraws_while_a_thousand_are_asked_gets_nothing_more(page, browser, live_url, box):
    made = consent_cast.set_up()
    crowd(made)
    ada, to = made.org.added, "ada@people.example"
    enter(page, live_url, pages.at_the_desk(made.org.users["officer"]))

    page.goto(f"{live_url}/desk/consent/subject/{ada.pk}/")
    page.get_by_role("button", name="Ask by e-mail").click()
    assert page.get_by_text("The person was asked by e-mail.").is_visible()
    hand_over()
    visitor = browser.new_context(locale="en-GB").new_page()
    visitor.goto(live_url + address_in(letter_to(box, to)))
    visitor.get_by_role("button", name="I agree", exact=True).click()
    assert states(ada.pk) == ["waiting", "obtained"] and reads.allowed(ada.pk, "news", "email")
    hand_over()
    way_out = live_url + address_in(letter_to(box, to))
    box.letters.clear()

    publish_again(page, live_url)
    assert Text.objects.visible_to(LOOK).filter(version=2).exists()
    start_campaign(page, live_url)
    # The page would look for progress while this process writes; a database in memory takes one at a time.
    page.goto("about:blank")
    (campaign,) = Campaign.objects.visible_to(LOOK)
    outbox.drain(about=campaigns.about(campaign))
    campaign.refresh_from_db()
    assert (campaign.asked, campaign.skipped) == (OTHERS + 1, {})
    assert reads.allowed(ada.pk, "news", "email"), "being asked again takes nothing away"

    assert hand_over(400, but=to) == 400
    visitor.goto(way_out)
    visitor.get_by_role("button", name="Withdraw").click()
    assert states(ada.pk) == ["waiting", "obtained", "withdrawn"]
    visitor.context.close()
    hand_over()
    reached = [letter["To"] for letter in box.letters]
    assert len(reached) == len(set(reached)) == OTHERS and to not in reached
    (hers,) = Mail.objects.filter(to=to, state=MailState.HELD)
    assert hers.body == "" and not reads.allowed(ada.pk, "news", "email")
    page.goto(f"{live_url}/desk/consent/campaigns/{campaign.pk}/")
    assert page.get_by_text(str(OTHERS + 1)).first.is_visible()
