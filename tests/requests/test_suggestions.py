"""What is suggested about each item follows from locks, from what points at what, and from the basis."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Basis
from requests.holding import judging, planning, suggestions
from tests import cast
from tests.requests import partly_cast
from tests.requests.case_cast import file, there
from tests.requests.partly_cast import CLAIMS, REQUIRED, UNTIL

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def judged(case):
    """(kind, ref) to what holds about each item."""
    found = judging.judge(case, list(planning.items_for(case)))
    return {(one.item.kind, one.item.ref): one for one in found}


def refused(case):
    return {key for key, one in judged(case).items() if one.verdict == "refuse"}


def test_what_a_law_keeps_is_suggested_to_be_refused_with_its_reason_and_end(made):
    """N2, W5: the sentence is written from the lock."""
    things = partly_cast.bought(made)
    one = judged(file(made, "delete"))["invoices", str(things.invoice.pk)].suggestion
    assert (one.verdict, one.ground) == ("refuse", REQUIRED)
    assert "tax office" in one.why and "2031" in one.why
    assert there(one.lock).ends_on == UNTIL


def test_a_hold_is_refused_for_legal_claims_and_goes_before_a_retention(made):
    """Art. 17(3)(e)."""
    things = partly_cast.bought(made)
    partly_cast.lock(things.invoice, "legal_hold", by="user:y")
    assert judged(file(made, "delete"))["invoices", str(things.invoice.pk)].ground == CLAIMS


@pytest.mark.parametrize("ground", ["business", "restriction"])
def test_other_locks_keep_nothing(made, ground):
    """Decision 15."""
    things = partly_cast.bought(made, locked=False)
    partly_cast.lock(things.invoice, ground, subject=made.subject.pk)
    assert refused(file(made, "delete")) == set()


def test_what_a_kept_record_points_at_is_kept_with_it_and_the_account_with_the_person(made):
    """The whole way up: a line under a duty to keep holds its order and the person; other orders go."""
    things = partly_cast.bought(made, locked=False)
    partly_cast.lock(things.line)
    case = file(made, "delete")
    assert refused(case) == {
        ("lines", str(things.line.pk)),
        ("orders", str(things.orders[0].pk)),
        ("contacts", str(made.subject.pk)),
        ("account", str(made.users["subject"].public_id)),
    }
    assert judged(case)["account", str(made.users["subject"].public_id)].ground == REQUIRED


def test_a_draft_to_keep_one_record_suggests_to_keep_the_person(made):
    """What the officer decides about one item decides what is suggested for another."""
    things = partly_cast.bought(made, locked=False)
    case = file(made, "delete")
    assert refused(case) == set()
    ref = str(things.orders[1].pk)
    partly_cast.put(made, case, ref=ref, ground=CLAIMS, sentence="A claim is open.")
    found = judged(case)["contacts", str(made.subject.pk)]
    assert (found.verdict, found.ground, found.origin) == ("refuse", CLAIMS, "suggestion")


def test_what_an_officer_lets_go_passes_nothing_on(made):
    """A record that is drafted to be erased does not keep the person, though a kept one points at it."""
    things = partly_cast.bought(made, locked=False)
    partly_cast.lock(things.line)
    case = file(made, "delete")
    assert ("contacts", str(made.subject.pk)) in refused(case)
    partly_cast.put(made, case, ref=str(things.orders[0].pk), verdict="fulfil")
    assert refused(case) == {("lines", str(things.line.pk))}


@pytest.mark.parametrize(
    ("basis", "hint"),
    [("A6-1-c", REQUIRED), ("A6-1-e", "JustificationA17PublicInterest"), ("A6-1-b", "")],
)
def test_a_basis_in_law_is_a_hint_and_no_verdict(made, basis, hint):
    """Art. 17(3)(b): a person weighs it; the suggestion stays to delete."""
    Basis(subject=made.subject.pk, basis=basis, valid_from=cast.NOW, recorded_at=cast.NOW).save()
    one = judged(file(made, "delete"))["contacts", str(made.subject.pk)].suggestion
    assert (one.verdict, one.hint) == ("fulfil", hint)


@pytest.mark.parametrize("kind", ["stop", "export"])
def test_nothing_is_suggested_to_be_refused_of_other_kinds(made, kind):
    partly_cast.bought(made)
    assert refused(file(made, kind)) == set()


def asking(made, **asked):
    case = file(made, "delete")
    case.asked = asked
    case.save()
    return case


def test_kinds_that_are_not_asked_for_stand_outside_the_plan(made):
    """W5: and what belongs to what is asked for goes along."""
    things = partly_cast.bought(made)
    found = judged(asking(made, what="kinds", kinds=["records:orders", "records:contacts"]))
    assert {kind for kind, _ref in found} == {"orders", "lines"}
    assert len(found) == 4 and ("lines", str(things.line.pk)) in found


def test_single_records_are_asked_for_with_what_belongs_to_them_and_nobody_elses(made):
    """A reference to somebody else's record, to the person's own or to nothing asks for nothing."""
    things = partly_cast.bought(made)
    theirs = cast.order(made, "B1", made.stranger)
    refs = [str(things.orders[0].pk), str(theirs.pk), str(made.subject.pk), "no id"]
    found = judged(asking(made, what="records", records=refs))
    assert set(found) == {("orders", str(things.orders[0].pk)), ("lines", str(things.line.pk))}


def test_the_number_of_queries_does_not_grow_with_the_items(made):
    """One more order costs no query."""

    def queries():
        items = list(planning.items_for(case))
        with CaptureQueriesContext(connection) as captured:
            suggestions.suggest(case, items, lambda item: None)
        return len(captured)

    partly_cast.bought(made)
    case = file(made, "delete")
    before = queries()
    for n in range(12):
        cast.order(made, f"C{n}", made.subject)
    assert queries() == before
