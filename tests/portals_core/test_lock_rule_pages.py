"""The administrator's pages of lock rules by plain posts: mode, rules, preview, deletion (L1, L6–L20)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.ledger.models import LedgerEntry
from portals_core.locks import rules
from portals_core.locks.models import LockRule
from portals_core.plumbing.models import Job, JobState
from portals_core.records import catalogue
from tests import cast
from tests.portals_core.agency import rows_sent
from tests.portals_core.test_lock_rules import CLOSED, DEALS, change, deal, held, rule, settled
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
ROOM = "/desk/setup/modules/deals/locks/"
WON = {"field": "stage", "how": "is", "value": "won"}
PLAIN = {"name": "Won deals", "ground": "business", "fields_mode": "except", "binds": "all"}


@pytest.fixture
def made():
    made = cast.set_up()
    made.deals = catalogue.define(actor=cast.SETTING_UP, description=DEALS)
    return made


@pytest.fixture
def desk(made):
    return seat(made, "administrator")


def sent(*rows, act="save", **more) -> dict[str, object]:
    data = rows_sent(*(rows or (WON,)), act=act, **{**PLAIN, **more})
    return {key: value for key, value in data.items() if key not in ("sharing", "match")}


def stored() -> list[LockRule]:
    return list(LockRule.objects.visible_to(cast.SETTING_UP))


def test_a_rule_is_set_up_with_everything_it_can_say(made, desk):
    """L4, L6–L11, L14: what is entered is what is stored, and the page shows it again."""
    assert desk.post(ROOM, {"mode": "both"})["Location"] == ROOM
    assert rules.mode_of(made.deals) == "both"
    more = {
        "name": "Kept invoices",
        "ground": "retention",
        "law": "§ 147 AO",
        "plain": "The tax law asks us to keep it.",
        "actions": ["delete", "mail"],
        "fields_mode": "only",
        "fields_": ["amount", "title"],
        "binds": "except",
        "roles": ["operator"],
        "user_types": [str(made.user_type.pk)],
        "from_key": "issued",
        "period": "10",
        "unit": "years",
        "existing": "on",
    }
    assert desk.post(ROOM + "new/", sent(**more))["Location"] == ROOM
    (row,) = stored()
    told = rules.described(row)
    conditions = told.pop("conditions")
    assert (conditions["field"], conditions["how"], conditions["value"]) == ("stage", "is", ["won"])
    assert told == {
        "name": "Kept invoices",
        "ground": "retention",
        "law": "§ 147 AO",
        "plain": "The tax law asks us to keep it.",
        "actions": ["edit", "delete", "mail"],
        "fields_mode": "only",
        "fields": ["amount", "title"],
        "binds": "except",
        "roles": ["operator"],
        "user_types": [made.user_type.pk],
        "from_key": "issued",
        "months": 120,
        "existing": True,
    }
    form = desk.get(f"{ROOM}{row.pk}/").context["form"]
    assert {name: form[name].value() for name in more if name != "existing"} == {
        **{name: value for name, value in more.items() if name != "existing"},
        "actions": ["edit", "delete", "mail"],
        "period": 10,
    }
    (shown,) = desk.get(ROOM).context["rules"]
    assert (shown.when, shown.acts) == ("Stage is “won”", "editing, deleting, sending mail")
    assert (shown.fields, shown.whom) == (
        "only: Amount, Title",
        "everybody but: Operator, Customer Portal",
    )
    assert shown.until == "10 years from “Issued on”"


def test_a_changed_rule_changes_and_the_others_stay(made, desk):
    row, other = rule(made), rule(made, name="Large", conditions={**WON, "field": "note"})
    assert (
        desk.post(f"{ROOM}{row.pk}/", sent(name="Won", period="18", unit="months", from_key="due")).url
        == ROOM
    )
    row.refresh_from_db()
    assert (row.name, row.months, row.from_key) == ("Won", 18, "due")
    assert desk.get(f"{ROOM}{row.pk}/").context["form"]["unit"].value() == "months"
    other.refresh_from_db()
    assert other.name == "Large"
    assert desk.get(f"/desk/setup/modules/orders/locks/{row.pk}/").status_code == 404
    assert desk.post(f"/desk/setup/modules/orders/locks/{row.pk}/delete/").status_code == 404
    assert len(stored()) == 2


def test_every_refusal_stands_at_its_place_and_nothing_typed_is_lost(made, desk):
    """L7, L20: what define_rule refuses shows beside the input it is about."""
    rule(made)
    refusals = {
        "law": {"ground": "retention"},
        "fields_": {"fields_mode": "only"},
        "roles": {"binds": "only"},
        "period": {"from_key": "due"},
        "name": {"name": "Closed deals"},
    }
    for place, wrong in refusals.items():
        answer = desk.post(ROOM + "new/", sent(plain="Because.", actions=["mail"], **wrong))
        form = answer.context["form"]
        assert answer.status_code in (400, 409) and list(form.errors) == [place], (place, form.errors)
        assert (form["plain"].value(), form["actions"].value()) == ("Because.", ["mail"])
        assert [row.draft.values for row in answer.context["conditions"].rows] == [("won",)]
        assert f'id="id_{place}_error"' in answer.content.decode()
    assert len(stored()) == 1


def test_missing_and_doubled_conditions_are_named_beside_the_conditions(made, desk):
    """L20."""
    rule(made, conditions=CLOSED)
    double = {"field": "stage", "how": "in", "value": ["won", "lost"]}
    for given, word in (({"c-pattern": ""}, "under which conditions"), (sent(double), "same conditions")):
        answer = desk.post(ROOM + "new/", {**PLAIN, "act": "save", **given})
        assert answer.status_code in (400, 409)
        (sentence,) = answer.context["conditions"].mistakes
        assert word in sentence and answer.content.decode().count(sentence) == 2
        assert answer.context["form"].errors == {}
    broken = desk.post(ROOM + "new/", sent({"field": "amount", "how": "gt", "value": "much"}))
    assert "write a number" in broken.content.decode() and broken.status_code == 400


def test_rows_come_and_go_and_the_rest_stays_as_entered(made, desk):
    """No button but Save stores anything, and none complains of what is not finished."""
    before = LedgerEntry.objects.count()
    given = {
        "name": "",
        "law": "§ 1",
        "ground": "retention",
        "actions": ["mail"],
        "existing": "on",
        "period": "x",
    }
    answer = desk.post(ROOM + "new/", sent(WON, act="add", roles=["operator"], **given))
    form = answer.context["form"]
    assert answer.status_code == 200 and "error-summary" not in answer.content.decode()
    assert {name: form[name].value() for name in ("law", "ground", "actions", "roles", "period")} == {
        "law": "§ 1",
        "ground": "retention",
        "actions": ["mail"],
        "roles": ["operator"],
        "period": "x",
    }
    assert form["existing"].value() is True and len(answer.context["conditions"].rows) == 2
    assert LedgerEntry.objects.count() == before and stored() == []


def test_a_preview_names_what_would_lock_and_stores_nothing(made, desk):
    """L14."""
    rules.set_mode(actor=made.actor("administrator"), module=made.deals, mode="automatic", at=cast.NOW)
    found = deal(made, title="A tower", stage="won")
    deal(made, title="A hut")
    answer = desk.post(ROOM + "new/", sent(act="preview"))
    text = answer.content.decode()
    assert answer.context["tried"].count == 1 and f"/desk/records/deals/{found.pk}/" in text
    assert "A hut" not in text and "when it is changed next" in text
    assert (
        "locks them at once" in desk.post(ROOM + "new/", sent(act="preview", existing="on")).content.decode()
    )
    assert stored() == [] and held(found) == []
    wrong = desk.post(ROOM + "new/", sent(act="preview", binds="only"))
    assert wrong.status_code == 400 and wrong.context["tried"] is None


def test_at_five_rules_there_is_no_adding_and_the_page_says_why(made, desk):
    """L7: before anything is filled in; whoever posts all the same is told, too."""
    for number in range(5):
        assert "/locks/new/" in desk.get(ROOM).content.decode()
        rule(made, name=f"Rule {number}", conditions={"field": "amount", "how": "gt", "value": str(number)})
    text = desk.get(ROOM).content.decode()
    assert "/locks/new/" not in text and "DSR_LIMIT_LOCK_RULES" in text
    assert desk.get(ROOM + "new/").url == ROOM
    answer = desk.post(ROOM + "new/", sent())
    assert answer.status_code == 409 and "DSR_LIMIT_LOCK_RULES" in answer.content.decode()


def test_the_room_asks_the_same_number_of_queries_for_one_rule_and_for_five(
    made, desk, django_assert_num_queries
):
    rule(made)
    desk.get(ROOM)
    with CaptureQueriesContext(
        connection,
    ) as one:
        desk.get(ROOM)
    for number in range(4):
        rule(made, name=f"Rule {number}", conditions={"field": "amount", "how": "gt", "value": str(number)})
    with django_assert_num_queries(len(one)):
        assert len(desk.get(ROOM).context["rules"]) == 5


def test_switching_rules_off_says_first_how_many_locks_end(made, desk):
    """L13: nothing changes before that; rules that lock nothing are switched off at once."""
    row = rule(made)
    for _ in range(2):
        deal(made, stage="won")
    asked = desk.post(ROOM, {"mode": "manual"})
    assert (asked.status_code, asked.context["ending"]) == (200, 2)
    assert rules.mode_of(made.deals) == "both"
    assert desk.post(ROOM, {"mode": "manual", "sure": "on"}).url == ROOM
    settled(row)
    shown = desk.get(ROOM)
    assert rules.mode_of(made.deals) == "manual" and shown.context["rules"][0].locked == 0
    assert "The rules rest" in shown.content.decode()
    assert desk.post(ROOM, {"mode": "off"}).url == ROOM
    assert desk.post(ROOM, {"mode": "sideways"}).status_code == 400


def test_deleting_says_how_many_records_are_freed(made, desk):
    row, kept = rule(made), deal(made, stage="won")
    page = desk.get(f"{ROOM}{row.pk}/delete/")
    assert page.context["ending"] == 1 and "1 record is no longer locked" in page.content.decode()
    assert len(stored()) == 1 and held(kept) == ["Closed deals"]
    assert desk.post(f"{ROOM}{row.pk}/delete/").url == ROOM
    assert stored() == []
    assert "a rule that was deleted" in desk.get(ROOM).content.decode()
    settled(row)
    assert held(kept) == []
    change(made, kept, note="free again")


def test_work_under_way_shows_how_far_it_is_and_then_asks_for_the_page(made, desk):
    """L14: done and total; when it is over the part asks the browser to load the page anew."""
    row = rule(made)
    job = Job.objects.filter(about=f"lock_rule:{row.pk}")
    job.update(state=JobState.RUNNING, done=3, total=8)
    for address in (ROOM, ROOM + "progress/"):
        text = desk.get(address).content.decode()
        assert "Applying the rule “Closed deals”" in text and "3 of 8" in text and "/locks/progress/" in text
    job.update(state=JobState.DONE)
    assert desk.get(ROOM + "progress/")["HX-Refresh"] == "true"
    assert "progress" not in desk.get(ROOM).content.decode()
    job.update(state=JobState.PARKED)
    assert desk.get(ROOM + "progress/")["HX-Refresh"] == "true"
    assert "stopped after several tries" in desk.get(ROOM).content.decode()


def test_the_page_of_a_module_leads_to_its_locks(made, desk):
    """L1."""
    assert desk.get("/desk/setup/modules/deals/").content.decode().count(f'href="{ROOM}"') == 1


def test_nobody_but_an_administrator_enters_the_room(made, desk):
    row = rule(made)
    for address in (ROOM, ROOM + "new/", f"{ROOM}{row.pk}/", f"{ROOM}{row.pk}/delete/", ROOM + "progress/"):
        assert desk.get(address).status_code == 200
        assert seat(made, "officer").get(address).status_code == 403
        assert seat(made, "subject").get(address).status_code in (403, 404)
