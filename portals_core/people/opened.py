"""What is opened of one module: its acts, its fields, who reaches its records, and what cannot go together
(T1–T7, T12–T15). Descriptions are read in `people.sharing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from portals_core.access import criteria
from portals_core.people.models import Match, Sharing, View
from portals_core.plumbing.errors import BadInput
from portals_core.records.models import Field, Layout, Module, Personal

VISIBLE, EDITABLE, REQUIRED = "visible", "editable", "required"
FILES = ("attach", "detach", "far_files")
NOTES = ("read_notes", "note", "remove_notes", "far_notes")
ACTS = ("create", "edit", "edit_shared", "delete", "clone", "export", *FILES, *NOTES)
#: Said of user types only: staff reach shared and own records alike, and files and notes go with the record.
OF_PORTAL = frozenset({"edit_shared", *FILES, *NOTES})

Fields = Mapping[Field, str]


@dataclass(frozen=True)
class Share:
    """A row of a description, checked against the catalogue."""

    module: Module
    acts: frozenset[str]
    fields: Fields
    sharing: str = Sharing.PRIVATE
    via: tuple[str, ...] = ()
    match: str = Match.ALL
    conditions: criteria.Tree | None = None
    #: Conditions decide, and are not written yet.
    awaited: bool = False
    layouts: tuple[Layout, ...] = ()
    view: str = View.LIST
    layout_fields: Mapping[Layout, Fields] = field(default_factory=dict)
    far: frozenset[str] = frozenset()


def bad(sentence: object, field: str = "") -> BadInput:
    """The refusal of a description, with what is wrong in it."""
    return BadInput(sentence, code="user_type.definition", fields={field: sentence} if field else None)


def refusal_of_public(module: Module, fields: Iterable[Field]) -> object | None:
    """Why the module cannot be public, in a sentence; `None` if it can (T12, T13)."""
    if module.identity or module.compliance:
        return _("“%(module)s” hold personal data and can only be shared as private.") % {
            "module": module.label_plural
        }
    personal = next((one.label for one in fields if one.personal != Personal.NONE), None)
    if personal is None:
        return None
    return _("“%(module)s” cannot be public: “%(field)s” is a personal field.") % {
        "module": module.label_plural,
        "field": personal,
    }


def fits(identity: Module, share: Share, known: Mapping[str, Field]) -> None:
    """Whether all that is described of one module goes together. Raises `BadInput` with the first thing that
    does not."""
    for refuse in (_refuse_public, _refuse_unreachable, _refuse_outside_layouts, _refuse_unfillable):
        refuse(identity, share, known)


def _refuse_public(identity: Module, share: Share, known: Mapping[str, Field]) -> None:
    refusal = refusal_of_public(share.module, known.values())
    if share.sharing == Sharing.PUBLIC and refusal is not None:
        raise bad(refusal)


def _refuse_unreachable(identity: Module, share: Share, known: Mapping[str, Field]) -> None:
    by_rule = share.conditions or share.awaited or share.sharing == Sharing.PUBLIC
    if share.module != identity and not (share.via or by_rule or "create" in share.acts):
        raise bad(
            _(
                "Say through which link “%(module)s” belong to the person, that conditions decide which of "
                "them are shared, or that people add their own."
            )
            % {"module": share.module.label_plural}
        )


def _refuse_outside_layouts(identity: Module, share: Share, known: Mapping[str, Field]) -> None:
    """What decides who sees a record must stand in the layouts that are shared (T15)."""
    needed = [path.split(".")[0] for path in share.via]
    needed += [leaf.key for leaf in criteria.leaves(share.conditions)] if share.conditions else []
    for layout in share.layouts:
        placed = {key for section in layout.sections for key in section.get("keys", ())}
        missing = [key for key in needed if key not in placed]
        if missing:
            raise bad(
                _("“%(field)s” decides who sees a record and must be in the layout “%(layout)s”.")
                % {"field": known[missing[0]].label, "layout": layout.name}
            )


def _refuse_unfillable(identity: Module, share: Share, known: Mapping[str, Field]) -> None:
    if "create" not in share.acts:
        return
    for one in known.values():
        if one.required and share.fields.get(one, VISIBLE) == VISIBLE:
            raise bad(
                _("Who adds to “%(module)s” must be able to fill in “%(field)s”, which is required.")
                % {"module": share.module.label_plural, "field": one.label}
            )
