"""Staff: why each person's data is kept. The list, one person, and the overview."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import panels
from consent.catalogue import purposes
from consent.deciding import objections
from consent.desk import overview, plots
from consent.forms.basis import BasisForm, PeopleForm
from consent.grounds import changes, recording
from consent.grounds import people as listed
from consent.grounds.people import Filter
from consent.models import Purpose
from consent.standing import reads
from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.records.reads import CAP
from portals_core.views import entering

KEEP = "consent.manage"
MONTH = gettext_lazy("Month")


@entry(STAFF, KEEP)
def people(request: Asked) -> HttpResponse:
    """People whose data has a basis, or none yet: those of a filter, ready to be ticked."""
    modules, pursued = listed.modules(request.actor), list(purposes.active())
    form = PeopleForm(request.GET, modules=modules, purposes=pursued)
    context: dict[str, Any] = {"form": form, "modules": modules, "cap": CAP}
    if not form.is_valid():
        return render(request, "consent/desk_people.html", context, status=400)
    wanted = Filter.read(form.cleaned_data)
    after = _uuid(request.GET.get("after", ""))
    found = listed.page(request.actor, wanted, after=after, limit=reads.PAGE + 1)
    rows = found[: reads.PAGE]
    asked = QueryDict(mutable=True)
    asked.update(wanted.stored())
    context |= {
        "rows": rows,
        "wanted": wanted,
        "count": listed.counted(request.actor, wanted),
        "purpose": next((one for one in pursued if one.key == wanted.purpose), None),
        "first": f"?{asked.urlencode()}" if after else "",
        "next": f"?{_with(asked, after=rows[-1].id.hex)}" if len(found) > len(rows) else "",
    }
    return render(request, "consent/desk_people.html", context)


@entry(STAFF, KEEP, methods=("GET", "POST"))
def subject(request: Asked, subject: UUID) -> HttpResponse:
    """One person: where consent stands, every basis, every decision; and recording a basis."""
    record = reads.person(request.actor, subject)
    form = BasisForm(request.POST or None, purposes=purposes.active())
    status = 200
    if request.method == "POST":
        done, status = entering.attempt(
            form,
            lambda: recording.record_basis(
                actor=request.actor, subject=subject, at=clock.now(), **form.cleaned_data
            ),
        )
        if done:
            messages.success(request, _("Recorded. The basis before it stays in the history."))
            return redirect("consent:desk-subject", subject)
    context = {
        "form": form,
        "record": record,
        "kept": record.module.compliance,
        "sensitive": recording.holds_sensitive(record),
        "name": reads.name_of(request.actor, record),
        "standings": reads.current(request.actor, subject, language=panels.language(), at=clock.now()),
        "bases": reads.bases_of(request.actor, subject),
        "decisions": reads.history(request.actor, subject),
        "objections": objections.standing(record.pk),
    }
    return render(request, "consent/desk_subject.html", context, status=status)


@entry(STAFF, KEEP)
def figures(request: Asked) -> HttpResponse:
    """The overview: bases, consent by purpose, and one purpose month by month."""
    at = clock.now()
    general = overview.bases(request.actor)
    rows = overview.consents(request.actor, of=general, at=at)
    pursued = [row.purpose for row in rows]
    key = request.GET.get("purpose", "")
    shown = next((one for one in pursued if one.key == key), pursued[0] if pursued else None)
    context = {
        "general": general,
        "columns": [name for name, _states in overview.COLUMNS.values()],
        "rows": [(row, list(zip(_names(), row.numbers, strict=True))) for row in rows],
        "shown": shown,
        "plots": _months(request, shown) if shown else (),
        "changes": changes.latest(request.actor),
    }
    return render(request, "consent/overview.html", context)


def _names() -> list[object]:
    return [name for name, _states in overview.COLUMNS.values()]


def _months(request: Asked, shown: Purpose) -> tuple[dict[str, Any], dict[str, Any]]:
    found = overview.months(request.actor, shown, at=clock.now())
    names = [formats.date_format(month.first, "M y") for month in found]
    given = list(zip(names, (month.given for month in found), strict=True))
    withdrawn = list(zip(names, (month.withdrawn for month in found), strict=True))
    return (
        plots.bars(_("Consent given, by month"), MONTH, _("Given"), given),
        plots.bars(_("Consent withdrawn, by month"), MONTH, _("Withdrawn"), withdrawn, tone="warn"),
    )


def _with(asked: QueryDict, **more: str) -> str:
    every = asked.copy()
    every.update(more)
    return every.urlencode()


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
