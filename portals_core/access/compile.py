"""Policy to filter: the only place where a rule becomes SQL."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Right, StrIndex, Substr
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

from portals_core.access import criteria, policy
from portals_core.access.shapes import Slot
from portals_core.plumbing.errors import Broken

#: Comparisons look at this many characters of a form: one more than a condition may have, so that a longer
#: form never equals one, and few enough for every index.
LOOKED_AT = criteria.LONGEST + 1


class JsonText(Func):
    """The text of one key of a JSON column, written alike in index and query on both databases.

    The key stands in the SQL as a literal, because an index on the expression is used only when the
    query repeats the same text. It is a Unicode identifier (checked), so it needs no quoting rules.
    """

    output_field = models.TextField()
    column = ""

    def __init__(self, key: str) -> None:
        if not key.isidentifier():
            raise Broken("", code="access.bad_key", detail=f"{key!r} is not an identifier")
        self.key = key
        super().__init__(F(self.column))

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells two apart: Django compares what a query selects, and would read a signature for it."""
        return type(self), self.key, str(self.source_expressions[0])

    def written(self, column: str, vendor: str) -> str:
        """The expression as SQL over an already quoted column."""
        return f"({column} ->> '{self.key}')"

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, Any]:
        column, params = compiler.compile(self.source_expressions[0])
        return self.written(column, connection.vendor), params


class ValueText(JsonText):
    """A field's value as text, for showing."""

    column = "values"


class WholeForm(JsonText):
    """A field's whole form, compared byte by byte."""

    column = "folded"

    def written(self, column: str, vendor: str) -> str:
        collation = ' COLLATE "C"' if vendor == "postgresql" else ""
        return f"(({column} ->> '{self.key}'){collation})"


class Form(WholeForm):
    """The beginning of a field's form, as every comparison but `contains` and `ends` sees it; indexed."""

    def written(self, column: str, vendor: str) -> str:
        return f"substr({super().written(column, vendor)}, 1, {LOOKED_AT})"


class IdText(Func):
    """A record's id in the form in which lookups hold it."""

    output_field = models.TextField()

    def __init__(self) -> None:
        super().__init__(F("id"))

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, Any]:
        column, params = compiler.compile(self.source_expressions[0])
        if connection.vendor == "postgresql":
            return f"({column}::text)", params
        cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        return "(" + " || '-' || ".join(f"substr({column}, {at}, {n})" for at, n in cuts) + ")", params


class Given(models.Value):
    """A value of a column that is put in when the question is asked."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self.value]


def rows(model: type[models.Model]) -> models.QuerySet[Any]:
    """Every row of a table, for a rule to narrow."""
    return models.Manager.get_queryset(model._default_manager)


def condition(rule: policy.Policy, model: type[models.Model]) -> Q | None:
    """The filter of a rule that is neither everything nor nothing; `None` for everything.

    A kind of rule this compiler does not know raises instead of being passed over: fail closed.
    """
    match rule:
        case policy.ColumnIs(column, value) if value is not None:
            return Q(Exact(F(column), Given(value))) if isinstance(value, Slot) else Q(**{column: value})
        case policy.ColumnAfter(column, value) if value is not None:
            after = Given(value) if isinstance(value, Slot) else value
            return Q(GreaterThan(F(column), after))
        case policy.ColumnIn(column, values):
            given = [Given(value) if isinstance(value, Slot) else value for value in values]
            return (
                Q(In(F(column), given))
                if given and isinstance(values[0], Slot)
                else Q(**{f"{column}__in": given})
            )
        case policy.Test():
            return _test(rule)
        case policy.Through(key, module, inner):
            there = narrow(rows(model).filter(module_id=module), inner).annotate(reference=IdText())
            there = there.order_by().values("reference")
            # SQLite reads the lookup's index, which leaves out records without it, only when told so.
            return Q(IsNull(Form(key), False)) & Q(In(Form(key), there))
        case policy.AllOf(parts):
            return _join(parts, Q.AND, model)
        case policy.AnyOf(parts):
            return _join(parts, Q.OR, model)
    if rule is policy.EVERYTHING:
        return None
    raise Broken("", code="access.cannot_compile", detail=f"no filter for {rule!r}")


def _text(form: str | int) -> models.Value:
    field: models.Field = models.IntegerField() if isinstance(form, int) else models.TextField()
    return models.Value(form, output_field=field)


def _test(test: policy.Test) -> Q:
    missing = Q(IsNull(Form(test.key), True))
    if test.how == "empty":
        return Q(IsNull(Form(test.key), not test.negated))
    found = _positive(test)
    # A comparison with a missing value is neither true nor false to a database; to a rule it is false.
    return missing | ~found if test.negated else found


def _positive(test: policy.Test) -> Q:
    form, forms = Form(test.key), test.forms
    match test.how:
        case "is" | "in":
            return Q(Exact(form, _text(forms[0]))) if len(forms) == 1 else Q(In(form, list(forms)))
        case "contains":
            whole = WholeForm(test.key)
            found = [Q(GreaterThan(StrIndex(whole, _text(one)), _text(0))) for one in forms]
            return Q(*found, _connector=Q.OR)
        case "starts":
            return Q(*(Q(Exact(Substr(form, 1, len(one)), _text(one))) for one in forms), _connector=Q.OR)
        case "ends":
            whole = WholeForm(test.key)
            return Q(*(Q(Exact(Right(whole, len(one)), _text(one))) for one in forms), _connector=Q.OR)
        case "between":
            return Q(GreaterThanOrEqual(form, _text(forms[0]))) & Q(LessThanOrEqual(form, _text(forms[1])))
    lookup = {"lt": LessThan, "le": LessThanOrEqual, "gt": GreaterThan, "ge": GreaterThanOrEqual}
    if test.how not in lookup:
        raise Broken("", code="access.cannot_compile", detail=f"no comparator {test.how!r}")
    return Q(lookup[test.how](form, _text(forms[0])))


def _join(parts: tuple[policy.Policy, ...], connector: str, model: type[models.Model]) -> Q:
    joined = [condition(part, model) for part in parts]
    if any(part is None for part in joined):
        raise Broken("", code="access.not_simplified", detail="everything inside a compound rule")
    return Q(*joined, _connector=connector)


def narrow(queryset: models.QuerySet, rule: policy.Policy) -> models.QuerySet:
    """The rows of `queryset` which `rule` lets through."""
    if rule is policy.NOTHING:
        return queryset.none()
    wanted = condition(rule, queryset.model)
    return queryset if wanted is None else queryset.filter(wanted)


def holds_for(rule: policy.Policy, model: type[models.Model]) -> models.Case | models.Value:
    """The rule as a column that is true or false for each row of a query."""
    if rule is policy.EVERYTHING or rule is policy.NOTHING:
        return models.Value(rule is policy.EVERYTHING, output_field=models.BooleanField())
    return models.Case(
        models.When(condition(rule, model), then=True), default=False, output_field=models.BooleanField()
    )
