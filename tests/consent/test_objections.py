"""Objections to advertising and sharing: who records them, and what stands (Art. 21(2), (3))."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consent.deciding import objections
from consent.models import Objection, Signal
from consent.standing import gate
from portals_core.access.actor import ANONYMOUS
from portals_core.locks import place
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Absent, BadInput, Broken, Forbidden
from tests import cast
from tests.consent import consent_cast, pages
from tests.consent.consent_cast import LOOK, leaves, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    with time_machine.travel(cast.NOW, tick=False):
        found = consent_cast.set_up()
        found.news.marketing = True
        found.news.save()
        yield found


@pytest.fixture
def subject(made):
    return made.org.subject.pk


def object_to(actor, subject, **changed):
    given = {"marketing": True, "sharing": False, "signal": Signal.PORTAL, "at": clock.now(), **changed}
    return objections.object_to(actor=actor, subject=subject, **given)


def stored(subject) -> list[tuple[str, bool, bool]]:
    rows = Objection.objects.visible_to(LOOK).filter(subject=subject).order_by("at")
    return [(one.signal, one.marketing, one.sharing) for one in rows]


def days(count):
    return time_machine.travel(cast.NOW + timedelta(days=count), tick=False)


# --- who ------------------------------------------------------------------------------------------------


def test_one_objects_for_oneself_and_it_holds_at_once(made, subject):
    """D15, Art. 21(3): the row, its leaf; no decision is touched."""
    made.give(at=clock.now())
    with days(1):
        assert gate.allowed(subject, "news", "email")
        object_to(made.actor("subject"), subject)
        assert not gate.allowed(subject, "news", "email")
    assert states(subject) == ["obtained"]
    assert leaves("objection.recorded") == 1


def test_it_is_announced_with_what_it_is_about(made, subject, monkeypatch):
    told = []
    monkeypatch.setattr(outbox, "announce", lambda event, **ids: told.append((event, ids)))
    object_to(made.actor("subject"), subject, sharing=True)
    about = {"about": f"record:{subject}", "marketing": True, "sharing": True}
    assert told == [("consent.objected", about)]


@pytest.mark.parametrize("whom", ["added", "stranger"])
def test_nobody_objects_for_somebody_else(made, whom):
    """Decision 14: people one added are asked themselves."""
    with pytest.raises(Absent):
        object_to(made.actor("subject"), getattr(made.org, whom).pk)
    with pytest.raises(Absent):
        object_to(made.actor("subject"), None)


def test_staff_who_keep_consent_record_what_they_were_told(made, subject):
    officer = made.actor("officer")
    found = object_to(officer, subject, signal=Signal.STAFF)
    assert (found.recorded_by_id, found.signal) == (officer.user_id, "staff")
    cast.take_away("consent.manage", role="officer")
    with pytest.raises(Forbidden):
        object_to(made.actor("officer"), made.org.stranger.pk, signal=Signal.STAFF)
    assert stored(made.org.stranger.pk) == []


@pytest.mark.parametrize(
    ("who", "signal"),
    [
        ("subject", Signal.STAFF),
        ("subject", Signal.CASE),
        ("officer", Signal.GPC),
        ("officer", Signal.PORTAL),
    ],
)
def test_nobody_claims_a_way_that_is_not_theirs(made, subject, who, signal):
    with pytest.raises(Forbidden):
        object_to(made.actor(who), subject, signal=signal)
    assert stored(subject) == []


def test_a_visitor_records_nothing(made, subject):
    with pytest.raises(Forbidden):
        object_to(ANONYMOUS, subject)


def test_an_objection_to_nothing_is_refused(made, subject):
    with pytest.raises(BadInput):
        object_to(made.actor("subject"), subject, marketing=False)


def test_a_record_that_is_no_person_cannot_object(made):
    order = cast.order(made.org, "7", made.org.subject)
    with pytest.raises(Absent):
        object_to(made.actor("officer"), order.pk, signal=Signal.STAFF)


def test_a_restriction_keeps_nobody_from_objecting(made, subject):
    """It only stops processing."""
    place.place(actor=LOOK, record=subject, ground="restriction", reason="r", placed_by="x", at=clock.now())
    object_to(made.actor("subject"), subject)
    assert stored(subject) == [("portal", True, False)]


@pytest.mark.both
def test_it_is_never_edited(made, subject):
    """The database refuses what the model refuses."""
    found = object_to(made.actor("subject"), subject)
    with pytest.raises(Broken):
        found.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.visible_to(LOOK).filter(pk=found.pk).update(marketing=False)
    assert stored(subject) == [("portal", True, False)]


# --- what stands ----------------------------------------------------------------------------------------


def test_the_same_again_stores_nothing_while_it_stands(made, subject):
    actor = made.actor("subject")
    first = object_to(actor, subject)
    with days(1):
        assert object_to(actor, subject).pk == first.pk
        assert object_to(made.actor("officer"), subject, signal=Signal.STAFF).pk == first.pk
    assert leaves("objection.recorded") == 1


def test_more_than_what_stands_is_stored(made, subject):
    actor = made.actor("subject")
    object_to(actor, subject)
    with days(1):
        object_to(actor, subject, sharing=True)
        object_to(actor, subject, marketing=False, sharing=True)
    assert stored(subject) == [("portal", True, False), ("portal", True, True)]


def test_after_a_consent_the_same_objection_is_a_new_one(made, subject):
    """What the person agreed to since outranked the first; the second stops it again."""
    actor = made.actor("subject")
    object_to(actor, subject)
    with days(1):
        made.give(at=clock.now())
        assert gate.allowed(subject, "news", "email")
    with days(2):
        object_to(actor, subject)
        assert not gate.allowed(subject, "news", "email")
    assert len(stored(subject)) == 2


def test_a_consent_to_a_purpose_it_is_not_about_leaves_it_standing(made, subject):
    made.news.marketing = False
    made.news.save()
    actor = made.actor("subject")
    object_to(actor, subject)
    with days(1):
        made.give(at=clock.now())
        object_to(actor, subject)
    assert len(stored(subject)) == 1


def test_the_first_signal_of_a_browser_is_the_only_one(made, subject):
    """It is stored beside what stands, and after a consent not again: else it would undo that every day."""
    actor = made.actor("subject")
    object_to(actor, subject, sharing=True)
    with days(1):
        object_to(actor, subject, sharing=True, signal=Signal.GPC)
    with days(2):
        made.give(at=clock.now())
        object_to(actor, subject, sharing=True, signal=Signal.GPC)
        assert gate.allowed(subject, "news", "email")
    assert stored(subject) == [("portal", True, True), ("gpc", True, True)]


def test_what_stands_is_the_newest_of_each_sort(made, subject):
    actor = made.actor("subject")
    assert objections.standing(subject) == []
    object_to(actor, subject, sharing=True, signal=Signal.GPC)
    assert [one.signal for one in objections.standing(subject)] == ["gpc"]
    with days(1):
        made.give(at=clock.now())
    with days(2):
        object_to(actor, subject)
    assert [one.signal for one in objections.standing(subject)] == ["portal", "gpc"]
    assert objections.standing(made.org.stranger.pk) == []


# --- the page -------------------------------------------------------------------------------------------


@pytest.fixture
def client(made):
    return pages.signed_in(made.org.users["subject"])


def shown(made, who="subject") -> str:
    return render_to_string("consent/objection.html", {"objection": objections.own(made.actor(who))})


def test_the_button_stops_advertising_and_goes_once_it_was_pressed(made, client, subject):
    before = shown(made)
    assert "Stop using my data for advertising" in before and "alert" not in before
    assert "yourself only" in before
    answer = client.post(reverse("consent:object"), {"about": "marketing"}, follow=True)
    assert "Recorded. From now on your data is not used for advertising." in answer.content.decode()
    assert stored(subject) == [("portal", True, False)]
    after = shown(made)
    assert "You objected to advertising on March 5, 2026 (In the portal)." in after
    assert "Stop using my data" not in after


def test_passing_on_is_offered_where_something_is_passed_on(made, client, subject):
    assert "Stop passing my data on" not in shown(made)
    made.news.sharing = True
    made.news.save()
    assert "Stop passing my data on" in shown(made)
    client.post(reverse("consent:object"), {"about": "sharing"})
    assert stored(subject) == [("portal", False, True)]
    assert "You objected to sharing on" in shown(made) and "Stop passing my data on" not in shown(made)


def test_after_a_consent_the_button_is_back(made, client):
    client.post(reverse("consent:object"))
    with days(1):
        made.give(at=clock.now())
        assert "Stop using my data for advertising" in shown(made)


def test_opening_the_address_changes_nothing(made, client, subject):
    """W16."""
    assert client.get(reverse("consent:object")).status_code == 405
    assert stored(subject) == []


def test_of_staff_and_of_nobody_nothing_is_shown(made):
    nothing = {"standing": [], "can_marketing": False, "can_sharing": False}
    assert objections.own(ANONYMOUS) == nothing == objections.own(made.actor("officer"))


def test_what_is_shown_costs_the_same_with_and_without_objections(made, subject):
    actor = made.actor("subject")
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as asked:
            objections.own(actor)
        counts.append(len(asked))
        object_to(actor, subject, sharing=True)
        object_to(actor, subject, sharing=True, signal=Signal.GPC)
    assert counts[1] <= counts[0] + 1


def test_staff_enter_at_the_desk_what_a_person_told_them(made, subject):
    """Art. 21(2): by phone it holds as it does by button."""
    made.give()
    desk = pages.at_the_desk(made.org.users["officer"])
    page = reverse("consent:desk-subject", args=[subject])
    before = desk.get(page).content.decode()
    assert "The person has objected to nothing." in before and "Objected" not in before
    address = reverse("consent:desk-object", args=[subject])
    assert desk.get(address).status_code == 405
    assert desk.post(address, {"about": "marketing"}).status_code == 302
    (stored,) = objections.standing(subject)
    assert (stored.marketing, stored.sharing, stored.signal) == (True, False, Signal.STAFF)
    shown = desk.get(page).content.decode()
    assert "Told to staff" in shown and "Objected" in shown
    operator = pages.at_the_desk(made.org.users["operator"])
    assert operator.post(address, {"about": "sharing"}).status_code == 403
    assert len(objections.standing(subject)) == 1
