"""Who asks: identifiers somebody gave, each with a proof of its own (promise 1, Art. 12(6)).

A proof counts for its identifier in its case and nowhere else. An address is proved by a code or a link sent
there, anything else by an officer who looked; no copy of a document is asked for or kept.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing import links
from portals_core.plumbing.errors import Absent, BadInput, Conflict, TooMany
from portals_core.records.models import Record
from requests import barriers, identifiers, lifecycle, matching, notices
from requests.models import Case, CaseDetail, IdentifierKind, Notice, Proof, ProofMethod
from requests.states import CLOSED, State, Who

LINK = "proof"
DIGITS = 8
#: Wrong codes after which only a new code helps, and messages with a code in one case.
TRIES = 5
MESSAGES = 4
CODE_LIFE = timedelta(minutes=30)
LONGEST_SEEN = 300
#: Digits in one word from which it looks like the number of a document.
DOCUMENT_DIGITS = 6
_KEEP = system("keep how somebody proved who they are")


@dataclass(frozen=True)
class Question:
    """What the page behind a link may say: that something was asked. Nothing that is stored about anybody."""

    number: str
    kind: str
    until: datetime
    language: str


def give(case: Case, kind: str, value: str, *, at: datetime) -> Proof:
    """Keep an identifier as it was given, unproved, inside the caller's transaction. Nobody is looked up.
    The same one twice in a case is one. Raises `BadInput` with a sentence for its field."""
    form = identifiers.normal(kind, value)
    key = {"case": case, "kind": kind, "name_hash": identifiers.keyed(kind, form)}
    given, _new = Proof.objects.visible_to(_KEEP).get_or_create(**key, defaults={"value": value.strip()})
    return given


def by_session(case: Case, *, at: datetime) -> Proof:
    """Who signed in and files for themself has proved it by that."""
    return _at_once(case, IdentifierKind.ACCOUNT, method=ProofMethod.SESSION, at=at)


def by_record(case: Case, *, actor: Actor, seen: str, at: datetime) -> Proof:
    """An officer who had the person before them points at the record."""
    officer = barriers.user_of(actor)
    return _at_once(
        case, IdentifierKind.RECORD, method=ProofMethod.OFFICER, at=at, checked_by=officer, seen=seen
    )


def _at_once(case: Case, kind: str, *, at: datetime, **more: object) -> Proof:
    value = str(case.person)
    proof = Proof(
        case=case, kind=kind, value=value, name_hash=identifiers.keyed(kind, value), proved_at=at, **more
    )
    proof.save(force_insert=True)
    return proof


def proven(case: Case) -> list[Proof]:
    """The proofs of a case that count."""
    return matching.proven(case)


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
    sent = Notice.objects.visible_to(_KEEP).filter(case=case, kind=notices.PROOF).count()
    if sent >= MESSAGES:
        raise TooMany(
            _("No more codes are sent for this request. Write to us: %(email)s.")
            % {"email": settings.CONTACT_EMAIL},
            code="proof.messages",
        )
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    _fresh(proof).update(code_digest=_digest(proof, code), tries=0, sent_at=at, expires_at=at + CODE_LIFE)
    life = timedelta(days=settings.PROOF_DAYS)
    token = links.issue(LINK, about=f"proof:{proof.pk}", at=at, ttl=life)
    detail = CaseDetail.objects.visible_to(_KEEP).filter(case=case).first()
    notices.proof(
        case,
        to=identifiers.normal(proof.kind, proof.value),
        language=detail.language if detail else settings.LANGUAGE_CODE,
        code=code,
        page=links.address(reverse("dsr_requests:code", args=[proof.pk])),
        link=links.address(reverse("dsr_requests:prove", args=[token])),
        minutes=int(CODE_LIFE.total_seconds()) // 60,
        until=at + life,
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
        chosen = _unproven(found, [proof])[0]
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
    link = links.peek(token, LINK, at=at)
    proof = _proof(link.about.partition(":")[2])
    detail = CaseDetail.objects.visible_to(_KEEP).filter(case=proof.case).first()
    language = detail.language if detail else settings.LANGUAGE_CODE
    return Question(proof.case.number, proof.case.kind, link.expires_at, language)


def follow(token: str, *, at: datetime) -> Proof:
    """Prove an address by the link sent there; it works once. Raises `Absent` for a link that does not work
    and `Conflict` for a request that is closed."""
    with transaction.atomic():
        proof = _proof(links.peek(token, LINK, at=at).about.partition(":")[2])
        return _prove(proof, token=token, at=at)


def vouch(
    *, actor: Actor, case: UUID | str, seen: str, at: datetime, proofs: Collection[UUID | str] | None = None
) -> Case:
    """An officer checked who asks, and says what they saw; without `proofs` it counts for every identifier
    of the case. The case goes to review and the person is searched.

    Raises `BadInput` for words that hold a number of a document, `Conflict` for a request asked in somebody
    else's name, a closed one and one with nothing to prove, `Forbidden` for an officer who asked themself.
    """
    barriers.needs(actor, "cases.decide")
    words = said(seen)
    with transaction.atomic():
        before = Case.objects.fetch(actor, case, "decide")
        chosen = _unproven(before, proofs)
        _may_vouch(actor, before, chosen)
        for one in chosen:
            one.proved_at = at
        people = _sought(before, chosen)
        found = barriers.taken(actor, case, "decide")
        _may_vouch(actor, found, chosen)
        officer = barriers.user_of(actor)
        for one in chosen:
            _fresh(one).update(
                proved_at=at,
                method=ProofMethod.OFFICER,
                checked_by=officer,
                seen=words,
                code_digest="",
            )
            links.revoke(LINK, about=f"proof:{one.pk}", at=at)
        detail: dict[str, object] = {"proofs": [str(one.pk) for one in chosen], "seen": words}
        append.record(
            "case.vouched", actor=actor, about=found.ref, subject=matching.key_of(found), at=at, detail=detail
        )
        if found.state == State.PROVING:
            found = lifecycle.move(found, "prove", actor=actor, who=Who.OFFICER, at=at, proved_at=at)
        return matching.match(found, people, at=at)


def _may_vouch(actor: Actor, case: Case, chosen: list[Proof]) -> None:
    """Asked before anybody is searched, and again under lock."""
    if case.on_behalf or case.state in CLOSED or not chosen:
        raise Conflict(
            _("There is nothing to check here. A request in somebody's name is confirmed by the person."),
            code="proof.nothing",
        )
    barriers.not_about_oneself(actor, case)


def said(seen: str) -> str:
    """What an officer saw, in words. Raises `BadInput` for nothing, for too much, and for what looks like
    the number of a document: neither number nor copy is needed or kept (attack 11)."""
    words = " ".join(unicodedata.normalize("NFKC", seen).split())
    if not words or len(words) > LONGEST_SEEN or not words.isprintable():
        raise _unseen(_("Say in at most 300 characters what you saw, such as “passport, name agrees”."))
    joined = re.sub(r"(?<=\d)[\s.\-/]+(?=\d)", "", words)
    if any(sum(char.isdigit() for char in word) >= DOCUMENT_DIGITS for word in re.findall(r"\w+", joined)):
        raise _unseen(
            _("Leave out the number: what you saw is enough, and a number of a document must not be kept.")
        )
    return words


def _unseen(sentence: object) -> BadInput:
    return BadInput(sentence, code="proof.seen", fields={"seen": sentence})


def _unproven(case: Case, keys: Collection[UUID | str] | None) -> list[Proof]:
    rows = list(Proof.objects.visible_to(_KEEP).filter(case=case, proved_at=None))
    if keys is None:
        return rows
    wanted = {str(key) for key in keys}
    if not wanted <= {str(row.pk) for row in rows}:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return [row for row in rows if str(row.pk) in wanted]


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
    people = _sought(case, [proof])
    case = barriers.taken(_KEEP, proof.case_id, "view")
    _refuse_closed(case)
    if token:
        links.redeem(token, LINK, at=at)
    links.revoke(LINK, about=f"proof:{proof.pk}", at=at)
    same = _fresh(proof) if token else _fresh(proof).filter(code_digest=digest)
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
    if case.state == State.PROVING and not case.on_behalf:
        case = lifecycle.move(case, "prove", actor=person, who=Who.SUBJECT, at=at, proved_at=at)
    matching.match(case, people, at=at)
    return _proof(proof.pk)


def _refuse_closed(case: Case) -> None:
    if case.state in CLOSED:
        raise Conflict(
            _("This request is closed. File a new request if something is missing."), code="request.closed"
        )


def _sought(case: Case, just_proved: list[Proof]) -> list[Record]:
    """The people meant by what is proved now, the one's lock taken; nobody where the person is known."""
    if case.subject is not None:
        return []
    people = matching.search([*proven(case), *just_proved])
    matching.lock(people)
    return people


def _fresh(proof: Proof) -> QuerySet[Proof]:
    """The proof while it is none yet, for conditional updates."""
    return Proof.objects.visible_to(_KEEP).filter(pk=proof.pk, proved_at=None)


def _proof(key: UUID | str) -> Proof:
    found: Proof = Proof.objects.fetch(_KEEP, key)
    found.case = Case.objects.fetch(_KEEP, found.case_id)
    return found


def _digest(proof: Proof, code: str) -> str:
    """Of a code for this proof of this case alone (attack 5), under a key of its own."""
    said = f"{proof.case_id}:{proof.pk}:{code}"
    return salted_hmac("requests.proof-code", said, algorithm="sha256").hexdigest()
