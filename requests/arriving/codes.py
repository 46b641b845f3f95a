"""Codes and links by mail: whoever reads an address proves that it is theirs (Art. 12(6), attacks 5 to 7).

A code and a link go out in one message and count for one identifier of one case. Looking at the link changes
nothing (W16); a wrong code is counted before it is compared.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing import links
from portals_core.plumbing.errors import BadInput, Conflict, TooMany
from requests.arriving import identifiers, matching, proofs
from requests.casebook import barriers, lifecycle
from requests.law.states import CLOSED, State, Who
from requests.models import Case, CaseDetail, IdentifierKind, Notice, Proof, ProofMethod
from requests.telling.notices import receipts

DIGITS = 8
#: Wrong codes after which only a new code helps, and messages with a code in one case.
TRIES = 5
MESSAGES = 4
CODE_LIFE = timedelta(minutes=30)
_KEEP = system("keep how somebody proved who they are")


@dataclass(frozen=True)
class Question:
    """What the page behind a link may say: that something was asked. Nothing that is stored about anybody."""

    number: str
    kind: str
    until: datetime
    language: str


def send_code(proof: Proof, *, at: datetime, actor: Actor = _KEEP) -> None:
    """Promise one message with a code and a link to the address of this proof, inside the caller's
    transaction; what was sent before no longer works. Raises `TooMany` after `MESSAGES` of them in a case,
    `Conflict` where there is nothing to prove."""
    case = proof.case
    if proof.kind != IdentifierKind.EMAIL or proof.proved_at is not None or case.state in CLOSED:
        raise Conflict(
            _("There is nothing to prove here any more. Reload the page to see where the request stands."),
            code="proof.nothing",
        )
    sent = Notice.objects.visible_to(_KEEP).filter(case=case, kind=receipts.PROOF).count()
    if sent >= MESSAGES:
        raise TooMany(
            _("No more codes are sent for this request. Write to us: %(email)s.")
            % {"email": settings.CONTACT_EMAIL},
            code="proof.messages",
        )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    proofs.fresh(proof).update(
        code_digest=_digest(proof, code), tries=0, sent_at=at, expires_at=at + CODE_LIFE
    )
    life = timedelta(days=settings.PROOF_DAYS)
    token = links.issue(proofs.LINK, about=f"proof:{proof.pk}", at=at, ttl=life)
    detail = CaseDetail.objects.visible_to(_KEEP).filter(case=case).first()
    receipts.proof(
        case,
        to=identifiers.normal(proof.kind, proof.value),
        language=detail.language if detail else settings.LANGUAGE_CODE,
        code=code,
        page=links.address(reverse("dsr_requests:code", args=[proof.pk])),
        link=links.address(reverse("dsr_requests:prove", args=[token])),
        minutes=int(CODE_LIFE.total_seconds()) // 60,
        until=at + life,
        first=not sent,
        at=at,
    )
    append.record(
        "case.code_sent",
        actor=actor,
        about=case.ref,
        subject=matching.key_of(case),
        at=at,
        detail={"proof": str(proof.pk)},
    )


def send_again(proof: UUID | str, *, at: datetime) -> None:
    """Another code, asked for by whoever gave the address. Raises as `send_code`, and `Absent`."""
    with transaction.atomic():
        Case.objects.fetch(_KEEP, _proof(proof).case_id, lock=True)
        send_code(_proof(proof), at=at)


def send_for(*, actor: Actor, case: UUID | str, proof: UUID | str, at: datetime) -> None:
    """The same, by an officer for a proof of this case."""
    barriers.needs(actor, "cases.decide")
    with transaction.atomic():
        found = Case.objects.fetch(actor, case, "decide", lock=True)
        chosen = proofs.unproven(found, [proof])[0]
        chosen.case = found
        send_code(chosen, at=at, actor=actor)


def try_code(proof: UUID | str, code: str, *, at: datetime) -> Proof:
    """Prove an address by the code sent there. Call it outside of a transaction: a try counts for good.

    Each try is counted before the code is compared, in one conditional update, so that many at once are not
    more than `TRIES` (attack 6). Raises `BadInput`, the same for a wrong, an old and a spent code.
    """
    digits = re.sub(r"\s", "", unicodedata.normalize("NFKC", code))
    with transaction.atomic():
        counted = _spend_try(proof, at=at)
    found = _proof(proof) if counted else None
    if found is None or not hmac.compare_digest(_digest(found, digits), found.code_digest):
        raise BadInput(
            _("This code is wrong, too old or was tried too often. Check it, or ask for a new one."),
            code="proof.code",
            fields={"code": _("This code is wrong, too old or was tried too often.")},
        )
    with transaction.atomic():
        return _prove(found, at=at)


def asked(token: str, *, at: datetime) -> Question:
    """What a link is about, unchanged by looking (W16). Raises `Absent` for a link that does not work."""
    link = links.peek(token, proofs.LINK, at=at)
    proof = _proof(link.about.partition(":")[2])
    detail = CaseDetail.objects.visible_to(_KEEP).filter(case=proof.case).first()
    language = detail.language if detail else settings.LANGUAGE_CODE
    return Question(proof.case.number, proof.case.kind, link.expires_at, language)


def follow(token: str, *, at: datetime) -> Proof:
    """Prove an address by the link sent there; it works once. Raises `Absent` for a link that does not work
    and `Conflict` for a request that is closed."""
    with transaction.atomic():
        proof = _proof(links.peek(token, proofs.LINK, at=at).about.partition(":")[2])
        return _prove(proof, token=token, at=at)


def _spend_try(proof: UUID | str, *, at: datetime) -> bool:
    """Whether another code may be compared; counts it."""
    try:
        key = UUID(str(proof))
    except ValueError:
        return False
    open_ = Proof.objects.visible_to(_KEEP).filter(pk=key, proved_at=None, expires_at__gt=at)
    return open_.exclude(code_digest="").filter(tries__lt=TRIES).update(tries=F("tries") + 1) == 1


def _prove(proof: Proof, *, at: datetime, token: str = "") -> Proof:
    """The address is theirs: lock the person it means, then the case, and let both know."""
    digest, case = proof.code_digest, proof.case
    _refuse_closed(case)
    proof.proved_at = at
    people = proofs.sought(case, [proof])
    case = barriers.taken(_KEEP, proof.case_id, "view")
    _refuse_closed(case)
    if token:
        links.redeem(token, proofs.LINK, at=at)
    links.revoke(proofs.LINK, about=f"proof:{proof.pk}", at=at)
    same = proofs.fresh(proof) if token else proofs.fresh(proof).filter(code_digest=digest)
    if same.update(proved_at=at, method=ProofMethod.MAIL, code_digest="") != 1:
        raise Conflict(_("This address is proved already. You need do nothing more."), code="proof.done")
    person = Actor(kind=Kind.ANONYMOUS, ref=f"person:{case.pk}")
    append.record(
        "case.identifier_proved",
        actor=person,
        about=case.ref,
        subject=matching.key_of(case),
        at=at,
        detail={"proof": str(proof.pk), "kind": proof.kind, "method": ProofMethod.MAIL.value},
    )
    proofs.answer_where_proved(case, actor=person, at=at)
    if case.state == State.PROVING and not case.on_behalf:
        case = lifecycle.move(case, "prove", actor=person, who=Who.SUBJECT, at=at, proved_at=at)
    matching.match(case, people, at=at)
    return _proof(proof.pk)


def _refuse_closed(case: Case) -> None:
    if case.state in CLOSED:
        raise Conflict(
            _("This request is closed. File a new request if something is missing."), code="request.closed"
        )


def _proof(key: UUID | str) -> Proof:
    found: Proof = Proof.objects.fetch(_KEEP, key)
    found.case = Case.objects.fetch(_KEEP, found.case_id)
    return found


def _digest(proof: Proof, code: str) -> str:
    """Of a code for this proof of this case alone (attack 5), under a key of its own."""
    said = f"{proof.case_id}:{proof.pk}:{code}"
    return salted_hmac("requests.proof-code", said, algorithm="sha256").hexdigest()
