"""A correction asked for without fields: an officer writes them down from what the person wrote (R7, W4)."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portals_core.plumbing import outbox
from portals_core.records.models import Record
from requests.arriving import codes
from requests.casebook import reads
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST, again
from tests.requests.pages import browser, words
from tests.requests.proving import ask, code_in, latest, proof_of

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


TYPED = {"value_name": "X", "initial-value_name": ""}


def page(case) -> str:
    return reverse("dsr_requests:case", args=[case.pk])


def act(name: str, case) -> str:
    return reverse(f"dsr_requests:{name}", args=[case.pk])


@pytest.fixture
def proved(made):
    """A correction asked for by the form without an account, whose address is proved."""
    case = ask("robin@people.example", "rectify", text="My name is misspelt.")
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=cast.NOW)
    return again(case)


def test_an_officer_writes_down_the_fields_decides_and_the_record_is_corrected(made, proved):
    desk = browser(made, "officer")
    shown = words(desk.get(page(proved)))
    assert "Correct fields of this person" in shown and "Decide on the corrections" not in shown
    form = desk.get(act("corrections", proved)).context["form"]
    sent = {field.html_name: field.value() or "" for field in form}
    sent |= {
        field.html_initial_name: field.value() or "" for field in form if field.name.startswith("value_")
    }
    assert desk.post(act("corrections", proved), {**sent, "value_name": "Robin Right"}).url == page(proved)
    (proposed,) = reads.corrections(made.actor("officer"), proved)
    assert (proposed.field, proposed.proposed) == ("name", "Robin Right")
    assert "case.corrections" in case_cast.codes(proved)
    answer = {f"answer_{proposed.id}": "yes"}
    assert desk.post(act("decide-yes", proved), answer).url == page(proved)
    outbox.drain()
    assert again(proved).state == "fulfilled"
    assert Record.objects.visible_to(TEST).get(pk=made.stranger.pk).values["name"] == "Robin Right"


def test_fields_are_written_down_once_and_only_where_they_are_missing(made, proved):
    desk = browser(made, "officer")
    nothing = desk.post(act("corrections", proved), {})
    assert nothing.status_code == 400 and "Say what is wrong" in words(nothing)
    other = case_cast.file(made, "export")
    assert desk.post(act("corrections", other), TYPED).status_code == 409
    mine = case_cast.file(made, "rectify", proposals={"name": "Sage Other"})
    assert desk.post(act("corrections", mine), TYPED).status_code == 409
    assert "Correct fields of this person" not in words(desk.get(page(mine)))
