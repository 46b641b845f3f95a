"""The mail of this app, and why no lock stands in its way."""

from __future__ import annotations

from portals_core.locks.paths import register
from requests.carrying_out import recipient_mail
from requests.telling import unread
from requests.telling.notices import answers, behalf, deletion, period, receipts, restricting, talk
from requests.timing import reminders


def register_all() -> None:
    """Called once by the wiring."""
    register(
        "requests.notices",
        receipts.acknowledged,
        receipts.acknowledged_to,
        receipts.asked_by_letter,
        behalf.asked,
        answers.refused,
        restricting.stopped,
        answers.corrected,
        deletion.gone,
        deletion.partly_erased,
        answers.left_out,
        answers.copy_by_post,
        behalf.proved,
        deletion.cooling,
        answers.settled,
        period.question,
        period.extended,
        period.lapsed,
        receipts.proof,
        answers.none_held,
        answers.no_more_advertising,
        restricting.lifting,
        restricting.not_lifting,
        talk.letter,
        talk.message,
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
        "requests.unread",
        unread.announce,
        who="whoever writes to the officers, or answers a question",
        pages=(
            "dsr_requests:talk",
            "dsr_requests:read",
            "dsr_requests:answer",
            "dsr_requests:question",
            "dsr_requests:record-answer",
            "dsr_requests:say",
            "dsr_requests:note",
        ),
        free="the message goes to staff and names a number, no person",
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
