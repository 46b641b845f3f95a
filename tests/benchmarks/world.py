"""The people of the tests and very many orders, made by the database itself.

Four people matter: a typical subject with 400 orders at any size, two heavy ones with 1 % and 10 % of all
orders, and one whose orders are collected. The other orders belong to a thousand people of whom nothing
else is kept. Of their orders people see about half: those that are shipped to the north. They created 20.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from portals_core.access.actor import Actor
from portals_core.people import usertypes
from portals_core.plumbing import outbox
from portals_core.records import catalogue
from portals_core.records.models import Field
from tests import cast
from tests.benchmarks.models import PlainOrder

TYPICAL = 400
HEAVY = 100  # one order in so many
HEAVIEST = 10
CREATED = 20
_RECORDS = '"portals_core_record"'
_MORE = [
    {"key": "state", "label": "State", "type": "picklist", "choices": ["open", "shipped"]},
    {"key": "region", "label": "Region", "type": "picklist", "choices": ["north", "south"]},
]
#: A link and two values, as the goal asks.
_SHARED = [
    {"module": "contacts", "fields": {"name": "visible"}},
    {
        "module": "orders",
        "via": ["customer"],
        "conditions": {
            "all": [
                {"field": "state", "how": "is", "value": "shipped"},
                {"field": "region", "how": "is", "value": "north"},
            ]
        },
        "fields": dict.fromkeys(("number", "customer", "total", "state", "region"), "visible"),
    },
]


@dataclass(frozen=True)
class World:
    """Who asks, and of what."""

    made: cast.Organisation
    typical: Actor
    heavy: Actor
    heaviest: Actor
    collected: UUID
    rows: int
    related: int


def build(rows: int, related: int) -> World:
    """Fill the empty database of this process: `rows` orders, and `related` more for the collected person.

    The product's own jobs make the indexes when the orders are there."""
    made = cast.set_up()
    catalogue.define(
        actor=cast.SETTING_UP, description={**cast.ORDERS, "fields": [*cast.ORDERS["fields"], *_MORE]}
    )
    usertypes.define_user_type(
        actor=cast.SETTING_UP, name="Customer Portal", identity_module="contacts", modules=_SHARED
    )
    collected = cast.contact(made.contacts, "Carol Collected")
    tenth = cast.contact(made.contacts, "Tess Tenth")
    made.users["tenth"] = cast.portal_user(tenth, made.user_type)
    typical, heavy, heaviest = (made.actor(who) for who in ("subject", "stranger", "tenth"))
    shares = {
        (max(2, rows // TYPICAL), 1): typical,
        (HEAVY, 2): heavy,
        (HEAVIEST, 4): heaviest,
    }
    _orders(made, rows, {key: one.identity for key, one in shares.items()})
    _orders(made, related, {(1, 0): collected.pk})
    _created(made, (typical, heavy, heaviest))
    _edges(made)
    outbox.drain()
    _plain(made)
    _permissions((typical, heavy, heaviest), made.users["officer"].pk)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if _is_postgres() else "ANALYZE")
    return World(made, typical, heavy, heaviest, collected.pk, rows, related)


def belonging(made: cast.Organisation, person: UUID, rows: int) -> None:
    """So many orders of one person, and no world around them."""
    _orders(made, rows, {(1, 0): person})
    _edges(made)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if _is_postgres() else "ANALYZE")


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _orders(made: cast.Organisation, rows: int, whom: Mapping[tuple[int, int], UUID | None]) -> None:
    """Orders of whoever is named for (every so many, with this remainder), the others of anyone.

    States and regions come from multiples modulo primes, so that they fall alike on everybody.
    """
    cases = " ".join(
        f"WHEN i % {every} = {rest} THEN '{identity}'" for (every, rest), identity in whom.items()
    )
    if _is_postgres():
        series = "SELECT generate_series(1, %(rows)s) AS i"
        anyone, key, build = (
            "'00000000-0000-4000-8000-' || lpad(to_hex(i % 1000), 12, '0')",
            "gen_random_uuid()",
            "jsonb_build_object",
        )
    else:
        series = (
            "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %(rows)s) "
            "SELECT i FROM s"
        )
        anyone, key, build = (
            "printf('00000000-0000-4000-8000-%012x', i % 1000)",
            "lower(hex(randomblob(16)))",
            "json_object",
        )
    common = (
        f"'customer', CASE {cases} ELSE {anyone} END, "
        "'state', CASE WHEN i * 79 % 1009 < 706 THEN 'shipped' ELSE 'open' END, "
        "'region', CASE WHEN i * 101 % 997 < 698 THEN 'north' ELSE 'south' END"
    )
    values = f"{build}('number', 'O-' || i, {common}, 'total', (i % 1000) || '.50', 'margin', (i % 97) || '')"
    # What amounts are compared by is of no matter here: no rule of this world asks for them.
    folded = f"{build}('number', 'o-' || i, {common})"
    statement = (
        f'INSERT INTO {_RECORDS} (id, module_id, version, "values", folded, sealed, source, created_at, '
        f"changed_source, changed_at) SELECT {key}, %(module)s, 1, {values}, {folded}, '{{}}', 'bench', "
        f"%(at)s, '', %(at)s FROM ({series}) AS numbers"
    )
    bound: dict[str, Any] = {"rows": rows, "module": made.orders.pk, "at": cast.NOW}
    with connection.cursor() as cursor:
        # A percent sign that is arithmetic, not a place for a value, is written twice.
        cursor.execute(
            statement.replace("i % ", "i %% ")
            .replace("79 % ", "79 %% ")
            .replace("101 % ", "101 %% ")
            .replace("%012x", "%%012x"),
            bound,
        )


