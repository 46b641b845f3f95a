"""Conditions as an administrator gives them: checked against the catalogue, told in words.

What is described is one comparison `{"field", "how", "value"}` or `{"field", "how", "own"}`, a group
`{"all": [...]}`, `{"any": [...]}`, `{"not": ...}`, or numbered rows under a pattern
`{"rows": [...], "pattern": "(1 and 2) or 3"}`. A date may be counted from the day on which the rule is asked:
"today", "today-30". A description that cannot be meant is refused with the reason, never ignored (C11).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from portals_core.access import criteria
from portals_core.access.criteria import AGAINST_OWN, COMPARATORS, OPERANDS, Leaf, Malformed, Tree
from portals_core.plumbing.errors import BadInput
from portals_core.records import values
from portals_core.records.models import Field, FieldType

#: How each comparator is called, between a field and its value.
HOW = {
    "is": pgettext_lazy("comparator", "is"),
    "is_not": pgettext_lazy("comparator", "is not (or is empty)"),
    "contains": pgettext_lazy("comparator", "contains"),
    "not_contains": pgettext_lazy("comparator", "does not contain"),
    "starts": pgettext_lazy("comparator", "starts with"),
    "ends": pgettext_lazy("comparator", "ends with"),
    "in": pgettext_lazy("comparator", "is one of"),
    "not_in": pgettext_lazy("comparator", "is none of (or is empty)"),
    "empty": pgettext_lazy("comparator", "is empty"),
    "not_empty": pgettext_lazy("comparator", "is not empty"),
    "lt": pgettext_lazy("comparator", "is less than"),
    "le": pgettext_lazy("comparator", "is at most"),
    "gt": pgettext_lazy("comparator", "is more than"),
    "ge": pgettext_lazy("comparator", "is at least"),
    "between": pgettext_lazy("comparator", "is between"),
    "not_between": pgettext_lazy("comparator", "is not between (or is empty)"),
}
#: Comparators whose value is a piece of text and not a value of the field.
_PIECES = frozenset({"contains", "not_contains", "starts", "ends"})


class Reader:
    """Reads descriptions over the fields of one module, and of the viewers' own records."""

    def __init__(self, fields: Sequence[Field], own: Sequence[Field] = ()) -> None:
        self.fields = {one.key: one for one in fields}
        self.own = {one.key: one for one in own}

    def read(self, described: object) -> Tree:
        """The tree a description means. Raises `BadInput` with what is wrong and where."""
        try:
            tree = self._tree(described, 0)
        except Malformed as error:
            raise refused(error) from None
        number = sum(1 for _leaf in criteria.leaves(tree))
        if number > settings.LIMIT_CONDITIONS:
            raise _wrong(
                _("These are %(number)s conditions; there can be %(limit)s (DSR_LIMIT_CONDITIONS).")
                % {"number": number, "limit": settings.LIMIT_CONDITIONS}
            )
        return tree

    def _tree(self, described: object, depth: int) -> Tree:
        if depth > criteria.DEEPEST:
            raise Malformed("deep")
        match described:
            case {"rows": [*rows], **rest} if set(rest) <= {"pattern"}:
                read = [self._tree(row, depth + 1) for row in rows]
                return criteria.parse_pattern(str(rest.get("pattern") or ""), read)
            case {"all": [_, *_] as parts, **rest} if not rest:
                return criteria.All(tuple(self._tree(part, depth + 1) for part in parts))
            case {"any": [_, *_] as parts, **rest} if not rest:
                return criteria.Any_(tuple(self._tree(part, depth + 1) for part in parts))
            case {"not": part, **rest} if not rest:
                return criteria.Not(self._tree(part, depth + 1))
            case {"field": key, **rest}:
                return self._leaf(str(key), {str(name): value for name, value in rest.items()})
        raise Malformed("shape")

    def _leaf(self, key: str, given: Mapping[str, object]) -> Leaf:
        field = _known(self.fields, key)
        kind, how = values.KIND_OF[field.type], str(given.get("how", "is"))
        strange = sorted(set(given) - {"how", "value", "own", "kind", "forms", "own_kind"})
        if strange:
            raise _wrong(_("Unknown setting “%(name)s” of a condition.") % {"name": strange[0]})
        if field.encrypted and how not in ("empty", "not_empty"):
            raise _wrong(
                _("“%(field)s” is kept encrypted: only whether it is empty can be asked.")
                % {"field": field.label},
                field.key,
            )
        if given.get("own"):
            return self._against_own(field, kind, how, str(given["own"]))
        if how not in COMPARATORS[kind]:
            raise _wrong_comparator(field, how, COMPARATORS[kind])
        texts = _texts(given.get("value"))
        _refuse_number(field, how, len(texts))
        forms = tuple(_form(field, how, text) for text in texts)
        counted = [form for form in forms if criteria.RELATIVE_DAY.fullmatch(form)]
        if how in ("between", "not_between") and not counted and forms[0] > forms[1]:
            raise _wrong(
                _("%(field)s: write the smaller value first.") % {"field": field.label},
                field.key,
            )
        return criteria.Value(field.key, kind, how, forms, tuple(texts))

    def _against_own(self, field: Field, kind: str, how: str, own: str) -> Leaf:
        other = _known(self.own, own)
        if other.encrypted:
            raise _wrong(
                _("“%(field)s” is kept encrypted: only whether it is empty can be asked.")
                % {"field": other.label},
                own,
            )
        other_kind = values.KIND_OF[other.type]
        allowed = AGAINST_OWN[kind].get(other_kind, ())
        if not allowed or (kind == "link" and field.target_id != other.target_id):
            raise _wrong(
                _("“%(field)s” and “%(own)s” hold different kinds of values and cannot be compared.")
                % {"field": field.label, "own": other.label},
                field.key,
            )
        if how not in allowed:
            raise _wrong_comparator(field, how, allowed)
        return criteria.Own(field.key, kind, how, other.key, other_kind)


