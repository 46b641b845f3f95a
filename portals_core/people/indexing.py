"""The indexes that what user types share needs: made and removed by a job when a type is stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from portals_core.access import scope
from portals_core.access.actor import Actor, Kind, system
from portals_core.access.criteria import SEPARATOR
from portals_core.access.policy import any_of
from portals_core.people import grants
from portals_core.people.models import UserType
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.outbox import Claim
from portals_core.records import catalogue, indexes

JOB = "people.index_rules"
DUTY = "indexes"
ABOUT = "indexes:rules"
_LATER = timedelta(minutes=1)
_DERIVE = system("derive indexes from what is shared")
#: Whoever asks: the shape of a rule is the same for every viewer.
_ANYONE = Actor(kind=Kind.PORTAL, ref="anyone", user_id=0, identity=UUID(int=0), main_user=True)
_ANYTHING = f"{SEPARATOR}a{SEPARATOR}b{SEPARATOR}"


def promise() -> None:
    """Have the indexes follow what is shared, once the transaction of the change is through."""
    outbox.enqueue(JOB, about=ABOUT)


def follow(held: Claim) -> None:
    """Job handler: make the derived indexes those that the stored user types need, at most
    `LIMIT_INDEXES` of a module. Once a day too, so that a database without statistics of its own gets them
    as it fills. While another worker is at it, the job is promised again for a minute later."""
    with indexes.alone() as ours:
        if ours:
            indexes.keep(indexes.kept(wanted(), settings.LIMIT_INDEXES))
            return
    with transaction.atomic():
        outbox.enqueue(JOB, about=ABOUT, not_before=clock.now() + _LATER)


def wanted() -> Iterator[indexes.Wanted]:
    """One index for each part of what each user type shares of each module, where it needs one."""
    fields = {module: {one.key: one for one in found} for module, found in catalogue.by_module().items()}
    for user_type in UserType.objects.visible_to(_DERIVE):
        own = dict.fromkeys(fields.get(user_type.identity_module_id, {}), _ANYTHING)
        for module, grant in grants.of_user_type(user_type, own).items():
            rule = any_of(*(way.rule for way in scope.ways(_ANYONE, grant)))
            yield from indexes.for_rule(module, rule, fields)
