"""Requests of people without an account: the form, the code page, the link (W23, W16)."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.plumbing import clock
from portals_core.plumbing.errors import TooMany
from portals_core.plumbing.models import Job, Mail
from requests.models import CaseDetail
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST
from tests.requests.pages import cases, words
from tests.requests.proving import ask, code_in, latest, letter, proof_of, token_in, wrong

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
FORM = "/requests/new/"


@pytest.fixture
def client(made):
    return Client()


def sent(client, email="robin@people.example", **more):
    return client.post(FORM, {"kind": "export", "email": email, **more})


def test_somebody_without_an_account_asks_proves_and_is_in_review(client, made):
    assert 'href="/requests/new/"' in client.get(reverse("portals_core:sign-in")).content.decode()
    assert "You need no account" in words(client.get(FORM))
    page = sent(client, name="Robin\r\nBcc: all@people.example", text="All of it.", phone="+48 600 100 200")
    (case,) = cases()
    assert (case.channel, case.state, case.subject, case.requester_id) == ("form", "proving", None, None)
    detail = CaseDetail.objects.visible_to(TEST).get(case=case)
    assert detail.reply_to == "robin@people.example"
    assert "All of it." in detail.text and "Robin Bcc: all@people.example" in detail.text
    assert page.url == reverse("dsr_requests:code", args=[proof_of(case).pk])
    assert client.post(page.url, {"code": wrong(code_in(letter()))}).status_code == 400
    done = client.post(page.url, {"code": code_in(letter())})
    assert done.url == reverse("dsr_requests:proved")
    assert "A privacy officer looks" in words(client.get(done.url))
    assert case_cast.again(case).state == "in_review"


def test_the_message_has_number_day_code_and_link_and_none_of_the_words(client, made):
    """Attack 58: a line break in a name adds no header."""
    sent(client, name="X\r\nBcc: all@people.example", text="canary-words")
    (case,) = cases()
    mail = Mail.objects.get()
    assert mail.kind == "case.proof" and case.number in mail.title
    assert case.number in mail.body and "/requests/prove/" in mail.body
    assert "canary-words" not in mail.title + mail.body and "Bcc" not in mail.title + mail.body
    assert "\n" not in mail.title and mail.to == "robin@people.example"


def _trace(client, email):
    """What somebody outside sees of a request, and what it cost."""
    jobs = Job.objects.count()
    with CaptureQueriesContext(connection) as asked:
        answer = sent(client, email)
    kinds = [re.sub(r"'[^']*'|\d+", "?", query["sql"])[:60] for query in asked]
    shown = client.get(answer.url)
    body = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|value=\"\w{64}\"", "", shown.content.decode())
    headers = {name: value for name, value in answer.headers.items() if name not in ("Location", "Expires")}
    return (
        answer.status_code,
        re.sub(r"[0-9a-f-]{36}", "", answer.url),
        headers,
        shown.status_code,
        body,
        kinds,
        Job.objects.count() - jobs,
    )


def test_known_unknown_locked_and_erased_are_answered_alike(made):
    """Promise 2, attack 13: status, headers, body, queries and promised jobs are the same."""
    locked = case_cast.carried_out(made, "stop", who="stranger")
    assert locked.state
    erased = cast.contact(made.contacts, "Erika Erased")
    gone = case_cast.file(made, "delete", "officer", subject=erased.pk)
    case_cast.approve(made, case_cast.decide(made, gone))
    from portals_core.plumbing import outbox

    outbox.drain()
    client = Client()
    _trace(client, "warm@people.example")
    unknown = _trace(client, "nobodyy@people.example")
    for known in (
        "sage@people.example",
        "robin@people.example",
        "erika@people.example",
        "officer@staff.example",
    ):
        assert _trace(client, known) == unknown, known


def test_nobody_is_looked_up_to_file_or_to_show_the_page_of_the_code(client, made, django_assert_num_queries):
    """Promise 2: neither record nor account nor unique value is read."""
    with CaptureQueriesContext(connection) as asked:
        page = sent(client)
    text = " ".join(query["sql"].lower() for query in asked)
    for table in ("portals_core_record", "portals_core_user", "portals_core_uniquevalue"):
        assert f'"{table}"' not in text
    with django_assert_num_queries(0):
        client.get(page.url)


def test_a_code_page_for_nothing_looks_the_same(client, made):
    """Attack 16."""
    page = sent(client)
    nothing = "/requests/code/00000000-0000-4000-8000-000000000000/"
    for data in (None, {"code": "12345678"}):
        answers = [client.get(u) if data is None else client.post(u, data) for u in (page.url, nothing)]
        assert answers[0].status_code == answers[1].status_code
        assert words(answers[0]) == words(answers[1])


def test_opening_the_link_changes_nothing_and_the_button_proves(client, made):
    """W16, attack 7: scanners of mail follow links."""
    case = ask(at=clock.now())
    address = f"/requests/prove/{token_in(latest(case))}/"
    for _ in range(2):
        assert "Did you ask for this?" in words(client.get(address))
    client.head(address)
    assert case_cast.again(case).version == case.version
    assert client.post(address).url.startswith(reverse("dsr_requests:proved"))
    assert case_cast.again(case).state == "in_review"
    assert client.get(address).status_code == 404


def test_a_new_code_is_sent_on_request_until_there_were_enough(client, made):
    page = sent(client)
    again = f"{page.url}again/"
    assert client.get(again).status_code == 405
    for _ in range(3):
        assert client.post(again).url == page.url
    refused = client.post(again)
    assert refused.status_code == 429 and "No more codes" in words(refused)
    assert Mail.objects.count() == 4


@pytest.mark.parametrize(
    "wrong_one",
    [
        {"email": "no address"},
        {"email": ""},
        {"kind": "forget"},
        {"phone": "call me"},
        {"email": "a@b.example\r\nBcc: c@d.example"},
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_written_stays(client, made, wrong_one):
    answer = client.post(FORM, {"kind": "export", "email": "a@b.example", "text": "My words", **wrong_one})
    (field,) = wrong_one
    assert answer.status_code == 400 and cases() == [] and Mail.objects.count() == 0
    assert field in answer.context["form"].errors and "My words" in answer.content.decode()


def test_nothing_can_be_uploaded(client, made):
    """Attack 11."""
    shown = client.get(FORM).content.decode()
    assert 'type="file"' not in shown and "multipart" not in shown


def test_the_language_of_the_page_is_that_of_the_message(made):
    client = Client(headers={"accept-language": "pl"})
    sent(client)
    (case,) = cases()
    assert CaseDetail.objects.visible_to(TEST).get(case=case).language == "pl"
    assert Mail.objects.get().language == "pl"


def test_a_network_that_asks_too_often_is_told_and_an_address_named_too_often_is_not(
    client, made, monkeypatch
):
    """Attack 12, W18: beyond the cap the next page is the same, and nothing is kept or sent."""
    from portals_core.plumbing import limits

    full: set[str] = set()

    def spend(name, key, *, limit, seconds, at):
        assert "robin" not in key
        if name in full:
            raise TooMany("Too often.")

    monkeypatch.setattr(limits, "spend", spend)
    normal = sent(client)
    full.add("request.named")
    capped = sent(client)
    assert capped.status_code == normal.status_code and len(cases()) == 1 == Mail.objects.count()
    assert words(client.get(capped.url)) == words(client.get(normal.url))
    full.add("request.form")
    assert sent(client).status_code == 429


def test_the_clock_starts_with_the_form_and_not_with_the_proof(made):
    """W2."""
    case = ask(at=cast.NOW - timedelta(days=3))
    assert case.received_at == cast.NOW - timedelta(days=3)
    due = case.due_on
    from requests.arriving import codes

    codes.follow(token_in(latest(case)), at=cast.NOW)
    assert case_cast.again(case).due_on == due


def test_the_kinds_are_asked_in_plain_words(client, made):
    shown = words(client.get(FORM))
    for sentence in ("Delete my data", "Stop processing", "Export my data", "Rectify my data"):
        assert sentence in shown
