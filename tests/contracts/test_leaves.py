"""Every act that changes something reaches the ledger in its transaction (promise 22)."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from portals_core.ledger import codes
from tests.parts import ROOT

APPS = ("portals_core", "consent", "requests", "exports", "dsr_portal")
#: Functions that open a transaction and need no entry: "file:function" to the reason.
EXEMPT: dict[str, str] = {
    "portals_core/people/resets.py:ask": "alike for a known and an unknown address; its job reports",
    "portals_core/locks/automatic.py:settle_rule": "waits for a batch in hand; each lock has its own entry",
    "exports/build.py:pulse": "renews a lease and changes nothing else",
    "portals_core/records/keyed.py:catch_up": "keys forms of values that stand already; no record changes",
    "portals_core/people/indexing.py:follow": "promises a job again; indexes are no state of anybody's",
    "requests/carrying_out/erasure.py:forget_notice": (
        "empties the last message of a deletion that has reported itself"
    ),
}
#: The ledger's own machinery does not report on itself; redaction does, and is seen below.
OWN = ("portals_core/ledger/", "portals_core/plumbing/")


def sources() -> Iterator[tuple[str, ast.Module]]:
    """(path, syntax tree) of every file of the product."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _calls(node: ast.AST) -> set[tuple[str, str]]:
    """(word before the dot, name) of everything called inside; the word is empty for a bare name. What
    stands around a function does not count: every page stands behind `entry`, which reports."""
    found = set()
    for one in (inner for statement in node.body for inner in ast.walk(statement)):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            before = one.func.value.id if isinstance(one.func.value, ast.Name) else "?"
            found.add((before, one.func.attr))
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Name):
            found.add(("", one.func.id))
    return found


def functions(trees: Iterable[tuple[str, ast.Module]]) -> dict[str, set[str]]:
    """ "file:function" to the ones of ours it may call, and to "append.record" and "transaction.atomic"."""
    raw = {
        f"{path}:{node.name}": _calls(node)
        for path, tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    return {
        name: {target for call in called for target in _targets(name, call, raw)}
        for name, called in raw.items()
    }


def _targets(caller: str, call: tuple[str, str], known: Mapping[str, object]) -> set[str]:
    """Where a call may lead: in its own file for a bare name, else in a module of the name before the dot."""
    before, name = call
    if call in (("append", "record"), ("append", "record_each")):
        return {"append.record"}
    if call == ("transaction", "atomic"):
        return {"transaction.atomic"}
    here = f"{caller.rpartition(':')[0]}:{name}"
    if not before and here in known:
        return {here}
    named = {other for other in known if other.endswith(f":{name}")}
    in_module = {other for other in named if f"/{before}.py:" in other}
    return named if not before else in_module


def reporting(calls: dict[str, set[str]]) -> set[str]:
    """Functions from which the ledger is reached, directly or through functions of ours."""
    reached = {name for name, called in calls.items() if "append.record" in called}
    while True:
        wider = {name for name, called in calls.items() if called & reached}
        if wider <= reached:
            return reached
        reached |= wider


def silent(calls: dict[str, set[str]]) -> list[str]:
    """Functions that open a transaction and never reach the ledger, nor are part of an act that does."""
    reached = reporting(calls)
    for _round in range(3):
        reached |= {name for name in calls if _part_of_a_reported_act(name, calls, reached)}
    return sorted(
        name
        for name, called in calls.items()
        if "transaction.atomic" in called and name not in reached and not name.startswith(OWN)
    )


def _part_of_a_reported_act(name: str, calls: dict[str, set[str]], reached: set[str]) -> bool:
    """Whether everybody who calls this function reports, so that its transaction lies inside theirs."""
    callers = {other for other, called in calls.items() if name in called and other != name}
    return bool(callers) and callers <= reached


def test_every_transaction_reaches_the_ledger():
    assert [name for name in silent(functions(sources())) if name not in EXEMPT] == []


def test_no_exemption_is_stale():
    assert sorted(set(EXEMPT) - set(silent(functions(sources())))) == []


def test_a_silent_writer_is_seen():
    tree = ast.parse("def sneak():\n    with transaction.atomic():\n        Record(x=1).save()\n")
    assert silent(functions([("portals_core/writing/sneak.py", tree)])) == [
        "portals_core/writing/sneak.py:sneak"
    ]


def test_every_registered_code_is_used_somewhere():
    text = "\n".join(path.read_text(encoding="utf-8") for path in _files())
    unused = [
        code
        for code, _sentence in codes.CODES.items()
        if text.count(f'"{code}"') < 2 and not _built(code, text)
    ]
    assert unused == []


def _files() -> Iterator[Path]:
    for app in APPS:
        yield from (ROOT / app).rglob("*.py")


def _built(code: str, text: str) -> bool:
    """Codes of the transition table are put together: f"case.{name}"."""
    family = code.partition(".")[0]
    return f'f"{family}.{{' in text
