"""What a person is told of a request that somebody else made for them (Art. 14, decision 14)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _

from requests.models import Case, CaseDetail, Kind
from requests.telling.notices.sending import READ, tell


def asked(
    case: Case, *, to: str, language: str, asker: str, link: str, until: datetime, at: datetime
) -> None:
    """Tell a person who asked what for them and that it needs their yes (Art. 14, decision 14)."""

    def text() -> tuple[str, list[str]]:
        return _("Somebody asked something for you: please confirm"), [
            _("%(asker)s added you to our records and asks in your name: %(kind)s.")
            % {"asker": asker, "kind": _(str(Kind(case.kind).label))},
            _("We hold your name and this address because %(asker)s entered them.") % {"asker": asker},
            _("Nothing is shown, changed or deleted unless you agree. Agree or object here:"),
            link,
            _("The link works once, until %(day)s. If you do nothing, nothing happens.")
            % {"day": formats.date_format(until, "DATE_FORMAT")},
        ]

    tell(case, "mandate", text, to=to, language=language, mailbox_of=case.subject, at=at)


def proved(case: Case, *, to: str, asker: str, on_paper: bool, link: str, at: datetime) -> None:
    """Tell a represented person that the request in their name is looked at, and how to end it (Art. 14)."""
    detail = CaseDetail.objects.visible_to(READ).filter(case=case).first()
    language = detail.language if detail is not None else settings.LANGUAGE_CODE

    def text() -> tuple[str, list[str]]:
        known = {"asker": asker, "kind": _(str(Kind(case.kind).label)), "number": case.number}
        first = (
            _("%(asker)s showed us a written authority to ask in your name: %(kind)s.")
            if on_paper
            else _("You agreed to what %(asker)s asked in your name: %(kind)s.")
        )
        return _("A request in your name: %(number)s") % known, [
            first % known,
            _("You can end this request until it is carried out. Do it here:"),
            link,
            _("The answer goes to you and to nobody else."),
        ]

    tell(case, "proved", text, to=to, language=language, mailbox_of=case.subject, at=at)
