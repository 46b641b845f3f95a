"""Signing up on a public form, and what a confirmation brings (D16, T16)."""

from datetime import timedelta

import pytest
from django.db import transaction

from consent.catalogue import purposes
from consent.deciding import signups
from consent.models import Basis, Purpose, SignUp
from consent.standing import reads
from portals_core.ledger.models import LedgerEntry
from portals_core.ledger.reads import detail_of
from portals_core.locks import place
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Locked, TooMany
from portals_core.records.models import Field, Record
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, mails, stored, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    made = consent_cast.set_up()
    opened(made)
    return made


def opened(made):
    """The newsletter may be signed up for by anybody."""
    people = made.org.added.module
    Purpose.objects.visible_to(LOOK).filter(pk=made.news.pk).update(public_form=True, form_module=people)


def sign_up(made, **changed):
    given = {
        "purpose": "news",
        "text": made.text.pk,
        "email": "New.Reader@people.example",
        "name": "New  Reader",
        "at": cast.NOW,
        **changed,
    }
    signups.sign_up(**given)


def token(at=-1):
    return token_in(mails("consent.confirm_sign_up")[at])


def people():
    return Record.objects.visible_to(LOOK).filter(module__identity=True)


def waiting():
    return SignUp.objects.visible_to(LOOK)


def test_nothing_holds_and_nobody_is_searched_before_the_confirmation(made):
    """D16, promise 1."""
    before = people().count()
    sign_up(made)
    (entered,) = waiting()
    assert (entered.email, entered.name) == ("new.reader@people.example", "New Reader")
    assert people().count() == before and leaves("consent.given") == 0
    (mail,) = mails("consent.confirm_sign_up")
    assert mail.to == "new.reader@people.example" and mail.subject_id is None


def test_whether_an_address_is_known_shows_nowhere(made):
    """Promise 2: the same rows, entries and words for somebody there and for a stranger."""
    sign_up(made, email="ada@people.example", name="Ada")
    sign_up(made, email="nobody@people.example", name="Ada")
    known, strange = mails("consent.confirm_sign_up")
    assert known.body.replace(token(0), "") == strange.body.replace(token(1), "")
    assert known.title == strange.title and leaves("consent.signed_up") == 2
    assert len({entry.actor for entry in LedgerEntry.objects.filter(code="consent.signed_up")}) == 1


def test_a_stranger_who_confirms_is_entered_with_source_basis_and_consent(made):
    """T16, D18, Art. 15(1)(g)."""
    sign_up(made)
    decision = signups.confirm(token=token(), at=cast.NOW)
    record = people().get(pk=decision.subject)
    assert record.source == "form news"
    assert record.values[record.module.email_key] == "new.reader@people.example"
    assert (decision.state, decision.method, decision.authority) == ("obtained", "form", "self")
    bases = Basis.objects.visible_to(LOOK).filter(subject=record.pk, valid_to=None)
    assert {(one.purpose_id, one.basis) for one in bases} == {(None, "A6-1-a"), (made.news.pk, "A6-1-a")}
    assert reads.allowed(record.pk, "news", "email")
    assert not waiting().exists()
    assert [mail.to for mail in mails("consent.confirmed")] == ["new.reader@people.example"]


def test_somebody_we_know_is_found_by_the_address_they_proved(made):
    """No twin of the person is made, and their basis stays as it was."""
    before = people().count()
    sign_up(made, email="ADA@people.example", name=_name(made.org.added))
    decision = signups.confirm(token=token(), at=cast.NOW)
    assert decision.subject == made.org.added.pk and people().count() == before
    assert not Basis.objects.visible_to(LOOK).filter(subject=made.org.added.pk).exists()


def _name(record):
    return str(record.values[record.module.title_key]).upper()


@pytest.mark.parametrize("unique", [True, False])
def test_who_shares_a_mailbox_decides_for_nobody_else(made, unique):
    """Where addresses are not unique, another name behind the same one is another person."""
    module = made.org.added.module
    Field.objects.visible_to(LOOK).filter(module=module, key=module.email_key).update(unique=unique)
    sign_up(made, email="ada@people.example", name="Somebody Else")
    decision = signups.confirm(token=token(), at=cast.NOW)
    assert (decision.subject == made.org.added.pk) is unique


