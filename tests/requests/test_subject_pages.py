"""What a person sees and does about their own requests, and about those for people they added."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.models import Mail
from portals_core.writing import records
from requests import portal
from requests.arriving import intake, mandates
from requests.holding import offers
from requests.models import CaseDetail, Proposal
from tests import cast
from tests.requests import case_cast, partly_cast
from tests.requests.case_cast import GROUND, TEST, again
from tests.requests.pages import browser, cases, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def client(made):
    return browser(made, "subject")


def new(kind: str, person: object = "") -> str:
    return f"{reverse('dsr_requests:new')}?kind={kind}" + (f"&for={person}" if person else "")


def status(case) -> str:
    return reverse("dsr_requests:status", args=[case.pk])


def asked_now(made, kind: str):
    """A request for the added person, filed today: its link has not expired."""
    return intake.file_case(actor=made.actor("subject"), kind=kind, subject=made.added.pk, at=clock.now())


def rectify_data(made, **changed: str) -> dict[str, str]:
    """What a browser sends of the form for a correction: every value, and what stood there when drawn."""
    data = {"text": ""}
    for key in ("name", "email", "phone"):
        stored = made.subject.values.get(key) or ""
        data[f"initial-value_{key}"] = stored
        data[f"value_{key}"] = changed.get(key, stored)
    return data


def test_the_privacy_tab_offers_the_four_rights_and_then_shows_what_was_asked(made, client):
    """R1, W20: four large choices for oneself, one's requests below."""
    empty = client.get(reverse("privacy"))
    for kind in ("delete", "stop", "export", "rectify"):
        assert f'href="{new(kind)}"' in empty.content.decode()
    assert "You have asked for nothing yet" in words(empty)
    case = case_cast.file(made, "export")
    shown = words(client.get(reverse("privacy")))
    assert f"{case.number} Export you In review" in shown
    assert "A privacy officer acts next." in shown
    assert "You have asked for nothing yet" not in shown


def test_a_deletion_says_with_counts_what_it_would_do_before_it_asks(made, client):
    """W11: and looking stores nothing."""
    order = cast.order(made, "A-1", made.subject)
    cast.line(made, order, "Chai")
    cast.line(made, order, "Chang")
    cast.order(made, "B-1", made.stranger)
    shown = words(client.get(new("delete")))
    assert "Order lines 2" in shown and "Orders 1" in shown and "Contacts 1" in shown
    assert "Everything we hold about you is erased for good" in shown
    assert "Ask for deletion" in shown
    assert cases() == []


@pytest.mark.parametrize("kind", ["delete", "stop", "export"])
def test_a_request_is_filed_and_leads_to_the_page_on_which_it_is_followed(made, client, kind):
    """R2."""
    sent = client.post(new(kind), {"text": "Please."})
    (case,) = cases()
    assert (sent.status_code, sent.url) == (302, status(case))
    assert (case.kind, case.subject, case.state) == (kind, made.subject.pk, "in_review")
    shown = words(client.get(sent.url))
    assert case.number in shown and "Please." in shown and "Withdraw the request" in shown


def test_pressing_twice_files_once_and_keeps_what_was_written(client):
    """The second press is 409 and leads to the first request."""
    client.post(new("export"), {"text": "one"})
    (case,) = cases()
    again_ = client.post(new("export"), {"text": "two"})
    assert again_.status_code == 409
    assert status(case) in again_.content.decode()
    assert cases() == [case]
    assert client.post(new("stop"), {"text": "another kind"}).status_code == 302


def test_a_correction_proposes_what_was_changed_and_nothing_else(made, client):
    """W4, R1: also a field that the person cannot edit; a hidden one is not offered."""
    page = client.get(new("rectify")).content.decode()
    assert 'name="value_phone"' in page
    assert 'name="value_health"' not in page
    sent = client.post(new("rectify"), rectify_data(made, phone="+48 600 100 200"))
    assert sent.status_code == 302
    (proposal,) = Proposal.objects.visible_to(TEST)
    assert (proposal.field, proposal.before, proposal.proposed) == ("phone", None, "+48 600 100 200")
    assert "+48 600 100 200" in words(client.get(sent.url))


def test_a_value_changed_by_somebody_else_meanwhile_is_not_proposed_back(made, client):
    data = rectify_data(made, phone="+48 600 100 200")
    records.change_record(actor=TEST, record=made.subject.pk, given={"name": "Sage Summer"}, at=cast.NOW)
    client.post(new("rectify"), data)
    assert [one.field for one in Proposal.objects.visible_to(TEST)] == ["phone"]


