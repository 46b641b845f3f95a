"""Who sees what in the organisations of the requirements (C4–C8, M4, F8, F10), and why."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from portals_core.access import scope
from portals_core.access.actor import Actor
from portals_core.people import accounts, profiles, role_definitions, roles, usertypes
from portals_core.people import projects as work
from portals_core.people.models import UserType
from portals_core.plumbing import keyring
from portals_core.records import catalogue, listing, projects, reads
from portals_core.records.models import Module, Record
from portals_core.records.shown import Reference
from portals_core.writing.records import change_record, create_record
from tests import cast
from tests.scenarios import ALL, WORKPLACES, Scenario, Workplace

pytestmark = pytest.mark.django_db


@dataclass
class Built:
    """A scenario in the database."""

    scenario: Scenario
    modules: dict[str, Module]
    records: dict[str, Record]
    user_type: UserType

    def actor(self, who: str) -> Actor:
        user = accounts.account_of(self.records[who].pk)
        assert user is not None
        return accounts.actor_of(user, verified=True)

    def names(self, keys) -> frozenset[str]:
        by_id = {record.pk: name for name, record in self.records.items()}
        return frozenset(by_id[key] for key in keys)

    def in_reach(self, who: str, action: str = "view") -> dict[str, frozenset[str]]:
        actor = self.actor(who)
        found = {
            key: self.names(
                Record.objects.visible_to(actor, action, module=module.pk).values_list("pk", flat=True)
            )
            for key, module in self.modules.items()
        }
        return {key: names for key, names in found.items() if names}


def fill(organisation: Scenario | Workplace) -> tuple[dict[str, Module], dict[str, Record]]:
    """The modules and records of an organisation, stored, by their names."""
    keyring.create_master()
    modules = {
        one["key"]: catalogue.define(actor=cast.SETTING_UP, description=one) for one in organisation.modules
    }
    records: dict[str, Record] = {}
    for name, module, values in organisation.records:
        given = {
            key: str(records[value[1:]].pk) if str(value).startswith("@") else value
            for key, value in values.items()
        }
        records[name] = create_record(
            actor=cast.SETTING_UP,
            module=modules[module],
            given=given,
            source="test",
            layout=layout_of(organisation, name, modules[module]),
            at=cast.NOW,
        )
    return modules, records


def layout_of(organisation: Scenario | Workplace, name: str, of: Module) -> int | None:
    """The layout a record is told to be in, where one is."""
    told_of = organisation.layouts.get(name) if isinstance(organisation, Scenario) else None
    return catalogue.layouts(of).get(name=told_of).pk if told_of else None


def build(scenario: Scenario) -> Built:
    modules, records = fill(scenario)
    user_type = usertypes.define_user_type(actor=cast.SETTING_UP, **scenario.user_type)
    parts = {
        name: profiles.define_profile(
            actor=cast.SETTING_UP, user_type=user_type.pk, name=name, at=cast.NOW, **described
        )
        for name, described in scenario.profiles.items()
    }
    for who in scenario.sees:
        user = cast.portal_user(records[who], user_type)
        if who in scenario.given:
            part = parts[scenario.given[who]].pk
            profiles.set_profile(actor=cast.SETTING_UP, user=user, profile=part, at=cast.NOW)
    return Built(scenario, modules, records, user_type)


def told(actor: Actor, module: Module, record: Record) -> dict[str, object]:
    """What somebody reads in a record, by the labels of its fields."""
    cells = [cell.shown for part in reads.sections(actor, module, record) for cell in part.cells]
    return {
        one.field.label: one.value.title if isinstance(one.value, Reference) else one.value for one in cells
    }


@pytest.fixture(params=ALL, ids=lambda scenario: scenario.name)
def built(request, db):
    return build(request.param)


def test_everybody_sees_exactly_what_is_told(built):
    """C4–C8, M4: modules, lists, counts, records one by one, and nothing else."""
    for who, modules in built.scenario.sees.items():
        assert built.in_reach(who) == modules
        actor = built.actor(who)
        assert {of.key for of in reads.modules_in_reach(actor)} == built.scenario.opened_to(who)
        for key, module in built.modules.items():
            wanted = modules.get(key, frozenset())
            if module.pk in actor.grants:
                page = listing.page(actor, module)
                assert built.names(row.id for row in page.rows) == wanted
                assert page.count == len(wanted)


def test_a_record_explains_why_it_is_seen_and_why_not(built):
    """C9: one of the ways holds exactly where the record is in reach."""
    for who in built.scenario.sees:
        actor, reach = built.actor(who), built.in_reach(who)
        for name, module, _values in built.scenario.records:
            found = Record.objects.fetch(cast.SETTING_UP, built.records[name].pk)
            reasons = scope.explain(actor, reads.row_of(found))
            assert any(reason.holds for reason in reasons) is (name in reach.get(module, ()))


@pytest.mark.parametrize("built", [one for one in ALL if one.cells], indirect=True, ids=lambda one: one.name)
def test_fields_of_others_come_from_a_shorter_list(built):
    """C6, F1: what a person reads in a record, no field more."""
    for (who, name), wanted in built.scenario.cells.items():
        actor, record = built.actor(who), Record.objects.fetch(built.actor(who), built.records[name].pk)
        module = next(one for one in built.modules.values() if one.pk == record.module_id)
        assert told(actor, module, record) == wanted


@pytest.mark.parametrize("built", [one for one in ALL if one.then], indirect=True, ids=lambda one: one.name)
def test_scope_follows_the_data_at_once(built):
    """C3: a changed value, of the record or of the viewer's own, changes who sees what with the next look."""
    for name, given, who, module, wanted in built.scenario.then:
        change_record(actor=cast.SETTING_UP, record=built.records[name].pk, given=given, at=cast.NOW)
        assert built.in_reach(who)[module] == wanted
    for name, layout, who, module, wanted in built.scenario.moved:
        key = catalogue.layouts(built.modules[module]).get(name=layout).pk
        change_record(actor=cast.SETTING_UP, record=built.records[name].pk, given={}, layout=key, at=cast.NOW)
        assert built.in_reach(who)[module] == wanted


