"""Saved views of the queue: one's own, shared ones, the one to begin with."""

import re

import pytest
from django.urls import reverse

from portals_core.access.actor import ANONYMOUS
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from requests.desk import saved_views
from requests.models import ChosenView, SavedView
from tests.requests.case_cast import LATER, TEST
from tests.requests.many_cases import many
from tests.requests.pages import browser, words

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
QUEUE = "dsr_requests:queue"
LATE = {"due": "overdue", "kind": "delete"}


def save(made, who="officer", name="Late", filters=None, **more):
    return saved_views.save(
        actor=made.actor(who), name=name, filters=LATE if filters is None else filters, at=LATER, **more
    )


def names(made, who: str) -> list[str]:
    return [one.name for one in saved_views.views(made.actor(who))]


def test_a_view_is_ones_own_until_it_is_shared(made):
    save(made)
    assert (names(made, "officer"), names(made, "second_officer")) == (["Late"], [])
    view = save(made, shared=True)
    assert names(made, "second_officer") == names(made, "auditor") == ["Late"]
    assert SavedView.objects.visible_to(TEST).count() == 1
    assert saved_views.filters_of(view) == LATE
    assert names(made, "operator") == names(made, "subject") == []
    assert not SavedView.objects.visible_to(ANONYMOUS).exists()


def test_only_its_owner_deletes_a_view(made):
    view = save(made, shared=True)
    with pytest.raises(Absent):
        saved_views.delete(actor=made.actor("second_officer"), view=view.pk, at=LATER)
    saved_views.choose(actor=made.actor("second_officer"), view=view.pk, at=LATER)
    saved_views.delete(actor=made.actor("officer"), view=view.pk, at=LATER)
    assert names(made, "officer") == [] and not ChosenView.objects.visible_to(TEST).exists()
    codes = set(LedgerEntry.objects.filter(about=f"case_view:{view.pk}").values_list("code", flat=True))
    assert codes == {"case_view.saved", "case_view.chosen", "case_view.deleted"}


def test_a_view_has_a_name_and_filters_that_exist(made, monkeypatch):
    for given in ({"name": " "}, {"name": "x" * 81}, {"filters": {}}, {"filters": {"password": "x"}}):
        with pytest.raises(BadInput):
            save(made, **given)
    for who in ("operator", "subject"):
        with pytest.raises(Forbidden):
            save(made, who)
    monkeypatch.setattr(saved_views, "MOST", 1)
    save(made)
    save(made, filters={"kind": "stop"})
    with pytest.raises(Conflict):
        save(made, name="Another")
    save(made, "second_officer")


def test_the_queue_opens_with_the_view_that_was_chosen(made):
    many(made, 1)
    desk = browser(made, "officer")
    view = save(made, filters={"due": "2020-01-01", "kind": "delete"})
    assert "2020-00000" in words(desk.get(reverse(QUEUE)))
    assert desk.post(reverse("dsr_requests:view-choose"), {"view": view.pk}).url == reverse(QUEUE)
    opened = desk.get(reverse(QUEUE))
    assert opened.url == f"{reverse(QUEUE)}?kind=delete&by=2020-01-01"
    assert "No request matches these filters." in words(desk.get(opened.url))
    assert "2020-00000" in words(desk.get(reverse(QUEUE) + "?open"))
    assert "2020-00000" in words(browser(made, "second_officer").get(reverse(QUEUE)))
    desk.post(reverse("dsr_requests:view-choose"), {"view": ""})
    assert "2020-00000" in words(desk.get(reverse(QUEUE)))


def test_a_view_of_somebody_else_is_not_chosen_and_one_no_longer_shared_not_opened(made):
    view = save(made)
    desk = browser(made, "second_officer")
    assert desk.post(reverse("dsr_requests:view-choose"), {"view": view.pk}).status_code == 404
    save(made, shared=True)
    assert desk.post(reverse("dsr_requests:view-choose"), {"view": view.pk}).status_code == 302
    assert desk.get(reverse(QUEUE)).status_code == 302
    save(made, shared=False)
    assert desk.get(reverse(QUEUE)).status_code == 200


def test_filters_are_saved_and_deleted_on_the_page(made):
    desk = browser(made, "officer", csrf=False)
    page = desk.get(reverse(QUEUE), LATE)
    (back,) = set(re.findall(r'name="back" value="([^"]*)"', page.content.decode()))
    back = back.replace("&amp;", "&")
    empty = desk.post(reverse("dsr_requests:view-save"), {"back": back, "name": ""})
    assert empty.status_code == 400 and "Please check these points" in words(empty)
    sent = desk.post(reverse("dsr_requests:view-save"), {"back": back, "name": "Late ones"})
    assert sent.status_code == 302 and "kind=delete" in sent.url
    assert "Late ones mine" in words(desk.get(sent.url))
    (view,) = saved_views.views(made.actor("officer"))
    gone = reverse("dsr_requests:view-delete", args=[view.pk])
    assert browser(made, "second_officer").post(gone).status_code == 404
    assert desk.post(gone).status_code == 302
    assert names(made, "officer") == []