def test_a_value_that_cannot_be_is_refused_next_to_its_field_and_kept(made, client):
    wrong = client.post(new("rectify"), rectify_data(made, email="no address"))
    assert wrong.status_code == 400
    body = wrong.content.decode()
    assert "write an address like name@example.org" in body
    assert 'value="no address"' in body
    assert 'aria-invalid="true"' in body
    nothing = client.post(new("rectify"), rectify_data(made))
    assert nothing.status_code == 400
    assert "give at least one value that differs" in words(nothing)
    assert cases() == []


def test_people_one_added_can_be_asked_for_and_nothing_of_them_is_counted(made, client):
    """R3, W17: the stranger is not offered; the person is asked first."""
    cast.order(made, "A-1", made.added)
    page = client.get(new("delete", made.added.pk))
    shown = words(page)
    assert "Delete the data of Ada Added" in shown
    assert "The answer goes to Ada Added alone" in shown
    assert "Orders" not in shown
    assert "Robin" not in page.content.decode()
    sent = client.post(new("delete", made.added.pk), {"text": ""})
    (case,) = cases()
    assert (case.subject, case.on_behalf, case.state) == (made.added.pk, True, "proving")
    after = words(client.get(sent.url))
    assert "We are waiting for Ada Added to confirm." in after
    assert "go to Ada Added alone" in after


def test_nobody_is_asked_for_whom_one_did_not_add(made, client):
    """Attack 1: a stranger's record is missing, and the attempt is in the ledger."""
    for method in (client.get, client.post):
        assert method(new("delete", made.stranger.pk)).status_code == 404
        assert method(new("rectify", "00000000-0000-4000-8000-000000000000")).status_code == 404
        assert method(new("stop", "not-an-id")).status_code == 404
    assert cases() == []
    assert LedgerEntry.objects.filter(code="case.refused_attempt").count() == 3
    assert client.get(new("delete", made.added.pk)).status_code == 200


def test_a_request_is_followed_by_its_people_alone(made, client):
    case = case_cast.file(made, "export")
    stranger = browser(made, "stranger")
    for address in (status(case), reverse("dsr_requests:withdraw", args=[case.pk])):
        assert stranger.get(address).status_code == 404
        assert client.get(address).status_code == 200
    assert stranger.post(reverse("dsr_requests:withdraw", args=[case.pk])).status_code == 404
    assert again(case).state == "in_review"


def test_a_refusal_says_the_ground_the_reason_and_where_to_complain(made, client):
    """W19."""
    case = case_cast.file(made, "export")
    case_cast.decide(made, case, "refuse", ground=GROUND, sentence="We hold nothing of this sort.")
    shown = words(client.get(status(case)))
    assert "The request is clearly without foundation." in shown
    assert "We hold nothing of this sort." in shown
    assert "Urząd Ochrony Danych Osobowych" in shown and "You may also go to court." in shown
    assert GROUND not in shown


@pytest.mark.parametrize("state", ["fulfilled", "partly_fulfilled"])
def test_a_finished_export_leads_to_the_download(made, client, state):
    """Also where something is left out of it; and one that is still being made does not."""
    cast.order(made, "A-1", made.subject)
    case = case_cast.file(made, "export")
    if state == "partly_fulfilled":
        partly_cast.put(made, case, ground=GROUND, sentence="Not this one.")
    case_cast.decide(made, case, "as_drafted")
    assert "My downloads" not in words(client.get(status(case)))
    outbox.drain()
    assert again(case).state == state
    shown = client.get(status(case))
    assert "You find it under My downloads." in words(shown)
    assert f'class="button" href="{reverse("privacy")}#downloads"' in shown.content.decode()


def test_who_asked_for_another_sees_where_it_stands_and_not_the_answer(made, client):
    """W17, decision 14: the result goes to the person alone."""
    case = case_cast.file(made, "rectify", subject=made.added.pk, proposals={"name": "Ada Byron"})
    mandates.confirm(case_cast.token_for(case), at=case_cast.LATER)
    case_cast.decide(made, again(case), "refuse", ground=GROUND, sentence="Told to Ada only.")
    shown = words(client.get(status(case)))
    assert "Refused" in shown and "Ada Byron" in shown
    assert "Told to Ada only." not in shown
    assert "without foundation" not in shown
    assert "Field After Decision Name Ada Byron Not corrected" in shown
    assert "Ada Added Ada Byron" not in shown


