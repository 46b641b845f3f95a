"""Officers learn that somebody wrote: a mail without content once per case, and a badge on the desk."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.plumbing import outbox
from portals_core.plumbing.models import Mail, MailState
from requests.desk import queue
from requests.models import Case
from requests.telling import messages, unread
from requests.timing import clock
from tests import cast
from tests.requests.case_cast import LATER, TEST, file
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
CLEARER = "JustificationA12InformationRequired"


def say(made, case, text="I moved house.", who="subject"):
    return messages.say(actor=made.actor(who), case=case.pk, text=text, at=LATER)


def told():
    return sorted(Mail.objects.filter(kind="desk.unread").values_list("to", flat=True))


def assigned(made, who="officer"):
    case = file(made, "export")
    Case.objects.visible_to(TEST).filter(pk=case.pk).update(assignee=made.users[who])
    return case


def test_the_officer_who_has_the_case_is_told_and_nobody_else(made):
    say(made, assigned(made))
    assert told() == ["officer@staff.example"]


def test_without_one_everybody_who_decides_is_told(made):
    say(made, file(made, "export"))
    assert told() == ["officer@staff.example", "second_officer@staff.example"]


def test_where_nobody_decides_the_organisation_is_told(made, settings):
    """No message is left to nobody, also where whoever has the case decides no more."""
    settings.CONTACT_EMAIL = "office@staff.example"
    case = assigned(made)
    cast.take_away("cases.decide", role="officer")
    say(made, case)
    assert told() == ["office@staff.example"]


def test_the_mail_says_that_somebody_wrote_in_the_officers_language_and_nothing_more(made):
    made.users["officer"].language = "pl"
    made.users["officer"].save()
    case = assigned(made)
    say(made, case, "Bait words of mine")
    (mail,) = Mail.objects.filter(kind="desk.unread")
    assert mail.title.startswith("Ktoś do nas napisał") and "Somebody wrote" not in mail.title + mail.body
    assert mail.language == "pl" and case.number in mail.title and str(case.pk) in mail.body
    assert "Bait" not in mail.body and "Sage" not in mail.body + mail.title


def test_a_case_tells_of_itself_once_until_it_is_read(made):
    case = assigned(made)
    say(made, case)
    say(made, case, "And one thing more.")
    assert len(told()) == 1
    messages.seen(actor=made.actor("officer"), case=case, at=LATER)
    say(made, case, "Are you there?")
    assert len(told()) == 2
    say(made, file(made, "stop"))
    assert len(told()) == 4


def test_a_mail_that_waited_until_the_message_was_read_does_not_leave(made):
    read, still = assigned(made), file(made, "stop")
    say(made, read)
    say(made, still)
    messages.seen(actor=made.actor("officer"), case=read, at=LATER)
    outbox.drain()
    held = {(mail.state, read.number in mail.title) for mail in Mail.objects.filter(kind="desk.unread")}
    assert held == {(MailState.HELD, True), (MailState.KEPT, False)}


def asked(made):
    case = assigned(made)
    return clock.ask(actor=made.actor("officer"), case=case.pk, ground=CLEARER, question="Which?", at=LATER)


def test_an_answer_to_a_question_is_told_and_one_an_officer_wrote_down_is_read(made):
    case = asked(made)
    clock.answer(actor=made.actor("subject"), case=case.pk, text="The first.", at=LATER)
    assert len(told()) == 1 and unread.threads(made.actor("officer")) == 1


def test_an_answer_that_an_officer_wrote_down_is_read(made):
    case = asked(made)
    clock.answer(actor=made.actor("officer"), case=case.pk, text="By phone: the first.", at=LATER)
    assert told() == [] and unread.threads(made.actor("officer")) == 0


def test_the_badge_counts_ones_own_threads_and_nobodys(made):
    mine, others, nobodys = assigned(made), file(made, "stop"), file(made, "delete")
    Case.objects.visible_to(TEST).filter(pk=others.pk).update(assignee=made.users["second_officer"])
    for case in (mine, others, nobodys):
        say(made, case)
        say(made, case, "Again.")
    counts = {who: unread.threads(made.actor(who)) for who in ("officer", "second_officer", "auditor")}
    assert counts == {"officer": 2, "second_officer": 2, "auditor": 0}
    messages.seen(actor=made.actor("officer"), case=mine, at=LATER)
    assert unread.threads(made.actor("officer")) == 1


def test_the_badge_is_one_query_however_many_wait(made):
    officer, counted = made.actor("officer"), []
    for kind in ("export", "stop"):
        say(made, file(made, kind))
        with CaptureQueriesContext(connection) as seen:
            counted.append(unread.threads(officer))
        assert len(seen) == 1
    assert counted == [1, 2]


@pytest.mark.parametrize("name", ["queue", "case"])
def test_a_page_asks_once_how_many_wait(made, name):
    """Parts of a page are drawn by themselves, each with what every template may use."""
    case = assigned(made)
    say(made, case)
    with CaptureQueriesContext(connection) as asked:
        browser(made, "officer").get(
            reverse(f"dsr_requests:{name}", args=[case.pk] if name == "case" else [])
        )
    counting = [one for one in asked if "COUNT" in one["sql"] and "_message" in one["sql"]]
    assert len(counting) == 1


def test_the_queue_finds_what_is_unread_and_its_entry_shows_how_many(made):
    case, quiet = file(made, "export"), file(made, "stop")
    say(made, case)
    found = queue.page(made.actor("officer"), queue.Filters(unread=queue.UNREAD), at=LATER)
    assert [one.pk for one in found.cases] == [case.pk]
    page = browser(made, "officer").get(reverse("dsr_requests:queue"), {"unread": "yes"})
    assert case.number in words(page) and quiet.number not in words(page)
    assert (
        '<span class="waiting">1<span class="visually-hidden"> unread</span></span>' in page.content.decode()
    )
