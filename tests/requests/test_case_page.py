"""The page of a case: its parts, and deciding on everything held in one form."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.template.loader import get_template
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.module_loading import import_string

from portals_core.locks import place
from portals_core.plumbing import clock
from requests import parts
from requests.deciding import verdicts
from requests.models import Case, Plan, Verdict
from requests.telling import letter_values
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST, again
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
KEPT = "JustificationA17LegallyRequired"
CLAIMS = "JustificationA17LegalClaims"
ORDERS = "records:orders"


@pytest.fixture
def desk(made):
    return browser(made, "officer")


def address(name: str, case, *more: str) -> str:
    return reverse(f"dsr_requests:{name}", args=[case.pk, *more])


def filled(response, **changed: str) -> dict[str, str]:
    """What a browser sends from the form over what is held: what stands in it, and what was changed."""
    form = response.context["items"]
    sent = {field.html_name: field.value() or "" for field in form}
    unknown = set(changed) - set(sent) - {"then"}
    assert not unknown, unknown
    return {**sent, "then": "submit", **changed}


def keep(record) -> None:
    """A law obliges us to keep this record."""
    place.place(
        actor=TEST,
        record=record.pk,
        ground="retention",
        reason="Tax law",
        placed_by="rule:tax",
        at=cast.NOW,
        ends_on=(cast.NOW + timedelta(days=3_650)).date(),
    )


def drafted(case) -> dict[tuple[str, str], tuple[str, str, str]]:
    rows = Verdict.objects.visible_to(TEST).filter(case=case)
    return {(f"{row.source}:{row.kind}", row.ref): (row.verdict, row.ground, row.sentence) for row in rows}


def planned(case) -> dict[str, tuple[str, str]]:
    """By reference of a record: what the plan in force does about it, and the ground."""
    plan = Plan.objects.visible_to(TEST).filter(case=case, digest=again(case).plan_digest).last()
    assert plan is not None
    return {row[2]: (row[5], row[6]) for row in plan.items if row[0] == "records"}


def test_a_partly_refused_deletion_is_brought_to_approval_in_few_clicks(made, desk):
    """W5, W11: what a law keeps is suggested to stay; one more group is refused by hand. At most twelve
    clicks and page loads lie between the queue and the approval."""
    invoice = cast.order(made, "A-1", made.subject)
    line = cast.line(made, invoice, "Tea")
    case = case_cast.file(made, "delete")
    keep(invoice)
    steps = 0
    assert case.number in words(desk.get(reverse("dsr_requests:queue")))
    steps += 1  # the queue is loaded
    shown = desk.get(address("case", case))
    steps += 2  # a click on the case, and its page
    said = words(shown)
    assert "Tax law" in said and "As suggested: Refuse to erase" in said
    sent = filled(
        shown,
        **{
            "verdict-records:lines": "refuse",
            "ground-records:lines": CLAIMS,
            "sentence-records:lines": "We are in court about it.",
        },
    )
    steps += 2 + 2 + 1  # two lists opened and chosen from, one click into the words
    after = desk.post(address("decide-items", case), sent)
    steps += 1
    assert after.url == address("case", case)
    assert "Submitted. A second officer looks at it" in words(desk.get(after.url))
    steps += 1
    assert again(case).state == "awaiting_approval"
    assert planned(case)[str(invoice.pk)] == ("refuse", KEPT)
    assert planned(case)[str(line.pk)] == ("refuse", CLAIMS)
    assert steps <= 12


def test_one_item_is_kept_and_the_rest_of_its_group_goes(made, desk):
    """W5: an item that differs has its own verdict; what nobody changed stores nothing."""
    one, two = (cast.order(made, number, made.subject) for number in ("A-1", "A-2"))
    case = case_cast.file(made, "delete")
    shown = desk.get(address("case", case))
    mine = f"{ORDERS}:{one.pk}"
    chosen = {f"verdict-{mine}": "refuse", f"ground-{mine}": CLAIMS, f"sentence-{mine}": "In court."}
    sent = filled(shown, **chosen, ground="JustificationA17NonNecessity", then="save")
    assert desk.post(address("decide-items", case), sent).status_code == 302
    assert drafted(case) == {(ORDERS, str(one.pk)): ("refuse", CLAIMS, "In court.")}
    assert again(case).state == "in_review"
    later = desk.get(address("case", case))
    assert later.context["items"][f"verdict-{mine}"].value() == "refuse"
    assert two.pk != one.pk and later.context["items"][f"verdict-{ORDERS}:{two.pk}"].value() == ""
    cleared = filled(later, **{f"verdict-{mine}": "", "then": "save"})
    assert desk.post(address("decide-items", case), cleared).status_code == 302
    assert drafted(case) == {}


def test_another_ground_for_what_is_suggested_to_stay_is_a_refusal_on_that_ground(made, desk):
    """One choice is enough: nobody has to say twice that it is refused."""
    order = cast.order(made, "A-1", made.subject)
    case = case_cast.file(made, "delete")
    keep(order)
    sent = filled(desk.get(address("case", case)), **{f"ground-{ORDERS}": CLAIMS, "then": "save"})
    assert desk.post(address("decide-items", case), sent).status_code == 302
    assert drafted(case)[ORDERS, ""][:2] == ("refuse", CLAIMS)


def test_what_was_entered_is_kept_where_it_is_refused(made, desk):
    """Nothing is stored before everything fits, and every wrong input says what to do."""
    cast.order(made, "A-1", made.subject)
    case = case_cast.file(made, "delete")
    shown = desk.get(address("case", case))
    mute = filled(shown, **{f"verdict-{ORDERS}": "refuse", f"sentence-{ORDERS}": "Because of this."})
    refused = desk.post(address("decide-items", case), mute)
    assert refused.status_code == 400
    assert "Choose the ground of the refusal." in words(refused)
    assert "Because of this." in refused.content.decode()
    wordless = filled(shown, **{f"verdict-{ORDERS}": "refuse", f"ground-{ORDERS}": CLAIMS})
    assert "Write why, in plain words." in words(desk.post(address("decide-items", case), wordless))
    foreign = filled(shown, **{f"verdict-{ORDERS}": "redact"})
    assert desk.post(address("decide-items", case), foreign).status_code == 400
    assert (drafted(case), again(case).state) == ({}, "in_review")


def test_what_must_be_kept_is_not_erased_by_choosing_so_and_the_choice_stays_on_the_page(made, desk):
    order = cast.order(made, "A-1", made.subject)
    case = case_cast.file(made, "delete")
    keep(order)
    sent = filled(desk.get(address("case", case)), **{f"verdict-{ORDERS}": "fulfil"})
    refused = desk.post(address("decide-items", case), sent)
    assert (refused.status_code, again(case).state) == (423, "in_review")
    assert "must be kept" in words(refused)
    form = refused.context["items"]
    assert form[f"verdict-{ORDERS}"].value() == "fulfil"
    again_sent = {**filled(refused), f"verdict-{ORDERS}": ""}
    assert desk.post(address("decide-items", case), again_sent).status_code == 302
    assert again(case).state == "awaiting_approval"


def test_a_page_drawn_before_a_colleague_saved_is_refused_and_keeps_what_was_entered(made, desk):
    """Two officers on one request: neither writes over the other unseen."""
    cast.order(made, "A-1", made.subject)
    case = case_cast.file(made, "delete")
    shown = desk.get(address("case", case))
    verdicts.put(
        actor=made.actor("second_officer"),
        case=case.pk,
        source="records",
        kind="orders",
        verdict="refuse",
        ground=CLAIMS,
        sentence="In court.",
        at=clock.now(),
    )
    sent = filled(shown, **{f"verdict-{ORDERS}": "fulfil"})
    refused = desk.post(address("decide-items", case), sent)
    assert refused.status_code == 409
    assert "Somebody else worked on this request" in words(refused)
    assert "Saved: Refuse to erase" in words(refused)
    assert refused.context["items"][f"verdict-{ORDERS}"].value() == "fulfil"
    assert drafted(case)[ORDERS, ""] == ("refuse", CLAIMS, "In court.")
    assert desk.post(address("decide-items", case), filled(refused)).status_code == 302
    assert drafted(case)[ORDERS, ""][0] == "fulfil"
    assert again(case).state == "awaiting_approval"


def test_a_form_sent_again_from_an_old_page_changes_nothing_and_shows_where_the_case_stands(made, desk):
    """Attack 80."""
    cast.order(made, "A-1", made.subject)
    case = case_cast.file(made, "delete")
    sent = filled(desk.get(address("case", case)))
    assert desk.post(address("decide-items", case), sent).status_code == 302
    labels = ("dsr_requests.Case", "dsr_requests.Plan", "dsr_requests.Verdict", "dsr_requests.Transition")
    before = case_cast.rows(*labels)
    late = desk.post(address("decide-items", case), sent)
    assert late.status_code == 409
    assert "not in review any more" in words(late) and "Somebody else must approve it." in words(late)
    assert case_cast.rows(*labels) == before


@pytest.mark.parametrize("kind", ["stop", "export"])
def test_the_other_kinds_are_decided_in_the_same_form(made, desk, kind):
    cast.order(made, "A-1", made.subject)
    case = case_cast.file(made, kind)
    shown = desk.get(address("case", case))
    refused = {f"verdict-{ORDERS}": "refuse", f"sentence-{ORDERS}": "No."}
    sent = filled(shown, **refused, **{f"ground-{ORDERS}": case_cast.GROUND})
    assert ("redact" in shown.content.decode()) == (kind == "export")
    assert desk.post(address("decide-items", case), sent).status_code == 302
    assert again(case).state == "carrying_out"
    assert drafted(case)[ORDERS, ""] == ("refuse", case_cast.GROUND, "No.")


def test_nothing_held_and_everything_kept_read_differently(made, desk):
    """W25: and what is kept whole is refused as a whole."""
    case = case_cast.file(made, "delete")
    asked = {"what": "kinds", "kinds": [ORDERS]}
    Case.objects.visible_to(TEST).filter(pk=case.pk).update(asked=asked)
    shown = words(desk.get(address("case", case)))
    assert "Nothing is held" in shown and "must be kept" not in shown
    assert "Submit to a second officer" not in shown
    keep(cast.order(made, "A-1", made.subject))
    page = desk.get(address("case", case))
    assert "Nothing is held" not in words(page) and "Everything that is held must be kept" in words(page)
    refused = desk.post(address("decide-items", case), filled(page))
    assert (refused.status_code, again(case).state) == (400, "in_review")
    assert "Refuse the request as a whole." in words(refused)


def test_while_nobody_is_found_nothing_is_shown_and_nothing_can_be_decided(made, desk):
    """A proved request about whom nobody is found yet: who, not what."""
    case = case_cast.file(made, "delete")
    Case.objects.visible_to(TEST).filter(pk=case.pk).update(subject=None)
    shown = desk.get(address("case", case))
    assert shown.status_code == 200
    assert "What is held" not in words(shown) and "Submit" not in words(shown)
    assert desk.post(address("decide-items", case), {"then": "submit"}).status_code == 409
    assert again(case).state == "in_review"


def test_who_only_reads_sees_what_is_done_and_no_names(made):
    cast.order(made, "A-1", made.subject)
    case = case_cast.decide(made, case_cast.file(made, "delete"))
    auditor = browser(made, "auditor").get(address("case", case))
    assert "Orders 1 Erase" in words(auditor)
    assert "A-1" not in words(auditor) and "items" not in auditor.context
    second = words(browser(made, "second_officer").get(address("case", case)))
    assert "Orders 1 A-1 Erase" in second


def test_every_way_inside_the_page_leads_somewhere(made, desk):
    for kind, given in (("delete", {}), ("rectify", {"proposals": {"name": "Sage Summer"}})):
        body = desk.get(address("case", case_cast.file(made, kind, **given))).content.decode()
        nav = re.search(r'<nav class="sheet-nav".*?</nav>', body, re.S)
        assert nav is not None
        targets = re.findall(r'href="#([^"]+)"', nav.group())
        assert len(targets) >= 6
        assert [one for one in targets if f'id="{one}"' not in body] == []


def test_the_page_asks_the_database_as_often_for_thirty_items_as_for_two(
    made, desk, django_assert_num_queries
):
    for number in range(2):
        cast.order(made, f"A-{number}", made.subject)
    case = case_cast.file(made, "delete")
    desk.get(address("case", case))
    with CaptureQueriesContext(connection) as few:
        desk.get(address("case", case))
    for number in range(2, 30):
        cast.order(made, f"A-{number}", made.subject)
    with django_assert_num_queries(len(few)):
        assert "Orders: 20 more" in words(desk.get(address("case", case)))


def test_a_group_has_a_page_of_all_its_items(made, desk):
    """Items that the page of the case does not list are decided on the page of their group."""
    orders = [cast.order(made, f"A-{number:02d}", made.subject) for number in range(55)]
    case = case_cast.file(made, "delete")
    here = address("group", case, "records", "orders")
    first = desk.get(here)
    following = re.search(r'href="(\?after=[^"]+)"', first.content.decode())
    assert following is not None
    second = desk.get(here + following.group(1))
    last = str(orders[-1].pk)
    assert f"verdict-{ORDERS}:{last}" not in first.content.decode()
    mine = f"{ORDERS}:{last}"
    chosen = {f"verdict-{mine}": "refuse", f"ground-{mine}": CLAIMS, f"sentence-{mine}": "In court."}
    saved = desk.post(here + following.group(1), filled(second, **chosen))
    assert saved.status_code == 302 and "after=" in saved.url
    assert list(drafted(case)) == [(ORDERS, last)]
    stale = desk.post(here + following.group(1), filled(second, **{f"verdict-{mine}": "fulfil"}))
    assert (stale.status_code, drafted(case)[ORDERS, last][0]) == (409, "refuse")
    assert desk.get(address("group", case, "records", "none")).status_code == 404
    assert browser(made, "auditor").get(here).status_code == 403
    case_cast.decide(made, case, "refuse", ground=case_cast.GROUND, sentence="No.")
    assert desk.get(here).url == address("case", case)


def test_the_day_of_receipt_is_that_of_the_place_where_the_answer_is_owed(made, desk):
    """W2: written down by its day, it came in at midnight there: the day before, at the site."""
    case = case_cast.file(made, "export")
    begins = datetime(2026, 3, 1, 22, tzinfo=UTC)
    rows = Case.objects.visible_to(TEST).filter(pk=case.pk)
    rows.update(country="FI", subdivision="", received_at=begins)
    case = case_cast.again(case)
    assert case.received_on == date(2026, 3, 2)
    assert "Received March 2, 2026" in words(desk.get(address("case", case)))
    assert "Received March 2, 2026" in words(browser(made, "subject").get(address("status", case)))
    assert "March 2, 2026" in words(browser(made, "auditor").get(reverse("exports:audit")))
    assert letter_values.values(case, "receipt", at=begins)["received"] == "March 2, 2026"
    assert letter_values.values(case, "receipt", at=begins)["today"] == "March 2, 2026"


def told(actor, case, *, at):
    return {"tone": "good", "icon": "check", "word": f"Part of {case.number}"}


def silent(actor, case, *, at):
    return None


def empty(actor, case, *, at):
    return {"form": None}


def test_parts_are_drawn_by_name_and_those_with_nothing_to_say_are_left_out(made, rf):
    case = case_cast.file(made, "export")
    among = [
        parts.Part("clock", "ui/state.html", "tests.requests.test_case_page.told"),
        parts.Part("proofs", "ui/state.html", "tests.requests.test_case_page.silent"),
        parts.Part("letters", "ui/form_errors.html", "tests.requests.test_case_page.empty"),
    ]
    request, actor = rf.get("/"), made.actor("officer")
    found = parts.drawn(request, actor, case, at=clock.now(), page={"word": "of the page"}, among=among)
    assert list(found) == ["clock"]
    assert f"Part of {case.number}" in found["clock"] and "of the page" not in found["clock"]


def test_every_part_that_is_listed_can_be_read(made):
    case, actor = case_cast.file(made, "export"), made.actor("officer")
    for one in parts.PARTS:
        get_template(one.template)
        assert import_string(one.reader)(actor, case, at=clock.now()) is not False
