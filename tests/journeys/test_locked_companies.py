"""The three companies whose records lock, set up by an administrator in a browser from nothing (L2–L4).

Every step is a click: modules, fields, a user type, people, the rule, records. Then staff and the person who
was invited meet the lock: a refusal tells staff the name of the rule, and the person why in plain words.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from portals_core.locks.words import PLAIN
from portals_core.plumbing import outbox
from requests.casebook.words import KINDS
from tests import cast
from tests.journeys.looking import Installed, Seat, Visitor
from tests.journeys.setting_up import Administrator, come_in
from tests.journeys.test_scenarios import invited
from tests.scenarios import OWN, Scenario, choice, link, people, person, things
from tests.seats import seat

pytestmark = [
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
    pytest.mark.chromium,
    pytest.mark.timeout(240),
]
DEALS = things("deals", "Deal", "Deals", choice("stage", "Stage", "Open", "Won", "Lost"))
COMPANY_A = Scenario(
    name="Company A: what is won or lost stays (L2)",
    modules=[people("clients", "Client", "Clients"), DEALS],
    user_type={
        "name": "Clients",
        "identity_module": "clients",
        "modules": [
            {"module": "clients", **OWN},
            {"module": "deals", "create": True, "edit": True, "delete": True,
             "fields": {"title": "editable", "stage": "visible"}},
        ],
    },
    records=[("cleo", "clients", person("Cleo Client"))],
    sees={"cleo": {}},
)  # fmt: skip
CLOSED = {
    "name": "Closed deals",
    "conditions": {"rows": [{"field": "stage", "how": "in", "value": ["Won", "Lost"]}]},
    "actions": ["delete"],
}
LEADS = people(
    "leads", "Lead", "Leads",
    {"key": "phone", "label": "Phone", "type": "phone", "personal": "normal"},
    {"key": "city", "label": "City", "personal": "normal"},
)  # fmt: skip
COMPANY_B = Scenario(
    name="Company B: phone and mail lock as soon as a lead is there (L3)",
    modules=[LEADS],
    user_type={
        "name": "Leads",
        "identity_module": "leads",
        "modules": [
            {"module": "leads", "edit": True,
             "fields": {"name": "visible", "email": "visible", "phone": "editable", "city": "editable"}},
        ],
    },
    records=[("lena", "leads", person("Lena Lead", phone="+48 600 100 200", city="Gdynia"))],
    sees={"lena": {}},
)  # fmt: skip
REACHED = {
    "name": "How we reach a lead",
    "conditions": {"rows": [{"field": "name", "how": "not_empty"}]},
    "plain": "Ask us to correct how we reach you.",
    "only": ["phone", "email"],
}
ORDERS = things(
    "orders", "Order", "Orders",
    choice("state", "State", "Draft", "Approved"),
    {"key": "amount", "label": "Amount", "type": "currency"},
    {"key": "quantity", "label": "Quantity", "type": "number"},
    {"key": "remark", "label": "Remark"},
)  # fmt: skip
INVOICES = things(
    "invoices", "Invoice", "Invoices",
    link("buyer", "Buyer", "buyers"),
    {"key": "issued", "label": "Issued on", "type": "date"},
)  # fmt: skip
APPROVED = {
    "name": "Approved orders",
    "conditions": {"rows": [{"field": "state", "how": "is", "value": "Approved"}]},
    "actions": ["attach"],
    "only": ["amount", "quantity"],
}
KEPT = {
    "name": "Invoices under retention",
    "conditions": {"rows": [{"field": "issued", "how": "not_empty"}]},
    "ground": "retention",
    "law": "§ 147 AO",
    "actions": ["delete"],
    "from_key": "issued",
    "years": 10,
}


@pytest.fixture
def administrator(page: Page, live_url: str) -> Administrator:
    return come_in(page, live_url)


def set_up(administrator: Administrator, company: Scenario) -> None:
    """Everything but the rules, by clicks."""
    modules = {one["key"]: one for one in company.modules}
    for one in company.modules:
        administrator.module(one, {key: each["label_plural"] for key, each in modules.items()})
    administrator.user_type(company)


def enter(administrator: Administrator, company: Scenario) -> None:
    """The records, and the invitations of the people among them."""
    modules = {one["key"]: one for one in company.modules}
    for name, module, values in company.records:
        administrator.record(name, modules[module], values)
    for who in company.sees:
        administrator.invite(who)


def cannot_change(somebody: Seat, path: str, label: str, value: str, why: object) -> None:
    """The page of the record's form says why, before or after somebody tries; the value stays."""
    assert somebody.go(f"{path}edit/") in (200, 423)
    asked = somebody.label(label)
    before = asked.input_value() if asked.count() else None
    if asked.count() and asked.is_editable():
        asked.fill(value)
        somebody.press("Save")
    expect(somebody.main).to_contain_text(str(why))
    somebody.go(path)
    assert before is None or before in somebody.main.inner_text()
    assert value not in somebody.main.inner_text()


