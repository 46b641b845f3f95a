"""`define_lock_rule`: what the pages of lock rules do, from a file (L1, L6–L15)."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from portals_core.locks import rules
from portals_core.records import catalogue
from tests import cast
from tests.portals_core.test_lock_rules import CLOSED, DEALS, deal, held
from tests.portals_core.trail import leaves

pytestmark = pytest.mark.django_db
WON = {"name": "Won", "conditions": CLOSED, "actions": ["delete"], "existing": True}


@pytest.fixture
def made():
    made = cast.set_up()
    made.deals = catalogue.define(actor=cast.SETTING_UP, description=DEALS)
    return made


@pytest.fixture
def run(made, tmp_path, capsys):
    """The command with a description, or without one; its answer."""

    def run(described=None, *, acting="administrator", **options):
        file = tmp_path / "rule.json"
        file.write_text(json.dumps(described))
        given = ["deals", *([str(file)] if described is not None else [])]
        call_command("define_lock_rule", *given, acting=f"{acting}@staff.example", json=True, **options)
        return json.loads(capsys.readouterr().out)

    return run


def test_mode_and_rules_are_set_up_settled_and_told(made, run):
    """L1, L14: records that are there are locked when the command ends."""
    record = deal(made, stage="won")
    told = run(WON, mode="automatic")
    assert (told["mode"], [one["locked"] for one in told["rules"]]) == ("automatic", [1])
    assert held(record) == ["Won"]
    assert {actor for actor, _about in leaves("lock_rule.defined")} == {made.users["administrator"].ref}


def test_what_the_command_tells_it_takes_again(made, run):
    """A rule of the same name is changed, not doubled; user types go by name."""
    more = {"binds": "except", "user_types": ["Customer Portal"], "roles": ["operator"]}
    told = run(
        {"rules": [{**WON, **more}, {**WON, "name": "Large", "conditions": {**CLOSED, "how": "not_in"}}]}
    )
    (row, _large) = rules.stored_rules(made.deals)
    assert row.binds == {"mode": "except", "roles": ["operator"], "user_types": [made.user_type.pk]}
    again = run({"rules": told["rules"]})
    assert again == told and len(again["rules"]) == 2
    assert run() == told


def test_a_rule_is_deleted_with_its_locks(made, run):
    record = deal(made, stage="won")
    run(WON, mode="both")
    assert held(record) == ["Won"]
    assert run(delete="Won")["rules"] == [] and held(record) == []


def test_people_read_a_line_a_rule(made, run, capsys):
    run(WON, mode="both")
    call_command("define_lock_rule", "deals", acting="administrator@staff.example")
    assert capsys.readouterr().out == "deals: both\nWon (business): 0\n"


@pytest.mark.parametrize(
    ("described", "options", "status"),
    [
        ({**WON, "colour": "red"}, {}, 64),
        ({**WON, "actions": "delete"}, {}, 64),
        ({**WON, "binds": "only", "roles": ["king"]}, {}, 64),
        ({**WON, "binds": "only", "user_types": ["Kings"]}, {}, 64),
        ({"rules": "Won"}, {}, 64),
        ([[]], {}, 64),
        (None, {"delete": "Lost"}, 66),
        (WON, {"acting": "officer"}, 77),
        (None, {"acting": "officer"}, 77),
    ],
)
def test_the_command_refuses_with_the_status_of_its_error(made, run, described, options, status):
    with pytest.raises(SystemExit) as ended:
        run(described, **options)
    assert ended.value.code == status
    assert list(rules.stored_rules(made.deals)) == []
