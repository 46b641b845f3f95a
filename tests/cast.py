"""The same people in every test: a subject, somebody the subject added, a stranger, two officers, an
administrator, an auditor, an operator; and a small organisation around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from portals_core.access.actor import Actor, system
from portals_core.people import accounts
from portals_core.people.models import FieldAccess, ModuleAccess, Role, User, UserType
from portals_core.people.roles import DEFAULT_ROLES
from portals_core.plumbing import keyring
from portals_core.records import catalogue, keyed
from portals_core.records.models import Field, Module, Record
from portals_core.writing.records import create_record
from tests import standing

NOW = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)
SETTING_UP = system("set up a test")
PASSWORD = "correct horse battery staple"

CONTACTS = {
    "key": "contacts",
    "label": "Contact",
    "label_plural": "Contacts",
    "identity": True,
    "title_key": "name",
    "email_key": "email",
    "fields": [
        {"key": "name", "label": "Name", "required": True, "personal": "normal"},
        {"key": "email", "label": "E-mail", "type": "email", "unique": True, "personal": "normal"},
        {"key": "phone", "label": "Phone", "type": "phone", "personal": "normal"},
        {"key": "health", "label": "Health note", "personal": "sensitive"},
    ],
}
ORDERS = {
    "key": "orders",
    "label": "Order",
    "label_plural": "Orders",
    "title_key": "number",
    "fields": [
        {"key": "number", "label": "Number", "unique": True, "required": True},
        {"key": "customer", "label": "Customer", "type": "lookup", "target": "contacts", "link": "belongs"},
        {"key": "agent", "label": "Agent", "type": "lookup", "target": "contacts", "link": "mentions"},
        {"key": "total", "label": "Total", "type": "currency"},
        {"key": "margin", "label": "Margin", "type": "number", "provided": False},
    ],
}
LINES = {
    "key": "lines",
    "label": "Order line",
    "label_plural": "Order lines",
    "title_key": "product",
    "fields": [
        {"key": "order", "label": "Order", "type": "lookup", "target": "orders", "link": "belongs"},
        {"key": "product", "label": "Product", "required": True},
        {"key": "price", "label": "Price", "type": "currency"},
    ],
}


@dataclass
class Organisation:
    """Everything `set_up` made."""

    contacts: Module
    orders: Module
    lines: Module
    user_type: UserType
    subject: Record
    added: Record
    stranger: Record
    users: dict[str, User] = field(default_factory=dict)

    def actor(self, who: str) -> Actor:
        """One of "subject", "stranger", "officer", "second_officer", "administrator", "auditor", "operator",
        signed in with everything that belongs to it, rights read now."""
        self.users[who].refresh_from_db()
        return accounts.actor_of(self.users[who], verified=True)


def staff(who: str, role: str, *, name: str = "") -> User:
    """A member of staff with one role and the common password."""
    Role.objects.visible_to(SETTING_UP).get_or_create(
        key=role, defaults={"name": str(DEFAULT_ROLES[role][0]), "permissions": DEFAULT_ROLES[role][1]}
    )
    user = accounts.create_staff(
        actor=SETTING_UP, email=f"{who}@staff.example", name=name or who.title(), roles=[role], at=NOW
    )
    accounts.set_password(user=user, password=PASSWORD, at=NOW, actor=SETTING_UP)
    user.refresh_from_db()
    return user


def take_away(permission: str, *, role: str) -> None:
    """A role without one of its permissions."""
    stored = Role.objects.visible_to(SETTING_UP).get(key=role)
    stored.permissions = [name for name in stored.permissions if name != permission]
    stored.save()


def portal_user(record: Record, user_type: UserType) -> User:
    """A portal account for a contact, with the common password."""
    user = accounts.create_portal_user(
        actor=SETTING_UP,
        identity=record.pk,
        email=record.values["email"],
        name=record.values["name"],
        user_type=user_type.pk,
        at=NOW,
    )
    accounts.set_password(user=user, password=PASSWORD, at=NOW, actor=SETTING_UP)
    user.refresh_from_db()
    return user


def contact(module: Module, name: str, *, actor: Actor = SETTING_UP, **given: object) -> Record:
    """A contact whose address follows from the name."""
    values = {"name": name, "email": f"{name.split(maxsplit=1)[0].lower()}@people.example", **given}
    return create_record(actor=actor, module=module, given=values, source="test", at=NOW)


def order(made: Organisation, number: str, customer: Record, **given: object) -> Record:
    """An order that belongs to a contact."""
    values = {"number": number, "customer": str(customer.pk), "total": "12.50", **given}
    return create_record(actor=SETTING_UP, module=made.orders, given=values, source="test", at=NOW)


def line(made: Organisation, of: Record, product: str) -> Record:
    """A line that belongs to an order."""
    values = {"order": str(of.pk), "product": product, "price": "9.80000019"}
    return create_record(actor=SETTING_UP, module=made.lines, given=values, source="test", at=NOW)


#: Notes are read and written, as in the demo.
NOTES = {"can_read_notes": True, "can_note": True}


def _grants(user_type: UserType, contacts: Module, orders: Module) -> None:
    people = ModuleAccess(user_type=user_type, module=contacts, can_create=True, can_edit=True, **NOTES)
    people.save()
    bought = ModuleAccess(user_type=user_type, module=orders, via=["customer"], **NOTES)
    bought.save()
    readable = {"name": True, "email": True, "phone": False}
    for one in Field.objects.visible_to(SETTING_UP).filter(module=contacts, key__in=readable):
        FieldAccess(access=people, field=one, editable=readable[one.key]).save()
    for one in Field.objects.visible_to(SETTING_UP).filter(
        module=orders, key__in=["number", "customer", "total"]
    ):
        FieldAccess(access=bought, field=one, far=True).save()


def set_up() -> Organisation:
    """The organisation in the test database, as if it were fresh, with keys in the test's state folder."""
    return standing.taken() or make()


def make() -> Organisation:
    """A fresh one, where none must stand yet."""
    keyring.create_master()
    keyed.create_key()
    modules = [catalogue.define(actor=SETTING_UP, description=one) for one in (CONTACTS, ORDERS, LINES)]
    contacts, orders, lines = modules
    user_type = UserType(name="Customer Portal", identity_module=contacts, is_default=True)
    user_type.save()
    _grants(user_type, contacts, orders)
    subject = contact(contacts, "Sage Winter")
    made = Organisation(
        contacts, orders, lines, user_type, subject, subject, contact(contacts, "Robin Stranger")
    )
    made.users["subject"] = portal_user(subject, user_type)
    made.users["stranger"] = portal_user(made.stranger, user_type)
    made.added = contact(contacts, "Ada Added", actor=made.actor("subject"))
    for who, role in {
        "officer": "officer",
        "second_officer": "officer",
        "administrator": "administrator",
        "auditor": "auditor",
        "operator": "operator",
    }.items():
        made.users[who] = staff(who, role)
    return made
