"""Why a portal user sees a record or does not, read for somebody of the staff (C9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.access import criteria, policy, scope
from portals_core.access import fields as access_fields
from portals_core.access.actor import Actor, FieldRights, Kind, ModuleGrant, system
from portals_core.people import accounts
from portals_core.people.models import LayoutAccess, Match, ModuleAccess, Sharing, User, UserKind, UserType
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Forbidden
from portals_core.records import catalogue, explained, reads
from portals_core.records.explained import Told
from portals_core.records.models import Field, Module, Record

#: Accounts close to a record that are looked at one by one.
NEAREST = 12
_SIGHT = system("tell why a portal user sees a record")


@dataclass(frozen=True)
class Sight:
    """Whether somebody sees a record, and every way by which they could."""

    seen: bool
    ways: Sequence[Told]


def portal_users(actor: Actor, user_type: UserType | None = None) -> QuerySet[User]:
    """Open accounts of portal users whose own record `actor` sees, newest first."""
    people = Record.objects.visible_to(actor, "view").order_by().values("pk")
    rows = User.objects.visible_to(_SIGHT).filter(kind=UserKind.PORTAL, is_active=True, identity__in=people)
    rows = rows.filter(user_type=user_type) if user_type else rows.filter(user_type__isnull=False)
    return rows.select_related("user_type", "user_type__identity_module", "identity").order_by("-pk")


def portal_user(actor: Actor, who: str, user_type: UserType | None = None) -> User:
    """One of them by the account's id or mail address. Raises `BadInput` for nobody."""
    try:
        named = Q(public_id=UUID(who.strip()))
    except ValueError:
        named = Q(email=who.strip().casefold())
    found = portal_users(actor, user_type).filter(named).first()
    if found is None:
        sentence = _("There is no such portal user. Give the mail address of an open account.")
        raise BadInput(sentence, code="portal_user.absent", fields={"person": sentence})
    return found


def eyes(actor: Actor, user: User) -> Actor:
    """The portal user as an actor to read with, for `actor` of the staff to look over their shoulder.

    It reaches the rows the portal user reaches and shows no field that `actor` could not read.
    """
    if not actor.may("records.view") or actor.kind not in (Kind.STAFF, Kind.SYSTEM):
        raise Forbidden(_("Only somebody who may see records may see what a portal user sees."))
    theirs = accounts.actor_of(user, verified=True)
    modules = catalogue.modules().in_bulk(list(theirs.grants))
    fields = catalogue.by_module()
    kept = {
        key: _narrowed(grant, _readable(actor, modules[key], fields.get(key, [])))
        for key, grant in theirs.grants.items()
        if actor.kind is Kind.SYSTEM or scope.records(actor, "view", key) is not policy.NOTHING
    }
    return replace(theirs, grants=MappingProxyType(kept))


def _readable(actor: Actor, of: Module, fields: Sequence[Field]) -> frozenset[str]:
    return frozenset(one.key for one in access_fields.readable(actor, of, fields))


def _narrowed(grant: ModuleGrant, keys: frozenset[str]) -> ModuleGrant:
    def fewer(rights: FieldRights) -> FieldRights:
        return FieldRights(rights.readable & keys, rights.writable & keys, rights.required & keys)

    by_layout = {layout: fewer(rights) for layout, rights in grant.by_layout.items()}
    return replace(grant, fields=fewer(grant.fields), by_layout=MappingProxyType(by_layout))


def why(actor: Actor, user: User, found: Record) -> Sight:
    """Whether and why a portal user sees a record that `actor` sees, in words."""
    theirs = eyes(actor, user)
    ways = explained.told(theirs, reads.row_of(found), _terms(actor, user, found, theirs))
    return Sight(any(way.holds for way in ways), ways)


def _terms(actor: Actor, user: User, found: Record, theirs: Actor) -> explained.Terms:
    assert user.user_type is not None and user.identity is not None
    fields = catalogue.by_module()
    of, identity = found.module, user.user_type.identity_module
    there, own = fields.get(of.pk, []), fields.get(identity.pk, [])
    access = ModuleAccess.objects.visible_to(_SIGHT).filter(user_type=user.user_type, module=of).first()
    tree, unreadable = stored(access)
    titles = reads.references(actor, explained.linked(tree))
    grant = theirs.grants.get(of.pk)
    paths = [".".join(path.keys) for path in grant.via] if grant else []
    return explained.Terms(
        today=clock.now().date(),
        labels={one.key: one.label for one in there},
        own_labels={one.key: one.label for one in own},
        own=user.identity.folded,
        tree=tree,
        unreadable=unreadable,
        awaited=access is not None and access.awaited,
        paths={path: path_in_words(path, of.pk, fields) for path in paths},
        layouts=_layouts(access),
        titles={str(key): one.title for key, one in titles.items()},
        covered=frozenset(one.key for one in there) - _readable(actor, of, there),
        own_covered=frozenset(one.key for one in own) - _readable(actor, identity, own),
    )


def stored(access: ModuleAccess | None) -> tuple[criteria.Tree | None, bool]:
    """(the conditions of a module's sharing, whether something is stored that cannot be read)."""
    if access is None or access.criteria is None:
        return None, False
    try:
        return criteria.load(access.criteria), False
    except criteria.Malformed:
        return None, True


def path_in_words(path: str, of: int, fields: Mapping[int, Sequence[Field]]) -> str:
    """A way of lookups by the names of its links: "Order, Customer"."""
    names, at = [], of
    for key in path.split("."):
        link = next((one for one in fields.get(at, ()) if one.key == key), None)
        names.append(link.label if link else key)
        at = link.target_id or at if link else at
    return ", ".join(names)


def _layouts(access: ModuleAccess | None) -> tuple[str, ...]:
    if access is None:
        return ()
    rows = LayoutAccess.objects.visible_to(_SIGHT).filter(access=access).order_by("layout__position")
    return tuple(rows.values_list("layout__name", flat=True))


def nearest(actor: Actor, found: Record) -> list[tuple[User, Sight]]:
    """Portal users close to a record who see it: its person, who added it, and people it leads to by one or
    two links. Others may reach it by conditions, public sharing or as colleagues."""
    near = {found.pk, *_targets([found])}
    near |= _targets(Record.objects.visible_to(actor, "view").filter(pk__in=near - {found.pk}))
    close = portal_users(actor).filter(Q(identity__in=near) | Q(pk=found.creator_id))
    seen = [(user, why(actor, user, found)) for user in close[:NEAREST]]
    return [(user, sight) for user, sight in seen if sight.seen]


def _targets(rows: Sequence[Record] | QuerySet[Record]) -> set[UUID]:
    links = {one.key for fields in catalogue.by_module().values() for one in fields if one.target_id}
    return {UUID(form) for one in rows for key, form in one.folded.items() if key in links and _is_id(form)}


def _is_id(form: str) -> bool:
    try:
        UUID(form)
    except (ValueError, ValidationError):
        return False
    return True


def shared_with(of: Module) -> list[tuple[UserType, str]]:
    """(user type, "public" | "conditions") of those that share the module's records with people to whom
    they are not linked. A definition is no personal data."""
    rows = ModuleAccess.objects.visible_to(_SIGHT).filter(module=of, user_type__isnull=False)
    found = []
    for access in rows.select_related("user_type").order_by("user_type"):
        if access.awaited:
            continue
        alone = access.criteria is not None and (access.match == Match.ANY or not access.via)
        if access.sharing == Sharing.PUBLIC or alone:
            found.append((access.user_type, "public" if access.sharing == Sharing.PUBLIC else "conditions"))
    return found
