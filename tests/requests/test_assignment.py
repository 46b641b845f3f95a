"""Who works on a case: taken, given, and given by rule."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.ledger import append
from portals_core.ledger.models import LedgerEntry
from portals_core.people.models import User
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from requests.arriving import mandates
from requests.desk import assignment, rules, workload
from requests.desk.rules import Rule
from requests.law.states import State
from requests.models import AssignmentRule, Kind
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, again, file
from tests.requests.many_cases import many, row
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def give(made, cases, to="second_officer", who="officer"):
    key = made.users[to].public_id if to else None
    return assignment.give(actor=made.actor(who), cases=[one.pk for one in cases], to=key, at=LATER)


def ruled(made, *officers, **more) -> AssignmentRule:
    wanted = Rule(
        name=more.pop("name", "All"), officers=[str(made.users[o].public_id) for o in officers], **more
    )
    return rules.define(actor=made.actor("officer"), wanted=wanted, at=LATER)


def holder(case):
    return again(case).assignee


# --- by hand --------------------------------------------------------------------------------------------


def test_cases_are_given_to_a_colleague_and_back_to_nobody_with_an_entry_each(made):
    cases = many(made, 3)
    assert give(made, cases) == 3
    assert {holder(one) for one in cases} == {made.users["second_officer"]}
    assert give(made, cases) == 0
    assert give(made, cases[:1], to=None) == 1
    assert holder(cases[0]) is None
    assert case_cast.codes(cases[0]) == ["case.assigned"] * 2
    assert case_cast.codes(cases[1]) == ["case.assigned"]


def test_closed_cases_stay_with_whom_they_were(made):
    (open_case,) = many(made, 1)
    closed = row(made, 1, state=State.REFUSED, closed_at=LATER)
    closed.save(force_insert=True)
    assert give(made, [open_case, closed]) == 1
    assert holder(closed) is None


def test_who_may_not_assign_gives_nothing_and_nobody_gets_who_may_not_decide(made):
    cases = many(made, 1)
    for who in ("auditor", "operator", "subject"):
        with pytest.raises(Forbidden):
            give(made, cases, who=who)
    for to in ("auditor", "operator", "subject"):
        with pytest.raises(BadInput):
            give(made, cases, to=to)
    User.objects.visible_to(TEST).filter(pk=made.users["second_officer"].pk).update(is_active=False)
    with pytest.raises(BadInput):
        give(made, cases)
    assert holder(cases[0]) is None


def test_one_case_out_of_reach_changes_none_of_them(made):
    cases = many(made, 2)
    for wrong in (made.subject.pk, "no-id"):
        with pytest.raises(Absent):
            assignment.give(
                actor=made.actor("officer"),
                cases=[cases[0].pk, wrong],
                to=made.users["officer"].public_id,
                at=LATER,
            )
    assert holder(cases[0]) is None
    for number in (0, 201):
        with pytest.raises(BadInput):
            assignment.give(actor=made.actor("officer"), cases=[cases[0].pk] * number, to=None, at=LATER)


def test_many_are_assigned_with_as_few_questions_as_one_and_an_entry_for_each(made):
    """Beside what each entry of the log costs, forty cases cost what one costs."""

    def questions(act) -> int:
        with CaptureQueriesContext(connection) as asked:
            act()
        return len(asked)

    cases = many(made, 41)
    give(made, cases[:1], to="officer")  # what is read once for a process is read
    to = {"detail": {"to": ""}, "actor": made.actor("officer"), "at": LATER}
    with transaction.atomic():
        entry = questions(lambda: append.record(assignment.ASSIGNED, about=cases[0].ref, **to))
    one = questions(lambda: give(made, cases[:1]))
    forty = questions(lambda: give(made, cases[1:]))
    assert forty - one == 39 * entry and one < 12 + entry


def test_the_chosen_are_given_away_on_the_page_and_the_filters_stay(made):
    cases = many(made, 3)
    desk, address = browser(made, "officer"), reverse("dsr_requests:assign")
    to = str(made.users["second_officer"].public_id)
    chosen = {"case": [str(one.pk) for one in cases[:2]], "back": "kind=export", "to": to}
    sent = desk.post(address, chosen)
    assert sent.url == reverse("dsr_requests:queue") + "?kind=export"
    shown = words(desk.get(sent.url))
    assert "2 requests changed hands." in shown and shown.count("Second_Officer") >= 2
    for wrong in ({**chosen, "to": ""}, {**chosen, "case": []}, {**chosen, "to": "nonsense"}):
        refused = desk.post(address, wrong)
        assert refused.status_code == 400 and "2020-00000" in words(refused)
    assert holder(cases[2]) is None
    assert desk.post(address, {**chosen, "to": "nobody"}).status_code == 302
    assert holder(cases[0]) is None
    assert browser(made, "auditor").post(address, chosen).status_code == 403


# --- by rule --------------------------------------------------------------------------------------------


def test_new_cases_go_round_among_the_officers_of_the_first_rule_that_fits(made):
    ruled(made, "officer", name="Exports", kinds=["export"], position=1)
    ruled(made, "officer", "second_officer", position=2)
    kinds = ["stop", "delete", "rectify"]
    given = [{"proposals": {"name": "New"}} if kind == "rectify" else {} for kind in kinds]
    cases = [file(made, kind, **more) for kind, more in zip(kinds, given, strict=True)]
    first, second = made.users["officer"], made.users["second_officer"]
    assert [holder(one) for one in cases] == [first, second, first]
    assert holder(file(made, "export")) == first
    entry = LedgerEntry.objects.filter(about=cases[0].ref, code="case.assigned").get()
    assert entry.actor == "system:give a new case to an officer by a rule"


def test_a_case_waits_for_its_proof_before_it_finds_an_officer(made):
    ruled(made, "officer")
    case = file(made, "delete", subject=made.added.pk)
    assert (again(case).state, holder(case)) == ("proving", None)
    mandates.confirm(case_cast.token_for(case), at=LATER)
    assert holder(case) == made.users["officer"]


def test_a_rule_passes_over_who_filed_who_left_and_whose_own_request_it_is(made):
    ruled(made, "officer", "second_officer")
    for place in range(3):
        person = cast.contact(made.contacts, f"Person{place}")
        assert holder(file(made, "export", "officer", subject=person.pk)) == made.users["second_officer"]
    own = cast.contact(made.contacts, "Own", email=made.users["officer"].email)
    assert holder(file(made, "export", "second_officer", subject=own.pk)) is None
    User.objects.visible_to(TEST).filter(pk=made.users["officer"].pk).update(is_active=False)
    for kind in ("stop", "export"):
        assert holder(file(made, kind)) == made.users["second_officer"]
    cast.take_away("cases.decide", role="officer")
    assert holder(file(made, "delete")) is None


@pytest.mark.parametrize(
    "narrow", [{"kinds": ["stop"]}, {"channels": ["letter"]}, {"countries": ["DE"]}, {"active": False}]
)
def test_a_rule_that_does_not_fit_gives_nothing(made, narrow):
    ruled(made, "officer", **narrow)
    assert holder(file(made, "export")) is None


def test_a_case_that_has_an_officer_keeps_them(made):
    case = file(made, "export")
    give(made, [case])
    ruled(made, "officer")
    rules.assign(about=case.ref, case=str(case.pk))
    assert holder(case) == made.users["second_officer"]


def test_a_rule_names_officers_kinds_and_places_that_exist(made):
    for wrong in ({"kinds": ["x"]}, {"channels": ["x"]}, {"countries": ["XX"]}, {"position": -1}):
        with pytest.raises(BadInput):
            ruled(made, "officer", **wrong)
    for officers in ((), ("auditor",), ("officer", "subject")):
        with pytest.raises(BadInput):
            ruled(made, *officers)
    ruled(made, "officer")
    with pytest.raises(Conflict):
        ruled(made, "second_officer")
    with pytest.raises(Forbidden):
        rules.define(actor=made.actor("auditor"), wanted=Rule(name="x", officers=[]), at=LATER)


def test_changing_a_rule_keeps_the_turns_it_gave(made):
    rule = ruled(made, "officer", "second_officer")
    file(made, "export")
    wanted = Rule(name="All", officers=rule.officers, kinds=[Kind.STOP])
    rules.define(actor=made.actor("officer"), wanted=wanted, rule=rule.pk, at=LATER)
    stored = AssignmentRule.objects.visible_to(TEST).get(pk=rule.pk)
    assert (stored.given, stored.kinds) == (1, ["stop"])


def test_rules_are_set_up_changed_and_deleted_on_pages(made):
    desk = browser(made, "officer")
    assert "There is no rule" in words(desk.get(reverse("dsr_requests:rules")))
    form = {"name": "Letters", "officers": [str(made.users["officer"].public_id)], "position": "5"}
    wrong = desk.post(reverse("dsr_requests:rule-new"), {**form, "countries": "XX"})
    assert wrong.status_code == 400 and "Please check these points" in words(wrong)
    sent = desk.post(reverse("dsr_requests:rule-new"), {**form, "countries": "pl, de", "active": "on"})
    assert sent.url == reverse("dsr_requests:rules")
    assert "Letters 5 every kind every channel PL, DE Officer 0 in use" in words(desk.get(sent.url))
    (rule,) = rules.rules(TEST)
    one = reverse("dsr_requests:rule", args=[rule.pk])
    assert 'value="PL, DE"' in desk.get(one).content.decode()
    assert desk.post(one, {**form, "kinds": ["export"]}).status_code == 302
    assert "not in use" in words(desk.get(sent.url))
    gone = reverse("dsr_requests:rule-delete", args=[rule.pk])
    for page in (reverse("dsr_requests:rules"), one):
        assert browser(made, "auditor").get(page).status_code == 403
    assert desk.post(gone).status_code == 302 and not rules.rules(TEST).exists()
    codes = LedgerEntry.objects.filter(about=f"case_rule:{rule.pk}").values_list("code", flat=True)
    assert sorted(codes) == ["case_rule.defined", "case_rule.defined", "case_rule.removed"]


# --- how much lies with whom ----------------------------------------------------------------------------


def test_the_work_of_each_officer_is_counted_and_of_those_who_left(made):
    many(made, 3, assignee=made.users["officer"])
    many(made, 2, start=3)
    many(made, 1, start=5, assignee=made.users["auditor"], due_on=LATER.date())
    closed = row(made, 6, state=State.REFUSED, closed_at=LATER, assignee=made.users["second_officer"])
    closed.save(force_insert=True)
    found = {one.name or one.key: one for one in workload.workload(made.actor("officer"), at=LATER)}
    assert list(found) == ["Officer", "Second_Officer", "Auditor", "nobody"]
    told = {name: (one.open, one.overdue, one.soon, one.closed, one.able) for name, one in found.items()}
    assert told["Officer"] == (3, 1, 2, 0, True) and told["Second_Officer"] == (0, 0, 0, 1, True)
    assert told["Auditor"] == (1, 0, 1, 0, False) and told["nobody"] == (2, 0, 2, 0, True)


def test_the_page_of_the_work_asks_as_often_for_many_as_for_one(made, django_assert_num_queries):
    officer = made.actor("officer")
    many(made, 1, assignee=made.users["auditor"])
    with django_assert_num_queries(5):
        workload.workload(officer, at=LATER)
    many(made, 50, start=1, assignee=made.users["officer"])
    many(made, 50, start=51)
    with django_assert_num_queries(5):
        workload.workload(officer, at=LATER)
    shown = words(browser(made, "officer").get(reverse("dsr_requests:workload")))
    assert "Officer 50 " in shown and "With nobody 50 " in shown
