"""Letters: their documents, the post, and the texts they are written from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from portals_core.entry import PORTAL, STAFF, Asked, entry
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict
from requests.casebook import reads
from requests.forms.letters import LetterForm, PostalForm, RevertForm
from requests.telling import letter_templates, letters, placeholders, reached
from requests.telling.letter_templates import KEEP
from requests.telling.reading import File

VIEW, DECIDE = "cases.view", "cases.decide"


@never_cache
@entry(STAFF, VIEW)
def desk(request: Asked, case: UUID, letter: UUID) -> HttpResponse:
    """The document of a letter, to read or to print."""
    return handed_out(letters.file(request.actor, case, letter))


@never_cache
@entry(PORTAL)
def own(request: Asked, case: UUID, letter: UUID) -> HttpResponse:
    """The document of a letter, for the person it was written to."""
    return handed_out(letters.file(request.actor, case, letter))


def handed_out(file: File) -> HttpResponse:
    """A document as a download."""
    response = HttpResponse(file.content, content_type="application/pdf")
    response.headers["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    return response


@entry(STAFF, DECIDE, methods=("POST",))
def mark_posted(request: Asked, case: UUID, letter: UUID) -> HttpResponse:
    """The letter was put into the post."""
    letters.mark_posted(actor=request.actor, case=case, letter=letter, at=clock.now())
    flash.success(request, _("Noted: the letter is in the post."))
    return redirect("dsr_requests:case", case)


@entry(STAFF, DECIDE, methods=("GET", "POST"))
def postal(request: Asked, case: UUID) -> HttpResponse:
    """Where the letters of this request go."""
    found = reads.case_for(request.actor, case)
    detail = reached.detail_of(found)
    form = PostalForm(
        request.POST if request.method == "POST" else None,
        initial={"postal": detail.postal if detail else ""},
    )
    status = 400 if request.method == "POST" else 200
    if form.is_bound and form.is_valid():
        words = form.cleaned_data["postal"]
        try:
            letters.address_known(actor=request.actor, case=case, postal=words, at=clock.now())
        except (BadInput, Conflict) as error:
            status = form.blame(error)
        else:
            flash.success(request, _("Noted. The letters that wait are made with this address."))
            return redirect("dsr_requests:case", case)
    return render(request, "dsr_requests/postal.html", {"case": found, "form": form}, status=status)


@entry(STAFF, KEEP)
def templates(request: Asked) -> HttpResponse:
    """Every letter in every language, and which of them are one's own."""
    return render(
        request, "dsr_requests/letter_templates.html", {"rows": letter_templates.overview(request.actor)}
    )


@entry(STAFF, KEEP, methods=("GET", "POST"))
def template(request: Asked, kind: str, language: str) -> HttpResponse:
    """Write the text of a letter, see it with sample values, put it in force."""
    letter_templates.check(kind, language)
    if request.method != "POST":
        return _template(request, kind, language, _begun(request, kind, language))
    form, preview, status = LetterForm(request.POST), None, 400
    if form.is_valid():
        words = {name: form.cleaned_data[name] for name in ("title", "body")}
        try:
            preview = letter_templates.sample(kind, language, **words)
            if request.POST.get("step") == "publish":
                given = {"actor": request.actor, "at": clock.now(), "after": form.cleaned_data["after"]}
                letter_templates.publish(kind=kind, language=language, **given, **words)
                flash.success(request, _("Saved. Letters are written with this text from now on."))
                return redirect("dsr_requests:letter-template", kind, language)
            status = 200
        except (BadInput, Conflict) as error:
            status = form.blame(error)
    return _template(request, kind, language, form, status=status, preview=preview)


@entry(STAFF, KEEP, methods=("POST",))
def revert(request: Asked, kind: str, language: str) -> HttpResponse:
    """Put an earlier text in force again, as a new version."""
    letter_templates.check(kind, language)
    form = RevertForm(request.POST)
    if not form.is_valid():
        raise BadInput(_("Choose a version on the page of the letter."))
    try:
        letter_templates.revert(
            actor=request.actor, kind=kind, language=language, at=clock.now(), **form.cleaned_data
        )
    except (BadInput, Conflict) as error:
        status = error.http_status
        begun = _begun(request, kind, language)
        return _template(request, kind, language, begun, status=status, trouble=error.public)
    flash.success(request, _("Saved. Letters are written with this text from now on."))
    return redirect("dsr_requests:letter-template", kind, language)


def _begun(request: Asked, kind: str, language: str) -> LetterForm:
    words = letter_templates.current(kind, language)
    return LetterForm(initial={"title": words.title, "body": words.body, "after": words.version})


def _template(
    request: Asked, kind: str, language: str, form: LetterForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "kind": kind,
        "language": language,
        "words": letter_templates.current(kind, language),
        "form": form,
        "versions": letter_templates.versions(request.actor, kind, language),
        "placeholders": [(name, one.means) for name, one in placeholders.PLACEHOLDERS.items()],
        "needed": placeholders.NEEDED[kind],
        **more,
    }
    return render(request, "dsr_requests/letter_template.html", context, status=status)
