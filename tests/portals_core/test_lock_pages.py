"""Locks as people meet them: on records, in lists, in forms, in the register (L5, L8, L11, L12, L17-L20)."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.formats import date_format

from portals_core.locks import manual, place, rules
from portals_core.people.models import ModuleAccess
from portals_core.plumbing import outbox
from portals_core.records.models import Record
from tests import cast
from tests.portals_core.test_roles import SALES, define, hire
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SECRET = "INTERNAL-REASON"
RULE = "Checked addresses"
PLAIN = "We keep the address that was checked."
CASE = "3f0c1c2e-7d1a-4c55-9a55-0d8b3a1d6c11"


@pytest.fixture
def made():
    return cast.set_up()


def text(response):
    return response.content.decode()


def page_of(record, *rest, room="m"):
    return "/".join([f"/{room}", record.module.key, str(record.pk), *rest, ""])


def at_desk(record, *rest):
    return page_of(record, *rest, room="desk/records")


def now(record):
    return Record.objects.visible_to(cast.SETTING_UP).get(pk=record.pk)


def lock(record, ground="restriction", by=f"case:{CASE}", **more):
    given = {"reason": SECRET, "at": cast.NOW, **more}
    return place.place(actor=cast.SETTING_UP, record=record.pk, ground=ground, placed_by=by, **given)


def checked_addresses(made, **more):
    """A rule that keeps the address of every contact there is, and nothing else of it."""
    rules.set_mode(actor=made.actor("administrator"), module=made.contacts, mode="both", at=cast.NOW)
    described = {
        "name": RULE,
        "conditions": {"field": "email", "how": "not_empty"},
        "ground": "retention",
        "law": SECRET,
        "plain": PLAIN,
        "fields_mode": "only",
        "fields": ["email"],
        "existing": True,
        **more,
    }
    row = rules.define_rule(
        actor=made.actor("administrator"), module=made.contacts, description=described, at=cast.NOW
    )
    outbox.drain(about=f"lock_rule:{row.pk}")
    return row


def held(made, record, who="officer", **more):
    given = {"ground": "legal_hold", "reason": "Court file 7", "at": cast.NOW, **more}
    return manual.lock_record(actor=made.actor(who), record=record.pk, **given)[0]


def asked(page, **change):
    """What the form of a page would send."""
    form = page.context["form"]
    sent = {f"f-{name}": form[name].value() or "" for name in form.fields}
    return {**sent, "kept": [one.key for one in form.kept], **change}


# --- the record's page -------------------------------------------------------------------------------


def test_the_desk_tells_all_of_a_lock_and_the_portal_its_plain_ground(made):
    """L8, L12: rule, reason, acts, fields and whom it binds are for staff."""
    checked_addresses(made, actions=["edit", "delete"], binds="except", roles=["administrator"])
    desk, portal = (
        text(seat(made, "operator").get(at_desk(made.subject))),
        text(seat(made, "subject").get(page_of(made.subject))),
    )
    for words in (RULE, SECRET, "editing, deleting", "Only E-mail", "Everybody but Administrator"):
        assert words in desk
    assert PLAIN in portal and RULE not in portal and SECRET not in portal


def test_the_portal_tells_until_when_and_only_locks_that_bind_the_person(made):
    """L8, L9: the date with the ground; a lock for a role of staff says nothing to the subject."""
    until = date(2031, 12, 31)
    lock(made.subject, "retention", ends_on=until)
    subject = seat(made, "subject")
    assert f"until {date_format(until)}" in text(subject.get(page_of(made.subject)))
    checked_addresses(made, binds="only", roles=["operator"])
    assert PLAIN not in text(subject.get(page_of(made.added)))
    assert RULE in text(seat(made, "operator").get(at_desk(made.added)))


def test_past_locks_say_who_ended_them_and_why(made):
    """L12, L18: the history is folded; a lock in force is not among it."""
    ended = held(made, made.subject)
    later = cast.NOW + timedelta(days=1)
    manual.unlock(actor=made.actor("second_officer"), lock=ended.pk, reason="Settled out of court", at=later)
    held(made, made.subject, reason="Court file 8")
    page = text(seat(made, "operator").get(at_desk(made.subject)))
    standing, _summary, past = page.partition("Past locks")
    assert "Court file 8" in standing and "Court file 7" not in standing
    assert "Court file 7" in past and "Settled out of court" in past and "Second_Officer" in past
    assert "Past locks" not in text(seat(made, "operator").get(at_desk(made.stranger)))


def test_a_role_limited_to_fields_learns_no_other_from_a_lock(made):
    """F9: of the fields a lock keeps, only those in sight are named."""
    define(made, SALES)
    hire(made, "sales", SALES)
    checked_addresses(made, fields=["health", "email"])
    page = text(seat(made, "sales").get(at_desk(made.subject)))
    assert "Only E-mail" in page and "Health note" not in page
    assert "Health note" in text(seat(made, "operator").get(at_desk(made.subject)))


@pytest.mark.parametrize(("who", "address"), [("subject", page_of), ("operator", at_desk)])
def test_what_a_lock_refuses_is_not_offered_and_a_direct_address_gets_423(made, who, address):
    """L20: the sentence names the act, the code the ground and no reason; the free record is the twin."""
    ModuleAccess.objects.visible_to(cast.SETTING_UP).update(can_delete=True, can_clone=True)
    acts = {"edit": "editing"} | ({"delete": "deleting", "clone": "cloning"} if who == "subject" else {})
    client = seat(made, who)
    for locked in (False, True):
        if locked:
            lock(made.added)
        page = text(client.get(address(made.added)))
        assert ('name="body"' in page) is not locked
        for act, word in acts.items():
            assert (f'href="{address(made.added, act)}"' in page) is not locked
            answer = client.get(address(made.added, act))
            assert answer.status_code == (423 if locked else 200)
            assert not locked or (word in text(answer) and "423 restriction" in text(answer))
            assert not locked or (SECRET in text(answer)) is (who == "operator")
    assert ("kind=rectify" in text(client.get(address(made.added, "edit")))) is (who == "subject")


# --- lists -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "address"), [("subject", "/m/orders/"), ("operator", "/desk/records/orders/")]
)
def test_a_list_marks_locked_rows_by_one_query_for_the_page(made, who, address):
    """L20: the mark has words, at the desk the rule or the ground and since when; 1 row and 50, locked and
    free, cost the same."""
    client, counts, orders = seat(made, who), [], [cast.order(made, "N0", made.subject)]

    def look():
        with CaptureQueriesContext(connection) as queries:
            page = text(client.get(address))
        counts.append(len(queries))
        return page.count("Locked: ")

    assert look() == 0
    lock(orders[0])
    assert look() == 1
    since = "Locked: Processing restricted, since March 5, 2026"
    assert (since in text(client.get(address))) is (who == "operator")
    orders += [cast.order(made, f"N{number}", made.subject) for number in range(1, 50)]
    assert look() == 1
    for order in orders[1:]:
        lock(order)
    assert look() == 50 and len(set(counts)) == 1, counts
    assert SECRET not in text(client.get(address))


# --- forms -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "address", "told", "untold"),
    [("subject", page_of, PLAIN, RULE), ("operator", at_desk, RULE, PLAIN)],
)
def test_a_kept_field_is_shown_with_its_reason_and_the_others_change(made, who, address, told, untold):
    """L11, L8: staff read rule and reason, the subject the plain ground."""
    client = seat(made, who)
    assert "f-email" in asked(client.get(address(made.subject, "edit")))
    checked_addresses(made)
    page = client.get(address(made.subject, "edit"))
    assert told in text(page) and untold not in text(page) and "sage@people.example" in text(page)
    sent = asked(page, **{"f-name": "Sage Summer"})
    assert "f-email" not in sent and sent["kept"] == ["email"]
    assert client.post(address(made.subject, "edit"), sent).status_code == 302
    assert now(made.subject).values["name"] == "Sage Summer"
    assert now(made.subject).values["email"] == "sage@people.example"


def test_a_field_named_as_kept_and_sent_all_the_same_is_not_written(made):
    """L11: what the form says it left out is left out, whoever writes it into the form."""
    checked_addresses(made)
    client, address = seat(made, "operator"), at_desk(made.subject, "edit")
    sent = asked(client.get(address), **{"f-email": "other@people.example"})
    assert client.post(address, sent).status_code == 302
    assert client.post(address, {**sent, "kept": []}).status_code == 423
    assert now(made.subject).values["email"] == "sage@people.example"


@pytest.mark.parametrize(("who", "address"), [("subject", page_of), ("operator", at_desk)])
def test_a_lock_that_comes_while_the_form_is_open_wins_and_nothing_typed_is_lost(made, who, address):
    """Point 5 of locks at save: the typed value is there to copy, the rest can be saved from that page."""
    client, url = seat(made, who), address(made.subject, "edit")
    sent = asked(client.get(url), **{"f-email": "typed@people.example", "f-name": "Sage Summer"})
    checked_addresses(made)
    refused = client.post(url, sent)
    assert refused.status_code == 423 and now(made.subject).version == 1
    assert "typed@people.example" in text(refused) and 'value="Sage Summer"' in text(refused)
    assert (RULE in text(refused)) is (who == "operator") and "Error:" in text(refused)
    assert client.post(url, asked(refused)).status_code == 302
    assert now(made.subject).values["name"] == "Sage Summer"
    assert now(made.subject).values["email"] == "sage@people.example"


def test_a_whole_lock_at_save_leaves_all_that_was_typed_and_no_button(made):
    client, url = seat(made, "operator"), at_desk(made.subject, "edit")
    page = client.get(url)
    sent = asked(page, **{"f-name": "Sage Summer", "f-phone": "+49 30 1"})
    lock(made.subject)
    refused = client.post(url, sent)
    assert refused.status_code == 423 and "Sage Summer" in text(refused) and "+49 30 1" in text(refused)
    assert ">Save<" in text(page) and ">Save<" not in text(refused)


# --- by hand -----------------------------------------------------------------------------------------


def test_a_hold_says_how_many_records_it_takes_along_and_locks_them(made):
    """L5, L17: the reason is mandatory; one hold more is refused, and then no longer offered."""
    line = cast.line(made, cast.order(made, "A1", made.subject), "Roof")
    cast.order(made, "B1", made.stranger)
    client, url = seat(made, "officer"), at_desk(made.subject, "lock")
    assert url in text(client.get(at_desk(made.subject))) and "2 more records" in text(client.get(url))
    sent = {"ground": "legal_hold", "reason": " ", "whole": "on"}
    assert client.post(url, sent).status_code == 400 and not place.in_force([made.subject.pk])
    answer = client.post(url, {**sent, "reason": "Court file 7"}, follow=True)
    assert "3 records were locked" in text(answer) and line.pk in place.in_force([line.pk])
    assert url not in text(client.get(at_desk(made.subject))) and client.get(url).status_code == 409


def test_a_ground_is_chosen_once_and_a_business_lock_takes_nothing_along(made):
    """L17: several locks stand together, one per ground by hand."""
    cast.order(made, "A1", made.subject)
    client, url = seat(made, "officer"), at_desk(made.subject, "lock")
    rules.set_mode(actor=made.actor("administrator"), module=made.contacts, mode="manual", at=cast.NOW)
    sent = {"ground": "business", "reason": "Under discussion"}
    assert client.post(url, {**sent, "whole": "on"}).status_code == 400
    assert not place.in_force([made.subject.pk])
    assert client.post(url, sent).status_code == 302
    assert client.post(url, sent).status_code == 400
    assert client.post(url, {"ground": "legal_hold", "reason": "Court file 7"}).status_code == 302
    grounds = {each.ground for each in place.in_force([made.subject.pk])[made.subject.pk]}
    assert grounds == {"business", "legal_hold"}


def test_business_locks_are_offered_where_the_module_and_the_role_allow(made):
    """L13, L17: an administrator locks for business, only an officer holds, an operator neither."""
    url = at_desk(made.subject, "lock")
    assert seat(made, "administrator").get(url).status_code == 409
    rules.set_mode(actor=made.actor("administrator"), module=made.contacts, mode="manual", at=cast.NOW)
    page = text(seat(made, "administrator").get(url))
    assert 'value="business"' in page and 'value="legal_hold"' not in page
    assert 'value="legal_hold"' in text(seat(made, "officer").get(url))
    operator = seat(made, "operator")
    assert operator.get(url).status_code == 403 and url not in text(operator.get(at_desk(made.subject)))
    forced = {"ground": "legal_hold", "reason": "x"}
    assert seat(made, "administrator").post(url, forced).status_code == 400
    assert not place.in_force([made.subject.pk])


def test_a_lock_placed_by_hand_gets_another_reason_and_ends_with_one(made):
    """L18, L19: for whoever may place it; others see no such button, and the address refuses them."""
    found = held(made, made.subject)
    ends, reason = (reverse(f"portals_core:lock-{name}", args=[found.pk]) for name in ("end", "reason"))
    officer, administrator = seat(made, "officer"), seat(made, "administrator")
    assert ends in text(officer.get(at_desk(made.subject)))
    assert ends not in text(administrator.get(at_desk(made.subject)))
    assert administrator.post(ends, {"reason": "x"}).status_code == 403
    assert officer.post(reason, {"reason": ""}).status_code == 400
    assert officer.post(reason, {"reason": "Court file 9"}).status_code == 302
    assert "Court file 9" in text(officer.get(ends))
    assert officer.post(ends, {"reason": ""}).status_code == 400 and place.in_force([made.subject.pk])
    assert officer.post(ends, {"reason": "Settled"}).status_code == 302
    assert not place.in_force([made.subject.pk]) and officer.get(ends).status_code == 409


def test_what_a_rule_or_a_request_locked_says_how_it_ends(made):
    """L19: no button, and the address refuses; the hold beside them has its button."""
    checked_addresses(made)
    case, hand = lock(made.subject), held(made, made.subject)
    officer = seat(made, "officer")
    page = text(officer.get(at_desk(made.subject)))
    ends = {one.id: reverse("portals_core:lock-end", args=[one.id]) for one in locks_of(made.subject)}
    assert [key for key, url in ends.items() if url in page] == [hand.pk]
    assert "conditions of the rule" in page and "Until the request that placed it" in page
    assert [officer.get(url).status_code for key, url in ends.items() if key != hand.pk] == [409, 409]
    assert reverse("dsr_requests:case", args=[CASE]) in page and case.pk in ends
    assert reverse("dsr_requests:case", args=[CASE]) not in text(
        seat(made, "operator").get(at_desk(made.subject))
    )


def locks_of(record):
    return place.in_force([record.pk])[record.pk]


# --- the register ------------------------------------------------------------------------------------


def test_the_register_narrows_by_ground_module_and_source(made):
    """Point 6: nothing locked, something, no match, and what is no filter."""
    client = seat(made, "officer")
    assert "Nothing is locked" in text(client.get("/desk/locks/"))
    order = cast.order(made, "A1", made.subject)
    lock(order)
    held(made, made.subject)

    def found(**wanted):
        page = client.get("/desk/locks/", wanted)
        return [told.ground.value for told, _named in page.context["locks"]]

    assert sorted(found()) == ["legal_hold", "restriction"]
    assert found(ground="legal_hold") == found(module="contacts") == found(source="manual") == ["legal_hold"]
    assert found(module="orders") == found(source="case") == ["restriction"]
    assert "No lock matches" in text(client.get("/desk/locks/", {"source": "automatic"}))
    assert client.get("/desk/locks/", {"ground": "nonsense"}).status_code == 400
    page = text(client.get("/desk/locks/"))
    assert at_desk(order) in page and reverse("dsr_requests:case", args=[CASE]) in page
    assert reverse("dsr_requests:case", args=[CASE]) not in text(seat(made, "operator").get("/desk/locks/"))


def test_pages_of_the_register_keep_the_filter_and_cost_the_same(made, monkeypatch):
    orders = [cast.order(made, f"N{number}", made.subject) for number in range(5)]
    lock(made.subject, "retention")
    lock(orders[0])
    client, counts = seat(made, "officer"), []

    def look(address):
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address)
        counts.append(len(queries))
        return page

    look("/desk/locks/?ground=restriction")
    for order in orders[1:]:
        lock(order)
    monkeypatch.setattr(place, "PAGE", 2)
    address, seen = "/desk/locks/?ground=restriction", []
    while address:
        page = look(address)
        assert "5 locks" in text(page)
        seen += [told.record for told, _named in page.context["locks"]]
        following = re.search(r'href="([^"]*)">Next page', text(page))
        address = following and following.group(1).replace("&amp;", "&")
    assert sorted(seen) == sorted(order.pk for order in orders) and len(set(counts)) == 1, counts


def test_the_register_of_a_limited_role_has_its_modules_alone(made):
    """F9: neither rows nor the filter name another module."""
    define(made, SALES)
    hire(made, "sales", SALES)
    lock(cast.line(made, cast.order(made, "A1", made.subject), "Roof"))
    lock(made.subject)
    page = seat(made, "sales").get("/desk/locks/")
    assert [told.record for told, _named in page.context["locks"]] == [made.subject.pk]
    assert page.context["count"] == 1 and "Order lines" not in text(page)
    assert seat(made, "sales").get("/desk/locks/", {"module": "lines"}).status_code == 400
    assert "Order lines" in text(seat(made, "operator").get("/desk/locks/"))
