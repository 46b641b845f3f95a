"""The mail of this app, and why no lock stands in its way."""

from __future__ import annotations

from portals_core.locks.paths import register
from requests import notices, recipient_mail, reminders


def register_all() -> None:
    """Called once by the wiring."""
    register(
        "requests.notices",
        notices.acknowledged,
        notices.asked,
        notices.refused,
        notices.stopped,
        notices.corrected,
        notices.erased,
        notices.partly_erased,
        notices.left_out,
        notices.proved,
        notices.cooling,
        notices.settled,
        notices.question,
        notices.extended,
        notices.lapsed,
        notices.proof,
        notices.none_held,
        notices.no_more_advertising,
        notices.lifting,
        notices.not_lifting,
        notices.letter,
        notices.message,
        who="whoever files, decides or carries out a request",
        pages=(
            "dsr_requests:new",
            "dsr_requests:intake",
            "dsr_requests:form",
            "dsr_requests:code-again",
            "dsr_requests:proof-again",
            "dsr_requests:nothing-held",
            "dsr_requests:decide-items",
            "dsr_requests:decide-yes",
            "dsr_requests:decide-no",
            "dsr_requests:approve",
            "dsr_requests:confirm",
            "dsr_requests:authority",
            "dsr_requests:settle",
            "dsr_requests:ask",
            "dsr_requests:extend",
            "dsr_requests:lift",
            "dsr_requests:keep",
            "dsr_requests:say",
            "dsr_requests:talk",
        ),
        jobs=(
            "requests.carry_out",
            "requests.lapse",
            "exports.build",
            "case.review/requests.marketing",
            "case.prove/requests.marketing",
            "case.bound/requests.marketing",
        ),
        commands=("carry_out", "approve_case", "confirm_case", "decide_case", "file_case", "demo"),
        free="legal notices about the request itself stay allowed (L16)",
    )
    register(
        "requests.reminders",
        reminders.remind,
        who="the clock, for officers",
        jobs=("requests.remind",),
        free="the message goes to staff and names numbers and days, no person",
    )
    register(
        "requests.recipients",
        recipient_mail.promise,
        who="whoever carries out a request, or lifts a restriction",
        jobs=(
            "case.finish/requests.recipients",
            "case.finish_partly/requests.recipients",
            "requests.lift",
        ),
        commands=("carry_out", "demo"),
        free="recipients are told of a restriction while it stands (Art. 19)",
    )
