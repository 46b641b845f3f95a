"""The administrator's room for layouts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from portals_core.entry import STAFF, entry
from portals_core.forms.layouts import LayoutForm
from portals_core.records import catalogue, descriptions, layouts
from portals_core.records.models import Layout, Module
from portals_core.views import entering
from portals_core.views.given import asking, posted

BOTH = ("GET", "POST")


@entry(STAFF, "setup.manage", methods=BOTH)
def add(request: HttpRequest, module: str) -> HttpResponse:
    """One more layout; it begins with every field in one section."""
    return _page(request, catalogue.module(module), None)


@entry(STAFF, "setup.manage", methods=BOTH)
def change(request: HttpRequest, module: str, layout: int) -> HttpResponse:
    """Name, sections, order and required fields of a layout."""
    of = catalogue.module(module)
    return _page(request, of, descriptions.layout_of(of, layout))


def _page(request: HttpRequest, of: Module, layout: Layout | None) -> HttpResponse:
    form = LayoutForm(posted(request), fields=catalogue.fields(of), layout=layout)
    status = 200
    if request.method == "POST":
        done, status = entering.attempt(
            form,
            lambda: layouts.store_layout(actor=asking(request), of=of, layout=layout, **form.given()),
        )
        if done:
            messages.success(request, _("The layout was saved."))
            return redirect("portals_core:setup-layout", of.key, done.pk)
    context = {"module": of, "layout": layout, "form": form}
    return render(request, "portals_core/setup/layout.html", context, status=status)
