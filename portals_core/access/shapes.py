"""Rules without their values: what the rules of two people have in common who differ in values alone. Pure.

A rule is a value, and the SQL it compiles to depends on nothing else. Its shape tells which SQL that is, the
values what is put into it. So a question can be compiled once for everybody, and what is kept of it names
nobody: a right that is lost makes another rule, never an old answer.
"""

from __future__ import annotations

from portals_core.access import policy
from portals_core.access.policy import Policy


class Slot(str):
    """Stands in a rule for a text or the value of a column, and is as long as what is put in its place."""

    number: int
    column: str
    size: int

    __slots__ = ("column", "number", "size")

    def __new__(cls, number: int, column: str = "", size: int = 1) -> Slot:
        made = super().__new__(cls, f"{number} {column} {size}")
        made.number, made.column, made.size = number, column, size
        return made

    def __len__(self) -> int:
        return self.size


def shape(rule: Policy, taken: list[object]) -> Policy:
    """The rule with slots in place of its values, which are added to `taken`; each slot has its number there.

    A kind of rule this function does not know stays as it is, for the compiler to refuse.
    """

    def slot(value: object, column: str = "", size: int = 1) -> Slot:
        taken.append(value)
        return Slot(len(taken) - 1, column, size)

    match rule:
        case policy.ColumnIs(column, value) if value is not None and _is_own(column):
            return policy.ColumnIs(column, slot(value, column))
        case policy.ColumnAfter(column, value) if _is_own(column):
            return policy.ColumnAfter(column, slot(value, column))
        case policy.ColumnIn(column, values) if _is_own(column):
            return policy.ColumnIn(column, tuple(slot(value, column) for value in values))
        case policy.Test(key, "starts" | "ends" as how, forms, negated):
            # How long the text is stands in the SQL.
            return policy.Test(key, how, tuple(slot(form, size=len(form)) for form in forms), negated)
        case policy.Test(key, how, forms, negated):
            return policy.Test(key, how, tuple(slot(form) for form in forms), negated)
        case policy.Through(key, module, inner):
            return policy.Through(key, module, shape(inner, taken))
        case policy.AllOf(parts) | policy.AnyOf(parts):
            return type(rule)(tuple(shape(part, taken) for part in parts))
    return rule


def _is_own(column: str) -> bool:
    """Whether it is a column of the table itself, whose type tells how its values are written."""
    return "__" not in column