def changes(somebody: Seat, path: str, label: str, value: str) -> None:
    """The control: what is not locked changes."""
    somebody.go(f"{path}edit/")
    somebody.label(label).fill(value)
    somebody.press("Save")
    somebody.page.wait_for_url(re.compile(r"/[0-9a-f-]{36}/$"))
    expect(somebody.main).to_contain_text(value)


def test_company_a_neither_edits_nor_deletes_what_is_won_or_lost(
    administrator: Administrator, browser: Browser, complaints: list[str]
) -> None:
    """L2, L8: staff read the name of the rule, the person the plain ground; an open deal is free."""
    set_up(administrator, COMPANY_A)
    administrator.locking(DEALS, "automatic")
    administrator.lock_rule(DEALS, CLOSED)
    enter(administrator, COMPANY_A)
    with invited(Visitor, browser, administrator, "cleo@people.example", complaints) as cleo:
        for title in ("Roof", "Fence"):
            cleo.section("Deals")
            cleo.follow("Add: Deal")
            cleo.label("Title").fill(title)
            cleo.press("Save")
            cleo.page.wait_for_url(re.compile(r"/[0-9a-f-]{36}/$"))
            administrator.records[title] = cleo.page.url.split("/")[-2]
            administrator.titles[title] = title
        administrator.change("Roof", DEALS, {"stage": "Won"})
        won, open_ = (f"/m/deals/{administrator.records[title]}/" for title in ("Roof", "Fence"))
        changes(cleo, open_, "Title", "Fence, new")
        cannot_change(cleo, won, "Title", "Roof, cheaper", PLAIN["business"])
        assert "Closed deals" not in cleo.main.inner_text()
        assert cleo.go(f"{won}delete/") == 423
        expect(cleo.main).to_contain_text(str(PLAIN["business"]))
        cleo.go(f"{open_}delete/")
        cleo.press("Delete 1 record")
        assert cleo.titles("Deals") == ["Roof"]
    desk = f"/desk/records/deals/{administrator.records['Roof']}/"
    cannot_change(administrator, desk, "Title", "Roof, cheaper", "Closed deals")


def test_company_b_locks_phone_and_mail_and_corrects_them_on_request(
    administrator: Administrator, browser: Browser, complaints: list[str], live_url: str
) -> None:
    """L3: other fields stay free; an approved rectification changes the phone under the lock."""
    set_up(administrator, COMPANY_B)
    administrator.locking(LEADS, "automatic")
    administrator.lock_rule(LEADS, REACHED)
    enter(administrator, COMPANY_B)
    desk = f"/desk/records/leads/{administrator.records['lena']}/"
    cannot_change(administrator, desk, "Phone", "+48 600 100 201", "How we reach a lead")
    changes(administrator, desk, "City", "Sopot")
    with invited(Visitor, browser, administrator, "lena@people.example", complaints) as lena:
        own = f"/m/leads/{administrator.records['lena']}/"
        cannot_change(lena, own, "Phone", "+48 600 100 201", REACHED["plain"])
        changes(lena, own, "City", "Hel")
        case = asks_for_correction(lena, "Phone", "+48 600 100 202")
        corrects(officer(browser, live_url), case)
        lena.go(own)
        assert lena.reads()["Phone"] == "+48 600 100 202"
    administrator.go(desk)
    expect(administrator.main).to_contain_text("+48 600 100 202")
    cannot_change(administrator, desk, "Phone", "+48 600 100 203", "How we reach a lead")


