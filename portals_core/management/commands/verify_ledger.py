"""`manage.py verify_ledger`: is the audit log what was signed? 0 clean, 1 findings."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from portals_core.ledger import seal
from portals_core.ledger.audit import audit, write_export
from portals_core.ledger.verify import Result, key_given, summary
from portals_core.management.command import sentence
from portals_core.plumbing.errors import DsrError


class Command(BaseCommand):
    help = "Verify every entry, detail, tree node and checkpoint of the audit log. Exit 0 clean, 1 findings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--export", type=Path, help="also write a new file for the stand-alone checker")
        parser.add_argument(
            "--checkpoint", type=Path, action="append", default=[], help="checkpoint kept elsewhere"
        )
        parser.add_argument("--vkey", help="verifier key kept elsewhere, or a file that holds it")
        parser.add_argument("--seal", action="store_true", help="give waiting entries their index first")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self._run(options)
        except (OSError, UnicodeDecodeError) as error:
            self.stderr.write(str(error))
            raise SystemExit(66) from None
        except DsrError as refusal:
            self.stderr.write(f"{sentence(refusal)} [{refusal.code}]")
            raise SystemExit(refusal.exit_status) from None
        self.stdout.write(_as_json(result) if options["json"] else "\n".join(summary(result)))
        if result.findings:
            raise SystemExit(1)

    def _run(self, options: dict[str, Any]) -> Result:
        outside = [(str(path), path.read_bytes().decode()) for path in options["checkpoint"]]
        vkey = key_given(options["vkey"]) if options["vkey"] else None
        while options["seal"] and seal.seal():
            pass
        result = audit(outside, vkey)
        if options["export"]:
            write_export(options["export"])
        return result


def _as_json(result: Result) -> str:
    return json.dumps(
        {
            "clean": not result.findings,
            "findings": [asdict(found) for found in result.findings],
            "entries": result.entries,
            "erased": result.erased,
            "size": result.head.size,
            "root": result.head.root().hex(),
            "covered": result.covered,
        }
    )
