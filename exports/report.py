"""The readable part of an export: who, what is held and why, which of it is portable, and what one can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from consent import register
from consent.law import bases
from exports.portability import Portable, portable
from exports.spool import Spool, Table
from portals_core.access.actor import system
from portals_core.plumbing import cells
from portals_core.plumbing.sources import SOURCES
from portals_core.records import catalogue
from requests.law import authorities

_READ = system("name the recipients in a person's copy")
#: Source and table in which the bases stand.
BASES = ("consent", "processing_bases")
#: Characters printed of one value, and of all values together: what is longer stands in the machine-readable
#: files. The second bounds the pages of the PDF and with them the memory of its maker.
_OF_ONE, _OF_ALL = 2_000, 250_000
#: Facts of every row that are ours, not the person's.
_OURS = frozenset({"id", "source", "created_at", "changed_source", "changed_at", "record"})


@dataclass(frozen=True)
class Described:
    """One table in people's words."""

    name: str
    label: str
    source: str
    count: int
    columns: Mapping[str, str]
    #: Columns with what the person provided.
    provided: tuple[str, ...]


@dataclass
class Section:
    """One table as printed: its rows, or none of them where there are too many."""

    table: Described
    portable: tuple[str, ...]
    rows: list[list[tuple[str, str]]] = field(default_factory=list)
    summarised: bool = False


def described(tables: Iterable[Table]) -> dict[str, Described]:
    """Labels and provenance of the tables, by name, in the language that is active."""
    modules = {module.key: module for module in catalogue.modules()}
    fields = catalogue.by_module()
    found = {}
    for table in tables:
        module = modules.get(table.key) if table.source == "records" else None
        own = {one.key: one for one in fields.get(module.pk, [])} if module else {}
        given = table.provided == table.count
        found[table.name] = Described(
            name=table.name,
            label=str(module.label_plural if module else table.key.replace("_", " ").capitalize()),
            source=str(SOURCES.get(table.source).label),
            count=table.count,
            columns={key: own[key].label if key in own else key.replace("_", " ") for key in table.columns},
            provided=tuple(
                key
                for key in table.columns
                if given and key not in _OURS and (key not in own or own[key].provided)
            ),
        )
    return found


def bases_in_force(spool: Spool) -> list[str]:
    """Codes of the bases on which this person's data is processed now."""
    rows = (row for table in spool.of(*BASES) for row in spool.rows(table))
    return sorted({str(row["basis"]) for row in rows if row.get("basis") and not row.get("valid_to")})


def portable_part(spool: Spool) -> Portable:
    """What Art. 20 covers of the spooled rows."""
    tables = described(spool.tables())
    return portable(bases_in_force(spool), {name: one.provided for name, one in tables.items()})


def html(order: Any, spool: Spool) -> str:
    """The report as one self-contained HTML document in the person's language."""
    with translation.override(order.language):
        return render_to_string("exports/report.html", _context(order, spool))


def readme(order: Any, spool: Spool, language: str) -> str:
    """What the archive holds and how to check it, as plain text."""
    with translation.override(language):
        return render_to_string("exports/readme.txt", _context(order, spool, printed=False))


def title(order: Any) -> str:
    """The title of the report, for its file."""
    with translation.override(order.language):
        return _("Your personal data: %(number)s") % {"number": order.number}


def _context(order: Any, spool: Spool, *, printed: bool = True) -> dict[str, Any]:
    part = portable_part(spool)
    return {
        "order": order,
        "title": title(order),
        "organisation": settings.ORGANISATION,
        "contact_email": settings.CONTACT_EMAIL,
        "language": translation.get_language(),
        "sections": list(_sections(spool, part)) if printed else [],
        "total": sum(table.count for table in spool.tables()),
        "recipients": register.recipients_now(_READ),
        "bases": [_basis(code) for code in bases_in_force(spool)],
        "encloses": spool.encloses,
        "portable": part,
        "portable_bases": [_basis(code) for code in part.bases],
        "authority": authorities.authority(order.country, order.subdivision),
    }


def _basis(code: str) -> Mapping[str, str]:
    """A basis in words; one that is none of the six ("not decided yet") keeps its code."""
    if code not in set(bases.Basis):
        return {"code": code, "label": code.replace("_", " "), "explained": ""}
    known = bases.Basis(code)
    return {"code": code, "label": _(bases.LABELS[known]), "explained": _(bases.EXPLAINED[known])}


def _sections(spool: Spool, part: Portable) -> Iterator[Section]:
    words, left = described(spool.tables()), _OF_ALL
    for table in spool.tables():
        section = Section(words[table.name], part.tables.get(table.name, ()))
        if table.count <= settings.EXPORT_REPORT_ROWS and left > 0:
            section.rows = [_printed(row, words[table.name]) for row in spool.rows(table)]
        spent = sum(len(label) + len(text) for row in section.rows for label, text in row)
        if table.count and (not section.rows or spent > left):
            section.rows, section.summarised = [], True
        else:
            left -= spent
        yield section


def _printed(row: Mapping[str, object], table: Described) -> list[tuple[str, str]]:
    shown = ((table.columns.get(key, key), cells.text(value)) for key, value in row.items())
    return [(label, text if len(text) <= _OF_ONE else f"{text[:_OF_ONE]}…") for label, text in shown if text]