def test_a_correction_shows_before_and_after_and_the_answer_to_each_field(made, client):
    """W4, W5."""
    case = case_cast.file(made, "rectify", proposals={"name": "Sage Summer", "phone": "+48 600 100 200"})
    answers = {"name": True, "phone": False}
    case_cast.decide(made, case, ground=GROUND, sentence="Not your number.", proposals=answers)
    outbox.drain()
    shown = words(client.get(status(case)))
    assert "Name Sage Winter Sage Summer Corrected" in shown
    assert "Phone nothing +48 600 100 200 Not corrected" in shown
    assert "Not your number." in shown


def test_taking_back_needs_a_press_and_ends_when_it_is_carried_out(made, client):
    """W16: looking changes nothing."""
    case = case_cast.file(made, "export")
    address = reverse("dsr_requests:withdraw", args=[case.pk])
    assert client.get(address).status_code == 200
    assert again(case).state == "in_review"
    assert client.post(address, {"reason": "changed my mind"}).url == status(case)
    assert again(case).state == "withdrawn"
    assert client.post(address, {"reason": ""}).status_code == 409
    running = case_cast.decide(made, case_cast.file(made, "stop"))
    late = reverse("dsr_requests:withdraw", args=[running.pk])
    assert "It can no longer be withdrawn." in words(client.get(late))
    refused = client.post(late, {"reason": ""})
    assert (refused.status_code, again(running).state) == (409, "carrying_out")


def test_the_link_shows_on_get_and_counts_once_on_post(made):
    """W16, attack 10."""
    case = asked_now(made, "delete")
    address = reverse("dsr_requests:confirm", args=[case_cast.token_for(case)])
    somebody = Client()
    for _time in range(2):
        shown = words(somebody.get(address))
        assert "Sage Winter added you to our records and asks in your name: Delete." in shown
    assert somebody.head(address).status_code == 200
    assert again(case).state == "proving"
    assert somebody.post(address, {"answer": "perhaps"}).status_code == 400
    assert again(case).state == "proving"
    after = somebody.post(address, {"answer": "confirm"}, follow=True)
    assert "your answer was recorded" in words(after)
    assert again(case).state == "in_review"
    assert somebody.post(address, {"answer": "object"}).status_code == 404
    assert again(case).state == "in_review"


def test_the_person_may_object_and_the_request_ends(made, client):
    case = asked_now(made, "export")
    address = reverse("dsr_requests:confirm", args=[case_cast.token_for(case)])
    assert Client().get(f"{address[:-2]}x/").status_code == 404
    Client().post(address, {"answer": "object"})
    assert again(case).state == "withdrawn"
    assert "Withdrawn" in words(client.get(status(case)))


def test_the_link_speaks_the_language_of_the_mail_until_another_is_chosen(made):
    case = asked_now(made, "export")
    CaseDetail.objects.visible_to(TEST).filter(case=case).update(language="fi")
    address = reverse("dsr_requests:confirm", args=[case_cast.token_for(case)])
    somebody = Client(headers={"accept-language": "pt"})
    assert '<html lang="fi"' in somebody.get(address).content.decode()
    somebody.cookies["django_language"] = "pl"
    assert '<html lang="pl"' in somebody.get(address).content.decode()
    del somebody.cookies["django_language"]
    after = somebody.post(address, {"answer": "confirm"}, follow=True)
    assert '<html lang="fi"' in after.content.decode()


def test_no_form_is_taken_without_its_token(made):
    """And with it, it is."""
    strict = browser(made, "subject", csrf=True)
    assert strict.post(new("export"), {"text": ""}).status_code == 403
    assert cases() == []
    strict.get(new("export"))
    token = strict.cookies["csrftoken"].value
    sent = strict.post(new("export"), {"text": "", "csrfmiddlewaretoken": token})
    assert sent.status_code == 302


