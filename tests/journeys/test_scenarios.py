"""The organisations of the requirements, set up by an administrator in a browser from nothing.

Every step is a click: modules, fields, user types, conditions, profiles, roles, projects, records from
files and by hand, invitations; then those who were invited come in and see what is told of them. Every run of
the suite walks two organisations like this, the others from the user type on; `make journeys` walks them all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page

from portals_core.people import usertypes
from portals_core.people.models import User
from portals_core.records.models import Record
from portals_core.writing.records import change_record
from tests import cast
from tests.browser import watch
from tests.journeys.looking import Colleague, Guest, Installed, Visitor
from tests.journeys.setting_up import Administrator, come_in
from tests.portals_core.test_invitations import WELCOME, link
from tests.portals_core.test_scenarios import fill
from tests.scenarios import (
    ALL,
    CANADA,
    ELECTRONICS,
    HOSPITAL,
    INSTALLERS,
    PATRICIA,
    PRIMARY,
    WORKPLACES,
    Scenario,
    Workplace,
    things,
)
from tests.seats import seat

pytestmark = [
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
    pytest.mark.chromium,
    pytest.mark.timeout(240),
]
Organisation = Scenario | Workplace
FROM_NOTHING: tuple[Organisation, ...] = (
    (*ALL, *WORKPLACES) if os.environ.get("DSR_JOURNEYS") == "all" else (PATRICIA, INSTALLERS)
)
#: Inside the organisation only: no user type of a scenario shares it.
TALKS = things("talks", "Internal talk", "Internal talks")
TALK = ("talk", "talks", {"title": "How far we go"})


@pytest.fixture
def administrator(page: Page, live_url: str) -> Administrator:
    return come_in(page, live_url)


def with_bait(organisation: Organisation) -> Organisation:
    """The organisation with a module and a record that are for nobody; staff whose role is not limited would
    see them."""
    if isinstance(organisation, Workplace) and not organisation.roles:
        return organisation
    modules, records = [*organisation.modules, TALKS], [*organisation.records, TALK]
    return replace(organisation, modules=modules, records=records)


Somebody = TypeVar("Somebody", bound=Visitor)


@contextmanager
def invited(
    sort: type[Somebody], browser: Browser, administrator: Administrator, email: str, complaints: list[str]
) -> Iterator[Somebody]:
    """Somebody at a browser of their own, who followed their invitation."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(15_000)
    page = context.new_page()
    watch(page, complaints)
    visitor = sort(page, administrator.origin)
    visitor.accept(email)
    yield visitor
    context.close()


def sees_what_is_told(
    visitor: Visitor | Guest, administrator: Administrator, scenario: Scenario, who: str
) -> None:
    """Navigation, lists, records one by one: what is told, and nothing else."""
    told, modules = scenario.sees[who], {one["key"]: one for one in scenario.modules}
    opened = scenario.opened_to(who)
    labels = {one["label_plural"]: key for key, one in modules.items()}
    assert {labels[one] for one in visitor.sections() if one in labels} == opened
    for key in opened:
        wanted = sorted(administrator.titles[name] for name in told.get(key, ()))
        assert visitor.titles(modules[key]["label_plural"]) == wanted
    for name, key, _values in scenario.records:
        address = f"/m/{key}/{administrator.records[name]}/"
        assert visitor.status(address) == (200 if name in told.get(key, ()) else 404), (who, name)
        if (who, name) in scenario.cells:
            visitor.go(address)
            assert visitor.reads() == scenario.cells[who, name]
    for key in modules.keys() - opened:
        assert visitor.status(f"/m/{key}/") == 404
    assert visitor.go("/") == 200


@pytest.mark.parametrize("organisation", FROM_NOTHING, ids=lambda organisation: organisation.name)
def test_from_nothing_to_what_each_person_sees(
    administrator: Administrator, browser: Browser, complaints: list[str], organisation: Organisation
) -> None:
    """C4–C8, M4, F8, F10: set up by pages alone; scope follows what is changed at the desk at once (C3)."""
    organisation = with_bait(organisation)
    administrator.walk(organisation)
    if isinstance(organisation, Workplace):
        for who in organisation.staff:
            email = f"{who}@staff.example"
            with invited(Colleague, browser, administrator, email, complaints) as colleague:
                reads_what_is_told(colleague, administrator, organisation, who)
        return
    for who in organisation.sees:
        email = f"{who}@people.example"
        with invited(Visitor, browser, administrator, email, complaints) as visitor:
            visitor.sign_in_anew(email)
            sees_what_is_told(visitor, administrator, organisation, who)
            changes_what_is_seen(visitor, administrator, organisation, who)


