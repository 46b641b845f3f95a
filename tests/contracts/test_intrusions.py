"""Fields nobody asked for and changes nobody may make: ignored or refused, and kept (attacks 24, 25)."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.http import QueryDict
from django.test import Client

from portals_core import entry, intrusions
from portals_core.ledger.models import LedgerEntry
from portals_core.people import stepup
from portals_core.plumbing import clock
from portals_core.plumbing.limit_models import Spent
from portals_core.records.models import Record
from requests.models import Case
from tests import cast
from tests.contracts.test_claims import OURS
from tests.contracts.test_entries import filled, routes
from tests.portals_core import trail
from tests.requests.case_cast import TEST, rows
from tests.seats import seat

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"]), pytest.mark.timeout(300)]
#: What an attacker adds; nothing of it is a field of a form outsiders see.
EXTRA = {"status": "approved", "state": "approved", "owner": "1", "is_superuser": "on", "roles": "officer"}
VALUES = ("approved", "officer")
#: What belongs to keeping an attempt, and to looking at a page at all.
KEPT = {
    *("portals_core.LedgerEntry", "portals_core.LedgerDetail", "portals_core.Spent"),
    *("portals_core.TreeState", "portals_core.SubjectKey", "sessions.Session"),
}


@pytest.fixture
def made():
    return cast.set_up()


@pytest.fixture(autouse=True)
def no_cap(monkeypatch):
    """The walks try more pages than one account is counted for; the cap has a test of its own."""
    monkeypatch.setattr(intrusions, "MOST", 10_000)
    monkeypatch.setattr(intrusions, "MOST_OF_ALL", 10_000)


def posting(*who: str) -> list[tuple[str, str]]:
    """(route, who) of every page that takes a POST from these sorts of people."""
    found = [
        (route, pattern.callback.entry.who)
        for route, pattern in routes()
        if "POST" in pattern.callback.entry.methods and pattern.callback.entry.who in who
    ]
    return sorted(found)


def _just_confirmed(made: cast.Organisation, who: str) -> Client:
    """A client whose second factor was given a moment ago, where a page asks for that."""
    client = seat(made, who)
    session = client.session
    stepup.mark(session, at=clock.now())
    session.save()
    return client


def kept(code: str) -> list[tuple[str, dict]]:
    entries = LedgerEntry.objects.filter(code=code).order_by("created", "at")
    return [(one.actor, detail) for one, detail in zip(entries, trail.details(code), strict=True)]


def everything() -> dict[tuple[str, str], str]:
    """Every row of the product but those that keep the attempt."""
    models = [one._meta.label for one in apps.get_models() if one._meta.app_label in OURS]
    return rows(*(label for label in models if label not in KEPT and label != "portals_core.User"))


def test_added_fields_are_kept_whatever_page_they_are_sent_to(made):
    """25: every page that somebody from outside can post to, found by a walk; a new one is walked, too."""
    outside = posting(entry.PUBLIC, entry.PORTAL, entry.SIGNED_IN)
    assert len(outside) > 30
    silent = []
    for route, who in outside:
        before = LedgerEntry.objects.filter(code=intrusions.ADDED).count()
        client = Client() if who == entry.PUBLIC else _just_confirmed(made, "subject")
        client.raise_request_exception = False
        client.post(filled(route), EXTRA)
        if LedgerEntry.objects.filter(code=intrusions.ADDED).count() != before + 1:
            silent.append(route)
    assert silent == []
    for _actor, detail in kept(intrusions.ADDED):
        assert detail["fields"] == sorted(EXTRA) and detail["page"]
        assert not any(value in str(detail) for value in VALUES)


def test_added_fields_change_nothing_of_a_request(made):
    """25: the form without an account, with and without what was added; a control shows that it is filed."""
    stored = []
    given = {"kind": "export", "email": "robin@people.example", "form": "both"}
    for extra in ({}, {**EXTRA, "subject_id": str(made.stranger.pk), "proved_at": "2026-03-05"}):
        assert Client().post("/requests/new/", {**given, **extra}).status_code == 302
        case = Case.objects.visible_to(TEST).order_by("-filed_at", "-number").first()
        stored.append((case.state, case.kind, case.subject, case.proved_at, case.assignee_id))
    assert Case.objects.visible_to(TEST).count() == 2
    assert stored[0] == stored[1] == ("proving", "export", None, None, None)
    ((who, detail),) = kept(intrusions.ADDED)
    assert who == "anonymous" and {"subject_id", "proved_at", "owner"} <= set(detail["fields"])


def test_added_fields_change_nothing_of_a_record(made):
    """25, in the portal: the owner and the creator stay who they are, and the leaf names who tried."""
    client = seat(made, "subject")
    given = {"f-name": "Someone New", "f-email": "new@people.example", **EXTRA, "f-creator": "1"}
    page = client.post("/m/contacts/new/", given)
    assert page.status_code == 302
    record = Record.objects.visible_to(TEST).get(values__name="Someone New")
    assert (record.owner_id, record.creator_id) == (None, made.users["subject"].pk)
    ((who, detail),) = kept(intrusions.ADDED)
    assert who == made.actor("subject").ref and "creator" in detail["fields"]


def test_what_a_form_asks_for_is_no_attempt(made):
    """The passing twin: an honest request leaves no such leaf."""
    given = {"kind": "export", "email": "robin@people.example", "form": "both", "text": "please"}
    assert Client().post("/requests/new/", given).status_code == 302
    assert kept(intrusions.ADDED) == []


def test_what_is_read_from_a_copy_is_asked_for():
    """A page copies what was posted to show a changed form again."""
    posted = intrusions.Posted.of(QueryDict("status=1&state=2"))
    copied = posted.copy()
    copied["text"] = "3"
    assert (copied["status"], copied["text"], "text" in posted) == ("1", "3", False)
    assert posted.unasked() == ["state"]


def test_names_that_nobody_here_knows_are_not_kept(made):
    """What somebody typed may be personal."""
    Client().post("/requests/new/", {"vera@people.example": "x", "kind": "export"})
    assert kept(intrusions.ADDED) == []


def test_nobody_floods_the_ledger(made, monkeypatch):
    monkeypatch.setattr(intrusions, "MOST", 3)
    monkeypatch.setattr(intrusions, "MOST_OF_ALL", 5)
    for address, count in {"192.0.2.1": 3, "198.51.100.1": 5, "203.0.113.1": 5}.items():
        for _try in range(6):
            Client(REMOTE_ADDR=address).post("/requests/new/", EXTRA)
        assert len(kept(intrusions.ADDED)) == count, address
    assert Spent.objects.exists()


def test_an_auditor_changes_nothing_at_any_page_of_staff(made):
    """24: every page of staff that takes a POST and asks for a right that an auditor has not: 403, kept,
    and every row as it was."""
    actor = made.actor("auditor")
    walked = [
        (route, pattern)
        for route, pattern in routes()
        if (declared := pattern.callback.entry).who == entry.STAFF
        and "POST" in declared.methods
        and not any(actor.may(name) for name in declared.permissions)
    ]
    assert len(walked) > 60
    client = seat(made, "auditor")
    client.raise_request_exception = False
    before = everything()
    for route, _pattern in walked:
        assert client.post(filled(route), EXTRA).status_code == 403, route
    assert everything() == before
    assert [who for who, _detail in kept(intrusions.REFUSED)] == [actor.ref] * len(walked)
    assert len({detail["page"] for _who, detail in kept(intrusions.REFUSED)}) == len(walked)


#: Pages that an auditor may post to: what is their own, and what only makes a copy.
FOR_AUDITORS = {
    "audit/cases/<uuid:case>/evidence/",
    "audit/evidence/<uuid:bundle>/",
    "desk/cases/register/",
    "desk/cases/views/",
    "desk/cases/views/begin/",
    "desk/cases/views/<uuid:view>/delete/",
    "desk/register/export/<slug:kind>/",
}


def test_what_an_auditor_may_post_is_named(made):
    """24, the rest of the pages of staff; a new one has to be looked at."""
    actor = made.actor("auditor")
    assert {
        route
        for route, pattern in routes()
        if (declared := pattern.callback.entry).who == entry.STAFF
        and "POST" in declared.methods
        and (not declared.permissions or any(actor.may(name) for name in declared.permissions))
    } == FOR_AUDITORS


def test_looking_is_no_attempt_and_an_officer_may(made):
    """The passing twin: a refused GET leaves no leaf, an officer's POST is let in. Bait: the page that was
    looked at refuses a POST, too, and that is kept."""
    page, looked = filled("desk/cases/<uuid:case>/refuse/"), "/desk/user-types/new/"
    auditor = seat(made, "auditor")
    assert auditor.get(looked).status_code == 403
    assert seat(made, "officer").post(page).status_code == 404
    assert kept(intrusions.REFUSED) == []
    assert auditor.post(looked).status_code == 403
    assert len(kept(intrusions.REFUSED)) == 1
