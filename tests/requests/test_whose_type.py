"""P10: a case keeps the user type its requester had when they asked, and the queue is narrowed by it."""

from importlib import import_module

import pytest
from django.apps import apps

from portals_core.people import accounts, usertypes
from requests.desk import queue
from requests.desk.queue import Filters
from requests.models import Case
from tests import cast
from tests.requests.case_cast import LATER, TEST, again, file

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
PEOPLE = {"module": "contacts"}


@pytest.fixture
def partners(made):
    admin = made.actor("administrator")
    return usertypes.define_user_type(
        actor=admin, name="Partners", identity_module="contacts", modules=[PEOPLE], at=cast.NOW
    )


def found(made, user_type) -> list[str]:
    """Numbers that the queue keeps for a type, as its page and its count say."""
    wanted = Filters(user_type=str(user_type.pk))
    page = queue.page(made.actor("officer"), wanted, at=LATER)
    assert queue.count(made.actor("officer"), wanted, at=LATER) == len(page.cases)
    return [line.number for line in page.cases]


def become(made, who, user_type) -> None:
    user = made.users[who]
    usertypes.change_user_type(
        actor=made.actor("administrator"), user=user, user_type=user_type.pk, at=cast.NOW
    )
    user.refresh_from_db()


def test_a_request_stays_with_the_type_that_asked(made, partners):
    """Also when the account changes its type, and when the account is erased."""
    before = file(made, "export")
    assert found(made, made.user_type) == [before.number] and found(made, partners) == []
    become(made, "subject", partners)
    after = file(made, "stop")
    assert found(made, made.user_type) == [before.number] and found(made, partners) == [after.number]
    accounts.tombstone(made.users["subject"])
    assert found(made, made.user_type) == [before.number] and found(made, partners) == [after.number]


def test_what_an_officer_records_is_of_no_type(made, partners):
    recorded, filed = file(made, "export", "officer", subject=made.stranger.pk), file(made, "export")
    assert (again(recorded).user_type, again(filed).user_type) == (None, made.user_type.pk)
    assert found(made, made.user_type) == [filed.number]


def test_cases_stored_before_are_given_the_type_of_their_requester(made, partners):
    """By the migration; a case that nobody of the portal filed stays without."""
    filed, recorded = file(made, "export"), file(made, "stop", "officer", subject=made.stranger.pk)
    become(made, "stranger", partners)
    other = file(made, "export", "stranger")
    rows = Case.objects.visible_to(TEST)
    rows.update(user_type=None)
    import_module("requests.migrations.0007_whose_type_and_duplicates").fill(apps, None)
    assert dict(rows.order_by().values_list("number", "user_type")) == {
        filed.number: made.user_type.pk,
        recorded.number: None,
        other.number: partners.pk,
    }
