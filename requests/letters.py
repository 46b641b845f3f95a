"""Letters to the person a case is about: written, announced, read, put into the post.

No message says what a letter says: it leads to the portal, or for people without an account to a page behind
a link that ends. Who asked for somebody else gets none of it (decision 14).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from portals_core.plumbing.errors import Absent, Conflict
from requests import attempts, barriers, letter_paper, notices, reading
from requests.letter_paper import Draft
from requests.models import Case, CaseDetail, Letter
from requests.reading import File


def write(case: Case, kind: str, *, at: datetime, extra: Mapping[str, str] | None = None) -> Letter:
    """Write a letter of `kind` in the person's language, inside the caller's transaction.

    `extra` gives words for placeholders that the case itself does not know. The document is made by a job,
    and a message tells the person that there is a letter. Where no address is known the letter waits for an
    officer to print and post it. Raises `BadInput` for a placeholder that does not exist and `Conflict` once
    the words of the case are forgotten.
    """
    detail = _detail(case)
    draft = letter_paper.compose(case, kind, language=detail.language, at=at, extra=extra)
    mail = notices.letter(case, detail, link=reading.way(case, detail, at=at), at=at)
    return letter_paper.keep(case, draft, mail=mail, at=at)


def preview(case: Case, kind: str, *, at: datetime, extra: Mapping[str, str] | None = None) -> Draft:
    """The letter as it would be written now, in the person's language. Changes nothing."""
    return letter_paper.compose(case, kind, language=_detail(case).language, at=at, extra=extra)


def _detail(case: Case) -> CaseDetail:
    detail = letter_paper.detail_of(case)
    if detail is None:
        raise Conflict(
            _("The words of this request are deleted, so there is nobody to write to."), code="letter.nobody"
        )
    return detail


def listed(actor: Actor, case: Case) -> QuerySet[Letter]:
    """The letters of a case in reach, newest first, without their documents."""
    return Letter.objects.visible_to(actor).filter(case=case).defer("pdf").order_by("-at", "-id")


def file(actor: Actor, case: UUID, letter: UUID) -> File:
    """The document of one letter. Raises `Absent` for one out of reach, `Conflict` while it is being made."""
    return reading.document(_letter(actor, case, letter))


def mark_posted(*, actor: Actor, case: UUID, letter: UUID, at: datetime) -> Letter:
    """An officer put the letter into the post. Raises `Conflict` for one that went by mail or is posted."""
    with attempts.watched(actor=actor, act="post_letter", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        barriers.taken(actor, case, "decide")
        found = _letter(actor, case, letter, "decide")
        rows = Letter.objects.visible_to(actor, "decide").filter(pk=found.pk, mail=None, posted_at=None)
        if rows.update(posted_at=at) != 1:
            raise Conflict(_("This letter does not wait for the post."), code="letter.posted")
        letter_paper.leaf("case.letter_posted", found, actor=actor, at=at)
    return _letter(actor, case, letter)


def _letter(actor: Actor, case: UUID, letter: UUID, action: str = "view") -> Letter:
    found: Letter = Letter.objects.fetch(actor, letter, action)
    if found.case_id != case:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return found
