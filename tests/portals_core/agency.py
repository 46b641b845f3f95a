"""An agency for tests of sharing: people with a city and interests, houses with a field of every kind."""

from __future__ import annotations

from dataclasses import dataclass

from portals_core.access.actor import Actor
from portals_core.people import usertypes
from portals_core.people.models import User, UserType
from portals_core.records import catalogue
from portals_core.records.models import Field, Module, Record
from portals_core.writing.records import change_record, create_record
from tests import cast

STAGES = ["Draft", "Negotiating", "Approved"]
EXTRAS = ["Garden", "Garage", "Pool"]
PEOPLE = {
    "key": "contacts",
    "label": "Contact",
    "label_plural": "Contacts",
    "identity": True,
    "title_key": "name",
    "email_key": "email",
    "fields": [
        *cast.CONTACTS["fields"],  # type: ignore[misc]
        {"key": "city", "label": "City"},
        {"key": "pet", "label": "Pet word"},
        {"key": "level", "label": "Level", "type": "picklist", "choices": STAGES},
        {"key": "favourite", "label": "Favourite", "type": "picklist", "choices": EXTRAS},
        {"key": "stages", "label": "Stages", "type": "multiselect", "choices": STAGES},
        {"key": "interests", "label": "Interests", "type": "multiselect", "choices": EXTRAS},
        {"key": "budget", "label": "Budget", "type": "currency"},
        {"key": "since", "label": "Since", "type": "date"},
        {"key": "met", "label": "Met", "type": "datetime"},
        {"key": "vip", "label": "Known well", "type": "boolean"},
        {"key": "advisor", "label": "Advisor", "type": "lookup", "target": "contacts"},
    ],
}
HOUSES = {
    "key": "houses",
    "label": "House",
    "label_plural": "Houses",
    "title_key": "name",
    "fields": [
        {"key": "name", "label": "House name", "required": True, "unique": True},
        {"key": "city", "label": "City"},
        {"key": "remark", "label": "Remark", "type": "multiline"},
        {"key": "stage", "label": "Stage", "type": "picklist", "choices": STAGES},
        {"key": "extras", "label": "Extras", "type": "multiselect", "choices": EXTRAS},
        {"key": "price", "label": "Price", "type": "currency"},
        {"key": "free_from", "label": "Free from", "type": "date"},
        {"key": "viewing", "label": "Viewing", "type": "datetime"},
        {"key": "listed", "label": "Listed", "type": "boolean"},
        {"key": "seller", "label": "Seller", "type": "lookup", "target": "contacts"},
        {"key": "agent", "label": "Agent", "type": "lookup", "target": "contacts"},
        {"key": "secret", "label": "Secret"},
        {"key": "sealed", "label": "Sealed"},
        {"key": "keeper", "label": "Keeper’s phone", "personal": "normal", "type": "phone"},
    ],
}
OWN = {"module": "contacts", "edit": True, "create": True, "fields": {"name": "editable", "city": "editable"}}
SHOWN = {"name": "visible", "city": "visible", "price": "visible", "keeper": "visible"}


@dataclass
class Agency:
    """What `set_up` made: one house of everybody's, and a type of user who sees none of them yet."""

    made: cast.Organisation
    houses: Module
    type: UserType
    user: User

    @property
    def subject(self) -> Record:
        return self.made.subject

    def viewer(self) -> Actor:
        """The subject with the rights of this moment."""
        return self.made.actor("subject")

    def admin(self) -> Actor:
        return self.made.actor("administrator")

    def house(self, name: str, **values: object) -> Record:
        given = {"name": name, **values}
        return create_record(
            actor=cast.SETTING_UP, module=self.houses, given=given, source="test", at=cast.NOW
        )

    def record(self, name: str) -> Record:
        """A house by its name in small letters, as it is stored."""
        return Record.objects.visible_to(cast.SETTING_UP).get(module=self.houses, folded__name=name)

    def admin_works_in(self, *projects: str) -> None:
        self.made.users["administrator"].projects = list(projects)
        self.made.users["administrator"].save()

    def own(self, **values: object) -> None:
        """Change the subject's own record."""
        change_record(actor=cast.SETTING_UP, record=self.subject.pk, given=values, at=cast.NOW)

    def not_personal(self, key: str) -> None:
        """Take the personal mark from a field of the houses."""
        rows = Field.objects.visible_to(cast.SETTING_UP).filter(module=self.houses, key=key)
        rows.update(personal="none")

    def share(self, **row: object) -> None:
        """Share houses with the subject's user type like this, and in no other way."""
        rows = [OWN, {"module": "houses", "fields": SHOWN, **row}] if row else [OWN]
        usertypes.define_user_type(
            actor=self.admin(),
            name=self.type.name,
            identity_module="contacts",
            modules=rows,
            user_type=self.type.pk,
        )

    def seen(self, who: str = "subject") -> set[str]:
        """Names of the houses somebody sees, asked of the database."""
        rows = Record.objects.visible_to(self.made.actor(who), "view", module=self.houses.pk)
        return {row.values["name"] for row in rows}


def set_up() -> Agency:
    made = cast.set_up()
    catalogue.define(actor=cast.SETTING_UP, description=PEOPLE)
    houses = catalogue.define(actor=cast.SETTING_UP, description=HOUSES)
    for key, mark in {"secret": "masked", "sealed": "encrypted"}.items():
        Field.objects.visible_to(cast.SETTING_UP).filter(module=houses, key=key).update(**{mark: True})
    agency = Agency(made, houses, made.user_type, made.users["subject"])
    agency.share()
    return agency


def rows_sent(*rows: dict[str, object], pattern: str = "", **more: str) -> dict[str, object]:
    """A post of the conditions' form: rows as {"field", "how", "own"?, "value"?, "until"?}."""
    data: dict[str, object] = {"c-pattern": pattern, "sharing": "private", "match": "all", **more}
    for number, row in enumerate(rows):
        data.update({f"c-{number}-{name}": value for name, value in row.items()})
    return data