def test_the_link_works_once_and_for_some_days(made, settings):
    """W16."""
    sign_up(made)
    for _look in range(3):
        assert signups.waiting(token(), at=cast.NOW).sign_up.name == "New Reader"
    assert leaves("consent.given") == 0
    with pytest.raises(Absent):
        signups.waiting(token(), at=cast.NOW + timedelta(days=settings.SIGN_UP_DAYS))
    signups.confirm(token=token(), at=cast.NOW)
    with pytest.raises(Absent):
        signups.confirm(token=token(), at=cast.NOW)
    assert leaves("consent.given") == 1


def test_whoever_did_not_sign_up_has_it_deleted_at_once(made):
    sign_up(made)
    signups.deny(token=token(), at=cast.NOW)
    assert not waiting().exists() and leaves("consent.sign_up_denied") == 1
    with pytest.raises(Absent):
        signups.waiting(token(), at=cast.NOW)


def test_what_nobody_confirms_is_purged(made, settings, monkeypatch):
    """D16: the day it is due, not before, and the leaf counts and names nobody."""
    sign_up(made)
    due = cast.NOW + timedelta(days=settings.SIGN_UP_DAYS)
    for at, left in ((due - timedelta(seconds=1), 1), (due, 0)):
        monkeypatch.setattr(clock, "now", lambda at=at: at)
        run_purge()
        assert waiting().count() == left
    assert leaves("consent.sign_ups_purged") == 1
    (entry,) = LedgerEntry.objects.filter(code="consent.sign_ups_purged")
    assert detail_of(entry, LOOK) == {"rows": 1}


def test_the_ledger_keeps_no_address_of_somebody_unproven(made):
    """Data minimisation: what is purged must be gone."""
    sign_up(made)
    (entry,) = LedgerEntry.objects.filter(code="consent.signed_up")
    assert detail_of(entry, LOOK) == {"purpose": "news", "text": made.text.digest}
    assert "people.example" not in entry.about + entry.actor


def run_purge():
    with transaction.atomic():
        job = outbox.enqueue(signups.PURGE, about="duty:test")
    outbox.run_now(job)


def test_one_mailbox_is_not_flooded(made):
    """W18: alike to whoever tries."""
    for _again in range(signups.PER_ADDRESS + 3):
        sign_up(made)
    assert len(mails("consent.confirm_sign_up")) == signups.PER_ADDRESS == waiting().count()


def test_everybody_together_is_bounded(made, settings):
    settings.SIGN_UPS_PER_HOUR = 2
    for number in range(2):
        sign_up(made, email=f"reader{number}@people.example")
    with pytest.raises(TooMany):
        sign_up(made, email="reader3@people.example")
    sign_up(made, email="reader3@people.example", at=cast.NOW + timedelta(hours=1, seconds=1))


@pytest.mark.parametrize("name, email", [("", "a@b.example"), ("A", "nonsense"), ("x" * 201, "a@b.example")])
def test_bad_input_is_named_at_its_field(made, name, email):
    with pytest.raises(BadInput) as caught:
        sign_up(made, name=name, email=email)
    assert set(caught.value.fields) & {"name", "email"} and not waiting().exists()


def test_a_text_changed_meanwhile_is_not_agreed_to_unread(made):
    """W15: between the form and its sending, and between the message and the answer."""
    sign_up(made)
    made.republish()
    with pytest.raises(Conflict):
        sign_up(made, email="second@people.example")
    with pytest.raises(Conflict):
        signups.confirm(token=token(), at=cast.NOW)
    assert waiting().count() == 1, "the link stays good for the next try"
    assert leaves("consent.given") == 0


def test_a_form_that_is_closed_takes_nothing(made):
    purposes_row = Purpose.objects.visible_to(LOOK).filter(pk=made.news.pk)
    purposes_row.update(public_form=False)
    with pytest.raises(Absent):
        sign_up(made)
    with pytest.raises(Absent):
        signups.form("news", language="en")
    assert purposes.purpose("news").public_form is False


def test_somebody_restricted_agrees_to_nothing_new(made):
    """R9: the refusal leaves the link as it was."""
    sign_up(made, email="ada@people.example", name=_name(made.org.added))
    place.place(
        actor=LOOK,
        record=made.org.added.pk,
        ground="restriction",
        reason="test",
        placed_by="case:test",
        at=cast.NOW,
    )
    with pytest.raises(Locked):
        signups.confirm(token=token(), at=cast.NOW)
    assert waiting().count() == 1 and stored(made.org.added.pk) == []
