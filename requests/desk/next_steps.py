"""What stands to be done on a case, and what a step just did, in one sentence for the desk."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from requests.deciding import signatures
from requests.law.states import CLOSED, State
from requests.models import Case, Kind

_NEXT: dict[State, Promise] = {
    State.RECEIVED: _("Look at it: it has just come in."),
    State.PROVING: _("The person has to prove who they are. Nothing may be shown or changed before."),
    State.IN_REVIEW: _("Look at what is held, decide on each kind, then submit it."),
    State.WAITING: _("The person was asked something. Their answer comes next."),
    State.AWAITING_APPROVAL: _(
        "A second officer acts next: look at the plan, then approve it or send it back."
    ),
    State.COOLING_OFF: _("It begins by itself. Until then it can be taken back."),
    State.CARRYING_OUT: _("It is being carried out. You need do nothing."),
}
_SOMEBODY_ELSE = _("The person it is about has to agree. Nothing may be shown or changed before.")
_NOBODY_FOUND = _("It is not clear yet whom it is about: settle that first, under Who asks.")
_CORRECTIONS = _("Compare before and after, and decide on each field.")
_WITHOUT_FIELDS = _("Enter what is to be corrected, as the person said it.")
_STOPPED = _("Carrying out has stopped. See why, and try again.")
_CLOSED = _("Nothing more happens: the request is closed.")


def for_staff(case: Case, *, corrections: bool = False, parked: bool = False) -> Promise:
    """What is to be done next. `corrections`: fields are proposed; `parked`: carrying out has stopped."""
    state = State(case.state)
    if state in CLOSED:
        return _CLOSED
    if state == State.PROVING and case.on_behalf:
        return _SOMEBODY_ELSE
    if state == State.IN_REVIEW and case.subject is None:
        return _NOBODY_FOUND
    if state == State.IN_REVIEW and case.kind == Kind.RECTIFY:
        return _CORRECTIONS if corrections else _WITHOUT_FIELDS
    return _STOPPED if parked else _NEXT[state]


_DECIDED: dict[State, Promise] = {
    State.AWAITING_APPROVAL: _("Submitted. A second officer looks at it before anything is erased."),
    State.COOLING_OFF: _("Approved. The person is told until when it can be taken back."),
    State.FULFILLED: _("This was approved before. It is done."),
    State.PARTLY_FULFILLED: _("This was approved before. It is done."),
    State.CARRYING_OUT: _("Approved. It is being carried out now."),
    State.REFUSED: _("Refused. The person is told why and how to complain."),
    State.IN_REVIEW: _("Sent back. The request is in review again."),
}


def decided(case: Case) -> str:
    """What a step did, for the message on the next page."""
    return str(_DECIDED[State(case.state)])


def approved(case: Case) -> str:
    """What an approval did: where more officers are needed, that it waits for them."""
    if case.state != State.AWAITING_APPROVAL:
        return decided(case)
    missing = max(1, case.approvals_needed - len(signatures.standing(case)))
    said = ngettext(
        "Your approval is kept. %(missing)s more officer must approve before anything is erased.",
        "Your approval is kept. %(missing)s more officers must approve before anything is erased.",
        missing,
    )
    return said % {"missing": missing}


def resumed(_case: Case) -> str:
    """That what had stopped goes on."""
    return str(_("It goes on from where it stopped."))
