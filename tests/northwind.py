"""Northwind's sample data brought in by the commands an operator would use, each a process of its own."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests import parts
from tests.installation import Installation, once

DESCRIBED = Path(__file__).parent / "data" / "northwind"
MODULES = ("customers", "employees", "products", "orders", "order_details")
PASSWORD = "plain-words-for-a-test-7"
ADMINISTRATOR = "administrator@northwind.example"
OFFICER, SECOND = "officer@northwind.example", "second.officer@northwind.example"
OPERATOR, AUDITOR = "operator@northwind.example", "auditor@northwind.example"
STAFF = {
    ADMINISTRATOR: "administrator",
    OFFICER: "officer",
    SECOND: "officer",
    OPERATOR: "operator",
    AUDITOR: "auditor",
}


def folder() -> Path:
    """Where the CSV files are."""
    return parts.real_data() / "northwind"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one file, read without the product."""
    with (folder() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def orders_of(customer: str) -> list[dict[str, str]]:
    """The orders of a customer as the file has them."""
    return [row for row in rows("orders") if row["customer_id"] == customer]


def lines_of(customer: str) -> list[dict[str, str]]:
    """The lines of a customer's orders as the file has them."""
    orders = {row["order_id"] for row in orders_of(customer)}
    return [row for row in rows("order_details") if row["order_id"] in orders]


def email(customer: str) -> str:
    """The address the mapping makes of a customer's id."""
    return f"{customer}@northwind.example"


def hire(place: Installation) -> None:
    """Staff of every role, two officers among them."""
    for address, role in STAFF.items():
        words = ("--email", address, "--name", address.partition("@")[0], "--role", role, "--password-stdin")
        place.run("add_person", "--staff", *words, stdin=PASSWORD)


def bring_in(place: Installation, name: str, *options: object, status: int = 0) -> dict:
    """Import one file; returns what the command answered."""
    words = (name, folder() / f"{name}.csv", "--map", DESCRIBED / f"{name}.toml", *options)
    return place.run("import_records", *words, acting=ADMINISTRATOR, status=status)


def bring_in_all(place: Installation) -> dict[str, dict]:
    """Modules and every file, in the order of their links."""
    place.run("define_module", DESCRIBED / "modules.toml", acting=ADMINISTRATOR)
    return {name: bring_in(place, name) for name in MODULES}


def _build(place: Installation) -> None:
    place.prepare()
    hire(place)
    bring_in_all(place)
    place.run("define_user_type", DESCRIBED / "user_type.toml", acting=ADMINISTRATOR)


def imported(factory: pytest.TempPathFactory) -> Installation:
    """Staff, modules, every row and a user type: made once in a run, to be copied before it is changed."""
    return once(factory, "northwind", _build)
