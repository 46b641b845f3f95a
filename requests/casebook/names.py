"""Who stands in cases, by the names the one who looks may know: people, colleagues, whoever asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.people.models import User, UserKind
from portals_core.plumbing.errors import Absent
from portals_core.records.models import Record
from requests.casebook.lines import Shown
from requests.models import Channel

_NAMES = system("name who acted on a case")


@dataclass(frozen=True)
class Person:
    """The person a case is about, as far as the one who looks may know them."""

    id: UUID | None
    name: str
    #: "named", "hidden" from this role, "gone" where the record was erased, "unknown" while nobody is found.
    standing: str
    module: str = ""


def persons(actor: Actor, subjects: Collection[UUID | None]) -> dict[UUID | None, Person]:
    """Who these people are, by the title of their records, where the role may see records."""
    if not actor.may("records.view"):
        return {key: Person(key, "", "hidden") for key in subjects}
    known = [key for key in subjects if key is not None]
    found = Record.objects.visible_to(actor).select_related("module").in_bulk(known)
    return {key: _person(key, found.get(key)) if key else Person(None, "", "unknown") for key in subjects}


def _person(key: UUID, record: Record | None) -> Person:
    if record is None:
        return Person(key, "", "gone")
    title = str(record.values.get(record.module.title_key) or record.pk)
    return Person(key, title, "named", record.module.label)


def users_by_id(keys: set[int]) -> dict[int, User]:
    """The accounts that stand in cases."""
    return User.objects.visible_to(_NAMES).in_bulk(keys)


def called(actor: Actor, user: User | None) -> str:
    """Colleagues by name for all staff; people of the portal only for whom may see records."""
    if user is None or (user.kind != UserKind.STAFF and not actor.may("records.view")):
        return ""
    return user.name or user.email


def asked_by(actor: Actor, case: Shown, users: dict[int, User] | None = None) -> str:
    """Who filed the case, in words: the person, somebody for them, or an officer."""
    known = users_by_id({case.requester_id}) if users is None and case.requester_id else users or {}
    user = known.get(case.requester_id or 0)
    name = called(actor, user)
    if case.on_behalf:
        return gettext("%(name)s, who added them") % {"name": name} if name else gettext("who added them")
    if case.channel == Channel.FORM:
        return gettext("somebody without an account")
    if case.requester_id is None:
        return gettext("nobody: a time limit ended")
    if user is not None and user.kind == UserKind.STAFF:
        return gettext("recorded by %(name)s") % {"name": name}
    return gettext("the person")


def chosen(actor: Actor, key: str) -> Person:
    """The person an officer picked for a new request. Raises `Absent` for what is no person in sight."""
    try:
        record = (
            Record.objects.visible_to(actor)
            .select_related("module")
            .filter(module__identity=True)
            .get(pk=UUID(key))
        )
    except (Record.DoesNotExist, ValueError):
        raise Absent(_("There is nothing here, or it is not shared with you.")) from None
    return _person(record.pk, record)
