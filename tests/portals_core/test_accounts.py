"""Accounts: roles that end at once, the switch, removal, and the command that makes the first one."""

import io
import json

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from portals_core.access.actor import system
from portals_core.people import accounts, desk, factors, preferences, roles
from portals_core.people.models import Role, User
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.plumbing.models import Mail
from portals_core.records.models import Record
from tests import cast
from tests.portals_core.door import code_at, give_device, key_of, sign_in
from tests.portals_core.trail import details, leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return cast.set_up()


def test_default_roles_are_added_once_and_left_as_they_are_set_up(made):
    """F9."""
    Role.objects.visible_to(system("test")).filter(key="auditor").update(permissions=["ledger.view"])
    assert roles.ensure_default_roles(actor=system("test")) == []
    assert roles.roles().get(key="auditor").permissions == ["ledger.view"]
    with pytest.raises(Forbidden):
        roles.ensure_default_roles(actor=made.actor("officer"))


def test_a_role_given_or_taken_counts_at_once(made):
    """5, 10: rights are read anew each time; the leaf tells both."""
    officer = made.users["officer"]
    assert made.actor("officer").may("cases.decide")
    roles.set_roles(actor=made.actor("administrator"), user=officer, roles=["auditor"], at=cast.NOW)
    assert not made.actor("officer").may("cases.decide") and made.actor("officer").may("ledger.view")
    assert details("staff.roles_changed", officer.ref) == [{"before": ["officer"], "after": ["auditor"]}]


def test_the_last_who_manages_people_stays(made):
    admin, user = made.actor("administrator"), made.users["administrator"]
    with pytest.raises(Conflict):
        roles.set_roles(actor=admin, user=user, roles=["operator"], at=cast.NOW)
    with pytest.raises(Conflict):
        desk.deactivate(actor=system("test"), user=user, at=cast.NOW, reason="test")
    second = cast.staff("second_administrator", "administrator")
    roles.set_roles(actor=admin, user=user, roles=["operator"], at=cast.NOW)
    with pytest.raises(Conflict):
        desk.deactivate(actor=system("test"), user=second, at=cast.NOW, reason="test")


@pytest.mark.parametrize("wanted", [[], ["emperor"], ["officer", "emperor"]])
def test_unknown_roles_are_refused(made, wanted):
    with pytest.raises(BadInput):
        roles.set_roles(
            actor=made.actor("administrator"), user=made.users["officer"], roles=wanted, at=cast.NOW
        )
    assert made.actor("officer").may("cases.decide")


def test_only_staff_hold_roles(made):
    with pytest.raises(BadInput):
        roles.set_roles(
            actor=made.actor("administrator"), user=made.users["subject"], roles=["officer"], at=cast.NOW
        )


