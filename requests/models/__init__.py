"""Cases with their parts: what was asked and by whom, what was decided and done, what was said.

Whatever hangs on a case is reached as the case is (`requests.policy`). Only `requests.casebook.lifecycle`
writes a state.
"""

from requests.models.cases import (
    RECORDED,
    Case,
    CaseDetail,
    Channel,
    Counter,
    Kind,
    Notice,
    Transition,
)
from requests.models.deciding import (
    Approval,
    Effect,
    Plan,
    PlanPart,
    Proposal,
    RecipientNotice,
    Standing,
    Verdict,
    VerdictKind,
)
from requests.models.desk import Alarm, AssignmentRule, ChosenView, Presence, SavedView
from requests.models.proofs import IdentifierKind, Mandate, Proof, ProofMethod
from requests.models.talking import Clarification, Direction, Letter, LetterKind, LetterTemplate, Message

__all__ = [
    "RECORDED",
    "Alarm",
    "Approval",
    "AssignmentRule",
    "Case",
    "CaseDetail",
    "Channel",
    "ChosenView",
    "Clarification",
    "Counter",
    "Direction",
    "Effect",
    "IdentifierKind",
    "Kind",
    "Letter",
    "LetterKind",
    "LetterTemplate",
    "Mandate",
    "Message",
    "Notice",
    "Plan",
    "PlanPart",
    "Presence",
    "Proof",
    "ProofMethod",
    "Proposal",
    "RecipientNotice",
    "SavedView",
    "Standing",
    "Transition",
    "Verdict",
    "VerdictKind",
]
