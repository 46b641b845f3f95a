"""One row, accepted or refused whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO
from uuid import UUID

from django.utils.translation import gettext as _

from portals_core.access.actor import Actor, system
from portals_core.imports.mapping import FieldMapping
from portals_core.plumbing.errors import BadInput
from portals_core.records import catalogue, reads, sealed, values
from portals_core.records.models import Field, FieldType, Module, UniqueValue
from portals_core.writing import door
from portals_core.writing.records import change_record, create_record

_RESOLVE = system("resolve links of an import")


def read(file: IO[bytes]) -> Generator[list[str], None, None]:
    """Header and rows of a CSV file in UTF-8, with comma, semicolon or tab between cells.

    Raises `BadInput` for another encoding, an empty file or a row that is not CSV.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        start = text.readline()
        if not start.strip():
            raise BadInput(_("The file is empty. The first row must name the columns."), code="import.empty")
        delimiter = max(",;\t", key=start.count)
        text.seek(0)
        for row in csv.reader(text, delimiter=delimiter, strict=True):
            if row:
                yield row
    except UnicodeDecodeError:
        raise BadInput(
            _("The file is not in UTF-8. Save it as “CSV UTF-8” and try again."), code="import.encoding"
        ) from None
    except csv.Error as error:
        raise BadInput(
            _("The file is not a valid CSV file: %(why)s.") % {"why": error}, code="import.csv"
        ) from None
    finally:
        text.detach()


def finders(actor: Actor, of: Module) -> list[Field]:
    """The unique fields by which rows may be compared with records: not those whose values are hidden from
    the actor, or a file of guesses would tell which of them are there (decision 10)."""
    return [one for one in reads.askable(actor, of) if one.unique]


@dataclass
class Importer:
    """What is needed to turn rows of one file into records of one module."""

    actor: Actor
    module: Module
    mapping: FieldMapping
    source: str
    at: datetime
    fields: dict[str, Field] = field(default_factory=dict)
    targets: dict[str, Field] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fields = {one.key: one for one in catalogue.fields(self.module)}
        for key in self.mapping.values:
            if key not in self.fields:
                raise BadInput(
                    _("%(module)s have no field “%(field)s”.")
                    % {"module": self.module.label_plural, "field": key},
                    code="mapping.field_unknown",
                )
            self._refuse_hidden(key)
            if self.fields[key].type == FieldType.LOOKUP:
                self.targets[key] = self._target(key)
        if self.mapping.match and self.mapping.match not in {
            one.key for one in finders(self.actor, self.module)
        }:
            raise BadInput(
                _("Records can only be recognised by a unique field; “%(field)s” is none.")
                % {"field": self.mapping.match},
                code="mapping.match",
            )

    def _refuse_hidden(self, key: str) -> None:
        if key not in {one.key for one in reads.writable(self.actor, self.module)}:
            raise BadInput(
                _("“%(field)s” is hidden from your role, or masked: you cannot import it.")
                % {"field": self.fields[key].label},
                code="mapping.hidden",
            )

    def _target(self, key: str) -> Field:
        wanted = self.mapping.lookups.get(key)
        target = self.fields[key].target
        assert target is not None
        unique = {one.key: one for one in finders(self.actor, target)}
        if wanted not in unique:
            raise BadInput(
                _("“%(field)s” links to %(module)s: name its unique field in [lookups]. Known: %(known)s.")
                % {"field": key, "module": target.label_plural, "known": ", ".join(unique) or "–"},
                code="mapping.lookup",
            )
        return unique[wanted]

    def own_links(self) -> set[str]:
        """Lookups into the module itself: their targets may come later in the same file."""
        return {key for key, target in self.targets.items() if target.module_id == self.module.pk}

    def given(
        self, cells: Mapping[str, str], *, skip: set[str] | frozenset[str] = frozenset()
    ) -> dict[str, object]:
        """The row's values with links resolved. Raises `BadInput` when a link has no target."""
        row: dict[str, object] = {}
        for key, value in self.mapping.row(cells).items():
            if key in skip:
                continue
            row[key] = self._resolve(key, value) if key in self.targets else value
        return row

    def _resolve(self, key: str, value: str) -> str:
        target = self.targets[key]
        form = values.normal_form(target, value.strip())
        if form is None:
            return ""
        found = self._record_with(target, form)
        if found is None:
            raise BadInput(
                _("%(field)s: there is no such record.") % {"field": self.fields[key].label},
                code="lookup.absent",
            )
        return str(found)

    def _record_with(self, target: Field, form: str) -> UUID | None:
        rows = UniqueValue.objects.visible_to(_RESOLVE).filter(field=target, value=form)
        return rows.values_list("record", flat=True).first()

    def existing(self, given: Mapping[str, object]) -> UUID | None:
        """The record this row is about, where the mapping says how to recognise it."""
        if not self.mapping.match:
            return None
        target = self.fields[self.mapping.match]
        form = values.normal_form(target, values.parse(target, given.get(self.mapping.match)))
        return self._record_with(target, form) if form else None

    def store(self, cells: Mapping[str, str], *, skip: set[str]) -> None:
        """Add the row's record, or change the one it is about. Raises the family's errors; stores whole."""
        given = self.given(cells, skip=skip)
        found = self.existing(given)
        if found is None:
            create_record(actor=self.actor, module=self.module, given=given, source=self.source, at=self.at)
        else:
            self._change(found, given)

    def link(self, cells: Mapping[str, str], by: str) -> None:
        """Second pass: set links into the module itself on the record recognised by the unique field `by`."""
        own = self.own_links()
        wanted = {
            key: value for key, value in self.mapping.row(cells).items() if key in own and value.strip()
        }
        form = values.normal_form(self.fields[by], self.mapping.row(cells)[by].strip())
        record = self._record_with(self.fields[by], form) if form and wanted else None
        if record is not None:
            given = {key: self._resolve(key, value) for key, value in wanted.items()}
            self._change(record, given)

    def _change(self, record: UUID, given: Mapping[str, object]) -> None:
        change_record(
            actor=self.actor, record=record, given=given, at=self.at, path="import", source=self.source
        )

    def check(self, cells: Mapping[str, str], seen: dict[str, set[str]]) -> None:
        """What `store` would refuse, without storing; `seen` carries unique values of earlier rows."""
        given, fields = self.given(cells, skip=self.own_links()), list(self.fields.values())
        found = self.existing(given)
        if found is None:
            parsed = changed = door.checked(self.actor, self.module, fields, given)
        else:
            record = door.open_for(self.actor, found, "edit", path="import")
            before = sealed.opened(record)
            changed = door.checked(self.actor, self.module, fields, given, before=before)
            parsed = {**before, **changed}
            if changed:
                door.refuse_if_locked(found, "edit", fields=changed, actor=self.actor)
        door.refuse_to_add_to_locked(self.actor, door.reach_of_lookups(self.actor, fields, changed))
        for key, one in self.fields.items():
            form = values.normal_form(one, parsed.get(key)) if one.unique else None
            if form is None:
                continue
            holder = self._record_with(one, form)
            if form in seen.setdefault(key, set()) or holder not in (None, found):
                raise BadInput(
                    _("%(field)s: this value cannot be used because it must be unique.")
                    % {"field": one.label},
                    code="value.not_unique",
                )
            seen[key].add(form)
