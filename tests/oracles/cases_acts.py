"""Each act in histories of cases, done in the product as people and officers do it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portals_core.plumbing.models import Mail
from requests.arriving import codes, intake, mandates, matching, proofs, public, recorded
from requests.casebook import lifecycle
from requests.deciding import approvals, cooling, verdicts
from requests.models import Notice, Proof
from requests.timing import clock
from tests.oracles.cases import facts
from tests.oracles.cases_writes import Writes
from tests.requests.case_cast import GROUND, TEST

SCOPE, COMPLEX = "JustificationA12InformationRequired", "JustificationA12Complexity"
#: On which ground orders are left as they are.
SPARING = {
    "delete": "JustificationA17LegallyRequired",
    "export": "OwnA15RightsOfOthers",
    "stop": "OwnA18NoneApplies",
}
PROOF_LINK, CODE = r"/requests/prove/([\w-]+)/", r"\b(\d{8})\b"
ANSWER_LINK = r"/requests/confirm/([^/\s]+)/"
SECRETS = (("case.proof", PROOF_LINK), ("case.proof", CODE), ("case.", ANSWER_LINK))
Fields = Mapping[str, str] | None


@dataclass
class Acts(Writes):
    """Every act of the model in the product, by the same name."""

    #: What stood in messages that are deleted here; whoever got them has them still.
    read: dict[tuple[int, str], str] = field(default_factory=dict)

    # --- asking

    def _form(self, email: str, kind: str, phone: str) -> None:
        key = public.ask(kind=kind, email=email, phone=phone, at=self.world.now, network="192.0.2.0/24")
        kept = Proof.objects.visible_to(TEST).filter(pk=key).first()
        if kept is not None:
            self.cases.append(kept.case_id)

    def _recorded(self, officer: str, email: str, phone: str, kind: str, seen: str, ago: int) -> None:
        case = recorded.record(
            actor=self.stage.actors[officer],
            kind=kind,
            channel="phone",
            email=email,
            phone=phone,
            seen={one: f"{one} checked" for one in seen.split()},
            received_at=self._received(ago),
            at=self.world.now,
        )
        self.cases.append(case.pk)

    def _file(
        self, user: str, kind: str, fields: Fields = None, subject: UUID | None = None, **more: Any
    ) -> None:
        actor, at = self.stage.actors[user], self.world.now
        case = intake.file_case(actor=actor, kind=kind, at=at, subject=subject, proposals=fields, **more)
        self.cases.append(case.pk)

    def _file_added(self, kind: str, fields: Fields = None) -> None:
        self._file(facts.ADDED_BY, kind, fields, self.stage.records[facts.ADDED])

    def _intake(
        self, officer: str, person: str, kind: str, seen: bool, ago: int, fields: Fields = None
    ) -> None:
        given = {"received_at": self._received(ago), "seen": self._look(seen)}
        self._file(officer, kind, fields, self.stage.records[person], **given)

    @staticmethod
    def _look(seen: bool) -> str | None:
        return "passport, name agrees" if seen else None

    def _received(self, ago: int) -> datetime | None:
        return self.world.now - timedelta(days=ago) if ago else None

    # --- proving

    def _resend(self, number: int) -> None:
        codes.send_again(self._proof(number), at=self.world.now)

    def _code(self, number: int, other: str) -> None:
        code = self._code_of(number)
        if other != "right":
            other_code = self._code_of(int(other)) if other.isdigit() else ""
            code = other_code if other_code not in ("", code) else f"{(int(code or 0) + 1) % 10**8:08}"
        codes.try_code(self._proof(number), code, at=self.world.now)

    def _link(self, number: int) -> None:
        token = self._found(number, "case.proof", PROOF_LINK)
        codes.follow(token, at=self.world.now)

    def _vouch(self, number: int) -> None:
        case = self.cases[number]
        waiting = Proof.objects.visible_to(TEST).filter(case=case, proved_at=None)
        seen = dict.fromkeys(waiting.values_list("pk", flat=True), "passport agrees")
        proofs.vouch(actor=self._officer(), case=case, seen=seen, at=self.world.now)

    def _bind(self, number: int, person: str) -> None:
        record = self.stage.records[person]
        matching.bind(actor=self._officer(), case=self.cases[number], record=record, at=self.world.now)

    def _none_held(self, number: int) -> None:
        matching.answer_none(actor=self._officer(), case=self.cases[number], at=self.world.now)

    def _confirm(self, number: int) -> None:
        mandates.confirm(self._answer_link(number), at=self.world.now)

    def _object(self, number: int) -> None:
        mandates.object_to(self._answer_link(number), at=self.world.now)

    def _on_paper(self, number: int) -> None:
        mandates.shown(
            actor=self._officer(), case=self.cases[number], seen="a power of attorney", at=self.world.now
        )

    def _withdraw(self, number: int, user: str) -> None:
        lifecycle.withdraw(actor=self.stage.actors[user], case=self.cases[number], at=self.world.now)

    def _ask(self, number: int) -> None:
        clock.ask(
            actor=self._officer(),
            case=self.cases[number],
            ground=SCOPE,
            question="Which?",
            at=self.world.now,
        )

    def _answer(self, number: int, who: str, ago: int = 0) -> None:
        came = (self.world.now - timedelta(days=ago)).date() if ago and who in facts.OFFICERS else None
        actor, case = self.stage.actors[who], self.cases[number]
        clock.answer(actor=actor, case=case, text="These.", at=self.world.now, received=came)

    def _extend(self, number: int) -> None:
        clock.extend(
            actor=self._officer(),
            case=self.cases[number],
            ground=COMPLEX,
            sentence="There is much.",
            at=self.world.now,
        )

    def _refuse(self, number: int) -> None:
        self._decided(number, facts.DESK, "refuse", ground=GROUND, sentence="No.")

    def _spare(self, number: int, spared: bool) -> None:
        actor, case = self._officer(), self.cases[number]
        draft = verdicts.Draft("records", "orders", verdict="")
        if spared:
            ground = SPARING.get(self.world.cases[number].kind, GROUND)
            draft = verdicts.Draft("records", "orders", verdict="refuse", ground=ground, sentence="No.")
        verdicts.put_all(actor=actor, case=case, drafts=[draft], at=self.world.now)

    def _decide(
        self,
        number: int,
        officer: str,
        as_drafted: bool = False,
        answers: Mapping[str, bool] | None = None,
        reason: bool = False,
    ) -> None:
        why = {"ground": GROUND, "sentence": "No."} if reason else {}
        outcome = "as_drafted" if as_drafted else "approve"
        self._decided(number, officer, outcome, proposals=answers, **why)

    def _decided(self, number: int, officer: str, outcome: str, **why: Any) -> None:
        actor, case = self.stage.actors[officer], self.cases[number]
        approvals.decide(actor=actor, case=case, outcome=outcome, at=self.world.now, **why)

    def _approve(self, number: int, officer: str) -> None:
        approvals.approve(actor=self.stage.actors[officer], case=self.cases[number], at=self.world.now)

    def _send_back(self, number: int, officer: str) -> None:
        actor, case = self.stage.actors[officer], self.cases[number]
        approvals.send_back(actor=actor, case=case, at=self.world.now, reason="Look again.")

    def _recall(self, number: int, officer: str = facts.DESK) -> None:
        actor, case = self.stage.actors[officer], self.cases[number]
        cooling.recall(actor=actor, case=case, at=self.world.now, reason="An order came.")

    # --- what the messages hold

    def _proof(self, number: int) -> UUID | str:
        rows = Proof.objects.visible_to(TEST).filter(case=self.cases[number], kind="email")
        return rows.values_list("pk", flat=True).first() or "none"

    def _found(self, number: int, kind: str, pattern: str) -> str:
        """What the newest message about a case says of this kind; nothing where there is none."""
        told = Notice.objects.visible_to(TEST).filter(case=self.cases[number]).values_list("mail", flat=True)
        mails = Mail.objects.filter(pk__in=list(told), kind__startswith=kind)
        for mail in mails.order_by("-created_at"):
            if met := re.search(pattern, mail.body):
                return met.group(1)
        return self.read.get((number, pattern), "")

    def read_the_mail(self) -> None:
        """Before messages to somebody are deleted with what else is held about them."""
        if any(one.spared and one.state == "cooling_off" for one in self.world.cases):
            for number, case in enumerate(self.world.cases):
                for kind, pattern in (
                    ("case.proof", PROOF_LINK),
                    ("case.proof", CODE),
                    ("case.", ANSWER_LINK),
                ):
                    if case.open:
                        self.read[number, pattern] = self._found(number, kind, pattern)

    def _code_of(self, number: int) -> str:
        return self._found(number, "case.proof", CODE)

    def _answer_link(self, number: int) -> str:
        return self._found(number, "case.", ANSWER_LINK)
