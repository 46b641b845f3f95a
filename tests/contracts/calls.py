"""Who may call whom, read from the syntax trees of the whole product.

It rather sees too much than too little: a name that is only mentioned counts as called (it may be handed to
`partial` or stand in a table), and a method counts as called wherever one of its name is, in its own file or
one that imports something of its file; a method of a protocol stands for that of every class which keeps it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from tests.contracts.test_leaves import APPS

Function = ast.FunctionDef


@dataclass
class Source:
    """One file: its functions, its methods, what its imported names mean, what its tables mention."""

    path: str
    tree: ast.Module
    #: Several where classes of one file have a method of the same name.
    functions: dict[str, list[Function]] = field(default_factory=dict)
    #: Class -> its methods; and which of the classes are protocols.
    classes: dict[str, set[str]] = field(default_factory=dict)
    protocols: set[str] = field(default_factory=set)
    #: Name here -> "file.py" of a module, or "file.py:name" of something in one.
    imported: dict[str, str] = field(default_factory=dict)
    assigned: dict[str, ast.expr] = field(default_factory=dict)


def read(trees: Iterable[tuple[str, ast.Module]]) -> dict[str, Source]:
    """Every file by its path."""
    given = dict(trees)
    return {path: _source(path, tree, given) for path, tree in given.items()}


def _source(path: str, tree: ast.Module, known: dict[str, ast.Module]) -> Source:
    found = Source(path, tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found.classes[node.name] = {one.name for one in node.body if _is_method(one)}
            if any(isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases):
                found.protocols.add(node.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in APPS:
            for alias in node.names:
                found.imported[alias.asname or alias.name] = _meant(node.module or "", alias.name, known)
    for node in tree.body:
        for target in _targets(node):
            found.assigned[target] = node.value
        # A function within a function is part of it.
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(one, Function):
                found.functions.setdefault(one.name, []).append(one)
    return found


def _is_method(node: ast.stmt) -> TypeGuard[Function]:
    """A class may keep a property of a protocol by an attribute: only what is called is asked for."""
    return isinstance(node, Function) and not any(
        isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list
    )


def _meant(module: str, name: str, known: dict[str, ast.Module]) -> str:
    file = f"{module}.{name}".replace(".", "/") + ".py"
    return file if file in known else f"{module.replace('.', '/')}.py:{name}"


def _targets(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [one.id for one in node.targets if isinstance(one, ast.Name)]
    if isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def graph(sources: dict[str, Source], *, only: Collection[str] = ()) -> dict[str, set[str]]:
    """ "file.py:function" to all that it may call; with `only`, for the functions of these files."""
    return {
        f"{one.path}:{name}": {
            found for node in nodes for found in _called(one, node, methods, own=_own_names(node))
        }
        for one in sources.values()
        if not only or one.path in only
        for methods in [_methods_known(one, sources)]
        for name, nodes in one.functions.items()
    }


def _methods_known(here: Source, sources: dict[str, Source]) -> dict[str, set[str]]:
    """What a call of something's method may mean in this file."""
    near = {here.path, *(meant.partition(":")[0] for meant in here.imported.values())} & set(sources)
    found: dict[str, set[str]] = {}
    for path in near:
        for name, methods in sources[path].classes.items():
            keepers = _keepers(methods, sources) if name in sources[path].protocols else {path}
            for method in methods:
                found.setdefault(method, set()).update(f"{one}:{method}" for one in keepers)
    return found


def _keepers(methods: set[str], sources: dict[str, Source]) -> set[str]:
    return {one.path for one in sources.values() if any(methods <= has for has in one.classes.values())}


def _own_names(node: Function) -> set[str]:
    """Parameters and what is assigned: inside, these names mean nothing of the file's."""
    found = {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            found.add(one.id)
        elif isinstance(one, Function) and one is not node:
            found.add(one.name)
    return found


def _called(here: Source, node: ast.AST, methods: dict[str, set[str]], *, own: set[str]) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and one.id not in own:
            if one.id in here.functions:
                yield f"{here.path}:{one.id}"
            elif one.id in here.imported:
                yield here.imported[one.id]
            elif one.id in here.assigned:
                yield from _called(here, here.assigned[one.id], methods, own={*own, one.id})
        elif isinstance(one, ast.Attribute) and _file(here, one):
            yield f"{_file(here, one)}:{one.attr}"
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and not _file(here, one.func):
            yield from methods.get(one.func.attr, ())


def _file(here: Source, one: ast.Attribute) -> str:
    """The module before the dot, where it is one of ours."""
    return here.imported.get(one.value.id, "") if isinstance(one.value, ast.Name) else ""


def reach(calls: Mapping[str, set[str]], start: str, *, stop: Collection[str] = ()) -> set[str]:
    """Everything that may run once `start` does, itself included; what those in `stop` call is left out."""
    found, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(calls.get(name, ()) if name == start or name not in stop else ())
    return found
