"""What the message with a code says, and a request of somebody without an account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID

from portals_core.plumbing.models import Mail
from requests.arriving import public
from requests.models import Case, Proof
from tests import cast
from tests.requests.case_cast import TEST, there


def ask(email: str = "robin@people.example", kind: str = "export", **given) -> Case:
    """A request by the public form, waiting for its proof."""
    proof = public.ask(kind=kind, email=email, at=given.pop("at", cast.NOW), network="192.0.2.0/24", **given)
    return Proof.objects.visible_to(TEST).select_related("case").get(pk=proof).case


def proof_of(case: Case, kind: str = "email") -> Proof:
    """The proof of one identifier as it is stored now."""
    return Proof.objects.visible_to(TEST).get(case=case, kind=kind)


def letter() -> Mail:
    """The newest message with a code."""
    return there(Mail.objects.filter(kind="case.proof").order_by("-created_at", "-pk").first())


def code_in(mail: Mail) -> str:
    return there(re.search(r"\b\d{8}\b", mail.body)).group()


def token_in(mail: Mail) -> str:
    return there(re.search(r"/requests/prove/([\w-]+)/", mail.body)).group(1)


def latest(case: Case) -> Mail:
    """The newest message with a code for one case."""
    mails = Mail.objects.filter(kind="case.proof", title__contains=case.number)
    return there(mails.order_by("created_at").last())


def wrong(code: str) -> str:
    """Another code than this one."""
    return f"{(int(code) + 1) % 10**8:08}"


def stored(case: Case | UUID) -> Mapping[str, object]:
    key = case.pk if isinstance(case, Case) else case
    return Case.objects.visible_to(TEST).values().get(pk=key)
