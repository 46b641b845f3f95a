"""Home, the privacy tab, the demo's mail: composed pages and pages of no app."""

import html
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from portals_core.people.models import Role
from portals_core.plumbing.models import Mail, MailState
from tests import cast
from tests.exports.web import browser
from tests.parts import ROOT

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return cast.set_up()


def mail(number: int, **given: object) -> Mail:
    """One kept message; a higher number is newer."""
    values = {
        "to": "sage@people.example",
        "title": f"Message {number}",
        "body": f"Open http://127.0.0.1:8000/welcome/token-{number}/ now",
        "kind": "invitation",
        "language": "en",
        "state": MailState.KEPT,
        "created_at": cast.NOW + timedelta(minutes=number),
        **given,
    }
    stored = Mail(**values)
    stored.save(force_insert=True)
    return stored


def test_a_stranger_learns_who_we_are_and_where_to_sign_in_and_nothing_else(made, settings):
    page = Client().get("/")
    text = html.unescape(page.content.decode())
    assert page.status_code == 200
    assert settings.ORGANISATION in text
    assert settings.CONTACT_EMAIL in text
    assert f'href="{reverse("portals_core:sign-in")}"' in text
    assert made.users["subject"].name not in text


def test_a_portal_user_finds_a_home_with_privacy_as_its_one_button(made):
    page = browser(made, "subject").get("/")
    text = page.content.decode()
    assert page.status_code == 200
    assert made.users["subject"].name in text
    assert text.count('class="button"') == 1
    assert f'<a class="button" href="{reverse("privacy")}">' in text


@pytest.mark.parametrize(
    ("who", "room"), [("officer", "dsr_requests:queue"), ("administrator", "consent:desk")]
)
def test_staff_are_led_to_the_first_room_of_their_role(made, who, room):
    answer = browser(made, who).get("/")
    assert (answer.status_code, answer["Location"]) == (302, reverse(room))


def test_staff_without_a_room_are_told_whom_to_ask(made):
    Role.objects.visible_to(cast.SETTING_UP).filter(key="operator").update(permissions=[])
    page = browser(made, "operator").get("/")
    assert page.status_code == 200
    assert "administrator" in page.content.decode()


def test_staff_without_their_second_factor_are_led_to_give_it(made):
    client = Client()
    made.actor("officer")
    client.force_login(made.users["officer"])
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, reverse("portals_core:code"))


def test_the_privacy_tab_shows_every_panel_in_order_and_only_to_portal_users(made):
    page = browser(made, "subject").get(reverse("privacy"))
    text = page.content.decode()
    assert page.status_code == 200
    places = [text.find(words) for words in ("choices", "Consent")]
    assert -1 not in places
    assert browser(made, "officer").get(reverse("privacy")).status_code == 403
    assert Client().get(reverse("privacy"))["Location"].startswith(reverse("portals_core:sign-in"))


def test_the_mail_of_the_demo_is_listed_newest_first(made):
    for number in (1, 3, 2):
        mail(number)
    text = Client().get(reverse("demo-mail")).content.decode()
    places = [text.find(f"Message {number}") for number in (3, 2, 1)]
    assert -1 not in places
    assert places == sorted(places)


def test_pages_of_mail_follow_one_another_without_gap_or_repetition(made):
    stored = [mail(number) for number in range(60)]
    Mail.objects.filter(pk__in=[one.pk for one in stored[:40]]).update(created_at=cast.NOW)
    seen, address = [], reverse("demo-mail")
    for _page in range(3):
        answer = Client().get(address)
        seen += [one.pk for one in answer.context["page"].messages]
        address = f"{reverse('demo-mail')}?after={answer.context['page'].after}"
    assert answer.context["page"].after == ""
    assert (len(seen), set(seen)) == (60, {one.pk for one in stored})


def test_mail_can_be_narrowed_to_one_address(made):
    mail(1)
    mail(2, to="robin+x@people.example")
    text = Client().get(reverse("demo-mail"), {"to": "Robin+x@people.example"}).content.decode()
    assert "Message 2" in text
    assert "Message 1" not in text


def test_the_link_in_a_message_can_be_followed_and_nothing_in_it_becomes_markup(made):
    kept = mail(
        7, title="<b>Bold</b>", body="<script>alert(1)</script> http://127.0.0.1:8000/welcome/abc/?a=1&b=2"
    )
    text = Client().get(reverse("demo-message", args=[kept.pk])).content.decode()
    assert 'href="http://127.0.0.1:8000/welcome/abc/?a=1&amp;b=2"' in text
    assert "<script>alert" not in text
    assert "<b>Bold" not in text
    assert "&lt;b&gt;Bold" in text


@pytest.mark.parametrize("key", ["after=nonsense", "after=00000000-0000-4000-8000-000000000000"])
def test_a_place_in_the_list_that_is_none_is_absent(made, key):
    mail(1)
    assert Client().get(f"{reverse('demo-mail')}?{key}").status_code == 404


def test_outside_a_demo_nobody_reads_mail(made, settings):
    kept = mail(1)
    addresses = [reverse("demo-mail"), reverse("demo-message", args=[kept.pk])]
    assert [Client().get(address).status_code for address in addresses] == [200, 200]
    settings.DEMO = False
    assert [Client().get(address).status_code for address in addresses] == [404, 404]
    assert [browser(made, "administrator").get(address).status_code for address in addresses] == [404, 404]


def test_a_language_is_chosen_by_post_and_leads_back_to_our_own_pages_only(made, settings):
    client = Client()
    address = reverse("set_language")
    assert client.get(address).status_code == 405
    answer = client.post(address, {"language": "fi", "next": "/healthz"})
    assert answer["Location"] == "/healthz"
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "fi"
    assert client.post(address, {"language": "fi", "next": "https://elsewhere.example/"})["Location"] == "/"


def test_the_machine_is_told_that_all_is_well():
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.parametrize(
    ("url", "said"), [("sqlite://:memory:", "True"), ("postgres://a@127.0.0.1:1/x", "False")]
)
def test_a_database_that_does_not_answer_is_noticed(url, said, tmp_path):
    code = "import django; django.setup(); from dsr_portal import health; print(health.databases_answer())"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "dsr_portal.settings.test",
        "DSR_STATE": str(tmp_path),
        "DSR_STATE_MADE_FOR": "main",
        "DATABASE_URL": url,
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == said


def test_only_the_innermost_entry_of_the_navigation_is_current(made):
    page = browser(made, "auditor").get(reverse("exports:log")).content.decode()
    assert f'href="{reverse("exports:audit")}"' in page
    assert page.count('aria-current="page"') == 1
