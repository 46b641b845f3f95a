"""A person's own consent, and that of people they added."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from consent import panels
from consent.deciding import decisions
from consent.forms import deciding
from consent.forms.deciding import Deciding
from consent.models import PERMITTING, Authority, Decision, State
from consent.standing import reads
from portals_core.entry import PORTAL, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, DsrError, Forbidden, Locked, TooMany

_SAID = {
    State.OBTAINED: _("You agreed. You can withdraw at any time."),
    State.RENEWED: _("You agreed to the new text. You can withdraw at any time."),
    State.REFUSED: _("You refused. Nothing will be done for this purpose."),
    State.WITHDRAWN: _("Withdrawn. It holds from this moment."),
    State.REVOKED: _(
        "Withdrawn. It holds from this moment. If we have an address for the person, they are told."
    ),
    State.WAITING: _("The person was asked by e-mail. It counts only once they confirm."),
}
_SAID_AS_PARENT = _("You agreed for this child. You can withdraw at any time.")
_UNREAD = _("Please read the text and press the button below it.")


@never_cache
@entry(PORTAL)
def mine(request: Asked) -> HttpResponse:
    """One's own consent, on a page of its own."""
    return _page(request, None)


@never_cache
@entry(PORTAL)
def person(request: Asked, person: UUID) -> HttpResponse:
    """The consent of somebody one added."""
    return _page(request, person)


@never_cache
@entry(PORTAL)
def people(request: Asked) -> HttpResponse:
    """Everybody one added, page by page."""
    after = _uuid(request.GET.get("after", ""))
    return render(request, "consent/people.html", panels.people(request.actor, after=after))


@never_cache
@entry(PORTAL)
def history(request: Asked) -> HttpResponse:
    """Every decision about oneself, with the exact text, page by page."""
    own, after = request.actor.identity, _cursor(request.GET.get("after", ""))
    found, next_page = reads.history_page(request.actor, own, after=after) if own else ([], None)
    context = {"decisions": found, "next": _as_text(next_page) if next_page else "", "later": after}
    return render(request, "consent/history.html", context)


@never_cache
@entry(PORTAL)
def decide(request: Asked, purpose: str, person: UUID | None = None) -> HttpResponse:
    """The whole text of one purpose, with what can be decided about it. Looking changes nothing."""
    return _text_page(request, person, purpose)


@entry(PORTAL, methods=("POST",))
def give(request: Asked, purpose: str, person: UUID | None = None) -> HttpResponse:
    """Give, or ask somebody one added."""
    form = Deciding(request.POST)
    if not form.is_valid():
        return _text_page(request, person, purpose, BadInput(_UNREAD))

    def act() -> Decision:
        return decisions.give(
            actor=request.actor,
            subject=person or request.actor.identity,
            purpose=purpose,
            text=form.cleaned_data["text"],
            seen=form.cleaned_data["seen"],
            channels=form.chosen,
            remarks=form.cleaned_data["remarks"],
            as_parent=request.POST.get("as") == "parent",
            at=clock.now(),
        )

    return _decided(request, person, purpose, act)


@entry(PORTAL, methods=("POST",))
def refuse(request: Asked, purpose: str) -> HttpResponse:
    """Say no to what was asked."""
    form = Deciding(request.POST)
    if not form.is_valid():
        return _text_page(request, None, purpose, BadInput(_UNREAD))

    def act() -> Decision:
        return decisions.refuse(
            actor=request.actor,
            subject=request.actor.identity,
            purpose=purpose,
            text=form.cleaned_data["text"],
            seen=form.cleaned_data["seen"],
            at=clock.now(),
        )

    return _decided(request, None, purpose, act)


@entry(PORTAL, methods=("POST",))
def withdraw(request: Asked, purpose: str, person: UUID | None = None) -> HttpResponse:
    """End a consent: one step."""
    subject = person or request.actor.identity
    try:
        decision = decisions.withdraw(actor=request.actor, subject=subject, purpose=purpose, at=clock.now())
    except (BadInput, Conflict, Locked) as error:
        return _page(request, person, error)
    return _told(request, person, purpose, decision)


@entry(PORTAL, methods=("POST",))
def withdraw_all(request: Asked) -> HttpResponse:
    """End every consent of one's own: one step."""
    ended = decisions.withdraw_all(actor=request.actor, subject=request.actor.identity, at=clock.now())
    number = len(ended)
    sentence = ngettext(
        "Withdrawn: %(number)s consent. It holds from this moment. You can switch it on again below.",
        "Withdrawn: %(number)s consents. It holds from this moment. You can switch each on again below.",
        number,
    )
    messages.success(request, sentence % {"number": number})
    return redirect("privacy")


def _decided(request: Asked, person: UUID | None, purpose: str, act: Callable[[], Decision]) -> HttpResponse:
    try:
        decision = act()
    except (BadInput, Conflict, Forbidden, Locked, TooMany) as error:
        return _text_page(request, person, purpose, error)
    return _told(request, person, purpose, decision)


def _told(request: Asked, person: UUID | None, purpose: str, decision: Decision) -> HttpResponse:
    """Say what holds now, and lead back to where it is seen."""
    messages.success(request, _sentence(purpose, decision))
    return redirect("consent:person", person) if person else redirect("privacy")


def _sentence(purpose: str, decision: Decision) -> str:
    """What holds now; what a person ended comes with the way back."""
    if decision.authority == Authority.PARENT and decision.state in PERMITTING:
        return str(_SAID_AS_PARENT)
    said = _SAID[State(decision.state)]
    if decision.state != State.WITHDRAWN:
        return str(said)
    back = reverse("consent:decide", args=[purpose])
    return format_html('{} <a href="{}">{}</a>', said, back, _("Read the text to switch it on again"))


def _page(request: Asked, person: UUID | None, error: DsrError | None = None) -> HttpResponse:
    """The page with what holds now, and above it why something could not be done."""
    status = error.http_status if error else 200
    context: dict[str, Any] = {"error": error}
    if person is None:
        context |= panels.mine(request.actor)
        return render(request, "consent/mine.html", context, status=status)
    found = reads.added_person(request.actor, person, language=panels.language(), at=clock.now())
    context |= {"person": found, "standings": found.standings, "ask_address": panels.ASK_ADDRESS}
    return render(request, "consent/person.html", context, status=status)


def _text_page(
    request: Asked, person: UUID | None, purpose: str, error: DsrError | None = None
) -> HttpResponse:
    """The text of now with its form, and above it why something could not be done."""
    try:
        context: dict[str, Any] = panels.deciding(request.actor, purpose, person)
    except Absent:
        if error is None:
            raise
        return _page(request, person, error)
    standing = context["standing"]
    if standing.text is not None:
        unticked = error is not None and "channels" in error.fields
        remarks = request.POST.get("remarks", "")
        context["form"] = deciding.below(standing, remarks=remarks, unticked=unticked)
    context["error"] = error
    return render(request, "consent/decide.html", context, status=error.http_status if error else 200)


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _as_text(cursor: reads.Cursor) -> str:
    """The cursor as a link holds it: with no sign that means something else in an address."""
    return f"{cursor[0].astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{cursor[1]}~{cursor[2]}"


def _cursor(given: str) -> reads.Cursor | None:
    """Where the page before ended; a mangled one begins anew."""
    try:
        at, number, key = given.split("~")
        return datetime.fromisoformat(at), int(number), UUID(key)
    except ValueError:
        return None
