"""The list of the undecided and the overview (D7, D8)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.deciding import decisions
from consent.desk import overview
from consent.grounds import people, recording
from consent.grounds.people import UNDECIDED, Filter
from consent.models import NOT_APPLICABLE
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput
from portals_core.records import catalogue
from portals_core.records.models import Record
from tests import cast
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import LOOK, switch

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
VENDORS = {
    **cast.CONTACTS,
    "key": "vendors",
    "label": "Vendor",
    "label_plural": "Vendors",
}


@pytest.fixture
def made():
    return consent_cast.set_up()


@pytest.fixture
def officer(made):
    return pages.at_the_desk(made.org.users["officer"])


def say(made, record, basis, **changed):
    given = {"basis": basis, "at": cast.NOW, **changed}
    return recording.record_basis(actor=made.actor("officer"), subject=record.pk, **given)


def ids(made, who="officer", **wanted):
    return {one.id for one in people.page(made.actor(who), Filter(**wanted))}


def text_of(response) -> str:
    return response.content.decode()


# --- the list -------------------------------------------------------------------------------------


def test_people_are_found_by_what_is_in_force_in_general_or_for_a_purpose(made):
    """D7: "not applicable" is undecided, a basis that ended counts no longer."""
    org = made.org
    say(made, org.subject, "A6-1-c")
    say(made, org.subject, "A6-1-b", at=cast.NOW + timedelta(days=1))
    say(made, org.added, NOT_APPLICABLE)
    say(made, org.stranger, "A6-1-d", purpose="news")
    everybody = {org.subject.pk, org.added.pk, org.stranger.pk}
    assert ids(made) == everybody
    assert ids(made, basis="A6-1-b") == {org.subject.pk}
    assert ids(made, basis="A6-1-c") == set()
    assert ids(made, basis=UNDECIDED) == {org.added.pk, org.stranger.pk}
    assert ids(made, basis="A6-1-d") == set()
    assert ids(made, basis="A6-1-d", purpose="news") == {org.stranger.pk}
    assert ids(made, basis=UNDECIDED, purpose="news") == {org.subject.pk, org.added.pk}


def test_only_people_of_modules_that_keep_bases_are_listed(made):
    """D2, D7: enabled per module."""
    org = made.org
    catalogue.define(actor=cast.SETTING_UP, description=VENDORS)
    vendor = cast.contact(catalogue.module("vendors"), "Vera Vendor")
    cast.order(org, "A1", org.subject)
    contacts = {org.subject.pk, org.added.pk, org.stranger.pk}
    assert ids(made) == contacts | {vendor.pk}
    assert ids(made, module="vendors") == {vendor.pk}
    assert ids(made, module="orders") == ids(made, module="unknown") == set()
    switch(org.contacts, on=False)
    assert ids(made) == {vendor.pk} and ids(made, module="contacts") == set()


def test_what_cannot_be_asked(made):
    with pytest.raises(BadInput):
        Filter.read({"basis": "A6-1-z"})
    with pytest.raises(Absent):
        ids(made, basis="A6-1-b", purpose="nowhere")
    assert Filter.read({"basis": "A6-1-b", "after": "x"}) == Filter(basis="A6-1-b")


def test_pages_follow_each_other_without_gap_or_repetition(made):
    officer = made.actor("officer")
    first = people.page(officer, Filter(), limit=2)
    second = people.page(officer, Filter(), after=first[-1].id, limit=2)
    assert [one.id for one in (*first, *second)] == sorted(ids(made))


def test_the_list_filters_and_pages_and_offers_a_change_of_many(made, officer):
    address = reverse("consent:desk-people")
    say(made, made.org.subject, "A6-1-b")
    page = text_of(officer.get(address))
    assert page.count('name="people"') == 3 and "Record a basis for all 3 people" in page
    page = text_of(officer.get(address, {"basis": "undecided"}))
    assert "Sage Winter" not in page and "Ada Added" in page and "Robin Stranger" in page
    assert 'name="held" value="undecided"' in page
    page = text_of(officer.get(address, {"basis": "A6-1-e"}))
    assert "Nobody matches" in page
    for record in (made.org.added, made.org.stranger):
        say(made, record, "A6-1-b")
    assert "Nobody is left to decide on" in text_of(officer.get(address, {"basis": "undecided"}))
    assert officer.get(address, {"basis": "A6-1-z"}).status_code == 400
    assert officer.get(address, {"after": "x"}).status_code == 200


def test_a_long_list_has_a_next_page_with_the_same_filter(made, officer):
    rows = [
        Record(module=made.org.contacts, values={"name": f"P{n}"}, created_at=cast.NOW, changed_at=cast.NOW)
        for n in range(60)
    ]
    Record.objects.visible_to(LOOK).bulk_create(rows)
    first = officer.get(reverse("consent:desk-people"), {"basis": "undecided"})
    assert len(first.context["rows"]) == 50 and first.context["next"].startswith("?basis=undecided&after=")
    second = officer.get(reverse("consent:desk-people") + first.context["next"])
    assert len(second.context["rows"]) == 13 and not second.context["next"]
    assert {one.id for one in second.context["rows"]}.isdisjoint(one.id for one in first.context["rows"])


def test_without_a_module_that_keeps_bases_the_pages_say_so(made, officer):
    switch(made.org.contacts, on=False)
    assert "No bases are kept yet." in text_of(officer.get(reverse("consent:desk-people")))
    assert "There are no people here yet." in text_of(officer.get(reverse("consent:overview")))
    subject = text_of(officer.get(reverse("consent:desk-subject", args=[made.org.subject.pk])))
    assert "No bases are kept for these records." in subject and 'name="basis"' not in subject


# --- the figures ----------------------------------------------------------------------------------


def test_bases_in_force_add_up_to_the_people_with_the_undecided(made):
    """D7: target zero."""
    officer = made.actor("officer")
    say(made, made.org.subject, "A6-1-b")
    say(made, made.org.added, NOT_APPLICABLE)
    say(made, made.org.added, "A6-1-d", purpose="news")
    found = overview.bases(officer)
    assert (found.total, found.undecided) == (3, 2)
    assert {code: number for code, _label, number in found.shares if number} == {"A6-1-b": 1}
    assert len(found.shares) == 6
    for record in (made.org.added, made.org.stranger):
        say(made, record, "A6-1-c")
    assert overview.bases(officer).undecided == 0
    switch(made.org.contacts, on=False)
    assert overview.bases(officer).total == 0


def numbers(made, at):
    officer = made.actor("officer")
    rows = overview.consents(officer, of=overview.bases(officer), at=at)
    names = [*overview.COLUMNS, "never"]
    return {row.purpose.key: dict(zip(names, (*row.numbers, row.never), strict=True)) for row in rows}


def test_consent_is_counted_by_purpose_and_by_what_counts_now(made):
    """D9: each person once, by the decision in force; a time that is over ends it before any job does."""
    made.give(ends_at=cast.NOW + timedelta(days=5))
    made.ask()
    made.give("stranger")
    stranger = made.actor("stranger")
    decisions.withdraw(
        actor=stranger, subject=stranger.identity, purpose="news", at=cast.NOW + timedelta(hours=1)
    )
    none = dict.fromkeys(overview.COLUMNS, 0)
    counted = numbers(made, cast.NOW + timedelta(days=1))
    assert counted == {
        "news": {**none, "given": 1, "waiting": 1, "withdrawn": 1, "never": 0},
        "draft": {**none, "never": 3},
    }
    assert numbers(made, cast.NOW + timedelta(days=5))["news"] == {
        **none, "ended": 1, "waiting": 1, "withdrawn": 1, "never": 0,
    }  # fmt: skip
    switch(made.org.contacts, on=False)
    assert set(numbers(made, cast.NOW)["news"].values()) == {0}


def test_every_state_has_its_column_once():
    states = [state for _name, states in overview.COLUMNS.values() for state in states]
    assert len(states) == len(set(states)) == len(overview.State) - 1


def test_consent_month_by_month(made):
    """Given and withdrawn in the last twelve months, this one last; what is older, and asking, is not."""
    subject = made.actor("subject").identity

    def decide(how, at):
        if how == "give":
            made.give(at=at)
        else:
            decisions.withdraw(actor=made.actor("subject"), subject=subject, purpose="news", at=at)

    decide("give", datetime(2025, 3, 31, 12, tzinfo=UTC))
    decide("withdraw", datetime(2025, 4, 1, 12, tzinfo=UTC))
    decide("give", datetime(2026, 2, 1, 12, tzinfo=UTC))
    decide("withdraw", datetime(2026, 2, 28, 12, tzinfo=UTC))
    decide("give", datetime(2026, 3, 4, 12, tzinfo=UTC))
    made.ask()
    found = overview.months(made.actor("officer"), made.news, at=cast.NOW)
    assert [month.first for month in found][:2] == [date(2025, 4, 1), date(2025, 5, 1)]
    assert len(found) == 12 and found[-1].first == date(2026, 3, 1)
    assert [(month.given, month.withdrawn) for month in found if month.given or month.withdrawn] == [
        (0, 1),
        (1, 1),
        (1, 0),
    ]


def test_the_overview_shows_the_figures_and_one_purpose_month_by_month(made, officer):
    made.give(at=clock.now())
    say(made, made.org.subject, "A6-1-b")
    page = officer.get(reverse("consent:overview"))
    given, withdrawn = page.context["plots"]
    assert [bar["value"] for bar in given["bars"]] == [*[0] * 11, 1]
    assert {bar["value"] for bar in withdrawn["bars"]} == {0}
    shown = text_of(page)
    assert "aim: 0" in shown and "?basis=A6-1-b" in shown and "?basis=A6-1-c" not in shown
    other = officer.get(reverse("consent:overview"), {"purpose": "draft"})
    assert other.context["shown"].key == "draft"
    assert officer.get(reverse("consent:overview"), {"purpose": "nowhere"}).context["shown"] == made.news


@pytest.mark.parametrize("name", ["overview", "desk-people"])
def test_the_number_of_queries_does_not_depend_on_the_rows(made, officer, name):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(reverse(f"consent:{name}")).status_code == 200
        return len(queries)

    asked()
    before = asked()
    made.give()
    for number in range(5):
        record = cast.contact(made.org.contacts, f"P{number} Person")
        say(made, record, "A6-1-b")
    assert asked() == before


@pytest.mark.parametrize("name", ["overview", "desk-people"])
def test_only_who_keeps_consent_sees_them(made, name):
    for who in ("operator", "auditor"):
        assert pages.at_the_desk(made.org.users[who]).get(reverse(f"consent:{name}")).status_code == 403
    officer = pages.at_the_desk(made.org.users["officer"])
    assert officer.get(reverse(f"consent:{name}")).status_code == 200
