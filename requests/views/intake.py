"""An officer writes down what came in by phone, mail, letter or at the counter (R4)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Locked, TooMany
from requests import desk, intake, persons, words
from requests.desk_forms import PersonForm, Received
from requests.forms import RectifyForm, RequestForm
from requests.models import Case, Kind


@entry(STAFF, "cases.decide", methods=("GET", "POST"))
def new(request: Asked) -> HttpResponse:
    """First whom it is about, then what is asked, then the words and the day of receipt."""
    about, kind = request.GET.get("for", ""), request.GET.get("kind", "")
    if not about:
        return _search(request)
    person = desk.chosen(request.actor, about)
    kinds = list(words.KINDS.items())
    if kind not in Kind.values:
        context = {"person": person, "kinds": kinds}
        return render(request, "dsr_requests/intake.html", context, status=_again(request))
    data = request.POST if request.method == "POST" else None
    received = Received(data, initial={"received_on": timezone.localdate()})
    form = _form(request, kind, person, data)
    status = _again(request)
    if data is not None and all([received.is_valid(), form.is_valid()]):
        try:
            case = _file(request, kind, person, received, form)
        except (BadInput, Conflict, Locked, TooMany) as error:
            status = form.blame(error)
        else:
            messages.success(request, _("Recorded under the number %(number)s.") % {"number": case.number})
            return redirect("dsr_requests:case", case.pk)
    context = {"person": person, "kinds": kinds, "kind": kind, "received": received, "form": form}
    return render(request, "dsr_requests/intake.html", context, status=status)


def _again(request: Asked) -> int:
    return 400 if request.method == "POST" else 200


def _search(request: Asked) -> HttpResponse:
    form = PersonForm(request.GET if "who" in request.GET else None)
    status = _again(request)
    if form.is_bound and form.is_valid():
        try:
            found = persons.named(request.actor, form.cleaned_data["who"])
            return redirect(f"{request.path}?{urlencode({'for': str(found)})}")
        except Absent:
            form.add_error(
                "who", _("Nobody has this value. Check the spelling: only a whole value is found.")
            )
        except BadInput as error:
            form.add_error("who", str(error.public))
    return render(request, "dsr_requests/intake.html", {"search": form}, status=status)


def _form(request: Asked, kind: str, person: desk.Person, data: Any) -> RequestForm:
    question = _("What did the person say?")
    if kind == Kind.RECTIFY:
        return RectifyForm(data, question=question, values=desk.correctable(request.actor, person))
    return RequestForm(data, question=question)


def _file(request: Asked, kind: str, person: desk.Person, received: Received, form: RequestForm) -> Case:
    return intake.file_case(
        actor=request.actor,
        kind=kind,
        subject=person.id,
        text="\n\n".join(filter(None, [received.came(), form.cleaned_data["text"]])),
        proposals=form.proposals(),
        received_at=received.cleaned_data["received_on"],
        at=clock.now(),
    )
