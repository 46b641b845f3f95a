"""What this app registers at start-up: policies, ledger codes, job handlers, its source."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portals_core.ledger import codes
from portals_core.plumbing import duties, mail, outbox
from portals_core.plumbing.sources import SOURCES

#: One sentence per step of the table in `requests.law.states`, and for what happens beside it.
LEDGER_CODES = {
    "case.file": _("A request was filed"),
    "case.ask_proof": _("A person was asked to confirm a request or to prove who asks"),
    "case.prove": _("It was proved who asks"),
    "case.code_sent": _("A code was sent to prove an address"),
    "case.identifier_proved": _("An identifier was proved"),
    "case.vouched": _("An officer checked who asks"),
    "case.answer_goes": _("It changed where the answer of a request goes, with what is proved"),
    "case.searched": _("The person was searched by what was proved"),
    "case.bound": _("A request was connected with the person"),
    "case.review": _("A request went to review"),
    "case.ask_subject": _("The person was asked a question"),
    "case.answered": _("The person answered"),
    "case.corrections": _("An officer wrote down which fields are to be corrected"),
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
    "case.extended": _("More time was taken for a request"),
    "case.lapse": _("A request ended without an answer"),
    "case.verdict": _("An officer drafted what is done about an item"),
    "case.effect": _("One step of a request was carried out"),
    "case.linked": _("A request was linked to one that asked the same before"),
    "case.unlinked": _("A request is no duplicate any more"),
    "case.recipients": _("Recipients were told what was done, or are to be told"),
    "case.recipient_told": _("An officer told a recipient what was done"),
    "case.recipient_answered": _("A recipient answered"),
    "case.recipient_impossible": _("A recipient cannot be told"),
    "case.lift_announced": _("A person was told that a restriction ends"),
    "case.lift_cancelled": _("A restriction goes on after all"),
    "case.lifted": _("A restriction ended"),
    "case.message": _("A message was written in a request"),
    "case.note": _("An officer wrote an internal note"),
    "case.letter": _("A letter was written"),
    "case.letter_made": _("The document of a letter was made"),
    "case.letter_posted": _("A letter was put into the post"),
    "case.letter_forgotten": _("The last letter to a person was forgotten with its address"),
    "case.postal_known": _("An officer wrote down where letters go"),
    "letter_template.published": _("The text of a letter was changed"),
    "case.assigned": _("A request was given to an officer, or back"),
    "case.purged": _("What a request held of the person's words was forgotten"),
    "case.register_taken": _("The register of requests was taken away as a file"),
    "case.register_ended": _("The register of requests has left, or broke off"),
    "case_rule.defined": _("A rule of who gets new requests was set up"),
    "case_rule.removed": _("A rule of who gets new requests was taken away"),
    "case_view.saved": _("An officer saved a view of the queue"),
    "case_view.deleted": _("An officer deleted a view of the queue"),
    "case_view.chosen": _("An officer chose with which view the queue opens"),
    "case.refused_attempt": _("Somebody tried something with requests that is not theirs to do"),
}


def register() -> None:
    """Called once by `apps.py` when every model is loaded."""
    from requests import panels, paths, policy, sources
    from requests.arriving import marketing, unanswered
    from requests.carrying_out import erasure, execute, lifting, recipient_letters, recipients
    from requests.casebook import details
    from requests.deciding import cooling, signatures
    from requests.desk import purging, rules
    from requests.telling import letter_paper, unread
    from requests.timing import lapsing, reminders

    policy.register()
    for code, sentence in LEDGER_CODES.items():
        codes.register(code, sentence)
    paths.register_all()
    source = sources.Requests()
    SOURCES.register(source.key, source)
    outbox.HANDLERS.register(cooling.CARRY_OUT, execute.carry_out)
    outbox.HANDLERS.register(cooling.START, cooling.start_erasure)
    for step in ("send_back", "recall", "drift"):
        outbox.subscribe(f"case.{step}", "signatures", inline=signatures.void)
    outbox.HANDLERS.register(letter_paper.PDF, letter_paper.make)
    outbox.HANDLERS.register(recipient_letters.PDF, recipient_letters.make)
    mail.CHECKS.register(unread.STILL, unread.still)
    outbox.HANDLERS.register(details.FORGET_NOTICE, erasure.forget_notice)
    for job, handler in {lapsing.JOB: lapsing.lapse, reminders.JOB: reminders.remind}.items():
        outbox.HANDLERS.register(job, handler)
        duties.DAILY.register(job, job)
    outbox.subscribe("consent.erase_due", "requests", inline=unanswered.open_deletion)
    outbox.HANDLERS.register(lifting.JOB, lifting.lift)
    outbox.subscribe("case.start", "requests.recipients", inline=recipients.on_start)
    outbox.subscribe("case.drift", "requests.recipients", inline=recipients.on_drift)
    for event in ("case.finish", "case.finish_partly"):
        outbox.subscribe(event, "requests.recipients", inline=recipients.on_finish)
    for event in marketing.EVENTS:
        outbox.subscribe(event, "requests.marketing", inline=marketing.on_proof)
    outbox.HANDLERS.register(purging.JOB, purging.purge)
    duties.DAILY.register(purging.JOB, purging.JOB)
    for event in ("case.review", "case.prove"):
        outbox.subscribe(event, "assign", inline=rules.assign)
    panels.register()
