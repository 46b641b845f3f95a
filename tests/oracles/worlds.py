"""Worlds as Hypothesis draws them: modules, people, records, rights; nothing of the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import NAMESPACE_OID, UUID, uuid5

from hypothesis import strategies as st

from tests.oracles import conditions, texts
from tests.oracles.naive import (
    ACTIONS,
    EDITABLE,
    REQUIRED,
    VISIBLE,
    Extra,
    Field,
    Module,
    Person,
    Right,
    Role,
    Seen,
    Thing,
    World,
    asks,
    same_unique,
)

PROJECTS = ("north", "юг")
#: Layouts of every module by number; a record may have none.
LAYOUTS = (1, 2)
PERMISSIONS = (
    *("records.view", "records.edit", "records.export", "records.unmask", "records.all_projects"),
    "cases.view",
)
ACTS = (
    *("create", "edit", "edit_shared", "delete", "clone", "export", "attach", "detach", "far_files"),
    *("read_notes", "note", "remove_notes", "far_notes"),
)
#: Acts that only user types open.
OF_PORTAL = {"edit_shared", *ACTS[6:]}
#: Who added the notes and files that a record may have, and whether they are for staff.
BESIDE: tuple[tuple[tuple[int | None, bool], ...], ...] = (
    *((), (), ((0, False),), ((None, False),)),
    ((None, True),),
    ((1, False), (None, True)),
)
LOCKS = ("", "", "", "restriction", "rule")

MODULES = {
    one.key: one
    for one in (
        Module(
            "firms",
            "Firm",
            (
                Field("name"),
                Field("city"),
                Field("size", "number", unique=True),
                Field("area", "picklist", choices=texts.CHOICES),
                Field("parent", "lookup", target="firms"),
            ),
        ),
        Module(
            "people",
            "Person",
            (
                Field("name"),
                Field("code", unique=True),
                Field("company", "lookup", target="firms"),
                Field("level", "number"),
                Field("born", "date"),
                Field("skills", "multiselect", choices=texts.CHOICES),
                Field("secret"),
            ),
        ),
        Module(
            "deals",
            "Deal",
            (
                Field("имя"),
                Field("customer", "lookup", target="people"),
                Field("客户", "lookup", target="people"),
                Field("firm", "lookup", target="firms"),
                Field("amount", "number"),
                Field("at", "datetime"),
                Field("won", "boolean"),
                Field("stage", "picklist", choices=texts.CHOICES),
                Field("code", unique=True),
                Field("note", "multiline"),
                Field("secret"),
            ),
        ),
        Module(
            "lines",
            "Line",
            (
                Field("product"),
                Field("deal", "lookup", target="deals"),
                Field("helper", "lookup", target="people"),
                Field("price", "number"),
            ),
        ),
    )
}
#: Ways from a record to a person.
PATHS = {
    "firms": (),
    "people": (),
    "deals": (("customer",), ("客户",)),
    "lines": (("helper",), ("deal", "customer"), ("deal", "客户")),
}
#: Comparators that take several values, written with a semicolon between them.
SEVERAL = ("in", "not_in", "between", "not_between")
#: Ways on which a field is withheld from leaving.
WAYS = (("export",), ("export", "api"), ("api",))
#: People with an account: the first records of their module.
USERS = (0, 1)
STRANGER = UUID("deadbeef-0000-4000-8000-00000000abcd")


def id_of(number: int) -> UUID:
    return uuid5(NAMESPACE_OID, f"record {number}")


@dataclass(frozen=True)
class Drawn:
    """A whole world: who asks what of which records."""

    world: World
    people: tuple[Person, ...]
    #: The module that lists are looked at in, and the words searched for.
    module: str = "deals"
    words: tuple[str, ...] = field(default=("",))
    #: Filters of that list, and the column in whose order it stands.
    asked: tuple[conditions.Leaf, ...] = ()
    order: str = "-amount"


def thing(
    number: int,
    module: str,
    written: Mapping[str, str],
    *,
    creator: int | None,
    layout: int | None,
    beside: int = 0,
    lock: str = "",
) -> Thing:
    """A record with what was written into it; `beside` is the number of what lies on it in `BESIDE`."""
    of = MODULES[module]
    read = {one.key: conditions.read(one.type, written.get(one.key, "")) for one in of.fields}
    values = {key: value for key, value in read.items() if value is not None}
    notes, files = (
        tuple(
            Extra(uuid5(NAMESPACE_OID, f"{sort} {number} {at}"), *facts)
            for at, facts in enumerate(BESIDE[beside])
        )
        for sort in ("note", "file")
    )
    return Thing(id_of(number), module, creator, layout, dict(written), values, notes, files, lock)


def world(things: list[Thing], modules: Mapping[str, Module] = MODULES) -> World:
    return World(modules, {one.id: one for one in things})


def _links(numbers: list[int]) -> st.SearchStrategy[str]:
    return st.sampled_from([*(str(id_of(number)) for number in numbers), str(STRANGER)])


_around = st.fixed_dictionaries(
    {"beside": st.sampled_from(range(len(BESIDE))), "lock": st.sampled_from(LOCKS)}
)


@st.composite
def _things(draw: st.DrawFn) -> list[Thing]:
    counts = {
        "firms": draw(st.integers(0, 2)),
        "people": draw(st.integers(2, 4)),
        "deals": draw(st.integers(0, 4)),
        "lines": draw(st.integers(0, 3)),
    }
    numbers: dict[str, list[int]] = {}
    for module, count in counts.items():
        start = sum(map(len, numbers.values()))
        numbers[module] = list(range(start, start + count))
    found = []
    for module, mine in numbers.items():
        shapes = {
            one.key: _links(numbers[one.target]) if one.target else texts.written(one)
            for one in MODULES[module].fields
        }
        rows = st.fixed_dictionaries({}, optional=shapes)
        for number in mine:
            creator, layout = draw(st.sampled_from((None, *USERS))), draw(st.sampled_from((None, *LAYOUTS)))
            made = thing(number, module, draw(rows), creator=creator, layout=layout, **draw(_around))
            found.append(made)
    return _once(found)


def _once(things: list[Thing]) -> list[Thing]:
    """The things without unique values that another one has."""
    kept: list[Thing] = []
    for one in things:
        written = dict(one.written)
        for known in MODULES[one.module].fields:
            taken = [
                other.values[known.key]
                for other in kept
                if other.module == one.module and known.key in other.values
            ]
            if known.unique and any(same_unique(known, value, written.get(known.key, "")) for value in taken):
                written.pop(known.key, None)
        again = thing(len(kept), one.module, written, creator=one.creator, layout=one.layout)
        kept.append(replace(again, notes=one.notes, files=one.files, lock=one.lock))
    return kept


_how = st.sampled_from((VISIBLE, VISIBLE, EDITABLE, REQUIRED))


def _ticked(module: str, least: int = 0) -> st.SearchStrategy[dict[str, str]]:
    keys = [one.key for one in MODULES[module].fields]
    return st.dictionaries(st.sampled_from(keys), _how, min_size=least)


_acts = st.frozensets(st.sampled_from(ACTS))


@st.composite
def _right(draw: st.DrawFn, module: str, things: list[Thing]) -> Right:
    of = MODULES[module]
    asked = [one for one in of.fields if one.key != "secret"]
    own = [one for one in MODULES["people"].fields if one.key != "secret"]
    said = [text for one in things for key, text in one.written.items() if of_text(one.module, key)]
    links = [str(one.id) for one in things]
    criteria = draw(st.none() | texts.trees(asked, own, said, links))
    paths = PATHS[module]
    fields = draw(_ticked(module))
    layout_fields = draw(st.dictionaries(st.sampled_from(LAYOUTS), _ticked(module, 1), max_size=1))
    listed = sorted({key for rows in (fields, *layout_fields.values()) for key in rows})
    return Right(
        acts=draw(_acts),
        public=draw(st.sampled_from((False, False, True))),
        via=draw(st.lists(st.sampled_from(paths), unique=True, max_size=2).map(tuple)) if paths else (),
        criteria=criteria,
        match_all=draw(st.booleans()),
        layouts=draw(st.sampled_from((frozenset(), frozenset(), frozenset({1}), frozenset({1, 2})))),
        fields=fields,
        layout_fields=layout_fields,
        far=draw(st.frozensets(st.sampled_from(listed))) if listed else frozenset(),
    )


def of_text(module: str, key: str) -> bool:
    return MODULES[module].named(key).type in ("text", "multiline")


@st.composite
def _filter(draw: st.DrawFn, module: str, keys: Sequence[str], things: list[Thing]) -> conditions.Leaf:
    one = draw(_column(module, keys))
    said = [thing.written[one.key] for thing in things if thing.module == module and one.key in thing.written]
    unique = [
        text
        for thing in things
        for key, text in thing.written.items()
        if thing.module == one.target and MODULES[one.target].named(key).unique and text.strip()
    ]
    links = [*(str(thing.id) for thing in things), str(STRANGER), *unique]
    return draw(texts.value_leaf(one, said, links).filter(_one_row))


def _column(module: str, keys: Sequence[str]) -> st.SearchStrategy[Field]:
    """One of some fields of a module; of all where there are none."""
    return st.sampled_from([one for one in MODULES[module].fields if not keys or one.key in keys])


def _one_row(row: conditions.Leaf) -> bool:
    """Whether the values can be written into one row, where a semicolon parts them."""
    return row.how not in SEVERAL or not any(";" in text for text in row.written)


@st.composite
def _profile(draw: st.DrawFn) -> dict[str, Seen]:
    found = {}
    for module in draw(st.frozensets(st.sampled_from(sorted(MODULES)))):
        keys = [one.key for one in MODULES[module].fields]
        fields = draw(st.none() | st.dictionaries(st.sampled_from(keys), st.booleans(), min_size=1))
        found[module] = Seen(draw(st.booleans()), fields)
    return found


@st.composite
def _role(draw: st.DrawFn) -> Role:
    limited = draw(st.booleans())
    rights = {}
    if limited:
        for module in draw(st.frozensets(st.sampled_from(sorted(MODULES)), max_size=3)):
            rights[module] = Right(acts=draw(_acts) - OF_PORTAL, fields=draw(_ticked(module)))
    return Role(draw(st.frozensets(st.sampled_from(PERMISSIONS))), limited, rights)


@st.composite
def _definitions(draw: st.DrawFn) -> dict[str, Module]:
    """The modules with some fields masked, encrypted, divided among projects."""
    places = [(of.key, one.key) for of in MODULES.values() for one in of.fields]
    masked = draw(st.frozensets(st.sampled_from(places), max_size=3))
    withheld = draw(st.dictionaries(st.sampled_from(places), st.sampled_from(WAYS), max_size=3))
    sealed = draw(st.booleans())
    divided = draw(st.frozensets(st.sampled_from(sorted(MODULES)), max_size=2))
    found = {}
    for of in MODULES.values():
        fields = []
        for one in of.fields:
            if of.key in divided:
                at = draw(st.sampled_from(((), PROJECTS[:1], PROJECTS[1:], PROJECTS, None)))
                one = replace(one, system=at is None, projects=at or ())
            hidden = (of.key, one.key) in masked
            one = replace(one, masked=hidden, encrypted=sealed and one.key == "secret")
            fields.append(replace(one, withheld=withheld.get((of.key, one.key), ())))
        found[of.key] = replace(of, fields=tuple(fields), by_project=of.key in divided)
    return found


@st.composite
def worlds(draw: st.DrawFn) -> Drawn:
    """A world with two portal users of one type, a member of staff and somebody unknown."""
    things = draw(_things())
    modules = draw(_definitions())
    opened = draw(st.frozensets(st.sampled_from(sorted(MODULES)), min_size=1))
    rights = {module: draw(_right(module, things)) for module in sorted(opened)}
    profile = draw(st.none() | _profile())
    records = [one.id for one in things if one.module == "people"]
    users = [
        Person(
            "portal",
            user,
            records[user],
            main_user=draw(st.booleans()),
            company_key="company",
            rights=rights,
            profile=profile if user else None,
        )
        for user in USERS
    ]
    staff = Person(
        "staff",
        roles=tuple(draw(st.lists(_role(), min_size=1, max_size=2))),
        projects=draw(st.frozensets(st.sampled_from(PROJECTS))),
        second_factor=draw(st.sampled_from((True, True, True, False))),
    )
    titles = [text for one in things for key, text in one.written.items() if of_text(one.module, key)]
    words = draw(st.lists(texts.disguised(titles), min_size=1, max_size=1))
    people = (*users, staff)
    asking = {key: _asked_by(people, of) for key, of in modules.items()}
    seen = draw(st.sampled_from([*sorted(MODULES), *(key for key in sorted(asking) if asking[key])]))
    asked = (draw(_filter(seen, asking[seen], things)), draw(_filter(seen, [], things)))
    order = draw(st.sampled_from(("", "-"))) + draw(_column(seen, asking[seen])).key
    return Drawn(world(things, modules), people, seen, tuple(words), asked, order)


def _asked_by(people: Sequence[Person], of: Module) -> list[str]:
    """The fields by which anybody may ask."""
    found = {key for person in people for key in asks(person, of, list(LAYOUTS))}
    return [one.key for one in of.fields if one.key in found]


__all__ = ["ACTIONS", "LAYOUTS", "MODULES", "Drawn", "thing", "world", "worlds"]