def changes_what_is_seen(
    visitor: Visitor, administrator: Administrator, scenario: Scenario, who: str
) -> None:
    """What is changed at the desk counts with the person's next page."""
    modules = {one["key"]: one for one in scenario.modules}
    at_home = {name: modules[key] for name, key, _values in scenario.records}
    for name, given, whom, module, wanted in scenario.then:
        if whom == who:
            administrator.change(name, at_home[name], given)
            titles = visitor.titles(modules[module]["label_plural"])
            assert titles == sorted(administrator.titles[one] for one in wanted)
    for name, layout, whom, module, wanted in scenario.moved:
        if whom == who:
            administrator.change(name, at_home[name], {}, layout)
            titles = visitor.titles(modules[module]["label_plural"])
            assert titles == sorted(administrator.titles[one] for one in wanted)


def stored(administrator: Administrator, organisation: Scenario | Workplace) -> dict[str, Record]:
    """The modules and records of an organisation, by the writers: what is no part of a journey."""
    _modules, records = fill(organisation)
    administrator.records = {name: str(one.pk) for name, one in records.items()}
    names = {one["key"]: one["fields"][0]["key"] for one in organisation.modules}
    administrator.titles = {name: values[names[key]] for name, key, values in organisation.records}
    administrator.go("/desk/setup/")
    return records


@pytest.mark.parametrize(
    "scenario", [CANADA, ELECTRONICS, HOSPITAL, PRIMARY], ids=lambda scenario: scenario.name
)
def test_a_user_type_set_up_by_hand_opens_what_is_told(
    administrator: Administrator, scenario: Scenario
) -> None:
    """C5, C7, C8, M4: grid, conditions and profiles by clicks; a changed value counts at once (C3)."""
    scenario = with_bait(scenario)
    records = stored(administrator, scenario)
    administrator.user_type(scenario)
    user_type = usertypes.user_types().get(name=scenario.user_type["name"])
    users = {who: cast.portal_user(records[who], user_type) for who in scenario.sees}
    administrator.profiles(scenario)
    for who in users:
        sees_what_is_told(Guest(seat(Installed(users), who)), administrator, scenario, who)
    for name, given, who, module, wanted in scenario.then:
        change_record(actor=cast.SETTING_UP, record=records[name].pk, given=given, at=cast.NOW)
        label = next(one["label_plural"] for one in scenario.modules if one["key"] == module)
        titles = Guest(seat(Installed(users), who)).titles(label)
        assert titles == sorted(administrator.titles[one] for one in wanted)


@pytest.mark.parametrize("workplace", WORKPLACES, ids=lambda workplace: workplace.name)
def test_staff_hired_by_hand_read_what_is_told(administrator: Administrator, workplace: Workplace) -> None:
    """F8, F10: roles, projects and colleagues by clicks; each meets their own sections and fields only."""
    workplace = with_bait(workplace)
    stored(administrator, workplace)
    administrator.workplace(workplace)
    for who, (role, works_in) in workplace.staff.items():
        administrator.colleague(who.title(), f"{who}@staff.example", role, works_in)
        Client().post(link(f"{who}@staff.example"), WELCOME)
        reads_what_is_told(colleague(who), administrator, workplace, who)


def colleague(who: str) -> Guest:
    """Somebody who was hired, at the desk with their second factor given."""
    user = User.objects.visible_to(cast.SETTING_UP).get(email=f"{who}@staff.example")
    return Guest(seat(Installed({who: user}), who), "/desk/records/")


def reads_what_is_told(
    guest: Colleague | Guest, administrator: Administrator, workplace: Workplace, who: str
) -> None:
    """Modules, lists, records and their fields: what is told, and nothing else."""
    told = workplace.reads[who]
    at_home = {name: key for name, key, _values in workplace.records}
    labels = {one["key"]: one["label_plural"] for one in workplace.modules}
    assert set(guest.modules()) == {labels[at_home[name]] for name in told}
    for name, key in at_home.items():
        address = f"/desk/records/{key}/{administrator.records[name]}/"
        assert guest.status(address) == (200 if name in told else 404), (who, name)
        if name in told:
            guest.go(address)
            assert guest.reads() == told[name]
            assert guest.titles(labels[key]) == [administrator.titles[name]]
        else:
            assert guest.status(f"/desk/records/{key}/") == 404
