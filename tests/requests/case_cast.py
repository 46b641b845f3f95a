"""Cases for tests, in the hands of the common cast."""

import re
from datetime import timedelta
from hashlib import sha256
from typing import TypeVar

from django.apps import apps
from django.core import serializers

from portals_core.access.actor import system
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing import outbox
from portals_core.plumbing.models import Mail
from requests.arriving import intake
from requests.deciding import approvals
from requests.models import Case
from tests import cast

T = TypeVar("T")
TEST = system("test")
LATER = cast.NOW + timedelta(days=1)
GROUND = "JustificationA12ManifestlyUnfounded"


def file(made, kind, who="subject", **given):
    """A request; what an officer records is proved, unless `seen=None` says otherwise."""
    if made.users[who].kind == "staff":
        given.setdefault("seen", "known at the counter")
    return intake.file_case(actor=made.actor(who), kind=kind, at=cast.NOW, **given)


def decide(made, case, outcome="approve", who="officer", **given):
    return approvals.decide(actor=made.actor(who), case=case.pk, outcome=outcome, at=LATER, **given)


def approve(made, case, who="second_officer"):
    return approvals.approve(actor=made.actor(who), case=case.pk, at=LATER)


def approved_deletion(made):
    """A deletion of the subject, approved by two officers and waiting for a worker."""
    return approve(made, decide(made, file(made, "delete")))


def carried_out(made, kind, **given):
    """A request of the subject, from filing to the last effect."""
    case = file(made, kind, **given)
    decided = decide(made, case)
    if kind == "delete":
        approve(made, decided)
    outbox.drain()
    return again(case)


def again(case):
    """The case as it is stored now."""
    return Case.objects.visible_to(TEST).get(pk=case.pk)


def token_for(case):
    """The token in the mail to the person a case was filed for."""
    mail = Mail.objects.filter(kind="case.mandate").order_by("-created_at").first()
    assert mail is not None
    return there(re.search(r"/requests/confirm/([^/\s]+)/", mail.body)).group(1)


def codes(case, *, letters: bool = False):
    """Ledger codes about a case, oldest first, without those of the letters kept with it unless asked for."""
    rows = LedgerEntry.objects.filter(about=case.ref).order_by("created", "at")
    rows = rows if letters else rows.exclude(code__startswith="case.letter")
    return list(rows.values_list("code", flat=True))


def rows(*labels: str) -> dict[tuple[str, str], str]:
    """A hash of every stored row of these models, by label and primary key."""
    found = {}
    for label in labels:
        model = apps.get_model(label)
        manager = getattr(model.objects, "visible_to", None)
        for row in (manager(TEST) if manager else model.objects.all()).order_by("pk"):
            text = serializers.serialize("json", [row])
            found[(label, str(row.pk))] = sha256(text.encode()).hexdigest()
    return found


def there(found: T | None) -> T:
    """What a test goes on with; it must be there."""
    assert found is not None
    return found
