"""Two officers, or two windows of one, open a request at the same moment. PostgreSQL only: SQLite has one
writer at a time by nature. Each race is run once with its guard taken away, to show that it is one."""

import threading
from collections.abc import Iterator

import pytest
from django.db import IntegrityError

from portals_core.plumbing import clock
from requests.desk import presence
from requests.models import Presence
from tests import cast
from tests.concurrency.racing import PATIENCE, at_once
from tests.requests.case_cast import TEST, file

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def made(transactional_db) -> Iterator[cast.Organisation]:
    yield cast.set_up()


def opening(made, case, who):
    actor, at = made.actor(who), clock.now()
    return lambda: presence.here(actor, case, at)


def rows() -> list[str]:
    return sorted(row.user.name for row in Presence.objects.visible_to(TEST).select_related("user"))


def test_of_two_who_open_it_at_once_at_least_one_sees_the_other(made):
    """Whoever is noted later reads the earlier one: nobody works on unseen until the page asks again."""
    case = file(made, "export")
    seen = at_once(opening(made, case, "officer"), opening(made, case, "second_officer"))
    names = [made.users["second_officer"].name], [made.users["officer"].name]
    assert seen[0] == names[0] or seen[1] == names[1]
    assert presence.others(made.actor("officer"), case, clock.now()) == names[0]
    assert presence.others(made.actor("second_officer"), case, clock.now()) == names[1]


def test_who_read_before_being_noted_would_see_nobody(made, monkeypatch):
    """The control of the test above: both looked around before either was there."""
    case, looked = file(made, "export"), threading.Barrier(2)

    def looking_first(actor, found, at):
        seen = presence.others(actor, found, at)
        looked.wait(timeout=PATIENCE)
        presence._note(actor.user_id, found, at)
        return seen

    monkeypatch.setattr(presence, "here", looking_first)
    assert at_once(opening(made, case, "officer"), opening(made, case, "second_officer")) == [[], []]


@pytest.fixture
def both_new(monkeypatch) -> type:
    """Two windows that both find no row of theirs before either writes one."""
    queryset, found = type(Presence.objects.visible_to(TEST)), threading.Barrier(2)
    update = queryset.update

    def together(self, **values):
        changed = update(self, **values)
        if self.model is Presence:
            found.wait(timeout=PATIENCE)
        return changed

    monkeypatch.setattr(queryset, "update", together)
    return queryset


def test_two_windows_of_one_officer_are_one_officer(made, both_new):
    case = file(made, "export")
    assert at_once(*[opening(made, case, "officer")] * 2) == [[], []]
    assert rows() == [made.users["officer"].name]


def test_without_passing_over_what_is_there_one_window_would_fail(made, both_new, monkeypatch):
    """The control of the test above."""
    create = both_new.bulk_create
    monkeypatch.setattr(both_new, "bulk_create", lambda self, found, **_given: create(self, found))
    case = file(made, "export")
    results = at_once(*[opening(made, case, "officer")] * 2)
    assert [type(one) for one in results].count(IntegrityError) == 1


def test_five_who_open_it_at_once_are_all_there(made):
    """Beyond two: each is noted once, and each of them reads the other four."""
    case, names = file(made, "export"), ["officer", "second_officer", "third", "fourth", "fifth"]
    for name in names[2:]:
        made.users[name] = cast.staff(name, "officer")
    assert all(isinstance(one, list) for one in at_once(*(opening(made, case, name) for name in names)))
    assert rows() == sorted(made.users[name].name for name in names)
    for name in names:
        others = sorted(made.users[one].name for one in names if one != name)
        assert presence.others(made.actor(name), case, clock.now()) == others
