"""No officer decides about themself: every writer that an officer's right opens asks, or says why it need not
(promise 10)."""

from __future__ import annotations

import ast
from functools import cache

from tests.contracts.test_leaves import sources

#: What stands above the rooms and only calls their writers.
PAGES = ("views", "parts", "forms", "management", "migrations")
ASKED = {"not_about_oneself", "second_person"}
#: Steps that decide nothing about the person, each with what they do instead.
FREE = {
    "approvals:resume": "runs again what two officers decided",
    "drafting:save": "keeps a draft; deciding by it asks",
    "letters:address_known": "writes down where letters go",
    "letters:mark_posted": "notes that a letter went into the post",
    "messages:note": "writes down something for colleagues",
    "messages:say": "writes to the person",
    "messages:seen": "marks as read",
    "codes:send_for": "sends a code to the address that asks",
    "recipients:_record": "keeps what a recipient answered, once it is carried out",
    "recorded:record": "writes down what arrived; checking who asks is `proofs.vouch`, which asks",
}


@cache
def functions() -> dict[str, dict[str, set[str]]]:
    """Module of `requests` -> function -> what it calls, by the last name; rights with their word."""
    found: dict[str, dict[str, set[str]]] = {}
    for path, tree in sources():
        if not path.startswith("requests/") or path.split("/")[1] in PAGES:
            continue
        own = found.setdefault(path.rpartition("/")[2].removesuffix(".py"), {})
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                own[node.name] = {name for one in ast.walk(node) for name in _called(one)}
    return found


def _called(node: ast.AST) -> set[str]:
    if not isinstance(node, ast.Call):
        return set()
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    words = {one.value for one in node.args if isinstance(one, ast.Constant)}
    return {name} | ({"decides"} if name == "needs" and words & {"cases.decide", "cases.approve"} else set())


def _reached(own: dict[str, set[str]], start: str) -> set[str]:
    """What a function calls, through the other functions of its module."""
    seen: set[str] = set()
    left = [start]
    while left:
        for name in own.get(left.pop(), set()) - seen:
            seen.add(name)
            left.append(name)
    return seen


def unasked(known: dict[str, dict[str, set[str]]]) -> set[str]:
    """Writers of officers that never ask whether the officer is the person."""
    return {
        f"{module}:{name}"
        for module, own in known.items()
        for name, calls in own.items()
        if "decides" in calls and not _reached(own, name) & ASKED
    }


def test_every_step_of_an_officer_asks_whether_it_is_about_them():
    assert sum("decides" in calls for own in functions().values() for calls in own.values()) > 15
    assert unasked(functions()) == set(FREE)


def test_a_step_that_forgot_to_ask_would_be_seen():
    known = {"matching": {"answer_none": {"needs", "decides", "_ready"}, "_ready": {"fetch"}}}
    assert unasked(known) == {"matching:answer_none"}
    known["matching"]["_ready"].add("not_about_oneself")
    assert unasked(known) == set()
