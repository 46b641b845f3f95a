"""Nothing processes a record, or writes to a person, by a path that is not registered (W3, promise 20)."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from dsr_portal.paths_page import page
from portals_core.locks.decide import ACTS
from portals_core.locks.paths import NOT_BUILT, PATHS, Path, register
from portals_core.locks.words import ACTS as WORDS
from portals_core.plumbing import mail, outbox
from portals_core.plumbing.errors import Broken
from tests.contracts import calls
from tests.contracts.calls import Source
from tests.contracts.test_leaves import sources
from tests.parts import ROOT

PERSONAL = ("Record", "Note", "Attachment", "Edge", "UniqueValue", "KeyedForm")
WRITES = {
    *("save", "create", "update", "delete", "raw", "bulk_create", "bulk_update"),
    *("get_or_create", "update_or_create", "add", "set", "clear", "remove"),
}
SQL = re.compile(
    r"(insert into|update|delete from)\s+"
    r"\W*portals_core_(record|note|attachment|edge|uniquevalue|keyedform)\b",
    re.I,
)
#: Functions that ask the locks, with the act among their arguments.
QUESTIONS = {"open_for", "refuse_if_locked", "forbids", "standing_against", "decide"}
#: Commands that run the jobs they promised, none of which processes records, and what those do.
OTHER_JOBS = {
    "define_lock_rule": "places and ends the locks of its rules",
    "define_module": "builds the indexes of new fields",
}
#: What runs any job that is due: a command that calls it may come by every path of a job.
DRAIN = "portals_core/plumbing/outbox.py:drain"


# --- reading the source --------------------------------------------------------------------------------


@cache
def _trees() -> list[tuple[str, ast.Module]]:
    return list(sources())


@cache
def product() -> dict[str, Source]:
    return calls.read(_trees())


@cache
def graph() -> dict[str, set[str]]:
    """Who may call whom, the mail gate filled as it is at start-up."""
    found = calls.graph(product())
    found["portals_core/plumbing/mail.py:_held_back"].add(named(mail.GATE.get("gate")))
    return found


def named(function: Callable[..., Any]) -> str:
    """A function as the graph names it."""
    plain = inspect.unwrap(function)
    return f"{plain.__module__.replace('.', '/')}.py:{plain.__name__}"


def doors() -> set[str]:
    return {named(door) for _name, path in PATHS.items() for door in path.doors}


def _root(node: ast.AST) -> str:
    """The name an expression begins with: "Record" of `Record.objects.filter(…).first()`."""
    while isinstance(node, (ast.Attribute, ast.Call, ast.Subscript, ast.Await, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _says(annotation: ast.AST | None, words: Iterable[str]) -> bool:
    text = ast.unparse(annotation) if annotation is not None else ""
    return any(re.search(rf"\b{word}\b", text) for word in words)


@cache
def giving() -> set[str]:
    """Names of functions that return something of the personal models."""
    return {
        name
        for one in product().values()
        for name, nodes in one.functions.items()
        if any(_says(node.returns, PERSONAL) for node in nodes)
    }


def _holding(node: ast.FunctionDef, here: Source, returning: set[str]) -> set[str]:
    """Names that hold rows of the personal models inside a function."""
    models = {name for name in PERSONAL if here.imported.get(name, "").endswith(f"models.py:{name}")}
    held = models | {
        one.arg for one in ast.walk(node) if isinstance(one, ast.arg) and _says(one.annotation, models)
    }
    while True:
        wider = held | {
            name.id
            for target, value in _bound(node)
            if _root(value) in held or _called(value) in returning
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        }
        if wider == held:
            return held
        held = wider


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else _root(node.func)


def _bound(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    for one in ast.walk(node):
        if isinstance(one, ast.Assign):
            yield from ((target, one.value) for target in one.targets)
        elif isinstance(one, (ast.AnnAssign, ast.NamedExpr)) and one.value is not None:
            yield one.target, one.value
        elif isinstance(one, (ast.For, ast.comprehension)):
            yield one.target, one.iter


def _writes(node: ast.FunctionDef, here: Source, returning: set[str]) -> bool:
    if not any(_called(one) in WRITES or isinstance(one, ast.Constant) for one in ast.walk(node)):
        return False
    held = _holding(node, here, returning)
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and SQL.search(one.value):
            return True
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in WRITES:
            inner = one.func.value
            if _root(inner) in held or _called(inner) in returning:
                return True
    return False


def writers(found: Mapping[str, Source]) -> set[str]:
    """Functions that write rows of the personal models themselves."""
    returning = giving()
    return {
        f"{one.path}:{name}"
        for one in found.values()
        for name, nodes in one.functions.items()
        if any(_writes(node, one, returning) for node in nodes)
    }


def senders(edges: Mapping[str, set[str]]) -> set[str]:
    """Functions that promise a message."""
    return {name for name, called in edges.items() if named(mail.send) in called}


def stray(wanted: Iterable[str], edges: Mapping[str, set[str]], registered: set[str]) -> list[str]:
    """Those of `wanted` that are neither a registered door nor called through one only."""
    callers: dict[str, set[str]] = {}
    for name, called in edges.items():
        for one in called - {name}:
            callers.setdefault(one, set()).add(name)

    def inside(name: str, on_the_way: frozenset[str]) -> bool:
        if name in registered:
            return True
        above = callers.get(name, set()) - on_the_way
        return bool(above) and all(inside(one, on_the_way | {name}) for one in above)

    return sorted(name for name in wanted if not inside(name, frozenset()))


def asked(edges: Mapping[str, set[str]], found: Mapping[str, Source], door: str) -> set[str]:
    """Acts asked of the locks once `door` is called."""
    acts = set()
    for name in calls.reach(edges, door):
        path, _colon, function = name.partition(":")
        for node in found[path].functions.get(function, ()) if path in found else ():
            acts |= _acts_asked(node)
    return acts & set(ACTS)


def _acts_asked(node: ast.AST) -> set[str]:
    acts: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Call):
            given = list(one.args) if _called(one) in QUESTIONS else []
            given += [word.value for word in one.keywords if word.arg == "path"]
            acts |= {str(word.value) for word in given if isinstance(word, ast.Constant)}
    return acts


# --- entry points ----------------------------------------------------------------------------------------


def pages() -> dict[str, str]:
    """Name of every address of the site -> the function behind it."""

    def walk(patterns: Iterable[Any], space: str) -> Iterator[tuple[str, str]]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, one.namespace or space)
            elif isinstance(one, URLPattern) and hasattr(one.callback, "entry"):
                yield f"{space}:{one.name}" if space else str(one.name), named(one.callback)

    return dict(walk(get_resolver().url_patterns, ""))


def jobs() -> dict[str, str]:
    """Name of every job, and of everything run inside an announcement -> its function."""
    return {name: named(handler) for name, handler in [*outbox.HANDLERS.items(), *outbox._INLINE.items()]}


def commands() -> dict[str, str]:
    """Name of every command -> what it does."""
    found = {}
    for path, one in product().items():
        if "/management/commands/" in path and not path.endswith("__init__.py"):
            verb = "act" if "act" in one.functions else "handle"
            found[path.rpartition("/")[2].removesuffix(".py")] = f"{path}:{verb}"
    return found


KINDS: dict[str, Callable[[], dict[str, str]]] = {"pages": pages, "jobs": jobs, "commands": commands}


@cache
def reached(start: str) -> frozenset[str]:
    """What runs once `start` does; what lies behind a door is the door's own affair."""
    return frozenset(calls.reach(graph(), start, stop=doors()))


