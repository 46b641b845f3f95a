"""Getting in: password, code, step-up, and every way in which one must not get in."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.people import accounts, desk, factors, roles, stepup
from portals_core.plumbing import clock
from portals_core.views.given import own_path
from tests import cast
from tests.portals_core.door import code_at, give_device, key_of, sign_in
from tests.portals_core.trail import leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return cast.set_up()


@pytest.fixture
def time():
    """The moment of the cast, standing still until a test moves it."""
    with time_machine.travel(cast.NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def officer(made, time):
    """An officer with an authenticator whose code of this moment is used up already."""
    give_device(made.users["officer"])
    time.shift(30)
    return made.users["officer"]


def answer(response):
    """What an outsider can compare: status, headers and body, without the token that differs each time, the
    length, which follows from the body, and the second in which the answer was made."""
    headers = dict(response.headers)
    for passing in ("Content-Length", "Expires"):
        headers.pop(passing, None)
    return response.status_code, headers, without_token(response)


def without_token(response):
    text = response.content.decode()
    token = response.context["csrf_token"] if response.context else None
    return text.replace(str(token), "") if token else text


def signed_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_a_portal_user_signs_in_with_address_and_password(made, client):
    response = sign_in(client, made.users["subject"], next="/account/")
    assert (response.status_code, response["Location"]) == (302, "/account/")
    assert signed_in(client)


def test_the_address_is_compared_without_case_and_blanks(made, client):
    client.post("/sign-in/", {"username": " SAGE@People.Example ", "password": cast.PASSWORD})
    assert signed_in(client)


def test_signing_in_changes_the_session_key(made, client):
    """Session fixation: what an attacker planted is worth nothing afterwards."""
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    sign_in(client, made.users["subject"])
    assert client.session.session_key != planted


@pytest.mark.parametrize("state", ["unknown", "wrong password", "closed", "not confirmed", "erased"])
def test_nobody_learns_why_a_sign_in_failed(made, state):
    """2, attack 13: known, unknown, closed, invited, erased: same answer, same queries."""
    wrong = post_counted({"username": "robin@people.example", "password": "wrong"})
    user, admin = made.users["subject"], made.actor("administrator")
    given = {"username": user.email, "password": cast.PASSWORD}
    if state == "unknown":
        given["username"] = "nobody@people.example"
    elif state == "wrong password":
        given["password"] = "wrong"
    elif state == "closed":
        desk.deactivate(actor=admin, user=user, at=cast.NOW, reason="test")
    elif state == "not confirmed":
        given["username"] = accounts.create_portal_user(
            actor=admin,
            identity=made.added.pk,
            email="ada@people.example",
            name="Ada",
            user_type=made.user_type.pk,
            at=cast.NOW,
        ).email
    else:
        accounts.forget(actor=admin, user=user, at=cast.NOW)
    same = post_counted(given)
    assert same[0][0] == wrong[0][0] == 400
    assert same[0][2].replace(given["username"], "") == wrong[0][2].replace("robin@people.example", "")
    assert same[0][1] == wrong[0][1]
    assert same[1] == wrong[1]


def post_counted(given):
    client = Client()
    with CaptureQueriesContext(connection) as queries:
        response = client.post("/sign-in/", given)
    assert not signed_in(client)
    return answer(response), len(queries)


def test_one_hash_is_computed_whoever_is_named(made, monkeypatch):
    """2, attack 14: the work an answer costs does not tell whether the address is known."""
    from portals_core.people.cheap_hasher import CheapArgon2Hasher

    counted = []

    def counting(original):
        def count(self, *args):
            counted.append("hash")
            return original(self, *args)

        return count

    for name in ("encode", "verify"):
        monkeypatch.setattr(CheapArgon2Hasher, name, counting(getattr(CheapArgon2Hasher, name)))
    for name in ("robin@people.example", "nobody@people.example"):
        counted.clear()
        Client().post("/sign-in/", {"username": name, "password": "wrong"})
        assert counted == ["hash"], name


def test_a_closed_account_is_out_at_once(made, client):
    """5, attack 27."""
    sign_in(client, made.users["subject"])
    assert signed_in(client)
    desk.deactivate(actor=made.actor("administrator"), user=made.users["subject"], at=cast.NOW, reason="test")
    assert not signed_in(client)


def test_a_new_password_ends_every_session(made, client):
    """5, attack 27."""
    sign_in(client, made.users["subject"])
    assert signed_in(client)
    accounts.set_password(
        user=made.users["subject"], password="another long sentence", at=cast.NOW, actor=made.actor("subject")
    )
    assert not signed_in(client)
    sign_in(client, made.users["subject"], "another long sentence")
    assert signed_in(client)


def test_staff_need_a_code_after_the_password(officer, client, time):
    """RD7; 6."""
    response = sign_in(client, officer, next="/desk/people/")
    assert urlsplit(response["Location"]).path == "/sign-in/code/"
    assert not signed_in(client)
    response = client.post("/sign-in/code/", {"code": code_at(clock.now()), "next": "/account/"})
    assert (response.status_code, response["Location"]) == (302, "/account/")
    assert signed_in(client)


def test_a_code_works_once(officer, time):
    """6, attack 21."""
    first, second = Client(), Client()
    for client in (first, second):
        sign_in(client, officer)
    assert first.post("/sign-in/code/", {"code": code_at(clock.now())}).status_code == 302
    refused = second.post("/sign-in/code/", {"code": code_at(clock.now())})
    assert refused.status_code == 400 and not signed_in(second)
    time.shift(60)
    assert second.post("/sign-in/code/", {"code": code_at(clock.now())}).status_code == 302
    assert signed_in(second) and signed_in(first)


@pytest.mark.parametrize("seconds", [-30, 30, 3600])
def test_only_the_code_of_this_moment_counts(officer, client, time, seconds):
    """RD7: one live code, not three."""
    time.shift(60)
    sign_in(client, officer)
    wrong = code_at(clock.now() + timedelta(seconds=seconds))
    assert client.post("/sign-in/code/", {"code": wrong}).status_code == 400
    assert not signed_in(client)
    time.shift(60)
    client.post("/sign-in/code/", {"code": code_at(clock.now())})
    assert signed_in(client)


def test_a_right_password_is_not_remembered_for_long(officer, client, time):
    sign_in(client, officer)
    time.shift(601)
    response = client.post("/sign-in/code/", {"code": code_at(clock.now())})
    assert response["Location"] == "/sign-in/" and not signed_in(client)


def test_a_password_changed_in_between_ends_the_way_to_the_code(officer, client):
    sign_in(client, officer)
    accounts.set_password(user=officer, password="another long sentence", at=cast.NOW, actor=system("test"))
    client.post("/sign-in/code/", {"code": code_at(clock.now())})
    assert not signed_in(client)


def test_staff_without_a_second_factor_reach_no_page_of_the_desk(made, client, time):
    """A signed-in session that never gave a code has no rights, whatever the role."""
    pages = ["/desk/people/", "/desk/staff/", "/desk/user-types/", "/desk/people/uninvited/", "/account/"]
    response = sign_in(client, made.users["administrator"])
    assert urlsplit(response["Location"]).path == "/sign-in/enrol/"
    for page in pages:
        assert urlsplit(client.get(page)["Location"]).path == "/sign-in/code/", page
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/enrol/"
    enrolling = client.get("/sign-in/enrol/")
    key = key_of(enrolling.context["secret"])
    assert client.post("/sign-in/enrol/", {"code": "000000"}).status_code == 400
    assert factors.device_of(made.users["administrator"]) is None
    assert client.post("/sign-in/enrol/", {"code": code_at(clock.now(), key)}).status_code == 302
    for page in pages:
        assert client.get(page).status_code == 200, page
    assert leaves("account.factor_added", made.users["administrator"].ref)


def test_a_session_whose_device_was_removed_is_unverified(made, officer, client):
    """Attack 28."""
    sign_in(client, officer)
    client.post("/sign-in/code/", {"code": code_at(clock.now())})
    assert signed_in(client)
    factors.remove_factor(actor=made.actor("administrator"), user=officer, at=cast.NOW)
    assert urlsplit(client.get("/account/")["Location"]).path == "/sign-in/code/"


def test_a_role_that_is_taken_away_ends_at_once(made, client, time):
    """5, attack 27."""
    give_device(made.users["administrator"])
    time.shift(30)
    colleague = cast.staff("second_administrator", "administrator")
    sign_in(client, made.users["administrator"])
    client.post("/sign-in/code/", {"code": code_at(clock.now())})
    assert client.get("/desk/people/").status_code == 200
    roles.set_roles(
        actor=accounts.actor_of(colleague, verified=True),
        user=made.users["administrator"],
        roles=["operator"],
        at=cast.NOW,
    )
    assert client.get("/desk/people/").status_code == 403
    assert client.get("/account/").status_code == 200


def test_the_picture_of_an_authenticator_obeys_the_content_policy(made, client):
    """No style attribute, no script, no foreign host; the page is never cached."""
    sign_in(client, made.users["administrator"])
    response = client.get("/sign-in/enrol/")
    picture = response.context["picture"]
    assert picture.startswith("<svg") and "style" not in picture and "http" not in picture
    assert "no-store" in response["Cache-Control"]


def test_a_portal_user_may_add_a_second_factor_and_then_needs_it(made, client, time):
    sign_in(client, made.users["subject"])
    key = key_of(client.get("/sign-in/enrol/").context["secret"])
    client.post("/sign-in/enrol/", {"code": code_at(clock.now(), key), "next": "/account/"})
    assert signed_in(client)
    other = Client()
    response = sign_in(other, made.users["subject"])
    assert urlsplit(response["Location"]).path == "/sign-in/code/" and not signed_in(other)
    time.shift(30)
    other.post("/sign-in/code/", {"code": code_at(clock.now(), key)})
    assert signed_in(other)


def test_adding_a_second_factor_needs_a_recent_proof(made, client, time):
    """6: somebody who found a session open does not lock its owner out."""
    sign_in(client, made.users["subject"])
    time.shift(301)
    assert urlsplit(client.get("/sign-in/enrol/")["Location"]).path == "/confirm/"
    client.post("/confirm/", {"password": cast.PASSWORD})
    assert client.get("/sign-in/enrol/").status_code == 200


def test_confirming_asks_for_what_the_account_has(made, officer, client, time):
    """6: code where there is a device, password otherwise."""
    subject = Client()
    sign_in(subject, made.users["subject"])
    assert subject.post("/confirm/", {"password": "wrong"}).status_code == 400
    assert (
        subject.post("/confirm/", {"password": cast.PASSWORD, "next": "/account/"})["Location"] == "/account/"
    )
    sign_in(client, officer)
    client.post("/sign-in/code/", {"code": code_at(clock.now())})
    time.shift(301)
    assert not stepup.is_fresh(client.session, at=clock.now())
    assert client.post("/confirm/", {"password": cast.PASSWORD}).status_code == 400
    assert not stepup.is_fresh(client.session, at=clock.now())
    client.post("/confirm/", {"code": code_at(clock.now())})
    assert stepup.is_fresh(client.session, at=clock.now())


def test_signing_out_is_a_post(made, client):
    sign_in(client, made.users["subject"])
    assert client.get("/sign-out/").status_code == 405
    assert signed_in(client)
    client.post("/sign-out/")
    assert not signed_in(client)


def test_a_form_of_another_site_is_refused(made):
    """Attack 31."""
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, made.users["subject"]).status_code == 403
    page = strict.get("/sign-in/")
    token = str(page.context["csrf_token"])
    assert sign_in(strict, made.users["subject"], csrfmiddlewaretoken=token).status_code == 302


def test_no_page_can_be_framed(made, client):
    """Attack 32."""
    response = client.get("/sign-in/")
    assert response["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


EVIL = [
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "/%5cevil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "\\\\evil.example",
    "/%2fevil.example",
    "/\t/evil.example",
    "evil",
    "",
    " //evil.example",
    "/\r\nSet-Cookie: a=b",
    "/%0d%0aSet-Cookie:%20a=b",
]


@pytest.mark.parametrize("given", EVIL)
def test_next_leads_to_a_path_of_ours_only(made, client, given):
    """Attack 33."""
    assert own_path(given) == "/"
    assert sign_in(client, made.users["subject"], next=given)["Location"] == "/"
    assert client.post("/confirm/", {"password": cast.PASSWORD, "next": given})["Location"] == "/"


@pytest.mark.parametrize("given", ["/", "/account/", "/desk/people/?state=active&after=3", "/reset/żółw/"])
def test_a_path_of_ours_is_kept(given):
    assert own_path(given) == given


def test_asking_twice_for_the_desk_leads_back_there(officer, client, time):
    response = client.get("/desk/people/?state=active")
    assert response["Location"] == "/sign-in/?next=/desk/people/%3Fstate%3Dactive"
    response = client.post(
        "/sign-in/",
        {"username": officer.email, "password": cast.PASSWORD, "next": "/desk/people/?state=active"},
    )
    response = client.post(response["Location"], {"code": code_at(clock.now())})
    assert response["Location"] == "/desk/people/?state=active"
