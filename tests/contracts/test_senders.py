"""Whoever sends mail says for which purpose, or why it is owed whatever a person decided (D15)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product

import pytest

from tests.contracts.test_leaves import sources

#: Kinds of message that no decision about a purpose stops, and by which law or contract they are owed.
OWED = {
    "invitation": "opens the account that the person's contract or request needs",
    "reinvitation": "the same, once more",
    "reset": "asked for by the owner of the account a moment before",
    "consent.confirm_sign_up": "asked for by whoever entered the address; without an answer it is purged",
    "consent.confirmed": "the way to withdraw what was agreed to (Art. 7(3))",
    "consent.revoked": "word of what was done in the person's name (Art. 12)",
    "consent.withdrawn": "word that a withdrawal by phone or letter was entered (Art. 7(3))",
    "consent.unlocked": "word before a restriction ends (Art. 18(3))",
    "case.*": "answers to a person's own request (Art. 12(3), (4))",
    "desk.deadlines": "tells officers which requests are due (Art. 12(3)); goes to no data subject",
    "recipient.told": "tells whoever received the data what was done with it (Art. 19)",
    "export.ready": "tells how to take what was asked for (Art. 15(3), 20)",
}
#: A whole family of kinds is owed only where it comes from: answers to requests are written in one place.
WRITTEN_IN = {"case.*": {"requests/telling/notices/sending.py"}}
#: Who may use that place: every occasion of the room, so that an answer is told by its own function.
ROOM = "requests/telling/notices/"
#: One of these says when the message is still wanted.
ASKING = {"purpose", "only_if"}
#: Who hands a message to the mail room: the room itself, and the one file that words the messages of consent.
SENDERS = {"mail.send", "letters.send"}


def sends(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Every call of a sender, with the function it stands in; the file that has a `send` calls it so."""
    functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    senders = SENDERS | {one.name for one in functions if one.name == "send"}
    for function in functions:
        if function.name != "send":
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in senders:
                    yield function, node


def kinds(tree: ast.Module, function: ast.FunctionDef, value: ast.expr | None, depth: int = 0) -> set[str]:
    """Every text an expression can be in a function: what is handed in is looked up where it is called.

    What is put together and not known has a star; what cannot be told is "?".
    """
    match value:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp():
            return kinds(tree, function, value.body, depth) | kinds(tree, function, value.orelse, depth)
        case ast.JoinedStr():
            parts = [kinds(tree, function, one, depth) for one in value.values]
            return {"".join(one) for one in product(*parts)}
        case ast.FormattedValue():
            return {"*" if one == "?" else one for one in kinds(tree, function, value.value, depth)}
        case ast.Name(id=name) if depth < 4:
            found = _assigned(tree, function, name, depth) or _handed_in(tree, function, name, depth)
            return found or {"?"}
    return {"?"}


def _assigned(tree: ast.Module, function: ast.FunctionDef, name: str, depth: int) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(ast.unparse(one) == name for one in node.targets):
            found |= kinds(tree, function, node.value, depth)
    return found


def _handed_in(tree: ast.Module, function: ast.FunctionDef, name: str, depth: int) -> set[str]:
    """What the callers of the same file give for a parameter."""
    places = [one.arg for one in function.args.args]
    found: set[str] = set()
    for caller in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
        for call in ast.walk(caller):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == function.name:
                given = {word.arg: word.value for word in call.keywords}
                given |= dict(zip(places, call.args, strict=False))
                found |= kinds(tree, caller, given.get(name), depth + 1)
    return found


def owed() -> dict[str, set[str]]:
    """Kind -> the files that send it without asking."""
    found: dict[str, set[str]] = {}
    for path, tree in sources():
        for kind in unasked(tree):
            found.setdefault(kind, set()).add(path)
    return found


def unasked(tree: ast.Module) -> set[str]:
    """Kinds of the messages that are sent whatever a person decided."""
    found: set[str] = set()
    for function, call in sends(tree):
        words = {word.arg: word.value for word in call.keywords}
        if not ASKING & set(words):
            found |= kinds(tree, function, words.get("kind"))
    return found


def _family(kind: str) -> str:
    """The name in the table under which a kind may stand: itself, or everything before the dot."""
    return kind if kind in OWED else f"{kind.partition('.')[0]}.*"


def test_every_message_asks_the_gate_or_is_owed_with_a_reason():
    """D15: a new sender that does neither fails here."""
    strange = {kind: where for kind, where in owed().items() if _family(kind) not in OWED}
    assert strange == {}


def test_a_family_is_sent_from_its_own_place_only():
    """A new message is not free because its name begins like that of an answer."""
    for kind, where in owed().items():
        assert where <= WRITTEN_IN.get(_family(kind), where), kind


def users(found: Iterator[tuple[str, ast.Module]]) -> set[str]:
    """Files that import the place from which answers to requests leave."""
    return {
        path
        for path, tree in found
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and "requests.telling.notices.sending"
        in {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    }


def test_only_the_occasions_use_the_place_from_which_answers_leave():
    assert users(iter([("elsewhere.py", ast.parse("from requests.telling.notices import sending"))])) == {
        "elsewhere.py"
    }
    found = users(sources())
    assert found and {one for one in found if not one.startswith(ROOM)} == set()


def test_no_reason_is_stale():
    """What is no longer sent, or asks by now, has no place in the table."""
    assert sorted(set(OWED) - {_family(kind) for kind in owed()}) == []


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ('mail.send(to=to, title="", body="", kind="offer")', {"offer"}),
        ('mail.send(to=to, title="", body="", kind="offer", subject=one)', {"offer"}),
        ("mail.send(to=to, title='', body='', kind=made())", {"?"}),
        ("mail.send(to=to, title='', body='', kind=f'offer.{made()}')", {"offer.*"}),
        (
            "kind = 'offer' if to else 'news'\n    mail.send(to=to, title='', body='', kind=kind)",
            {"offer", "news"},
        ),
        ('letters.send(record, title="", body="", kind="offer")', {"offer"}),
        ('mail.send(to=to, title="", body="", kind="offer", purpose=key)', set()),
        ('mail.send(to=to, title="", body="", kind="offer", only_if="question:1")', set()),
    ],
)
def test_a_sender_that_asks_nobody_is_seen(call, found):
    assert unasked(ast.parse(f"def sneak(to):\n    {call}\n")) == found


def test_a_kind_is_followed_to_whoever_names_it():
    text = (
        "def _send(to, kind, *, more=''):\n    mail.send(to=to, title='', body='', kind=kind)\n"
        "def _answer(to, word):\n    _send(to, kind=f'case.{word}')\n"
        "def sneak(to):\n    _answer(to, 'offer')\n    _send(to, 'news')\n"
    )
    assert unasked(ast.parse(text)) == {"case.offer", "news"}
