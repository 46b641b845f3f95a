"""What this app registers at start-up: policies, ledger codes, job handlers, its source."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portals_core.ledger import codes
from portals_core.plumbing import outbox
from portals_core.plumbing.sources import SOURCES

#: One sentence per step of the table in `requests.states`, and for what happens beside it.
LEDGER_CODES = {
    "case.file": _("A request was filed"),
    "case.ask_proof": _("A person was asked to confirm a request in their name"),
    "case.prove": _("It was proved who asks"),
    "case.review": _("A request went to review"),
    "case.ask_subject": _("The person was asked a question"),
    "case.answered": _("The person answered"),
    "case.submit": _("A deletion was submitted to a second officer"),
    "case.send_back": _("A second officer sent a deletion back"),
    "case.approve": _("A second officer approved a deletion"),
    "case.countersigned": _("One of several officers approved a deletion"),
    "case.recall": _("An officer took an approved deletion back"),
    "case.start": _("The time to change one's mind ended"),
    "case.none_held": _("A request was answered: nothing is held"),
    "case.settle": _("A duplicate was answered as the first request"),
    "case.settle_partly": _("A duplicate was answered as the first request, in part"),
    "case.carry_out": _("An officer approved a request"),
    "case.drift": _("The data no longer matched the approved plan"),
    "case.finish": _("A request was fulfilled"),
    "case.finish_partly": _("A request was partly fulfilled"),
    "case.refuse": _("A request was refused"),
    "case.withdraw": _("A request was withdrawn"),
    "case.object": _("A person objected to a request in their name"),
    "case.lapse": _("A request ended without an answer"),
    "case.verdict": _("An officer drafted what is done about an item"),
    "case.effect": _("One step of a request was carried out"),
    "case.assigned": _("An officer took over a request"),
    "case.refused_attempt": _("Somebody tried something with requests that is not theirs to do"),
}


def register() -> None:
    """Called once by `apps.py` when every model is loaded."""
    from requests import approvals, erasure, execute, panels, paths, policy, sources, unanswered

    policy.register()
    for code, sentence in LEDGER_CODES.items():
        codes.register(code, sentence)
    paths.register_all()
    source = sources.Requests()
    SOURCES.register(source.key, source)
    outbox.HANDLERS.register(approvals.CARRY_OUT, execute.carry_out)
    outbox.HANDLERS.register(erasure.FORGET_NOTICE, erasure.forget_notice)
    outbox.subscribe("consent.erase_due", "requests", inline=unanswered.open_deletion)
    panels.register()
