"""The cast in two companies, with a user type that names the link to the company (M1–M5)."""

from __future__ import annotations

from datetime import timedelta

from portals_core.access.actor import system
from portals_core.people import profiles, usertypes
from portals_core.records import catalogue
from portals_core.writing.records import change_record, create_record
from tests import cast

_LOOK = system("look in a test")
COMPANIES = {
    "key": "companies",
    "label": "Company",
    "label_plural": "Companies",
    "title_key": "name",
    "fields": [{"key": "name", "label": "Name", "required": True}],
}
OWN = {
    "module": "contacts",
    "create": True,
    "edit": True,
    "fields": {"name": "editable", "email": "editable", "company": "editable"},
}
BOUGHT = {
    "module": "orders",
    "via": ["customer"],
    "edit": True,
    "edit_shared": True,
    "fields": {"number": "visible", "total": "editable"},
}


def set_up():
    """The subject and a colleague in one company, the stranger in another; their type has both modules."""
    made = cast.set_up()
    companies = catalogue.define(actor=cast.SETTING_UP, description=COMPANIES)
    link = {"key": "company", "label": "Company", "type": "lookup", "target": "companies"}
    catalogue.define(
        actor=cast.SETTING_UP, description={**cast.CONTACTS, "fields": [*cast.CONTACTS["fields"], link]}
    )
    made.acme, made.other = (
        create_record(
            actor=cast.SETTING_UP, module=companies, given={"name": name}, source="test", at=cast.NOW
        )
        for name in ("Acme", "Other")
    )
    put(made.subject, company=str(made.acme.pk))
    put(made.stranger, company=str(made.other.pk))
    made.colleague = cast.contact(made.contacts, "Cole League", company=str(made.acme.pk))
    user_type(made)
    return made


def user_type(made, *modules, **more):
    return usertypes.define_user_type(
        actor=made.actor("administrator"),
        name="Customer Portal",
        identity_module="contacts",
        modules=list(modules or (OWN, BOUGHT)),
        company_key="company",
        **more,
    )


def put(record, **given):
    change_record(actor=_LOOK, record=record.pk, given=given, at=cast.NOW)


def define(made, name="Looks only", *, who="administrator", default=False, modules=None, at=cast.NOW, **more):
    return profiles.define_profile(
        actor=made.actor(who),
        user_type=made.user_type.pk,
        name=name,
        modules=modules if modules is not None else {"contacts": {"edits": True, "fields": None}},
        default=default,
        at=at,
        **more,
    )


def give(made, profile, who="subject"):
    profiles.set_profile(
        actor=made.actor("administrator"),
        user=made.users[who],
        profile=profile and profile.pk,
        at=cast.NOW,
    )


def main(made, who="subject", *, on=True):
    at = cast.NOW + timedelta(seconds=0 if on else 1)
    profiles.set_main_user(actor=made.actor("administrator"), user=made.users[who], main=on, at=at)
    return made.actor(who)
