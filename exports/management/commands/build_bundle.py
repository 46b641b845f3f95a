"""`manage.py build_bundle`: make the bundle of an approved case, or evidence of any case, without the web."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from django.utils.translation import gettext_lazy as _

from exports import cases, deliver, evidence
from exports.models import Bundle
from portals_core.access.actor import Actor, Kind
from portals_core.management.command import DsrCommand
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden
from requests.models import Case


class Command(DsrCommand):
    help = (
        "Make the copy of an approved export, or with --evidence the evidence of a case. Staff learn that it "
        "is there; only the person takes a copy, only an auditor evidence."
    )

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", metavar="NUMBER|ID")
        parser.add_argument("--evidence", action="store_true", help="evidence for an auditor, not the copy")
        parser.add_argument("--output", type=Path, metavar="DIR", help="also write the archive here")

    def act(self, actor: Actor, **options: Any) -> Mapping[str, object]:
        case, output = cases.case_named(actor, options["case"]), options["output"]
        if output is not None and not output.is_dir():
            raise BadInput(_("The output folder does not exist. Make it first."), code="command.output")
        if options["evidence"]:
            bundle = evidence.ask(actor=actor, case=case.pk, at=clock.now())
            outbox.drain(about=bundle.ref)
        else:
            if output is not None and actor.identity != case.subject:
                raise Forbidden(_("Only the person takes their copy. You can have it made, not read it."))
            bundle = self._copy(actor, case)
        bundle = deliver.bundle_for(actor, bundle.pk)
        return {**_answer(bundle), "file": str(_written(actor, bundle, output)) if output else None}

    def _copy(self, actor: Actor, case: Case) -> Bundle:
        """Run the jobs that the approval promised; the case's other work stays where it is."""
        if actor.kind is not Kind.STAFF and actor.identity != case.subject:
            raise Forbidden(_("Only the person or a privacy officer has a copy made."))
        outbox.drain(about=case.ref)
        made = [one for one in deliver.of_case(actor, case.pk) if one.subject is not None]
        if not made:
            raise Conflict(
                _("There is no copy: the request is no approved export."), code="bundle.not_approved"
            )
        return made[0]


def _answer(bundle: Bundle) -> Mapping[str, object]:
    return {
        "bundle": str(bundle.pk),
        "case": bundle.case_number,
        "kind": bundle.kind,
        "state": bundle.state,
        "sha512": bundle.sha512,
        "size": bundle.size,
        "expires_at": bundle.expires_at and bundle.expires_at.isoformat(),
    }


def _written(actor: Actor, bundle: Bundle, folder: Path) -> Path:
    """The archive in `folder`; the act is on record like any download."""
    handout = deliver.hand_out(actor=actor, bundle=bundle.pk, at=clock.now())
    target = folder / f"{bundle.pk}.zip"
    with handout.file as source, target.open("wb") as out:
        target.chmod(0o600)
        copyfileobj(source, out)
    return target
