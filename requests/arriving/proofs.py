"""Who asks: identifiers somebody gave, each with a proof of its own (promise 1, Art. 12(6)).

A proof counts for its identifier in its case and nowhere else. An address is proved by a code or a link sent
there, anything else by an officer who looked; no copy of a document is asked for or kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import links
from portals_core.plumbing.errors import Absent, BadInput, Conflict
from portals_core.records.models import Record
from requests.arriving import identifiers, matching
from requests.casebook import barriers, lifecycle
from requests.law.states import CLOSED, State, Who
from requests.models import Case, CaseDetail, IdentifierKind, Proof, ProofMethod

LINK = "proof"
LONGEST_SEEN = 300
#: Digits in one word from which it looks like the number of a document.
DOCUMENT_DIGITS = 6
_KEEP = system("keep how somebody proved who they are")


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


def given(case: Case) -> list[Proof]:
    """Everything that was given in a case, proved or not."""
    return list(Proof.objects.visible_to(_KEEP).filter(case=case))


def proven(case: Case) -> list[Proof]:
    """The proofs of a case that count."""
    return matching.proven(case)


def vouch(*, actor: Actor, case: UUID | str, seen: Mapping[UUID, str], at: datetime) -> Case:
    """An officer checked identifiers of the case, and says for each what they saw; no other one is proved by
    it. The case goes to review and the person is searched.

    Raises `BadInput` for words that hold a number of a document, `Conflict` for a request asked in somebody
    else's name, a closed one and one with nothing to prove, `Forbidden` for an officer who asked themself.
    """
    barriers.needs(actor, "cases.decide")
    words = {key: said(text, field=str(key)) for key, text in seen.items()}
    with transaction.atomic():
        before = Case.objects.fetch(actor, case, "decide")
        chosen = unproven(before, words)
        _may_vouch(actor, before, chosen)
        for one in chosen:
            one.proved_at = at
        people = sought(before, chosen)
        found = barriers.taken(actor, case, "decide")
        _may_vouch(actor, found, chosen)
        officer = barriers.user_of(actor)
        for one in chosen:
            fresh(one).update(
                proved_at=at,
                method=ProofMethod.OFFICER,
                checked_by=officer,
                seen=words[one.pk],
                code_digest="",
            )
            links.revoke(LINK, about=f"proof:{one.pk}", at=at)
        detail: dict[str, object] = {
            "proofs": [str(one.pk) for one in chosen],
            "seen": {str(key): text for key, text in words.items()},
        }
        append.record(
            "case.vouched", actor=actor, about=found.ref, subject=matching.key_of(found), at=at, detail=detail
        )
        answer_where_proved(found, actor=actor, at=at)
        if found.state == State.PROVING:
            found = lifecycle.move(found, "prove", actor=actor, who=Who.OFFICER, at=at, proved_at=at)
        return matching.match(found, people, at=at)


def answer_where_proved(case: Case, *, actor: Actor, at: datetime) -> None:
    """After something was proved, inside the caller's transaction: the answer goes to an address that was
    given once it is proved, and until then to none; letters wait for the post. Somebody known by another
    proof is so not answered in a mailbox nobody proved (promise 1)."""
    rows = CaseDetail.objects.visible_to(_KEEP).filter(case=case)
    detail = rows.first()
    mails = list(
        Proof.objects.visible_to(_KEEP).filter(case=case, kind=IdentifierKind.EMAIL).exclude(value="")
    )
    if detail is None or not mails:
        return
    proved = [identifiers.normal(one.kind, one.value) for one in mails if one.proved_at is not None]
    given = {identifiers.normal(one.kind, one.value) for one in mails}
    if proved and not detail.reply_to:
        rows.update(reply_to=proved[0], postal="")
    elif not proved and detail.reply_to in given:
        rows.update(reply_to="")
    else:
        return
    append.record(
        "case.answer_goes",
        actor=actor,
        about=case.ref,
        subject=matching.key_of(case),
        at=at,
        detail={"by": "mail" if proved else "post"},
    )


def _may_vouch(actor: Actor, case: Case, chosen: list[Proof]) -> None:
    """Asked before anybody is searched, and again under lock."""
    if case.on_behalf or case.state in CLOSED or not chosen:
        raise Conflict(
            _("There is nothing to check here. A request in somebody's name is confirmed by the person."),
            code="proof.nothing",
        )
    barriers.not_about_oneself(actor, case)


def said(seen: str, *, field: str = "seen") -> str:
    """What an officer saw, in words. Raises `BadInput` for nothing, for too much, and for what looks like
    the number of a document: neither number nor copy is needed or kept (attack 11)."""
    words = " ".join(unicodedata.normalize("NFKC", seen).split())
    if not words or len(words) > LONGEST_SEEN or not words.isprintable():
        raise _unseen(
            field, _("Say in at most 300 characters what you saw, such as “passport, name agrees”.")
        )
    joined = re.sub(r"(?<=\d)[\s.\-/]+(?=\d)", "", words)
    if any(sum(char.isdigit() for char in word) >= DOCUMENT_DIGITS for word in re.findall(r"\w+", joined)):
        raise _unseen(
            field,
            _("Leave out the number: what you saw is enough, and a number of a document must not be kept."),
        )
    return words


def _unseen(field: str, sentence: object) -> BadInput:
    return BadInput(sentence, code="proof.seen", fields={field: sentence})


def unproven(case: Case, keys: Collection[UUID | str]) -> list[Proof]:
    rows = list(Proof.objects.visible_to(_KEEP).filter(case=case, proved_at=None))
    wanted = {str(key) for key in keys}
    if not wanted <= {str(row.pk) for row in rows}:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return [row for row in rows if str(row.pk) in wanted]


def sought(case: Case, just_proved: list[Proof]) -> list[Record]:
    """The people meant by what is proved now, the one's lock taken; nobody where the person is known."""
    if case.subject is not None:
        return []
    people = matching.search([*proven(case), *just_proved])
    matching.lock(people)
    return people


def fresh(proof: Proof) -> QuerySet[Proof]:
    """The proof while it is none yet, for conditional updates."""
    return Proof.objects.visible_to(_KEEP).filter(pk=proof.pk, proved_at=None)
