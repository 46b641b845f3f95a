"""The closed lists of reasons: why a request is refused, extended or questioned, and why data is erased.

Codes are DPV `eu-gdpr` terms; where the vocabulary has none, our own begin with `Own`. People see the
sentences only; each refusal also carries the officer's own plain-language reason and how to complain (W19,
Art. 12(4)).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import BadInput
from requests.law.states import EVERY_KIND, Kind


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason: its stable code, the article it rests on, and the sentence the subject reads."""

    code: str
    article: str
    sentence: Promise
    kinds: frozenset[Kind] = EVERY_KIND


_ERASURE = frozenset({Kind.DELETE})

#: Refusals, also of single items. Rectification (Art. 16), restriction (Art. 18) and portability (Art. 20)
#: have none in the vocabulary, and without one of its own every such refusal would be called unfounded;
#: see docs/law.md.
REFUSALS: tuple[Ground, ...] = (
    Ground(
        "JustificationA12IdentityFailure",
        "12(2), 12(6)",
        _("We could not establish that the request comes from the person whose data it concerns."),
    ),
    Ground(
        "JustificationA12ManifestlyUnfounded",
        "12(5)(b)",
        _("The request is clearly without foundation."),
    ),
    Ground(
        "JustificationA12ManifestlyExcessive",
        "12(5)(b)",
        _("The request is clearly excessive, in particular because it was repeated."),
    ),
    Ground(
        "JustificationA17FreedomOfExpression",
        "17(3)(a)",
        _("The data is needed for freedom of expression and information."),
        _ERASURE,
    ),
    Ground(
        "JustificationA17LegallyRequired",
        "17(3)(b)",
        _("A law obliges us to keep the data."),
        _ERASURE,
    ),
    Ground(
        "JustificationA17PublicInterest",
        "17(3)(b)",
        _("The data is needed for a task carried out in the public interest."),
        _ERASURE,
    ),
    Ground(
        "JustificationA17OfficialAuthority",
        "17(3)(b)",
        _("The data is needed to exercise official authority given to us."),
        _ERASURE,
    ),
    Ground(
        "JustificationA17PublicHealth",
        "17(3)(c)",
        _("The data is needed for public health."),
        _ERASURE,
    ),
    Ground(
        "JustificationA17Archiving",
        "17(3)(d)",
        _("The data is needed for archiving in the public interest, research or statistics."),
        _ERASURE,
    ),
    Ground(
        "JustificationA17LegalClaims",
        "17(3)(e)",
        _("The data is needed to establish, exercise or defend legal claims."),
        _ERASURE,
    ),
    # Art. 18(2) obliges us to store and do no more; naming it here would tell what somebody else has asked.
    Ground(
        "OwnA17RightsOfOthers",
        "17(3)(b)",
        _("The data is about another person, too, whose rights do not allow us to delete it now."),
        _ERASURE,
    ),
    Ground(
        "OwnA15RightsOfOthers",
        "15(4), 20(4)",
        _("A copy would harm the rights and freedoms of other people."),
        frozenset({Kind.EXPORT}),
    ),
    Ground(
        "OwnA16DataAccurate",
        "16",
        _("The data is accurate and complete as it is."),
        frozenset({Kind.RECTIFY}),
    ),
    Ground(
        "OwnA17NoneApplies",
        "17(1)",
        _("None of the reasons for which the law provides an erasure applies."),
        _ERASURE,
    ),
    Ground(
        "OwnA18NoneApplies",
        "18(1)",
        _("None of the reasons for which the law provides a restriction applies."),
        frozenset({Kind.STOP}),
    ),
    Ground(
        "OwnA21CompellingGrounds",
        "21(1)",
        _("We have compelling legitimate grounds that outweigh the objection."),
        frozenset({Kind.STOP}),
    ),
)
#: Reasons to take up to two further months; told to the subject within the first month (W1).
EXTENSIONS: tuple[Ground, ...] = (
    Ground("JustificationA12Complexity", "12(3)", _("The request is complex.")),
    Ground("JustificationA12HighVolume", "12(3)", _("There are many requests to answer.")),
)
#: Reasons to ask the subject something, which may pause the clock (W2).
QUESTIONS: tuple[Ground, ...] = (
    Ground(
        "JustificationA12IdentityRequired",
        "12(6)",
        _("We have a reasonable doubt about who is asking and need a proof."),
    ),
    Ground(
        "JustificationA12InformationRequired",
        "12(2), Recital 63",
        _("We need to know more precisely what you are asking for."),
    ),
)
#: Why data is to be erased.
ERASURES: tuple[Ground, ...] = (
    Ground(
        "JustificationA17NonNecessity",
        "17(1)(a)",
        _("The data is no longer needed for what it was collected for."),
        _ERASURE,
    ),
    Ground(
        "JustificationA17NoLegalBasis",
        "17(1)(b)",
        _("Consent was withdrawn and nothing else allows us to keep the data."),
        _ERASURE,
    ),
    Ground(
        "JustificationA17ObjectA21",
        "17(1)(c)",
        _("There was an objection and nothing outweighs it, or it was against direct marketing."),
        _ERASURE,
    ),
    Ground(
        "JustificationA17UnlawfulProcessing",
        "17(1)(d)",
        _("The data was processed unlawfully."),
        _ERASURE,
    ),
    Ground("JustificationA17LegalErasure", "17(1)(e)", _("A law requires the erasure."), _ERASURE),
    Ground(
        "JustificationA17ChildData",
        "17(1)(f)",
        _("The data was collected from a child by an online service."),
        _ERASURE,
    ),
)


def refusals_for(kind: str) -> tuple[Ground, ...]:
    """The grounds on which a request of `kind` may be refused, in the order of the articles."""
    return tuple(ground for ground in REFUSALS if kind in ground.kinds)


def refusal(code: str, kind: str) -> Ground:
    """The ground with this code. `BadInput` if the list does not have it for this kind of request."""
    for ground in refusals_for(kind):
        if ground.code == code:
            return ground
    raise BadInput(
        _("A refusal needs one of the listed grounds. Choose the one that applies to this request."),
        code="refusal.ground",
        detail=f"{code!r} for {kind!r}",
    )
