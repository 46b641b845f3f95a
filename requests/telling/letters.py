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

from portals_core.access.actor import Actor, system
from portals_core.plumbing.errors import Absent, BadInput, Conflict
from requests.casebook import attempts, barriers
from requests.models import Case, CaseDetail, Letter
from requests.telling import letter_paper, reached, reading
from requests.telling.letter_paper import Draft, checked_postal
from requests.telling.notices import talk
from requests.telling.reading import File

_FORGET = system("keep where letters go, and forget it")


def write(case: Case, kind: str, *, at: datetime, extra: Mapping[str, str] | None = None) -> Letter:
    """Write a letter of `kind` in the person's language, inside the caller's transaction.

    `extra` gives words for placeholders that the case itself does not know. The document is made by a job,
    and a message tells the person that there is a letter. Where no address is known the letter waits for an
    officer to print and post it. Raises `BadInput` for a placeholder that does not exist and `Conflict` once
    the words of the case are forgotten.
    """
    detail = _detail(case)
    draft = letter_paper.compose(case, kind, language=detail.language, at=at, extra=extra)
    mail = talk.letter(case, detail, link=reading.way(case, detail, at=at), at=at)
    return letter_paper.keep(case, draft, mail=mail, at=at, postal=detail.postal)


def preview(
    case: Case,
    kind: str,
    *,
    at: datetime,
    extra: Mapping[str, str] | None = None,
    detail: CaseDetail | None = None,
) -> Draft:
    """The letter as it would be written now, in the person's language. Changes nothing. `detail` saves the
    question where it was asked already."""
    language = (detail or _detail(case)).language
    return letter_paper.compose(case, kind, language=language, at=at, extra=extra)


def _detail(case: Case) -> CaseDetail:
    detail = reached.detail_of(case)
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


def mark_posted(*, actor: Actor, case: UUID, letter: UUID, at: datetime) -> None:
    """An officer put the letter into the post. The last letter to an erased person is forgotten with it, and
    the postal address. Raises `Conflict` for one that went by mail or is posted."""
    with attempts.watched(actor=actor, act="post_letter", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        about = barriers.taken(actor, case, "decide")
        found = _letter(actor, case, letter, "decide")
        rows = Letter.objects.visible_to(actor, "decide").filter(pk=found.pk, mail=None, posted_at=None)
        if rows.update(posted_at=at) != 1:
            raise Conflict(_("This letter does not wait for the post."), code="letter.posted")
        letter_paper.leaf("case.letter_posted", found, actor=actor, at=at)
        if reached.detail_of(about) is None:
            rows.model.objects.visible_to(_FORGET).filter(pk=found.pk).delete()
            letter_paper.leaf("case.letter_forgotten", found, actor=_FORGET, at=at)


def address_known(*, actor: Actor, case: UUID, postal: str, at: datetime) -> None:
    """An officer learned where the person receives letters: those that wait are made anew with the address,
    and what is written later goes there. Raises `BadInput` for none, `Conflict` where the answer goes by
    mail, and where nothing is left to be posted."""
    with attempts.watched(actor=actor, act="post_letter", at=at, on=case), transaction.atomic():
        barriers.needs(actor, "cases.decide")
        found = barriers.taken(actor, case, "decide")
        words = checked_postal(postal)
        if not words:
            raise BadInput(_("Write the postal address."), fields={"postal": _("this field is required")})
        waiting = list(listed(actor, found).filter(mail=None, posted_at=None))
        known = CaseDetail.objects.visible_to(_FORGET).filter(case=found, reply_to="").update(postal=words)
        if not known and not waiting:
            raise Conflict(_("No letter of this request goes by post."), code="letter.no_post")
        for letter in waiting:
            letter_paper.readdress(letter, words)
        letter_paper.note("case.postal_known", found, actor=actor, at=at, letters=len(waiting))


def _letter(actor: Actor, case: UUID, letter: UUID, action: str = "view") -> Letter:
    found: Letter = Letter.objects.fetch(actor, letter, action)
    if found.case_id != case:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return found