def asks_for_correction(visitor: Seat, label: str, value: str) -> str:
    """File a request for correction from the portal; the id of the case."""
    visitor.go("/privacy/requests/new/?kind=rectify")
    visitor.page.get_by_label(label, exact=True).fill(value)
    visitor.press(str(KINDS["rectify"].button))
    visitor.page.wait_for_url(re.compile(r"/privacy/requests/[0-9a-f-]{36}/"))
    return visitor.page.url.rstrip("/").split("/")[-1]


def officer(browser: Browser, origin: str) -> Seat:
    """A compliance officer at a browser of their own, second factor given."""
    client = seat(Installed({"officer": cast.staff("officer", "officer")}), "officer")
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    context.add_cookies(
        [{"name": one.key, "value": one.value, "url": origin} for one in client.cookies.values()]
    )
    return Seat(context.new_page(), origin)


def corrects(somebody: Seat, case: str) -> None:
    """Agree to every correction of a case; the worker then carries it out."""
    somebody.go(f"/desk/cases/{case}/")
    for choice_ in somebody.page.get_by_role("radio", name="Yes", exact=True).all():
        choice_.check()
    somebody.press("Decide on the corrections")
    somebody.page.wait_for_load_state()
    outbox.drain()
    somebody.page.context.close()


def test_company_c_keeps_what_was_approved_and_what_the_law_asks_for(administrator: Administrator) -> None:
    """L4, L6: amount, quantity and files after approval; an invoice under retention, law and period told."""
    buyers = people("buyers", "Buyer", "Buyers")
    labels = {one["key"]: one["label_plural"] for one in (buyers, ORDERS, INVOICES)}
    for one in (buyers, ORDERS, INVOICES):
        administrator.module(one, labels)
    for module, described in ((ORDERS, APPROVED), (INVOICES, KEPT)):
        administrator.locking(module, "both")
        administrator.lock_rule(module, described)
    expect(administrator.main).to_contain_text("Kept by law: § 147 AO")
    expect(administrator.main).to_contain_text("10 years from “Issued on”")
    administrator.record("bea", buyers, person("Bea Buyer"))
    administrator.record("invoice", INVOICES, {"title": "2026-1", "buyer": "@bea", "issued": "2026-03-01"})
    invoice = f"/desk/records/invoices/{administrator.records['invoice']}/"
    cannot_change(administrator, invoice, "Title", "2026-9", "Invoices under retention")
    expect(administrator.main).to_contain_text("§ 147 AO")
    administrator.record("order", ORDERS, {"title": "A-1", "state": "Draft", "amount": "10", "quantity": "4"})
    order = f"/desk/records/orders/{administrator.records['order']}/"
    changes(administrator, order, "Quantity", "55")
    files = administrator.page.get_by_role("region", name="Files")
    signed = {"name": "signed.txt", "mimeType": "text/plain", "buffer": b"10 pieces"}
    files.get_by_label("File", exact=True).set_input_files(signed)
    files.get_by_role("button", name="Add file").click()
    expect(files.get_by_role("link", name=re.compile("^Remove ?: signed.txt$"))).to_be_visible()
    administrator.change("order", ORDERS, {"state": "Approved"})
    cannot_change(administrator, order, "Quantity", "77", "Approved orders")
    cannot_change(administrator, order, "Amount", "88", "Approved orders")
    changes(administrator, order, "Remark", "Call before noon")
    expect(files.get_by_role("link", name="signed.txt", exact=True)).to_be_visible()
    expect(files.get_by_role("link", name=re.compile("Remove"))).to_have_count(0)
    expect(files.get_by_role("button", name="Add file")).to_have_count(0)
    expect(files).to_contain_text("Approved orders")
    administrator.section("Set-up")
    administrator.follow("Invoices")
    administrator.follow("Set up locks")
    expect(administrator.main).to_contain_text("1 record")