def _created(made: cast.Organisation, people: tuple[Actor, ...]) -> None:
    """The first orders of each are also theirs because they created them, whatever their state."""
    mine = "folded ->> 'customer' = %s"
    with connection.cursor() as cursor:
        for one in people:
            cursor.execute(
                f"UPDATE {_RECORDS} SET creator_id = %s WHERE id IN "
                f"(SELECT id FROM {_RECORDS} WHERE module_id = %s AND {mine} LIMIT {CREATED})",
                [one.user_id, made.orders.pk, str(one.identity)],
            )


def _edges(made: cast.Organisation) -> None:
    customer = Field.objects.visible_to(cast.SETTING_UP).get(module=made.orders, key="customer")
    target = "(r.\"values\" ->> 'customer')"
    target = f"{target}::uuid" if _is_postgres() else f"replace({target}, '-', '')"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portals_core_edge (field_id, source_id, target_id) "
            f"SELECT %s, r.id, c.id FROM {_RECORDS} r JOIN {_RECORDS} c ON c.id = {target} "
            "WHERE r.module_id = %s",
            [customer.pk, made.orders.pk],
        )


def _plain(made: cast.Organisation) -> None:
    customer = "\"values\" ->> 'customer'"
    customer = f"({customer})::uuid" if _is_postgres() else f"replace({customer}, '-', '')"
    names = ("number", "total", "margin", "state", "region")
    texts = ", ".join(f"\"values\" ->> '{key}'" for key in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO benchmarks_plainorder (id, customer, creator, {', '.join(names)}, source, "
            f"created_at) SELECT id, {customer}, creator_id, {texts}, source, created_at FROM {_RECORDS} "
            "WHERE module_id = %s",
            [made.orders.pk],
        )


def _permissions(people: tuple[Actor, ...], others: int) -> None:
    """What django-guardian needs to know the same: one row for every order and who sees it; the orders of
    the others, and those their people do not see, are the officer's."""
    model = ContentType.objects.get_for_model(PlainOrder)
    view = Permission.objects.get(content_type=model, codename="view_plainorder")
    postgres = _is_postgres()
    cuts = ("1, 8", "9, 4", "13, 4", "17, 4", "21")
    key = "id::text" if postgres else " || '-' || ".join(f"substr(id, {cut})" for cut in cuts)
    cases, bound = "", []
    for one in people:
        cases += "WHEN creator = %s OR (customer = %s AND state = 'shipped' AND region = 'north') THEN %s "
        identity = str(one.identity) if postgres else one.identity.hex if one.identity else ""
        bound += [one.user_id, identity, one.user_id]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO guardian_userobjectpermission (permission_id, content_type_id, object_pk, user_id) "
            f"SELECT %s, %s, {key}, CASE {cases} ELSE %s END FROM benchmarks_plainorder",
            [view.pk, model.pk, *bound, others],
        )
