"""The demo's organisation before its first customer: staff, modules, user types, products, companies."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from dsr_portal.demo.sign_ins import SignIn, memorable_password
from dsr_portal.demo.tongues import Tongue, tongues
from portals_core.access.actor import Actor, system
from portals_core.locks import rules
from portals_core.people import accounts, factors, roles, usertypes
from portals_core.people.models import User, UserType
from portals_core.records import catalogue
from portals_core.records.models import Module, Record
from portals_core.writing.records import create_record

HERE = Path(__file__).parent
DOMAIN = "harjula.example"
SETTING_UP = system("set up the demo")
STAFF = (
    ("administrator", "Aino Harjula", "aino.harjula"),
    ("officer", "Tomasz Lisowski", "tomasz.lisowski"),
    ("officer", "Beatriz Moreira", "beatriz.moreira"),
    ("auditor", "Martin Lindqvist", "martin.lindqvist"),
    ("operator", "Ilona Aaltonen", "ilona.aaltonen"),
)
PRODUCTS = (
    ("TE-201", "Saana 2 tent", "389.00"),
    ("TE-401", "Saana 4 tent", "589.00"),
    ("JA-110", "Saana rain jacket", "229.00"),
    ("JA-140", "Halti down jacket", "279.00"),
    ("BO-070", "Aurora hiking boots", "189.00"),
    ("BO-095", "Tunturi winter boots", "239.00"),
    ("BA-035", "Karhu 35 backpack", "149.00"),
    ("BA-065", "Karhu 65 backpack", "219.00"),
    ("PO-012", "Kelo trekking poles", "79.90"),
    ("SN-025", "Lumi snowshoes", "169.00"),
    ("CO-005", "Tuli stove", "64.50"),
    ("LI-002", "Kipinä headlamp", "44.90"),
)


@dataclass
class House:
    """What is there so far, and who does what in it."""

    now: datetime
    chance: Random
    password: str
    tongues: list[Tongue]
    sign_ins: list[SignIn] = field(default_factory=list)
    staff: dict[str, list[User]] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    user_types: dict[str, UserType] = field(default_factory=dict)
    products: list[Record] = field(default_factory=list)
    companies: dict[str, list[Record]] = field(default_factory=dict)
    #: Last number given in each series.
    last: dict[str, int] = field(default_factory=dict)
    _actors: dict[tuple[str, int], Actor] = field(default_factory=dict)

    def actor(self, role: str, number: int = 0) -> Actor:
        """A member of staff as who they are, with the rights they have, which do not change meanwhile."""
        if (role, number) not in self._actors:
            self._actors[role, number] = accounts.actor_of(self.staff[role][number], verified=True)
        return self._actors[role, number]

    def ago(self, **span: float) -> datetime:
        """A moment in the past."""
        return self.now - timedelta(**span)

    def some_time(self, earliest: int, latest: int) -> datetime:
        """A moment in office hours, between so many and so many days ago."""
        day = self.ago(days=self.chance.randint(latest, earliest))
        return min(
            self.ago(hours=1), day.replace(hour=self.chance.randint(7, 15), minute=self.chance.randint(0, 59))
        )

    def enter(self, module: str, *, at: datetime, actor: Actor, source: str, **given: object) -> Record:
        """One record, through the door that every record comes through."""
        return create_record(actor=actor, module=self.modules[module], given=given, source=source, at=at)


def build(*, now: datetime, seed: str) -> House:
    """The organisation with its staff and set-up, and no customer yet."""
    house = House(
        now=now,
        chance=Random(seed),  # noqa: S311  the same demo every time is the point
        password=memorable_password(),
        tongues=tongues(),
    )
    _hire(house)
    _set_up(house)
    _stock(house)
    return house


def _hire(house: House) -> None:
    since = house.ago(days=1500)
    roles.ensure_default_roles(actor=SETTING_UP, at=since)
    for role, name, local in STAFF:
        user = accounts.create_staff(
            actor=SETTING_UP, email=f"{local}@{DOMAIN}", name=name, roles=[role], at=since
        )
        accounts.set_password(user=user, password=house.password, at=since, actor=SETTING_UP)
        secret = factors.install(user=user, at=since, actor=SETTING_UP).replace(" ", "")
        user.refresh_from_db()
        house.staff.setdefault(role, []).append(user)
        house.sign_ins.append(SignIn(role, user.email, house.password, secret, name, user.language))


def _set_up(house: House) -> None:
    administrator = house.actor("administrator")
    for file in sorted((HERE / "modules").glob("*.toml")):
        module = catalogue.define(actor=administrator, description=tomllib.loads(file.read_text("utf-8")))
        house.modules[module.key] = module
    for name in ("customer", "partner"):
        described = tomllib.loads((HERE / "user_types" / f"{name}.toml").read_text("utf-8"))
        house.user_types[name] = usertypes.define_user_type(
            actor=administrator, at=house.ago(days=1490), **described
        )
    for file in sorted((HERE / "locks").glob("*.toml")):
        _lock(house, house.modules[file.stem], tomllib.loads(file.read_text("utf-8")))


def _lock(house: House, module: Module, described: dict[str, Any]) -> None:
    administrator, since = house.actor("administrator"), house.ago(days=1490)
    rules.set_mode(actor=administrator, module=module, mode=described["mode"], at=since)
    for rule in described["rules"]:
        rules.define_rule(actor=administrator, module=module, description=rule, at=since)


def _stock(house: House) -> None:
    operator, since = house.actor("operator"), house.ago(days=1480)
    for sku, name, price in PRODUCTS:
        house.products.append(
            house.enter(
                "products", at=since, actor=operator, source="Price list", sku=sku, name=name, price=price
            )
        )
    trades = house.modules["companies"]
    choices = next(one.choices for one in catalogue.fields(trades) if one.key == "trade")
    for tongue in house.tongues:
        for number, name in enumerate(tongue.companies):
            seat = tongue.person(0, house.chance)
            record = house.enter(
                "companies",
                at=since,
                actor=operator,
                source="Imported from the old customer file",
                name=name,
                street=seat.street,
                postal_code=seat.postal_code,
                city=seat.city,
                country=tongue.country,
                website=f"https://www.{tongue.language}-{number + 1}.example/",
                trade=house.chance.choice(choices),
            )
            house.companies.setdefault(tongue.language, []).append(record)
