"""Portal users of the demo, and the people they added themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsr_portal.demo.customers import CONTACTS, LEADS
from dsr_portal.demo.house import House
from dsr_portal.demo.sign_ins import SignIn
from dsr_portal.demo.tongues import Tongue
from portals_core.access.actor import Actor
from portals_core.people import accounts, preferences
from portals_core.people.models import User
from portals_core.records.models import Record

#: Who has an account: language, number among its contacts, user type.
ACCOUNTS = (
    ("en", 0, "customer"),
    ("en", 1, "customer"),
    ("pl", 0, "customer"),
    ("pl", 1, "partner"),
    ("fi", 0, "customer"),
    ("fi", 1, "partner"),
    ("pt", 0, "customer"),
    ("ru", 0, "customer"),
    ("zh-hans", 0, "customer"),
    ("zh-hans", 1, "partner"),
)
#: Who added how many contacts and leads in the portal.
ADDED = {("en", 0): 2, ("pl", 1): 3, ("fi", 1): 2, ("pt", 0): 1, ("zh-hans", 1): 2}


@dataclass
class Visitor:
    """A portal user with the record they are and the people they added."""

    user: User
    record: Record
    tongue: Tongue
    added: list[Record] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        return accounts.actor_of(self.user, verified=True)


def open_accounts(house: House, contacts: Mapping[str, list[Record]]) -> dict[tuple[str, int], Visitor]:
    """An account for each of `ACCOUNTS`, in the person's own language, with the people they added."""
    visitors = {}
    for language, number, kind in ACCOUNTS:
        tongue = next(one for one in house.tongues if one.language == language)
        record = contacts[language][number]
        visitor = Visitor(_account(house, record, tongue, kind), record, tongue)
        for extra in range(ADDED.get((language, number), 0)):
            visitor.added.append(_add(house, visitor, extra))
        visitors[language, number] = visitor
    _credit_partners(house, visitors)
    return visitors


def _account(house: House, record: Record, tongue: Tongue, kind: str) -> User:
    administrator, at = house.actor("administrator"), house.some_time(55, 30)
    user = accounts.create_portal_user(
        actor=administrator,
        identity=record.pk,
        email=record.values["email"],
        name=record.values["name"],
        user_type=house.user_types[kind].pk,
        at=at,
        language=tongue.language,
    )
    accounts.set_password(user=user, password=house.password, at=at, actor=administrator)
    preferences.set_preferences(
        actor=accounts.actor_of(user, verified=True),
        user=user,
        language=tongue.language,
        time_zone=tongue.time_zone,
        time_format="12" if tongue.language == "en" else "24",
        country=tongue.code,
        at=at,
    )
    user.refresh_from_db()
    house.sign_ins.append(
        SignIn(house.user_types[kind].name, user.email, house.password, None, user.name, tongue.language)
    )
    return user


def _add(house: House, visitor: Visitor, extra: int) -> Record:
    """Somebody this portal user adds: contacts and leads by turns, through the portal's own rights."""
    tongue = visitor.tongue
    person = tongue.person(CONTACTS + LEADS + extra, house.chance)
    given = {"name": person.name, "email": person.email, "phone": person.phone, "city": person.city}
    if extra % 2:
        given["interest"] = house.chance.choice(tongue.interests)
    return house.enter(
        "leads" if extra % 2 else "contacts",
        at=house.some_time(25, 14),
        actor=visitor.actor,
        source="Added in the portal",
        **given,
    )


def _credit_partners(house: House, visitors: Mapping[tuple[str, int], Visitor]) -> None:
    """Each partner brought one deal of their country."""
    for visitor in visitors.values():
        if visitor.user.user_type != house.user_types["partner"]:
            continue
        house.enter(
            "deals",
            at=house.some_time(40, 5),
            actor=house.actor("operator"),
            source="Entered by sales",
            title=house.chance.choice(visitor.tongue.deals),
            partner=str(visitor.record.pk),
            company=str(house.chance.choice(house.companies[visitor.tongue.language]).pk),
            stage="Talking",
            amount="4200.00",
            currency=visitor.tongue.currency,
            closes=house.now.date(),
        )
