"""Purposes with their texts, bases, decisions, questions, objections, and the register of processing.

Subjects are plain ids: what was decided outlives the record it was decided about, until an erasure takes it.
Texts, bases, decisions and objections are added and never edited; triggers hold that in the database too
(W15).
"""

from consent.models.asking import Audience, Campaign, CampaignState, Question, SignUp
from consent.models.basis import BASES, CONDITIONS, NOT_APPLICABLE, Basis
from consent.models.bulk import BasisChange, ChangeState
from consent.models.common import AppendOnly
from consent.models.decisions import (
    ENTERED,
    PERMITTING,
    Authority,
    Decision,
    Method,
    Objection,
    Signal,
    State,
)
from consent.models.purposes import Channel, NoAnswer, Purpose, Text, Withdrawn
from consent.models.register import Activity, Party, PartyKind, Recipient, RecipientKind, Role, Told

__all__ = [
    "BASES",
    "ENTERED",
    "CONDITIONS",
    "NOT_APPLICABLE",
    "PERMITTING",
    "Activity",
    "AppendOnly",
    "Audience",
    "Authority",
    "Basis",
    "BasisChange",
    "Campaign",
    "CampaignState",
    "ChangeState",
    "Channel",
    "Decision",
    "Method",
    "NoAnswer",
    "Objection",
    "Party",
    "PartyKind",
    "Purpose",
    "Question",
    "Recipient",
    "RecipientKind",
    "Role",
    "SignUp",
    "Signal",
    "State",
    "Text",
    "Told",
    "Withdrawn",
]
