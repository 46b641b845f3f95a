"""What this app registers at start-up: policies, ledger codes, the mail gate, its source, its pages."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Kind
from portals_core.ledger import codes
from portals_core.panels import NAV, PANELS, WAYS, NavItem, Panel
from portals_core.plumbing import duties, mail, outbox
from portals_core.plumbing.sources import SOURCES

LEDGER_CODES = {
    "purpose.defined": _("A purpose was set up"),
    "consent_text.published": _("A consent text was published"),
    "consent_text.withdrawn": _("A consent text was withdrawn"),
    "basis.recorded": _("A processing basis was recorded"),
    "consent.asked": _("A person was asked for consent"),
    "consent.asked_again": _("A person was asked to renew a consent that holds"),
    "consent.given": _("Consent was given"),
    "consent.renewed": _("Consent was given again"),
    "consent.reminded": _("A person was reminded of a question"),
    "consent.question_closed": _("A question about a consent that holds ended without an answer"),
    "consent.erase_due": _("A deletion is due for want of consent"),
    "consent.refused": _("Consent was refused"),
    "consent.withdrawn": _("Consent was withdrawn"),
    "consent.revoked": _("Consent was withdrawn on the person's behalf"),
    "consent.not_responded": _("A person did not answer"),
    "consent.expired": _("A consent ended"),
    "consent.invalidated": _("A consent was found invalid"),
    "consent.signed_up": _("Somebody signed up on a public form"),
    "consent.sign_up_denied": _("Somebody said that a sign-up was not theirs"),
    "consent.sign_ups_purged": _("Sign-ups that nobody confirmed were deleted"),
    "consent.receipt_taken": _("A consent receipt was downloaded"),
    "consent.erased": _("Consent history was erased"),
    "objection.recorded": _("An objection to advertising or sharing was recorded"),
    "campaign.started": _("A campaign began to ask people for consent"),
    "campaign.stopped": _("A campaign was stopped"),
    "campaign.done": _("A campaign has asked everybody it could"),
    "bases.change_started": _("A change of many processing bases was begun"),
    "bases.change_ended": _("A change of many processing bases ended"),
    "party.defined": _("Somebody who answers for the processing was entered in the register"),
    "party.removed": _("Somebody who answers for the processing was taken out of the register"),
    "recipient.defined": _("A recipient of data was entered in the register"),
    "activity.defined": _("A processing activity was entered in the register"),
    "register.exported": _("The register of processing activities was taken away as a file"),
}


def register() -> None:
    """Called once by `apps.py` when every model is loaded."""
    from consent import paths, policy, sources
    from consent.contact import letters, questions
    from consent.standing import gate

    policy.register()
    for code, sentence in LEDGER_CODES.items():
        codes.register(code, sentence)
    paths.register_all()
    mail.GATE.register("gate", gate.allowed)
    mail.CHECKS.register(letters.STILL_OPEN, questions.wanted)
    mail.CHECKS.register(letters.MAY_BE_WRITTEN_TO, questions.may_be_written_to)
    source = sources.Consent()
    SOURCES.register(source.key, source)
    _jobs()
    _pages()


def _jobs() -> None:
    from consent.deciding import signups
    from consent.grounds import bulk
    from consent.jobs import campaigns, endings, waiting
    from consent.standing import history

    outbox.HANDLERS.register(campaigns.JOB, campaigns.run)
    outbox.HANDLERS.register(bulk.HANDLER, bulk.carry_out)
    daily = {
        waiting.REMIND_JOB: waiting.remind,
        waiting.CLOSE_JOB: waiting.close_overdue,
        waiting.ERASE_JOB: waiting.announce_erasures,
        endings.JOB: endings.end_all,
        signups.PURGE: signups.purge,
    }
    for job, handler in daily.items():
        outbox.HANDLERS.register(job, handler)
        duties.DAILY.register(job, job)
    outbox.subscribe(history.EVENT, "unlock", inline=endings.on_decision)
    outbox.subscribe("basis.recorded", "unlock", inline=endings.on_basis)


def _pages() -> None:
    from consent import panels

    PANELS.register(
        "consent.mine", Panel("privacy", order=20, template="consent/panel_mine.html", context=panels.mine)
    )
    PANELS.register(
        "consent.people",
        Panel("privacy", order=40, template="consent/panel_people.html", context=panels.people),
    )
    WAYS.register("consent", lambda subject: reverse("consent:desk-subject", args=[subject]))
    for key, label, icon, permissions in (
        ("desk", _("Consent"), "handshake", ("consent.manage", "setup.manage")),
        ("register", _("Register"), "book-open-text", ("consent.manage", "setup.manage", "ledger.view")),
    ):
        NAV.register(
            f"consent.{key}",
            NavItem(label, f"consent:{key}", icon, Kind.STAFF, order=40, permissions=permissions),
        )
