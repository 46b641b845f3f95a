"""A world in which every way into reach occurs, and something that must stay hidden lies beside each."""

from __future__ import annotations

from dataclasses import replace

from tests.oracles.conditions import Leaf
from tests.oracles.naive import Module, Person, Right, Role, Thing
from tests.oracles.worlds import BESIDE, MODULES, Drawn, id_of, thing, world

FIRM, OTHER_FIRM, ME, COLLEAGUE, STRANGER = range(5)
SECRET = "Geheim 7"


def _people() -> list[Thing]:
    here, there = {"company": str(id_of(FIRM))}, {"company": str(id_of(OTHER_FIRM))}
    rows = [
        (FIRM, "firms", {"name": "Straße & Söhne", "city": "北京"}),
        (OTHER_FIRM, "firms", {"name": "Other"}),
        (ME, "people", {"name": "Sage", "level": "5", **here}),
        (COLLEAGUE, "people", {"name": "Ada", "level": "7", **here}),
        (STRANGER, "people", {"name": "Robin", "level": "9", **there}),
    ]
    return [thing(number, module, written, creator=None, layout=1) for number, module, written in rows]


def _deals() -> list[Thing]:
    mine, theirs = str(id_of(ME)), str(id_of(STRANGER))
    rows = [
        (10, {"имя": "Mine", "customer": mine, "amount": "5", "code": SECRET, "secret": SECRET}, 0, 1, ""),
        (11, {"имя": "Shared by amount", "customer": theirs, "amount": "50", "stage": "new"}, None, 1, ""),
        (12, {"имя": "Nobody's", "customer": theirs, "amount": "5", "code": "11"}, None, 1, ""),
        (13, {"имя": "Mine in another layout", "customer": mine, "amount": "7"}, None, 2, ""),
        (14, {"имя": "I made it", "stage": "ГОТОВО"}, 0, 2, "restriction"),
    ]
    # On each lies a note and a file of somebody else, and one for staff.
    around = {"beside": len(BESIDE) - 1}
    return [
        thing(number, "deals", written, creator=creator, layout=layout, lock=lock, **around)
        for number, written, creator, layout, lock in rows
    ]


def _lines() -> list[Thing]:
    rows = [
        (20, {"product": "Mine", "deal": str(id_of(10))}),
        (21, {"product": "Theirs", "deal": str(id_of(12))}),
    ]
    return [thing(number, "lines", written, creator=None, layout=None) for number, written in rows]


def _modules() -> dict[str, Module]:
    deals, people = MODULES["deals"], MODULES["people"]
    kept = tuple(
        replace(
            one,
            masked=one.key == "code",
            encrypted=one.key == "secret",
            withheld=("export",) if one.key == "stage" else (),
        )
        for one in deals.fields
    )
    divided = tuple(
        replace(one, projects=("north",) if one.key == "name" else ("юг",)) for one in people.fields
    )
    return {
        **MODULES,
        "deals": replace(deals, fields=kept),
        "people": replace(people, fields=divided, by_project=True),
    }


def bait() -> Drawn:
    """A main user, a stranger, a member of staff of one project."""
    shown = dict.fromkeys(("имя", "customer", "amount", "stage", "code"), "visible")
    rights = {
        "firms": Right(fields={"name": "visible", "city": "visible"}, public=True, far=frozenset({"city"})),
        "people": Right(acts=frozenset({"edit"}), fields={"name": "editable", "level": "visible"}),
        "deals": Right(
            acts=frozenset({"edit", "delete", "export", "read_notes", "note", "attach"}),
            via=(("customer",),),
            match_all=False,
            criteria=Leaf("amount", "number", "gt", ("10",)),
            layouts=frozenset({1}),
            fields=shown,
            layout_fields={2: {"имя": "visible"}},
            far=frozenset({"имя", "stage"}),
        ),
        "lines": Right(
            acts=frozenset({"edit"}),
            via=(("deal", "customer"),),
            fields={"product": "visible", "deal": "editable"},
        ),
    }
    people = (
        Person("portal", 0, id_of(ME), main_user=True, company_key="company", rights=rights),
        Person("portal", 1, id_of(COLLEAGUE), company_key="company", rights=rights),
        Person(
            "staff", roles=(Role(frozenset({"records.view", "records.edit"})),), projects=frozenset({"north"})
        ),
    )
    things = [*_people(), *_deals(), *_lines()]
    asked = (Leaf("имя", "text", "contains", ("MINE",)), Leaf("stage", "picklist", "is", ("ГОТОВО",)))
    words = (SECRET.upper(), "in")
    return Drawn(world(things, _modules()), people, "deals", words, asked, "-amount")
