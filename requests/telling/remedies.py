"""Where somebody turns who does not accept an answer (Art. 12(4), 77, 79): the sentences, in one place."""

from __future__ import annotations

from django.utils.translation import gettext as _

from requests.law import authorities
from requests.models import Case


def complaint(case: Case) -> str:
    """To whom the person may complain, in the language that is active."""
    authority = authorities.authority(case.country, case.subdivision)
    sentence = _("You may complain to the supervisory authority: %(name)s, %(url)s.")
    return sentence % {"name": authority.name, "url": authority.url}


def remedies(case: Case) -> list[str]:
    """The complaint, and that a court can be asked."""
    return [complaint(case), _("You may also go to court.")]
