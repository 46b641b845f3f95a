"""What portal and desk share when they show a list: what is asked of it, the form above it, its heads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from portals_core.access.actor import Actor
from portals_core.forms.lists import ListForm
from portals_core.locks import marks
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput
from portals_core.records import filters, listing, reads
from portals_core.records.filters import Row
from portals_core.records.listing import Page
from portals_core.records.models import Module
from portals_core.views import entering
from portals_core.writing import door
from portals_core.writing.exported import export_list

_NUMBERS = range(1, filters.ROWS + 1)
#: Every name a list knows; none of them is, or becomes, the name of a field.
NAMES = ("find", *(f"{name}{number}" for number in _NUMBERS for name in "fhv"), "sort")
_ALSO = {"GET": {"after"}, "POST": {"csrfmiddlewaretoken"}}
LONGEST_FIND = 200


@dataclass(frozen=True)
class Asked:
    """What somebody asks of a list: a search, the rows of a filter, an order."""

    find: str = ""
    rows: tuple[Row, ...] = ()
    sort: str = ""

    @property
    def narrows(self) -> bool:
        """Whether the list may be shorter than it would be unasked."""
        return bool(self.find) or self.filters

    @property
    def filters(self) -> bool:
        """Whether a row of the filter was filled in."""
        return any(row.field or row.value for row in self.rows)


@dataclass(frozen=True)
class Head:
    """The head of a column: `to` is the order it leads to, `stands` how the list stands by it now."""

    label: str
    number: bool = False
    to: str = ""
    stands: str = ""


def asked(request: HttpRequest) -> Asked:
    """What the request asks of a list. Raises `BadInput` for a name that lists do not know (attack 26)."""
    given: QueryDict = request.POST if request.method == "POST" else request.GET
    strange = sorted(set(given) - set(NAMES) - _ALSO[request.method or "GET"])
    if strange:
        raise BadInput(
            _("A list has no setting “%(name)s”. There are: %(known)s.")
            % {"name": strange[0], "known": ", ".join(NAMES)},
            code="list.unknown_setting",
        )
    rows = [Row(*(given.get(f"{name}{number}", "") for name in "fhv")) for number in _NUMBERS]
    return Asked(given.get("find", "")[:LONGEST_FIND], tuple(rows), given.get("sort", ""))


def show(
    request: HttpRequest, actor: Actor, of: Module, template: str, *, cards: bool = False
) -> HttpResponse:
    """The page of a list, as a table or as cards (T5). What cannot be asked of it is said above the form,
    with no row below."""
    wanted, after = asked(request), entering.start_of(request)
    page = _page(actor, of, wanted, after)
    context = {
        "module": of,
        "page": page,
        "asked": wanted,
        "find": wanted.find,
        "form": ListForm(page, find=wanted.find, rows=wanted.rows, sort=wanted.sort),
        "heads": _heads(of, page),
        "sent": [(name, request.GET[name]) for name in NAMES if request.GET.get(name) and name != "sort"],
        "cards": cards,
        "may_create": door.may_create(actor, of),
        "may_export": reads.may_export(actor, of),
    }
    return render(request, template, context, status=400 if page.problem else 200)


def download(request: HttpRequest, actor: Actor, of: Module) -> HttpResponseBase:
    """The list as a CSV file, sent while it is read."""
    wanted = asked(request)
    lines = export_list(actor=actor, module=of, find=wanted.find, rows=wanted.rows, at=clock.now())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = content_disposition_header(as_attachment=True, filename=f"{of.key}.csv")
    response.headers["Content-Disposition"] = str(name)
    return response


def _page(actor: Actor, of: Module, wanted: Asked, after: UUID | None) -> Page:
    page = listing.page(actor, of, after=after, find=wanted.find, rows=wanted.rows, sort=wanted.sort)
    return replace(page, rows=marks.marked(actor, page.rows))


def _heads(of: Module, page: Page) -> list[Head]:
    title = next((one for one in page.asked if one.key == of.title_key), None)
    first = _head(page, of.label, of.title_key) if title else Head(of.label)
    numbers = ("number", "currency")
    return [first, *(_head(page, one.label, one.key, number=one.type in numbers) for one in page.columns)]


def _head(page: Page, label: str, key: str, **look: Any) -> Head:
    if key not in {one.key for one in page.sorts}:
        return Head(label, **look)
    if page.order is None or page.order.field.key != key:
        return Head(label, to=key, **look)
    if page.order.down:
        return Head(label, to=key, stands="descending", **look)
    return Head(label, to=f"-{key}", stands="ascending", **look)
