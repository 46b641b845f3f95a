"""What this app registers at start-up: policies, ledger codes, job handlers, sources, panels."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portals_core.access import policy
from portals_core.ledger import codes
from portals_core.plumbing import outbox
from portals_core.plumbing.sources import SOURCES

LEDGER_CODES = {
    "bundle.built": _("A copy for a person was made"),
    "bundle.handed_out": _("A bundle was handed out"),
    "bundle.refused": _("A bundle was asked for and not handed out"),
    "bundle.purged": _("A bundle was deleted after its time"),
    "bundle.erased": _("A copy was erased with its person"),
    "evidence.requested": _("Evidence of a case was asked for"),
    "evidence.built": _("Evidence of a case was made"),
}


def register() -> None:
    """Called once by `apps.py` when every model is loaded."""
    from exports import build, evidence, panels, paths, sources
    from exports import policy as own

    policy.POLICIES.register("exports.Bundle", own.bundles)
    policy.POLICIES.register("exports.Download", own.downloads)
    for code, sentence in LEDGER_CODES.items():
        codes.register(code, sentence)
    paths.register_all()
    source = sources.Exports()
    SOURCES.register(source.key, source)
    outbox.HANDLERS.register(build.BUILD, build.build)
    outbox.HANDLERS.register(build.PURGE, build.purge)
    outbox.HANDLERS.register(build.REMOVE, build.remove_file)
    outbox.HANDLERS.register(evidence.BUILD, evidence.build)
    outbox.subscribe("export.approved", "exports", job=build.BUILD)
    panels.register()
