"""Organisations out of the requirements, as an administrator would describe them: modules, what a sort of
portal user gets of them, records, and who must see which (C4–C8, M4, F8, F10).

Tests store them through the writers; journeys build the same ones by clicks in a browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scenario:
    """`records` are (name, module, values); a value "@name" is a link to the record of that name.

    `sees` says for each person, named by their own record, the names of the records in reach by module;
    a module that is not named shows nothing. `cells` says what a person reads in a record.
    """

    name: str
    modules: Sequence[Mapping[str, Any]]
    user_type: Mapping[str, Any]
    records: Sequence[tuple[str, str, Mapping[str, Any]]]
    sees: Mapping[str, Mapping[str, frozenset[str]]]
    cells: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    #: Parts of the user type by name, as `define_profile` takes them, and who was given which.
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    #: (record, its new values, person, module, what is in reach then): scope follows the data at once.
    then: Sequence[tuple[str, Mapping[str, Any], str, str, frozenset[str]]] = ()
    #: Which layout a record is in, where that is not the first of its module (T3).
    layouts: Mapping[str, str] = field(default_factory=dict)
    #: After that: (record, its new layout, person, module, what is in reach then).
    moved: Sequence[tuple[str, str, str, str, frozenset[str]]] = ()

    def opened_to(self, who: str) -> set[str]:
        """The modules that are there for a person at all."""
        default = next((one for one in self.profiles.values() if one.get("default")), None)
        part = self.profiles[self.given[who]] if who in self.given else default
        return set(part["modules"]) if part else {row["module"] for row in self.user_type["modules"]}


def people(key: str, label: str, plural: str, *more: Mapping[str, Any]) -> dict[str, Any]:
    """A module whose records are people, with a name and an address."""
    return {
        "key": key,
        "label": label,
        "label_plural": plural,
        "identity": True,
        "fields": [
            {"key": "name", "label": "Name", "required": True, "personal": "normal"},
            {"key": "email", "label": "E-mail", "type": "email", "unique": True, "personal": "normal"},
            *more,
        ],
    }


def things(key: str, label: str, plural: str, *more: Mapping[str, Any]) -> dict[str, Any]:
    """A module of things, named by their title."""
    title = {"key": "title", "label": "Title", "required": True}
    return {"key": key, "label": label, "label_plural": plural, "fields": [title, *more]}


def link(key: str, label: str, target: str, kind: str = "belongs") -> dict[str, Any]:
    """A lookup field."""
    return {"key": key, "label": label, "type": "lookup", "target": target, "link": kind}


def layout(name: str, *keys: str) -> dict[str, Any]:
    """A layout that shows these fields in one section."""
    return {"name": name, "sections": [{"title": "", "keys": list(keys)}]}


def choice(key: str, label: str, *choices: str, **more: Any) -> dict[str, Any]:
    """A field with one of several choices."""
    return {"key": key, "label": label, "type": "picklist", "choices": list(choices), **more}


def person(name: str, **values: Any) -> dict[str, Any]:
    """Values of a person."""
    return {"name": name, "email": f"{name.split()[0].lower()}@people.example", **values}


OWN = {"fields": {"name": "visible", "email": "visible"}}

PATRICIA = Scenario(
    name="Patricia and her quotes (C4)",
    modules=[
        people("contacts", "Contact", "Contacts"),
        {
            **things(
                "quotes",
                "Quote",
                "Quotes",
                link("contact_name", "Contact name", "contacts"),
                choice("stage", "Stage", "Draft", "Negotiating", "Approved"),
                {"key": "discount", "label": "Discount considered", "type": "number"},
            ),
            "layouts": [
                layout("Standard", "title", "contact_name", "stage", "discount"),
                layout("Brief", "title", "contact_name", "stage"),
                layout("Inside", "title", "contact_name", "stage", "discount"),
            ],
        },
    ],
    user_type={
        "name": "Customers",
        "identity_module": "contacts",
        "modules": [
            {"module": "contacts", **OWN},
            {
                "module": "quotes",
                "via": ["contact_name"],
                "match": "all",
                "conditions": {
                    "rows": [
                        {"field": "stage", "how": "is", "value": "Approved"},
                        {"field": "stage", "how": "is_not", "value": "Negotiating"},
                    ],
                    "pattern": "1 and 2",
                },
                "clone": True,
                "create": True,
                "fields": {"title": "editable", "contact_name": "visible", "stage": "visible"},
                "layouts": ["Standard", "Brief"],
                "layout_fields": {"Brief": {"title": "editable", "contact_name": "visible"}},
            },
        ],
    },
    records=[
        ("patricia", "contacts", person("Patricia Boyle")),
        ("sam", "contacts", person("Sam Reed")),
        ("draft", "quotes", {"title": "Roof, draft", "contact_name": "@patricia", "stage": "Draft"}),
        ("talks", "quotes", {"title": "Roof, talks", "contact_name": "@patricia", "stage": "Negotiating"}),
        (
            "roof",
            "quotes",
            {"title": "Roof", "contact_name": "@patricia", "stage": "Approved", "discount": "9"},
        ),
        ("unstaged", "quotes", {"title": "Roof, no stage", "contact_name": "@patricia"}),
        ("fence", "quotes", {"title": "Fence", "contact_name": "@sam", "stage": "Approved"}),
        ("porch", "quotes", {"title": "Porch", "contact_name": "@patricia", "stage": "Approved"}),
        ("cellar", "quotes", {"title": "Cellar", "contact_name": "@patricia", "stage": "Approved"}),
    ],
    layouts={"porch": "Brief", "cellar": "Inside"},
    sees={
        "patricia": {"contacts": frozenset({"patricia"}), "quotes": frozenset({"roof", "porch"})},
        "sam": {"contacts": frozenset({"sam"}), "quotes": frozenset({"fence"})},
    },
    cells={
        ("patricia", "roof"): {"Title": "Roof", "Stage": "Approved", "Contact name": "Patricia Boyle"},
        ("patricia", "porch"): {"Title": "Porch", "Contact name": "Patricia Boyle"},
    },
    then=[("talks", {"stage": "Approved"}, "patricia", "quotes", frozenset({"roof", "porch", "talks"}))],
    moved=[
        ("cellar", "Brief", "patricia", "quotes", frozenset({"roof", "porch", "talks", "cellar"})),
        ("roof", "Inside", "patricia", "quotes", frozenset({"porch", "talks", "cellar"})),
    ],
)

CANADA = Scenario(
    name="Canadian products (C5)",
    modules=[
        people("contacts", "Contact", "Contacts", {"key": "shipping_country", "label": "Shipping country"}),
        things("products", "Product", "Products", {"key": "available_area", "label": "Available area"}),
    ],
    user_type={
        "name": "Shoppers",
        "identity_module": "contacts",
        "modules": [
            {
                "module": "contacts",
                "edit": True,
                "fields": {"name": "visible", "email": "visible", "shipping_country": "editable"},
            },
            {
                "module": "products",
                "sharing": "public",
                "conditions": {
                    "rows": [{"field": "available_area", "how": "is", "own": "shipping_country"}],
                    "pattern": "",
                },
                "fields": {"title": "visible", "available_area": "visible"},
            },
        ],
    },
    records=[
        ("celine", "contacts", person("Celine Roy", shipping_country="Canada")),
        ("otto", "contacts", person("Otto Frank", shipping_country="Österreich")),
        ("nora", "contacts", person("Nora Blank")),
        ("syrup", "products", {"title": "Maple syrup", "available_area": "Canada"}),
        ("canoe", "products", {"title": "Canoe", "available_area": "CANADA"}),
        ("sled", "products", {"title": "Sled", "available_area": "ÖSTERREICH"}),
        ("anything", "products", {"title": "Sold nowhere"}),
    ],
    sees={
        "celine": {"contacts": frozenset({"celine"}), "products": frozenset({"syrup", "canoe"})},
        "otto": {"contacts": frozenset({"otto"}), "products": frozenset({"sled"})},
        "nora": {"contacts": frozenset({"nora"})},
    },
    then=[("celine", {"shipping_country": "Österreich"}, "celine", "products", frozenset({"sled"}))],
)

INSTALLERS = Scenario(
    name="Installers of a region and those hired directly (C6)",
    modules=[
        people("customers", "Customer", "Customers", {"key": "billing_city", "label": "Billing city"}),
        people(
            "agents",
            "Agent",
            "Agents",
            link("hired_by", "Hired by", "customers", "mentions"),
            {"key": "service_area", "label": "Service area"},
            {"key": "phone", "label": "Phone", "type": "phone", "personal": "normal"},
        ),
    ],
    user_type={
        "name": "Home owners",
        "identity_module": "customers",
        "modules": [
            {"module": "customers", **OWN},
            {
                "module": "agents",
                "via": ["hired_by"],
                "match": "any",
                "conditions": {
                    "rows": [{"field": "service_area", "how": "is", "own": "billing_city"}],
                    "pattern": "",
                },
                "fields": {"name": "visible", "phone": "visible", "service_area": "visible"},
                "far": ["name", "service_area"],
            },
        ],
    },
    records=[
        ("hanna", "customers", person("Hanna Lund", billing_city="Łódź")),
        ("ivan", "customers", person("Ivan Kask", billing_city="Tartu")),
        (
            "hired",
            "agents",
            person("Hired Hand", hired_by="@hanna", service_area="Gdynia", phone="+48 12 345 67 89"),
        ),
        ("local", "agents", person("Local Lea", service_area="łódź", phone="+48 22 345 67 89")),
        ("other", "agents", person("Other Ole", service_area="Tartu")),
        ("nobody", "agents", person("Nobody Near", hired_by="@ivan", service_area="Narva")),
    ],
    sees={
        "hanna": {"customers": frozenset({"hanna"}), "agents": frozenset({"hired", "local"})},
        "ivan": {"customers": frozenset({"ivan"}), "agents": frozenset({"other", "nobody"})},
    },
    cells={
        ("hanna", "hired"): {"Name": "Hired Hand", "Phone": "+48 12 345 67 89", "Service area": "Gdynia"},
        ("hanna", "local"): {"Name": "Local Lea", "Service area": "łódź"},
    },
)

ELECTRONICS = Scenario(
    name="Electronics (C7)",
    modules=[
        people("contacts", "Contact", "Contacts"),
        things(
            "products",
            "Product",
            "Products",
            choice("line", "Line", "Enterprise", "Home"),
            link("buyer", "Buyer", "contacts", "mentions"),
        ),
        things("invoices", "Invoice", "Invoices", link("payer", "Payer", "contacts")),
        things("cases", "Case", "Cases", link("reporter", "Reporter", "contacts")),
        things("meetings", "Meeting", "Meetings", link("guest", "Guest", "contacts")),
        things("partners", "Channel partner", "Channel Partners", {"key": "town", "label": "Town"}),
    ],
    user_type={
        "name": "Buyers",
        "identity_module": "contacts",
        "modules": [
            {"module": "contacts", **OWN},
            {
                "module": "products",
                "via": ["buyer"],
                "conditions": {
                    "rows": [{"field": "line", "how": "is", "value": "Enterprise"}],
                    "pattern": "",
                },
                "fields": {"title": "visible", "line": "visible"},
            },
            {"module": "invoices", "via": ["payer"], "fields": {"title": "visible"}},
            {"module": "cases", "via": ["reporter"], "fields": {"title": "visible"}},
            {"module": "meetings", "via": ["guest"], "fields": {"title": "visible"}},
            {"module": "partners", "sharing": "public", "fields": {"title": "visible", "town": "visible"}},
        ],
    },
    records=[
        ("mia", "contacts", person("Mia Volt")),
        ("leo", "contacts", person("Leo Ampere")),
        ("server", "products", {"title": "Server", "line": "Enterprise", "buyer": "@mia"}),
        ("radio", "products", {"title": "Radio", "line": "Home", "buyer": "@mia"}),
        ("rack", "products", {"title": "Rack", "line": "Enterprise", "buyer": "@leo"}),
        ("bill", "invoices", {"title": "2026-1", "payer": "@mia"}),
        ("fault", "cases", {"title": "Smoke", "reporter": "@mia"}),
        ("visit", "meetings", {"title": "Visit", "guest": "@leo"}),
        ("shop", "partners", {"title": "Shop", "town": "Oulu"}),
    ],
    sees={
        "mia": {
            "contacts": frozenset({"mia"}),
            "products": frozenset({"server"}),
            "invoices": frozenset({"bill"}),
            "cases": frozenset({"fault"}),
            "partners": frozenset({"shop"}),
        },
        "leo": {
            "contacts": frozenset({"leo"}),
            "products": frozenset({"rack"}),
            "meetings": frozenset({"visit"}),
            "partners": frozenset({"shop"}),
        },
    },
)

HOSPITAL = Scenario(
    name="A hospital (C8)",
    modules=[
        people(
            "patients",
            "Patient",
            "Patients",
            choice("complaint", "Complaint", "Heart", "Skin", "Eyes", personal="sensitive"),
        ),
        people("doctors", "Doctor", "Doctors", choice("specialty", "Specialty", "Heart", "Skin", "Eyes")),
        things(
            "visits",
            "Visit",
            "Visits",
            link("patient", "Patient", "patients"),
            link("doctor", "Doctor", "doctors", "mentions"),
        ),
        things("prescriptions", "Prescription", "Prescriptions", link("visit", "Visit", "visits")),
        things("results", "Test result", "Test results", link("patient", "Patient", "patients")),
        things("medicines", "Medicine", "Medicines", {"key": "leaflet", "label": "Leaflet", "type": "url"}),
    ],
    user_type={
        "name": "Patients",
        "identity_module": "patients",
        "modules": [
            {
                "module": "patients",
                "fields": {"name": "visible", "email": "visible", "complaint": "visible"},
            },
            {
                "module": "doctors",
                "conditions": {
                    "rows": [{"field": "specialty", "how": "is", "own": "complaint"}],
                    "pattern": "",
                },
                "fields": {"name": "visible", "specialty": "visible"},
                "far": ["name", "specialty"],
            },
            {"module": "visits", "via": ["patient"], "fields": {"title": "visible", "doctor": "visible"}},
            {"module": "prescriptions", "via": ["visit.patient"], "fields": {"title": "visible"}},
            {"module": "results", "via": ["patient"], "fields": {"title": "visible"}},
            {
                "module": "medicines",
                "sharing": "public",
                "fields": {"title": "visible", "leaflet": "visible"},
            },
        ],
    },
    records=[
        ("pia", "patients", person("Pia Falk", complaint="Heart")),
        ("ron", "patients", person("Ron Dale", complaint="Skin")),
        ("sue", "patients", person("Sue Open")),
        ("cardio", "doctors", person("Carla Cardio", specialty="Heart")),
        ("derma", "doctors", person("Dirk Derma", specialty="Skin")),
        ("check", "visits", {"title": "Check", "patient": "@pia", "doctor": "@cardio"}),
        ("rash", "visits", {"title": "Rash", "patient": "@ron", "doctor": "@derma"}),
        ("pills", "prescriptions", {"title": "Pills", "visit": "@check"}),
        ("cream", "prescriptions", {"title": "Cream", "visit": "@rash"}),
        ("loose", "prescriptions", {"title": "Of no visit"}),
        ("blood", "results", {"title": "Blood", "patient": "@pia"}),
        ("aspirin", "medicines", {"title": "Aspirin", "leaflet": "https://medicines.example/a"}),
    ],
    sees={
        "pia": {
            "patients": frozenset({"pia"}),
            "doctors": frozenset({"cardio"}),
            "visits": frozenset({"check"}),
            "prescriptions": frozenset({"pills"}),
            "results": frozenset({"blood"}),
            "medicines": frozenset({"aspirin"}),
        },
        "ron": {
            "patients": frozenset({"ron"}),
            "doctors": frozenset({"derma"}),
            "visits": frozenset({"rash"}),
            "prescriptions": frozenset({"cream"}),
            "medicines": frozenset({"aspirin"}),
        },
        "sue": {"patients": frozenset({"sue"}), "medicines": frozenset({"aspirin"})},
    },
    cells={("pia", "cardio"): {"Name": "Carla Cardio", "Specialty": "Heart"}},
    then=[("pia", {"complaint": "Skin"}, "pia", "doctors", frozenset({"derma"}))],
)

PRIMARY = Scenario(
    name="Primary contacts and other contacts of a company (M4)",
    modules=[
        people("contacts", "Contact", "Contacts"),
        things(
            "companies",
            "Company",
            "Companies",
            link("kept_by", "Kept up to date by", "contacts", "mentions"),
            {"key": "phone", "label": "Phone", "type": "phone"},
        ),
        things("invoices", "Invoice", "Invoices", link("payer", "Payer", "contacts")),
    ],
    user_type={
        "name": "Business customers",
        "identity_module": "contacts",
        "modules": [
            {"module": "contacts", **OWN},
            {
                "module": "companies",
                "via": ["kept_by"],
                "edit_shared": True,
                "fields": {"title": "visible", "phone": "editable"},
            },
            {"module": "invoices", "via": ["payer"], "fields": {"title": "visible"}},
        ],
    },
    # Whoever is an other contact has an invoice and a company, too: only the profile hides them.
    records=[
        ("petra", "contacts", person("Petra Prime")),
        ("olga", "contacts", person("Olga Other")),
        ("acme", "companies", {"title": "Acme", "kept_by": "@petra", "phone": "+48 12 345 67 89"}),
        ("branch", "companies", {"title": "Branch of Acme", "kept_by": "@olga"}),
        ("bill", "invoices", {"title": "2026-1", "payer": "@petra"}),
        ("small", "invoices", {"title": "2026-2", "payer": "@olga"}),
    ],
    sees={
        "petra": {
            "contacts": frozenset({"petra"}),
            "companies": frozenset({"acme"}),
            "invoices": frozenset({"bill"}),
        },
        "olga": {"contacts": frozenset({"olga"})},
    },
    profiles={
        "Primary contacts": {
            "modules": {
                "contacts": {"edits": False, "fields": None},
                "companies": {"edits": True, "fields": None},
                "invoices": {"edits": False, "fields": None},
            }
        },
        "Other contacts": {"default": True, "modules": {"contacts": {"edits": False, "fields": None}}},
    },
    given={"petra": "Primary contacts"},
)

ALL = (PATRICIA, CANADA, INSTALLERS, ELECTRONICS, HOSPITAL, PRIMARY)


@dataclass(frozen=True)
class Workplace:
    """An organisation as its staff meet it. `staff` says whose role and projects are which; `reads` what they
    read of each record in reach, by its name; what is not named is not there for them."""

    name: str
    modules: Sequence[Mapping[str, Any]]
    records: Sequence[tuple[str, str, Mapping[str, Any]]]
    staff: Mapping[str, tuple[str, Sequence[str]]]
    reads: Mapping[str, Mapping[str, Mapping[str, str]]]
    #: As `define_role` takes them.
    roles: Sequence[Mapping[str, Any]] = ()
    #: Name of a project -> its fields by module. Modules with such fields are divided.
    projects: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)


_SEES_AND_CHANGES = {"permissions": ["records.view", "records.edit"], "limited": True}

SECTIONS = Workplace(
    name="Sales and support (F10)",
    modules=[
        people("clients", "Client", "Clients"),
        things("deals", "Deal", "Deals", link("client", "Client", "clients")),
        things("cases", "Case", "Cases", link("client", "Client", "clients")),
    ],
    records=[
        ("cleo", "clients", person("Cleo Client")),
        ("big", "deals", {"title": "Big deal", "client": "@cleo"}),
        ("smoke", "cases", {"title": "Smoke", "client": "@cleo"}),
    ],
    roles=[
        {
            "key": "sales_manager",
            "name": "Sales manager",
            **_SEES_AND_CHANGES,
            "modules": [
                {"module": "clients", "edit": True, "fields": {"name": "editable"}},
                {"module": "deals", "create": True, "fields": {"title": "editable", "client": "editable"}},
            ],
        },
        {
            "key": "technical_support",
            "name": "Technical support",
            **_SEES_AND_CHANGES,
            "modules": [{"module": "cases", "edit": True, "fields": {"title": "editable"}}],
        },
    ],
    staff={"sally": ("Sales manager", ()), "tess": ("Technical support", ())},
    reads={
        "sally": {"cleo": {"Name": "Cleo Client"}, "big": {"Title": "Big deal", "Client": "Cleo Client"}},
        "tess": {"smoke": {"Title": "Smoke"}},
    },
)

PROJECTS = Workplace(
    name="Two projects with fields of their own (F8)",
    modules=[
        people(
            "clients",
            "Client",
            "Clients",
            {"key": "wish", "label": "Wish", "personal": "normal"},
            {"key": "debt", "label": "Debt", "personal": "normal"},
            {"key": "remark", "label": "Remark"},
        )
    ],
    records=[("cleo", "clients", person("Cleo Client", wish="Skis", debt="Old rent", remark="of nobody"))],
    staff={"wendy": ("Operator", ["Winter campaign"]), "dora": ("Operator", ["Debt collection"])},
    projects={
        "Winter campaign": {"clients": ["email", "wish"]},
        "Debt collection": {"clients": ["email", "debt"]},
    },
    reads={
        "wendy": {"cleo": {"Name": "Cleo Client", "E-mail": "cleo@people.example", "Wish": "Skis"}},
        "dora": {"cleo": {"Name": "Cleo Client", "E-mail": "cleo@people.example", "Debt": "Old rent"}},
    },
)

WORKPLACES = (SECTIONS, PROJECTS)
