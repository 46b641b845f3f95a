"""The six bases of Art. 6(1), the conditions of Art. 9(2), and the rights each basis opens (D1).

Pure. Codes are DPV `eu-gdpr` terms; people see the sentences, which are marked here and translated where
they are shown.
"""

from __future__ import annotations

from enum import StrEnum

from portals_core.plumbing.errors import BadInput


def _(sentence: str) -> str:
    """Marks a sentence for translation; whoever shows it calls gettext."""
    return sentence


class Basis(StrEnum):
    """Why personal data may be processed at all: exactly six (D1)."""

    CONSENT = "A6-1-a"
    CONTRACT = "A6-1-b"
    LEGAL_OBLIGATION = "A6-1-c"
    VITAL_INTERESTS = "A6-1-d"
    PUBLIC_INTERESTS = "A6-1-e"
    LEGITIMATE_INTERESTS = "A6-1-f"


#: The five that carry a purpose without anybody's consent.
WITHOUT_CONSENT = tuple(one.value for one in Basis if one is not Basis.CONSENT)


class Special(StrEnum):
    """What lifts the prohibition on special categories; needed besides a basis, never instead of one."""

    EXPLICIT_CONSENT = "A9-2-a"
    EMPLOYMENT = "A9-2-b"
    VITAL_INTERESTS = "A9-2-c"
    NON_PROFIT_BODY = "A9-2-d"
    MADE_PUBLIC = "A9-2-e"
    LEGAL_CLAIMS = "A9-2-f"
    SUBSTANTIAL_PUBLIC_INTEREST = "A9-2-g"
    HEALTH_CARE = "A9-2-h"
    PUBLIC_HEALTH = "A9-2-i"
    ARCHIVING = "A9-2-j"


class Right(StrEnum):
    """Rights of the data subject, by the article that grants them."""

    WITHDRAW_CONSENT = "A7-3"
    INFORMED_BY_COLLECTOR = "A13"
    INFORMED_BY_OTHERS = "A14"
    ACCESS = "A15"
    RECTIFICATION = "A16"
    ERASURE = "A17"
    RESTRICTION = "A18"
    PORTABILITY = "A20"
    OBJECTION = "A21"
    NO_AUTOMATED_DECISION = "A22"
    COMPLAINT = "A77"


LABELS: dict[Basis, str] = {
    Basis.CONSENT: _("Consent"),
    Basis.CONTRACT: _("Contract"),
    Basis.LEGAL_OBLIGATION: _("Legal obligation"),
    Basis.VITAL_INTERESTS: _("Vital interests"),
    Basis.PUBLIC_INTERESTS: _("Public interests"),
    Basis.LEGITIMATE_INTERESTS: _("Legitimate interests"),
}
EXPLAINED: dict[Basis, str] = {
    Basis.CONSENT: _("You agreed to it, and can withdraw your agreement at any time."),
    Basis.CONTRACT: _("It is needed for a contract with you, or to prepare one at your request."),
    Basis.LEGAL_OBLIGATION: _("A law requires us to do it."),
    Basis.VITAL_INTERESTS: _("It protects somebody's life."),
    Basis.PUBLIC_INTERESTS: _("It is needed for a task in the public interest or an official duty."),
    Basis.LEGITIMATE_INTERESTS: _("We or others have a legitimate interest in it; you can object."),
}
SPECIAL_LABELS: dict[Special, str] = {
    Special.EXPLICIT_CONSENT: _("Explicit consent"),
    Special.EMPLOYMENT: _("Employment, social security and social protection law"),
    Special.VITAL_INTERESTS: _("Vital interests of somebody unable to consent"),
    Special.NON_PROFIT_BODY: _("Members of a political, philosophical, religious or trade-union body"),
    Special.MADE_PUBLIC: _("Made public by the person"),
    Special.LEGAL_CLAIMS: _("Legal claims and courts"),
    Special.SUBSTANTIAL_PUBLIC_INTEREST: _("Substantial public interest laid down by law"),
    Special.HEALTH_CARE: _("Health or social care"),
    Special.PUBLIC_HEALTH: _("Public health"),
    Special.ARCHIVING: _("Archiving, research and statistics"),
}

#: Rights that do not depend on the basis. Erasure is among them: under a legal obligation or a public task
#: it can still be asked for and is then met by the exception of Art. 17(3)(b), so the form is never hidden.
_ALWAYS = frozenset(
    {
        Right.INFORMED_BY_COLLECTOR,
        Right.ACCESS,
        Right.RECTIFICATION,
        Right.ERASURE,
        Right.RESTRICTION,
        Right.COMPLAINT,
    }
)
_NOT_BY_LAW_ALONE = frozenset({Right.INFORMED_BY_OTHERS, Right.NO_AUTOMATED_DECISION})
_OPENS: dict[Basis, frozenset[Right]] = {
    Basis.CONSENT: _ALWAYS | _NOT_BY_LAW_ALONE | {Right.PORTABILITY, Right.WITHDRAW_CONSENT},
    Basis.CONTRACT: _ALWAYS | _NOT_BY_LAW_ALONE | {Right.PORTABILITY},
    Basis.LEGAL_OBLIGATION: _ALWAYS,
    Basis.VITAL_INTERESTS: _ALWAYS | _NOT_BY_LAW_ALONE,
    Basis.PUBLIC_INTERESTS: _ALWAYS | _NOT_BY_LAW_ALONE | {Right.OBJECTION},
    Basis.LEGITIMATE_INTERESTS: _ALWAYS | _NOT_BY_LAW_ALONE | {Right.OBJECTION},
}


def basis(code: str) -> Basis:
    """The basis with this code. Raises `BadInput` for anything but the six."""
    if code not in set(Basis):
        raise BadInput(
            _("This is not a basis for processing. Choose one of the six the law names."),
            code="basis.unknown",
            detail=f"basis {code!r}",
        )
    return Basis(code)


def rights_opened(code: str) -> frozenset[Right]:
    """The rights a subject has over data processed on this basis. `BadInput` for an unknown code."""
    return _OPENS[basis(code)]
