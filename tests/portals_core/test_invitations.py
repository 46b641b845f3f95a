"""Invitations and resets: who may send them, what the mail holds, and that a link works once."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.people import accounts, desk, invitations, resets
from portals_core.people.models import User
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, Locked
from portals_core.plumbing.models import Job, Mail, OneTimeLink
from tests import cast
from tests.portals_core.door import sign_in
from tests.portals_core.trail import details, leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])

WELCOME = {
    "password": "a sentence of six plain words",
    "language": "pl",
    "time_zone": "Europe/Warsaw",
    "time_format": "24",
    "country": "PL",
}
NEW = "quite another sentence of words"


@pytest.fixture(autouse=True)
def time():
    with time_machine.travel(cast.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made():
    return cast.set_up()


def invite(made, *, who="administrator", record=None, **more) -> User:
    return invitations.invite_person(
        actor=made.actor(who),
        record=(record or made.added).pk,
        user_type=made.user_type.pk,
        at=cast.NOW,
        **more,
    )


def link(to: str) -> str:
    """The path of the link in the newest message to this address."""
    mail = Mail.objects.filter(to=to).order_by("-created_at", "-pk").first()
    assert mail, f"no message to {to}"
    found = re.search(r"http\S+?(/(?:welcome|reset)/\S+)", mail.body)
    assert found, mail.body
    return found[1]


def test_who_follows_the_link_chooses_a_password_and_is_in(made, client):
    """U3, U9: password and preferences on one page, then signed in."""
    user = invite(made)
    page = link(user.email)
    assert b'name="password"' in client.get(page).content
    response = client.post(page, WELCOME)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/account/").status_code == 200
    user.refresh_from_db()
    assert (user.language, user.time_zone, user.country) == ("pl", "Europe/Warsaw", "PL")
    assert user.confirmed_at == cast.NOW
    assert leaves("account.confirmed", user.ref) == [(user.ref, user.ref)]


def test_looking_at_the_link_uses_nothing_up(made, client):
    """W16, attack 7: scanners and previews are harmless."""
    page = link(invite(made).email)
    for _again in range(3):
        assert client.get(page).status_code == 200
        assert client.head(page).status_code == 200
    assert client.post(page, WELCOME).status_code == 302


def test_a_link_works_once(made):
    """Attack 60."""
    user = invite(made)
    page = link(user.email)
    assert Client().post(page, WELCOME).status_code == 302
    again = Client().post(page, {**WELCOME, "password": NEW})
    assert again.status_code == 404
    assert (
        sign_in(
            Client(), User.objects.visible_to(system("test")).get(email="ada@people.example"), NEW
        ).status_code
        == 400
    )


def test_a_wrong_or_late_link_is_gone(made, client, time):
    """Attack 61: edited, expired."""
    page = link(invite(made).email)
    edited = page[:-2] + ("A" if page[-2] != "A" else "B") + "/"
    assert client.get(edited).status_code == 404
    time.shift(timedelta(days=7) - timedelta(seconds=1))
    assert client.get(page).status_code == 200
    time.shift(1)
    assert client.get(page).status_code == 404
    assert client.post(page, WELCOME).status_code == 404


def test_a_link_of_another_purpose_is_refused(made, client):
    """Attack 61."""
    page = link(invite(made).email)
    assert client.get(page.replace("/welcome/", "/reset/")).status_code == 404
    assert client.get(page).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "short"},
        {"password": "password1234"},
        {"password": "ada@people.example"},
        {"language": "xx"},
        {"time_zone": "Mars/Base"},
        {"country": "ZZ"},
    ],
)
def test_a_refused_answer_leaves_the_link_as_it_was(made, client, wrong):
    page = link(invite(made).email)
    assert client.post(page, {**WELCOME, **wrong}).status_code == 400
    assert client.post(page, WELCOME).status_code == 302


def test_inviting_again_ends_the_earlier_link(made, client):
    """U11, U12: invitation and reminder are told apart."""
    user = invite(made)
    first = link(user.email)
    invitations.invite(actor=made.actor("administrator"), user=user, at=cast.NOW + timedelta(days=1))
    kinds = Mail.objects.filter(to=user.email).order_by("created_at").values_list("kind", flat=True)
    assert list(kinds) == ["invitation", "reinvitation"]
    assert [told["kind"] for told in details("account.invited", user.ref)] == list(kinds)
    assert client.get(first).status_code == 404
    assert client.get(link(user.email)).status_code == 200


def test_the_mail_holds_no_password_and_our_origin(made, settings):
    """Decision 6, U3."""
    settings.BASE_URL = "https://portal.example"
    user = invite(made)
    mail = Mail.objects.get(to=user.email)
    assert mail.body.count("https://portal.example/welcome/") == 1
    assert mail.subject_id == made.added.pk


def test_the_mail_is_in_the_language_of_the_person(made):
    """U12: the message names its language, and the account keeps it."""
    user = invite(made, language="fi")
    assert (Mail.objects.get(to=user.email).language, user.language) == ("fi", "fi")


def test_only_people_managers_invite(made):
    for who in ("subject", "officer", "auditor", "operator"):
        with pytest.raises((Forbidden, Absent)):
            invite(made, who=who)
    assert not Mail.objects.exists()
    invite(made)


def test_a_record_without_an_address_or_person_is_refused(made):
    """U1."""
    nameless = cast.contact(made.contacts, "Noel Nomail", email="")
    with pytest.raises(BadInput):
        invite(made, record=nameless)
    with pytest.raises(BadInput):
        invite(made, record=cast.order(made, "A1", made.subject))
    assert not Mail.objects.exists()


def test_one_person_has_one_account_and_one_address_serves_one_person(made):
    """U13."""
    with pytest.raises(Conflict):
        invite(made, record=made.subject)
    twin = cast.contact(made.contacts, "Twin", email="twin@people.example")
    accounts.create_staff(
        actor=made.actor("administrator"),
        email="TWIN@people.example",
        name="Twin",
        roles=["operator"],
        at=cast.NOW,
    )
    with pytest.raises(Conflict):
        invite(made, record=twin)


def test_a_restricted_person_is_not_invited(made):
    """L16, decision 15: the restriction stops the mail, lifting it lets it go."""
    lock = {"record": made.added.pk, "ground": "restriction", "reason": "asked", "placed_by": "case:1"}
    place.place(actor=system("case"), at=cast.NOW, **lock)
    with pytest.raises(Locked):
        invite(made)
    assert not Mail.objects.exists()
    place.lift(actor=system("case"), placed_by="case:1", at=cast.NOW, reason="over")
    invite(made)


def test_an_erased_closed_or_confirmed_account_is_not_invited(made):
    admin, user = made.actor("administrator"), invite(made)
    with pytest.raises(Conflict):
        invitations.invite(actor=admin, user=made.users["subject"], at=cast.NOW)
    desk.deactivate(actor=admin, user=user, at=cast.NOW, reason="test")
    with pytest.raises(Conflict):
        invitations.invite(actor=admin, user=user, at=cast.NOW)
    accounts.forget(actor=admin, user=user, at=cast.NOW)
    with pytest.raises(Absent):
        invitations.invite(actor=admin, user=user, at=cast.NOW)


def test_an_open_link_of_a_closed_account_leads_nowhere(made, client):
    """5, attack 63."""
    user = invite(made)
    page = link(user.email)
    desk.deactivate(actor=made.actor("administrator"), user=user, at=cast.NOW, reason="test")
    assert client.post(page, WELCOME).status_code == 404
    desk.activate(actor=made.actor("administrator"), user=user, at=cast.NOW)
    assert client.post(page, WELCOME).status_code == 302


def test_staff_are_invited_the_same_way_and_led_to_their_second_factor(made, client):
    user = invitations.invite_staff(
        actor=made.actor("administrator"),
        email="new@staff.example",
        name="New",
        roles=["officer"],
        at=cast.NOW,
    )
    response = client.post(link(user.email), WELCOME)
    assert response["Location"].startswith("/sign-in/enrol/")
    assert client.get("/account/")["Location"].startswith("/sign-in/code/")


def run_resets() -> None:
    """Run the promised resets, and nothing that setting up the cast promised."""
    for about in set(Job.objects.filter(handler=resets.HANDLER).values_list("about", flat=True)):
        outbox.drain(about=about)


def ask(email: str, **headers):
    """What asking for a reset shows and costs: status, headers without the second of the answer, body;
    queries; jobs."""
    client = Client(headers=headers)
    jobs = Job.objects.count()
    with CaptureQueriesContext(connection) as queries:
        response = client.post("/reset/", {"email": email})
    headers = {name: value for name, value in response.headers.items() if name != "Expires"}
    shown = (response.status_code, headers, response.content)
    return shown, len(queries), Job.objects.count() - jobs


@pytest.mark.parametrize("state", ["known", "closed", "erased", "not confirmed", "staff"])
def test_asking_for_a_reset_tells_nothing(made, state):
    """2, attack 13: same status, headers, body, queries and jobs as for an unknown address."""
    email, admin = made.users["subject"].email, made.actor("administrator")
    if state == "closed":
        desk.deactivate(actor=admin, user=made.users["subject"], at=cast.NOW, reason="test")
    elif state == "erased":
        accounts.forget(actor=admin, user=made.users["subject"], at=cast.NOW)
    elif state == "not confirmed":
        email = invite(made).email
    elif state == "staff":
        email = made.users["officer"].email
    assert ask(email) == ask("nobody@people.example")


def test_a_reset_sets_the_password_once_and_ends_every_session(made, client):
    signed_in = Client()
    sign_in(signed_in, made.users["subject"])
    ask(made.users["subject"].email)
    run_resets()
    page = link(made.users["subject"].email)
    assert client.get(page).status_code == 200 == signed_in.get("/account/").status_code
    assert client.post(page, {"password": "short"}).status_code == 400
    assert client.post(page, {"password": NEW})["Location"] == "/sign-in/"
    assert signed_in.get("/account/").status_code == 302
    assert client.post(page, {"password": cast.PASSWORD}).status_code == 404
    assert sign_in(Client(), made.users["subject"]).status_code == 400
    assert sign_in(Client(), made.users["subject"], NEW).status_code == 302


def test_a_reset_link_lives_one_hour(made, client, time):
    ask(made.users["subject"].email)
    run_resets()
    page = link(made.users["subject"].email)
    time.shift(3599)
    assert client.get(page).status_code == 200
    time.shift(1)
    assert client.post(page, {"password": NEW}).status_code == 404
    assert sign_in(Client(), made.users["subject"]).status_code == 302


def test_unknown_and_closed_addresses_get_no_mail(made):
    desk.deactivate(
        actor=made.actor("administrator"), user=made.users["stranger"], at=cast.NOW, reason="test"
    )
    for email in ("nobody@people.example", made.users["stranger"].email, made.users["subject"].email):
        ask(email)
    run_resets()
    assert list(Mail.objects.values_list("to", flat=True)) == [made.users["subject"].email]


def test_nobody_floods_a_mailbox_through_us(made, time):
    """Attack 12, in small: asking again at once sends nothing."""
    for _again in range(3):
        ask(made.users["subject"].email)
        run_resets()
    assert Mail.objects.count() == 1
    time.shift(resets.PAUSE)
    ask(made.users["subject"].email)
    run_resets()
    assert Mail.objects.count() == 2
    open_links = OneTimeLink.objects.filter(purpose=resets.PURPOSE, used_at=None, revoked_at=None)
    assert open_links.count() == 1


def test_the_host_a_visitor_names_is_not_in_the_mail(made, settings):
    """Attack 34: links come from the configured origin; a host that is not ours is refused."""
    settings.BASE_URL = "https://portal.example"
    ask(made.users["subject"].email, host="evil.example")
    run_resets()
    mail = Mail.objects.get(to=made.users["subject"].email)
    assert "https://portal.example/reset/" in mail.body and "evil" not in mail.body
    settings.ALLOWED_HOSTS = ["portal.example"]
    assert ask(made.users["subject"].email, host="evil.example")[0][0] == 400
    assert ask(made.users["subject"].email, host="portal.example")[0][0] == 302
