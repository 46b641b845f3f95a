"""What the database holds by itself: nothing that was published or decided is ever edited (W15, D8, D11)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from consent.grounds import recording
from consent.models import Basis, Decision, Text
from portals_core.plumbing.errors import Broken
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"]), pytest.mark.both]


@pytest.fixture
def made():
    return consent_cast.set_up()


def refused(model, pk, **change):
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.visible_to(LOOK).filter(pk=pk).update(**change)


def test_a_published_text_is_frozen(made):
    refused(Text, made.text.pk, body="Something else.")
    made.text.body = "Something else."
    with pytest.raises(Broken):
        made.text.save()
    assert Text.objects.visible_to(LOOK).get(pk=made.text.pk).body == "We write to you once a month."


def test_a_decision_is_frozen(made):
    given = made.give()
    refused(Decision, given.pk, state="refused")
    with pytest.raises(Broken):
        given.save()


def test_a_basis_only_ends_and_only_once(made):
    basis = recording.record_basis(
        actor=made.actor("officer"), subject=made.org.subject.pk, basis="A6-1-b", at=cast.NOW
    )
    later = cast.NOW + timedelta(days=1)
    refused(Basis, basis.pk, basis="A6-1-a")
    refused(Basis, basis.pk, basis="A6-1-a", valid_to=later)
    assert Basis.objects.visible_to(LOOK).filter(pk=basis.pk).update(valid_to=later) == 1
    refused(Basis, basis.pk, valid_to=None)
    refused(Basis, basis.pk, valid_to=later + timedelta(days=1))