def _leads(start: str, path: Path) -> bool:
    return bool(reached(start) & {named(door) for door in path.doors})


# --- the contract ----------------------------------------------------------------------------------------


def test_whoever_writes_records_is_registered():
    """W3, promise 20: records, notes, links and unique values are written inside registered doors only."""
    found = writers(product())
    assert (
        "portals_core/writing/records.py:_swap" in found and "portals_core/writing/notes.py:add_note" in found
    )
    assert stray(found, graph(), doors()) == []


def test_whoever_writes_to_a_person_is_registered():
    """L16: a sender asks the locks, or says why it need not."""
    found = senders(graph())
    assert len(found) >= 5
    assert stray(found, graph(), doors()) == []


@pytest.mark.parametrize("name", [name for name, _path in PATHS.items()])
def test_a_path_asks_the_acts_it_names_and_no_other(name):
    """L10, L16: what the table of paths says is what the source asks."""
    path = PATHS.get(name)
    found = set().union(*(asked(graph(), product(), named(door)) for door in path.doors))
    assert set(path.acts) <= found
    # A path that asks nothing must really ask nothing, or the reason it gives is not the whole truth.
    assert path.acts or not found & set(ACTS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_job_and_command_that_leads_to_records_is_named(kind):
    unnamed = [
        f"{name}: {one}"
        for one, path in PATHS.items()
        for name, start in KINDS[kind]().items()
        if _leads(start, path) and name not in getattr(path, kind)
    ]
    assert unnamed == []


def test_a_command_that_runs_jobs_is_named():
    listed = {name for _key, path in PATHS.items() for name in path.commands}
    running = {name for name, start in commands().items() if DRAIN in reached(start)}
    assert {"import_records", "carry_out"} <= running
    assert running - listed == set(OTHER_JOBS)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_named_is_stale(kind):
    """What a path lists leads there, or runs its jobs."""
    known = KINDS[kind]()
    stale = [
        f"{one}: {name}"
        for one, path in PATHS.items()
        for name in getattr(path, kind)
        if name not in known
        or not (
            _leads(known[name], path) or (kind == "commands" and path.jobs and DRAIN in reached(known[name]))
        )
    ]
    assert stale == []


def test_every_act_has_a_path_or_is_said_not_to_be_built():
    asked_for = {act for _name, path in PATHS.items() for act in path.acts}
    assert set(NOT_BUILT) == set(ACTS) - asked_for
    assert set(WORDS) == set(ACTS)


# --- bait ------------------------------------------------------------------------------------------------


def _spoilt(
    text: str, *, path: str = "portals_core/people/sneak.py"
) -> tuple[dict[str, Source], dict[str, set[str]]]:
    imports = (
        "from portals_core.records.models import Record, Note, Edge\nfrom portals_core.plumbing import mail\n"
    )
    added = calls.read([*_trees(), (path, ast.parse(imports + text))])[path]
    found = {**product(), path: added}
    return {path: added}, {**graph(), **calls.graph(found, only=[path])}


@pytest.mark.parametrize(
    "body",
    [
        "Record(values={}).save()",
        "Record.objects.visible_to(actor).filter(pk=1).update(values={})",
        "rows = Record.objects.visible_to(actor)\n    for row in rows:\n        row.delete()",
        "found = door.open_for(actor, key, 'edit')\n    found.save()",
        "Note.objects.bulk_create([])",
        "found: Record = Record.objects.fetch(actor, key)\n    found.notes.all().delete()",
        "cursor.execute('UPDATE \"portals_core_record\" SET version = 2')",
    ],
)
def test_a_writer_beside_the_doors_is_seen(body):
    found, edges = _spoilt(f"from portals_core.writing import door\ndef sneak(actor, key):\n    {body}\n")
    assert "portals_core/people/sneak.py:sneak" in writers(found)
    assert stray(writers(found), edges, doors()) == ["portals_core/people/sneak.py:sneak"]


def test_a_reader_is_no_writer():
    found, _edges = _spoilt("def look(actor):\n    return list(Record.objects.visible_to(actor).values())\n")
    assert "portals_core/people/sneak.py:look" not in writers(found)


def test_a_way_round_a_door_to_the_helper_behind_it_is_seen():
    text = (
        "from portals_core.writing.records import _swap\ndef sneak(row):\n    _swap(row, [], {}, {}, None)\n"
    )
    _found, edges = _spoilt(text)
    assert stray(writers(product()), edges, doors()) == ["portals_core/writing/records.py:_swap"]


def test_a_sender_that_asks_nobody_is_seen():
    _found, edges = _spoilt("def sneak(to):\n    mail.send(to=to, title='', body='', kind='')\n")
    assert stray(senders(edges), edges, doors()) == ["portals_core/people/sneak.py:sneak"]


def test_a_path_that_asks_nothing_gives_a_reason_and_an_unknown_act_is_refused():
    for given in ({}, {"acts": ("edit",), "free": "why"}, {"acts": ("fly",)}, {"acts": ("merge",)}):
        with pytest.raises(Broken):
            register("test.nothing", named, who="nobody", **given)
    assert "test.nothing" not in PATHS


def test_the_reference_page_is_current():
    stored = (ROOT / "docs" / "reference" / "locks-paths.md").read_text(encoding="utf-8")
    assert stored == page(), "run: python -m dsr_portal.paths_page > docs/reference/locks-paths.md"
