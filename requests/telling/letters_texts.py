"""The letters the product brings along, in every language of the site. An organisation may write its own.

A paragraph whose placeholders are all empty does not appear in a letter.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from requests.models import LetterKind

_GREETING = _("Hello {{ name }},")
_QUOTE = _("Your request has the number {{ number }}. Quote it when you write to us.")
_FOLLOW = _("You can follow your request here: {{ link }}")
_SIGNED = _("{{ organisation }}\n{{ contact }}")

_TEXTS: Mapping[str, tuple[Promise, tuple[Promise, ...]]] = {
    LetterKind.RECEIPT: (
        _("We have your request {{ number }}"),
        (
            _GREETING,
            _("We received your request on {{ received }}. You asked for this: {{ kind }}."),
            _QUOTE,
            _("You will have an answer by {{ due }} at the latest. If we need more time, we will tell you "
              "before that day, and why."),
            _FOLLOW,
            _SIGNED,
        ),
    ),
    LetterKind.PROOF: (
        _("Please show us that you sent request {{ number }}"),
        (
            _GREETING,
            _("Your data must not fall into the wrong hands. Before we act on your request {{ number }}, we "
              "need to know that it comes from you."),
            _("{{ question }}"),
            _("{{ how }}"),
            _("Please answer by {{ until }}."),
            _("Please send no copy of an identity document. We use your answer for this request only."),
            _SIGNED,
        ),
    ),
    LetterKind.CLARIFICATION: (
        _("A question about your request {{ number }}"),
        (
            _GREETING,
            _("We work on your request {{ number }} and have a question."),
            _("{{ ground }}"),
            _("{{ question }}"),
            _("{{ how }}"),
            _("Please answer by {{ until }}."),
            _FOLLOW,
            _SIGNED,
        ),
    ),
    LetterKind.EXTENSION: (
        _("We need more time for your request {{ number }}"),
        (
            _GREETING,
            _("We cannot answer your request {{ number }} within one month."),
            _("The reason: {{ ground }}"),
            _("{{ reasons }}"),
            _("You will have an answer by {{ due }} at the latest."),
            _("{{ remedies }}"),
            _FOLLOW,
            _SIGNED,
        ),
    ),
    LetterKind.DECISION: (
        _("Our decision on your request {{ number }}"),
        (
            _GREETING,
            _("You asked us on {{ received }}: {{ kind }}. Your request has the number {{ number }}."),
            _("{{ outcome }}"),
            _("What we do: {{ items_done }}"),
            _("What we do not do, and why:\n{{ reasons }}"),
            _("{{ remedies }}"),
            _FOLLOW,
            _SIGNED,
        ),
    ),
    LetterKind.COMPLETION: (
        _("Your request {{ number }} is done"),
        (
            _GREETING,
            _("Your request {{ number }} of {{ received }} is done."),
            _("{{ outcome }}"),
            _("What we did: {{ items_done }}"),
            _("What we did not do, and why:\n{{ reasons }}"),
            _("{{ remedies }}"),
            _FOLLOW,
            _SIGNED,
        ),
    ),
    LetterKind.LIFTING: (
        _("We may use your data again soon: request {{ number }}"),
        (
            _GREETING,
            _("Because of your request {{ number }} your data is only stored at the moment. This ends on "
              "{{ until }}. From then on we may use it again."),
            _("The reason: {{ ground }}"),
            _("{{ reasons }}"),
            _("If you do not agree, write to us before that day."),
            _("{{ remedies }}"),
            _FOLLOW,
            _SIGNED,
        ),
    ),
}  # fmt: skip

#: The letters with a text of their own, which an organisation may replace.
KINDS = tuple(str(kind) for kind in _TEXTS)


def words(kind: str, language: str) -> tuple[str, str]:
    """Title and body of a letter in a language, names still in braces."""
    title, paragraphs = _TEXTS[LetterKind(kind)]
    with translation.override(language):
        return str(title), "\n\n".join(str(one) for one in paragraphs)