@pytest.fixture(params=WORKPLACES, ids=lambda workplace: workplace.name)
def workplace(request, db):
    """An organisation with its staff: (what is told of it, modules, records, actors)."""
    told_of: Workplace = request.param
    modules, records = fill(told_of)
    roles.ensure_default_roles(actor=cast.SETTING_UP)
    cast.staff("administrator", "administrator")
    for one in told_of.roles:
        role_definitions.define_role(actor=cast.SETTING_UP, **one)
    keys = {}
    for name, fields in told_of.projects.items():
        keys[name] = projects.define(actor=cast.SETTING_UP, name=name).key
        projects.assign(actor=cast.SETTING_UP, key=keys[name], fields=fields)
        for key in fields:
            projects.divide(actor=cast.SETTING_UP, of=modules[key], on=True)
            modules[key].refresh_from_db()
    actors = {}
    for who, (role, works_in) in told_of.staff.items():
        user = accounts.create_staff(
            actor=cast.SETTING_UP,
            email=f"{who}@staff.example",
            name=who.title(),
            roles=[roles.roles().get(name=role).key],
            at=cast.NOW,
        )
        chosen = [keys[name] for name in works_in]
        work.set_projects(actor=cast.SETTING_UP, user=user, projects_=chosen, at=cast.NOW)
        user.refresh_from_db()
        actors[who] = accounts.actor_of(user, verified=True)
    return told_of, modules, records, actors


def test_staff_read_what_is_told_of_their_sections_and_projects(workplace):
    """F8, F10: modules, records, fields, and nothing else."""
    told_of, modules, records, actors = workplace
    at_home = {name: key for name, key, _values in told_of.records}
    for who, wanted in told_of.reads.items():
        actor = actors[who]
        assert {of.key for of in reads.modules_in_reach(actor)} == {at_home[name] for name in wanted}
        assert set(Record.objects.visible_to(actor).values_list("pk", flat=True)) == {
            records[name].pk for name in wanted
        }
        for name, fields in wanted.items():
            found = Record.objects.fetch(actor, records[name].pk)
            assert told(actor, modules[at_home[name]], found) == fields
