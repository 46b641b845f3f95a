"""An officer writes down which fields are to be corrected, where the request came without them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render

from portals_core.entry import STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict
from requests import portal
from requests.casebook import names, reads, rectify
from requests.forms.common import RectifyForm


@entry(STAFF, "cases.decide", methods=("GET", "POST"))
def enter(request: Asked, case: UUID) -> HttpResponse:
    """The fields of the person with what stands in them; what is changed is proposed, and decided next."""
    found = reads.case_for(request.actor, case)
    person = names.persons(request.actor, [found.person])[found.person]
    data = request.POST if request.method == "POST" else None
    form = RectifyForm(data, values=portal.correctable_of(request.actor, person.id))
    status = 200 if data is None else 400
    if form.is_bound and form.is_valid():
        try:
            rectify.enter(actor=request.actor, case=case, given=form.proposals(), at=clock.now())
        except (BadInput, Conflict) as error:
            status = form.blame(error)
        else:
            return redirect("dsr_requests:case", case)
    context = {"case": found, "form": form, "person": person}
    return render(request, "dsr_requests/enter_corrections.html", context, status=status)