def _known(fields: Mapping[str, Field], key: str) -> Field:
    field = fields.get(key)
    if field is None:
        raise _wrong(
            _("There is no field “%(field)s”. There are: %(known)s.")
            % {"field": key, "known": ", ".join(fields) or "–"},
            key,
        )
    if field.masked:
        raise _wrong(
            _("“%(field)s” is masked: a condition on it would tell its value.") % {"field": field.label}, key
        )
    return field


def _texts(given: object) -> list[str]:
    if given is None or given == "":
        return []
    if isinstance(given, bool):
        return ["yes" if given else "no"]
    return [str(one) for one in given] if isinstance(given, (list, tuple)) else [str(given)]


def _refuse_number(field: Field, how: str, number: int) -> None:
    wanted = OPERANDS.get(how, 1)
    if number == wanted or (wanted is None and number):
        return
    many = wanted if wanted is not None else 1
    sentence = ngettext_lazy(
        "%(field)s: “%(how)s” needs %(number)s value.",
        "%(field)s: “%(how)s” needs %(number)s values.",
        many,
    )
    raise _wrong(sentence % {"field": field.label, "how": HOW[how], "number": many}, field.key)


def _form(field: Field, how: str, text: str) -> str:
    day = criteria.RELATIVE_DAY.fullmatch(text.strip().lower().replace(" ", ""))
    if day and values.KIND_OF[field.type] in ("date", "moment"):
        return day.group()
    if how in _PIECES and values.KIND_OF[field.type] in ("text", "choice"):
        form: str | None = values.folded(text.strip()) if values.is_text(text) else None
    else:
        stored = values.parse(
            field, [text] if field.type == FieldType.MULTISELECT and how in _CHOICE else text
        )
        form = values.comparable(field, stored)
        if field.type == FieldType.MULTISELECT and how in _CHOICE and form:
            form = form.strip(criteria.SEPARATOR)
    if not form or len(form) > criteria.LONGEST:
        raise _wrong(
            _("%(field)s: write a value of 1 to %(longest)s characters.")
            % {"field": field.label, "longest": criteria.LONGEST},
            field.key,
        )
    return form


#: Comparators that look for single choices in a field that holds several.
_CHOICE = frozenset({"contains", "not_contains", "in", "not_in"})


def refused(error: Malformed) -> BadInput:
    """The sentence for a description that is no tree of conditions."""
    sentences = {
        "deep": _("The conditions are nested too deeply, or contain themselves."),
        "no_rows": _("Give at least one condition."),
        "pattern": _("“%(token)s” does not fit there. Write a pattern like (1 and 2) or 3."),
        "number": _("The pattern names condition %(number)s, which there is not."),
        "unused": _("The pattern leaves out condition %(number)s. Name it, or remove the condition."),
        "comparator": _("This comparison does not fit the field “%(field)s”."),
    }
    other = _("Describe conditions as comparisons, or as groups of them named “all”, “any” or “not”.")
    return _wrong(sentences.get(error.code, other) % error.facts)


def _wrong_comparator(field: Field, how: str, allowed: Sequence[str]) -> BadInput:
    return _wrong(
        _("%(field)s: “%(how)s” does not fit this field. Choose one of: %(allowed)s.")
        % {"field": field.label, "how": how, "allowed": ", ".join(allowed)},
        field.key,
    )


def _wrong(sentence: object, field: str = "") -> BadInput:
    return BadInput(sentence, code="conditions.wrong", fields={field: sentence} if field else None)


# --- in words -------------------------------------------------------------------------------------


def words(tree: Tree, labels: Mapping[str, str], own: Mapping[str, str]) -> str:
    """The conditions as one sentence, with the fields' names."""
    match tree:
        case criteria.All(parts):
            return str(_(" and ")).join(_inside(part, labels, own) for part in parts)
        case criteria.Any_(parts):
            return str(_(" or ")).join(_inside(part, labels, own) for part in parts)
        case criteria.Not(part):
            return str(_("not (%(conditions)s)") % {"conditions": words(part, labels, own)})
        case criteria.Own(key, _kind, how, other, _other_kind):
            return str(
                _("%(field)s %(how)s the person’s own “%(own)s”")
                % {"field": labels.get(key, key), "how": HOW[how], "own": own.get(other, other)}
            )
    listed = str(_(" and ") if tree.how in ("between", "not_between") else ", ").join(
        str(_("“%(value)s”") % {"value": one}) for one in tree.given
    )
    return f"{labels.get(tree.key, tree.key)} {HOW[tree.how]} {listed}".strip()


def _inside(tree: Tree, labels: Mapping[str, str], own: Mapping[str, str]) -> str:
    text = words(tree, labels, own)
    return f"({text})" if isinstance(tree, criteria.All | criteria.Any_) else text


def described(tree: Tree) -> dict[str, object]:
    """The numbered rows and the pattern that `Reader.read` takes for the same tree."""
    found, pattern = criteria.numbered(tree)
    rows = [
        {"field": leaf.key, "how": leaf.how, "own": leaf.own}
        if isinstance(leaf, criteria.Own)
        else {"field": leaf.key, "how": leaf.how, "value": list(leaf.given)}
        for leaf in found
    ]
    return {"rows": rows, "pattern": pattern}