ACTS = {
    "give roles": lambda actor, made: roles.set_roles(
        actor=actor, user=made.users["officer"], roles=["auditor"], at=cast.NOW
    ),
    "close": lambda actor, made: desk.deactivate(
        actor=actor, user=made.users["stranger"], at=cast.NOW, reason="test"
    ),
    "open": lambda actor, made: desk.activate(actor=actor, user=made.users["stranger"], at=cast.NOW),
    "give a factor": lambda actor, made: factors.install(
        user=made.users["stranger"], at=cast.NOW, actor=actor
    ),
    "take a factor": lambda actor, made: factors.remove_factor(
        actor=actor, user=made.users["stranger"], at=cast.NOW
    ),
    "remove": lambda actor, made: desk.remove_user(actor=actor, user=made.users["stranger"], at=cast.NOW),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_nobody_but_people_managers_touches_accounts(made, act):
    for who in ("subject", "officer", "auditor", "operator"):
        with pytest.raises(Forbidden):
            act(made.actor(who), made)
    act(made.actor("administrator"), made)


def test_the_switch_closes_and_opens_and_leaves_its_entries(made):
    """U8, U10."""
    admin, user = made.actor("administrator"), made.users["subject"]
    for _twice in range(2):
        desk.deactivate(actor=admin, user=user, at=cast.NOW, reason="left")
    assert sign_in(Client(), user).status_code == 400
    for _twice in range(2):
        desk.activate(actor=admin, user=user, at=cast.NOW)
    assert sign_in(Client(), user).status_code == 302
    assert len(leaves("account.shut", user.ref)) == len(leaves("account.opened", user.ref)) == 1
    with pytest.raises(Conflict):
        desk.deactivate(actor=admin, user=made.users["administrator"], at=cast.NOW, reason="own")


def test_removal_takes_the_account_and_leaves_the_records(made):
    """U7: no erasure; the person can be invited anew."""
    admin, user = made.actor("administrator"), made.users["subject"]
    mine = cast.order(made, "A1", made.subject)
    give_device(user)
    desk.remove_user(actor=admin, user=user, at=cast.NOW)
    user.refresh_from_db()
    assert not user.is_active and user.identity_id is None and "sage" not in user.email
    assert not TOTPDevice.objects.filter(user=user).exists()
    assert Record.objects.visible_to(admin).filter(pk__in=[mine.pk, made.subject.pk]).count() == 2
    assert user not in desk.portal_users(admin)
    with pytest.raises(Absent):
        desk.activate(actor=admin, user=user, at=cast.NOW)
    again = cast.portal_user(made.subject, made.user_type)
    assert accounts.account_of(made.subject.pk) == again
    with pytest.raises(Conflict):
        desk.remove_user(actor=admin, user=made.users["officer"], at=cast.NOW)


def test_an_erased_account_keeps_its_opaque_id_and_nothing_else(made):
    """U10: what other people's records say of their creator stays as it was."""
    user, before = made.users["subject"], made.users["subject"].public_id
    give_device(user)
    accounts.forget(actor=system("case"), user=user, at=cast.NOW)
    user.refresh_from_db()
    assert (user.public_id, user.name, user.country, user.last_login) == (before, "", "", None)
    assert user.user_type_id is None and not TOTPDevice.objects.filter(user=user).exists()
    assert Record.objects.visible_to(system("test")).get(pk=made.added.pk).creator_id == user.pk


def test_a_closed_account_takes_no_password(made):
    user = made.users["subject"]
    accounts.shut(actor=system("test"), user=user, at=cast.NOW, reason="test")
    with pytest.raises(Forbidden):
        accounts.set_password(user=user, password="another long sentence", at=cast.NOW, actor=system("test"))
    assert len(leaves("account.password_set", user.ref)) == 1


def test_changing_ones_password_needs_the_present_one(made):
    user, actor = made.users["subject"], made.actor("subject")
    with pytest.raises(BadInput) as refused:
        accounts.change_password(
            user=user, current="wrong", password="another long sentence", at=cast.NOW, actor=actor
        )
    assert "current" in refused.value.fields
    accounts.change_password(
        user=user, current=cast.PASSWORD, password="another long sentence", at=cast.NOW, actor=actor
    )
    user.refresh_from_db()
    assert user.check_password("another long sentence")


def test_preferences_are_of_those_offered_and_leave_an_entry_only_when_they_change(made):
    """U3."""
    user, actor = made.users["subject"], made.actor("subject")
    chosen = {"language": "fi", "time_zone": "Europe/Helsinki", "time_format": "24", "country": "FI"}
    for _twice in range(2):
        preferences.set_preferences(actor=actor, user=user, at=cast.NOW, **chosen)
        user.refresh_from_db()
    assert (user.language, user.time_zone, user.country) == ("fi", "Europe/Helsinki", "FI")
    assert len(leaves("account.preferences_set", user.ref)) == 1
    for wrong in ({"language": "xx"}, {"time_zone": "../../etc"}, {"time_format": "13"}, {"country": "ZZ"}):
        with pytest.raises(BadInput):
            preferences.set_preferences(actor=actor, user=user, at=cast.NOW, **{**chosen, **wrong})


def test_a_user_type_for_another_sort_of_record_is_refused(made):
    """T1."""
    order = cast.order(made, "A1", made.subject)
    with pytest.raises(BadInput):
        accounts.create_portal_user(
            actor=made.actor("administrator"),
            identity=order.pk,
            email="order@people.example",
            name="",
            user_type=made.user_type.pk,
            at=cast.NOW,
        )


def run(monkeypatch, capsys, *words: str, password: str = "", **options) -> dict:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    call_command("add_person", *words, json=True, **options)
    return json.loads(capsys.readouterr().out)


def test_the_first_administrator_is_made_on_the_command_line(db, monkeypatch, capsys):
    from portals_core.plumbing import keyring

    keyring.create_master()
    answer = run(
        monkeypatch,
        capsys,
        "--staff", "--role", "administrator", "--email", "boss@staff.example", "--name", "Boss",
        "--password-stdin", "--totp",
        password=cast.PASSWORD,
    )  # fmt: skip
    assert not answer["invited"] and not Mail.objects.exists()
    client = Client()
    client.post("/sign-in/", {"username": "boss@staff.example", "password": cast.PASSWORD})
    with time_machine.travel(clock.now(), tick=False):
        code = code_at(clock.now(), key_of(answer["totp_secret"]))
        assert client.post("/sign-in/code/", {"code": code}).status_code == 302
    assert client.get("/desk/staff/").status_code == 200


def test_a_person_is_added_by_record_or_by_address(made, monkeypatch, capsys):
    by_id = run(monkeypatch, capsys, "--portal", str(made.added.pk))
    assert by_id["invited"] and Mail.objects.get().to == "ada@people.example"
    cast.contact(made.contacts, "Bea Byaddress")
    options = {"user_type": "Customer Portal", "acting": "administrator@staff.example"}
    by_address = run(monkeypatch, capsys, "--portal", "BEA@people.example", **options)
    assert by_address["email"] == "bea@people.example"
    assert leaves("portal_user.created")[-1][0] == made.users["administrator"].ref


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--portal", "nobody@people.example"], 66),
        (["--portal", "sage@people.example"], 75),
        (["--portal", "sage@people.example", "--user-type", "Nobles"], 66),
        (["--staff", "--role", "officer"], 64),
        (["--staff", "--role", "emperor", "--email", "x@staff.example"], 64),
        (["--staff", "--role", "officer", "--email", "x@staff.example", "--as", "officer@staff.example"], 77),
        (["--staff", "--role", "officer", "--email", "x@staff.example", "--password-stdin"], 64),
    ],
)
def test_the_command_refuses_and_stores_nothing(made, monkeypatch, capsys, words, status):
    before = User.objects.visible_to(system("test")).count()
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, capsys, *words)
    assert ended.value.code == status
    assert User.objects.visible_to(system("test")).count() == before