def test_the_list_asks_the_database_as_often_for_ten_as_for_one(made, client, django_assert_num_queries):
    case_cast.file(made, "export")
    client.get(reverse("privacy"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("privacy"))
    for kind in ("delete", "stop"):
        case_cast.file(made, kind)
    for number in range(4):
        other = cast.contact(made.contacts, f"Other{number} Added", actor=made.actor("subject"))
        case_cast.file(made, "export", subject=other.pk)
    assert len(portal.lines(made.actor("subject"), at=cast.NOW)) == 7
    with django_assert_num_queries(len(one)):
        client.get(reverse("privacy"))


def test_an_erased_person_leaves_pages_that_still_work(made, client):
    """The representative's list goes on when the person they asked for is gone."""
    case = case_cast.file(made, "delete", subject=made.added.pk)
    mandates.confirm(case_cast.token_for(case), at=case_cast.LATER)
    case_cast.approve(made, case_cast.decide(made, again(case)))
    outbox.drain()
    assert again(case).state == "fulfilled"
    assert "a person you added" in words(client.get(status(case)))
    assert case.number in words(client.get(reverse("privacy")))
    assert not Mail.objects.filter(kind="case.mandate", subject_id=made.added.pk).exists()


def test_the_privacy_tab_says_what_is_held_and_where_it_came_from(made, client):
    """D6, D18: kinds with counts, personal and sensitive fields, how the records of each came here."""
    before = words(client.get(reverse("privacy")))
    cast.order(made, "H1", made.subject)
    cast.order(made, "H2", made.stranger)
    shown = words(client.get(reverse("privacy")))
    assert "Orders" not in before.partition("My requests")[0]
    assert "Orders 1 test" in shown and "Contacts 4 personal fields, 1 of them sensitive 1 test" in shown


def test_each_kind_puts_its_own_questions(made, client):
    """Decisions 13, 16; Art. 15, 17, 18, 20, 21."""
    cast.order(made, "A-1", made.subject)
    delete, stop = words(client.get(new("delete"))), words(client.get(new("stop")))
    assert "What should be deleted?" in delete and "Orders (1)" in delete and "Only single records" in delete
    assert "I do not want advertising. Only advertising stops, at once." in stop
    assert "What should be deleted?" not in stop
    export = words(client.get(new("export")))
    assert "Only the part I can take elsewhere" in export and "Only until this day" in export
    assert "How can we see that this is right?" in words(client.get(new("rectify")))
    for kind in ("delete", "export"):
        assert "Only some kinds" not in words(client.get(new(kind, made.added.pk)))


def test_part_of_a_deletion_is_chosen_filed_and_shown(made, client):
    order = cast.order(made, "A-1", made.subject)
    data = {"what": "records", "records": [str(order.pk)], "kinds": ["records:orders"], "text": ""}
    sent = client.post(new("delete"), data)
    (case,) = cases()
    assert case.asked == {"what": "records", "records": [str(order.pk)]}
    assert "To be deleted 1 single record" in words(client.get(sent.url))


def test_choosing_nothing_is_said_next_to_the_question_and_what_was_entered_stays(made, client):
    cast.order(made, "A-1", made.subject)
    wrong = client.post(new("delete"), {"what": "kinds", "text": "Please."})
    assert (wrong.status_code, cases()) == (400, [])
    assert "Choose at least one." in words(wrong)
    assert 'value="kinds" required checked' in re.sub(r' (id|aria-\w+)="[^"]*"', "", wrong.content.decode())
    late = client.post(new("export"), {"since": "2026-02-01", "until": "2026-01-01"})
    assert late.status_code == 400 and "The last day lies before the first." in words(late)


def test_further_records_are_shown_without_losing_what_was_chosen(made, client, monkeypatch):
    """And asking for them files nothing."""
    monkeypatch.setattr(offers, "PAGE", 2)
    mine = {str(cast.order(made, f"A-{n}", made.subject).pk) for n in range(3)}
    first = client.get(new("delete")).content.decode()
    shown = re.findall(r'name="records" value="([^"]+)"', first)
    following = re.search(r'name="more" value="([^"]+)"', first).group(1)
    data = {"what": "records", "records": shown[:1], "more": following, "text": "Please."}
    more = client.post(new("delete"), data)
    body = more.content.decode()
    assert (more.status_code, cases()) == (200, [])
    assert set(re.findall(r'name="records" value="([^"]+)"', body)) == {shown[0], *(mine - set(shown))}
    assert re.search(rf'value="{shown[0]}"[^>]* checked', body) and "Please." in body
    assert 'name="more"' not in body
    assert client.post(new("delete"), {**data, "more": "x"}).status_code == 200


def test_what_shows_that_a_correction_is_right_is_kept_with_the_words(made, client):
    data = {**rectify_data(made, phone="+48 600 100 200"), "evidence": "My contract", "text": "Please."}
    client.post(new("rectify"), data)
    detail = CaseDetail.objects.visible_to(TEST).get()
    assert detail.text == "Please.\n\nWhat shows it: My contract"


def test_what_is_under_way_stands_before_everything_else(made):
    """W20: open requests with their due day come first; a closed one is no longer under way."""
    client = browser(made, "subject")
    assert "What is under way" not in words(client.get(reverse("privacy")))
    case = case_cast.file(made, "export")
    shown = words(client.get(reverse("privacy")))
    assert (
        shown.index("What is under way") < shown.index(case.number) < shown.index("What do you want to do?")
    )
    case_cast.decide(made, case, "refuse", ground=case_cast.GROUND, sentence="No.")
    assert "What is under way" not in words(client.get(reverse("privacy")))
