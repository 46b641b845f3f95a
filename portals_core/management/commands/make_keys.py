"""`manage.py make_keys`: make the key files this installation lacks; never replaces one."""

from django.core.management.base import BaseCommand

from portals_core.ledger import checkpoint
from portals_core.management.command import sentence
from portals_core.plumbing import keyfiles, keyring
from portals_core.plumbing.errors import Broken
from portals_core.records import keyed


class Command(BaseCommand):
    help = (
        "Make the master key, the ledger's signing key and the key under which encrypted addresses are "
        "found, where they are missing. Never replaces a key."
    )
    #: Runs before the first start, when the checks rightly complain that the keys are missing.
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        makers = {
            keyring.MASTER: keyring.create_master,
            checkpoint.SIGNING_KEY: checkpoint.create_signing_key,
            keyed.KEY: keyed.create_key,
        }
        for name, make in makers.items():
            try:
                made = make()
            except Broken as refusal:
                self.stderr.write(sentence(refusal))
                raise SystemExit(refusal.exit_status) from None
            self.stdout.write(f"{keyfiles.path(name)}: {'made' if made else 'was there'}")
