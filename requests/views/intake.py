"""An officer writes down what came in by phone, mail, letter or at the counter (R4)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict, Locked, TooMany
from requests import portal
from requests.arriving import intake, proofs, recorded
from requests.casebook import names
from requests.forms.common import RectifyForm
from requests.forms.intake import KnownForm, RecordForm
from requests.law.states import State
from requests.models import Case, Kind
from requests.telling.reached import by_post

REFUSED = (BadInput, Conflict, Locked, TooMany)


@entry(STAFF, "cases.decide", methods=("GET", "POST"))
def new(request: Asked) -> HttpResponse:
    """How it came in, what is asked, by what the person can be found, and how that is proved. With `for` it
    is about a record another page named."""
    if about := request.GET.get("for", ""):
        return _known(request, names.chosen(request.actor, about))
    form = RecordForm(_sent(request), initial=_initial(request))
    status = 400 if request.method == "POST" else 200
    if form.is_bound and form.is_valid():
        try:
            case = recorded.record(actor=request.actor, at=clock.now(), **form.given())
        except REFUSED as error:
            status = form.blame(error)
        else:
            return _filed(request, case)
    return render(request, "dsr_requests/intake.html", {"form": form}, status=status)


def _known(request: Asked, person: names.Person) -> HttpResponse:
    kind = request.GET.get("kind", "")
    form = KnownForm(_sent(request), initial={**_initial(request), "kind": kind})
    fields = _corrections(request, person) if kind == Kind.RECTIFY else None
    status = 400 if request.method == "POST" else 200
    if form.is_bound and all([form.is_valid(), fields is None or fields.is_valid()]):
        try:
            case = intake.file_case(
                actor=request.actor,
                subject=person.id,
                proposals=fields.proposals() if fields else None,
                at=clock.now(),
                **form.given(),
            )
        except REFUSED as error:
            status = form.blame(error) if fields is None or not error.fields else fields.blame(error)
        else:
            return _filed(request, case)
    context = {"form": form, "person": person, "corrections": fields}
    return render(request, "dsr_requests/intake.html", context, status=status)


def _corrections(request: Asked, person: names.Person) -> RectifyForm:
    return RectifyForm(_sent(request), values=portal.correctable_of(request.actor, person.id))


def _sent(request: Asked) -> Any:
    return request.POST if request.method == "POST" else None


def _initial(request: Asked) -> dict[str, Any]:
    return {"received_on": timezone.localdate(), "language": request.LANGUAGE_CODE}


def _filed(request: Asked, case: Case) -> HttpResponse:
    coded = any(one.sent_at and one.proved_at is None for one in proofs.given(case))
    if case.state == State.PROVING:
        sentence = (
            _("Recorded under the number %(number)s. Letters wait to be printed and posted.")
            if by_post(case)
            else _("Recorded under the number %(number)s. A code is on its way to the person.")
        )
    elif coded:
        sentence = _(
            "Recorded under the number %(number)s. A code is on its way to the e-mail address, which is not "
            "checked: until it is proved, letters go by post."
        )
    else:
        sentence = _("Recorded under the number %(number)s.")
    messages.success(request, str(sentence % {"number": case.number}))
    return redirect("dsr_requests:case", case.pk)
