"""What is held about a person: shown whole, erased whole."""

from datetime import timedelta
from uuid import uuid4

import pytest

from consent.deciding import answers, decisions
from consent.grounds import recording
from consent.models import Basis, Decision, Objection, Purpose, Question, Text
from consent.sources import Consent
from portals_core.plumbing.errors import Absent
from portals_core.plumbing.sources import SOURCES, Authority
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, leaves, mails, stored, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(days=1)
UNDER = Authority(case=uuid4(), act="erase", subject=uuid4())


@pytest.fixture
def made():
    made = consent_cast.set_up()
    officer = made.actor("officer")
    for who in ("subject", "stranger"):
        made.give(who)
        subject = made.actor(who).identity
        recording.record_basis(actor=officer, subject=subject, basis="A6-1-b", reason="Sale", at=cast.NOW)
        recording.record_basis(actor=officer, subject=subject, basis="A6-1-a", purpose="news", at=LATER)
    return made


def test_it_is_registered():
    assert isinstance(SOURCES.get("consent"), Consent)


def test_everything_is_exported_with_texts_and_every_basis(made):
    """D3, W15, W7: the subject's own and nobody else's."""
    decisions.withdraw(actor=made.actor("subject"), subject=made.org.subject.pk, purpose="news", at=LATER)
    rows = list(Consent().export(made.org.subject.pk, actor=LOOK))
    given, withdrawn, contract, consent = rows
    assert [row.table for row in rows] == ["consent_decisions"] * 2 + ["processing_bases"] * 2
    assert (given.values["state"], withdrawn.values["state"]) == ("obtained", "withdrawn")
    assert given.values["text"] == made.text.body and given.values["text_version"] == 1
    assert given.provided and not contract.provided
    assert (contract.values["basis"], contract.values["basis_name"]) == ("A6-1-b", "Contract")
    assert (consent.values["purpose"], contract.values["reason"]) == ("news", "Sale")


def test_what_others_asked_for_somebody_was_not_provided_by_that_person(made):
    """Art. 20: only what the subject provided."""
    made.ask()
    row, asked = Consent().export(made.org.added.pk, actor=LOOK)
    assert row.values["authority"] == "by representative" and not row.provided
    assert asked.values["text_version"] == 1 and not asked.provided


def test_finding_lists_each_table_that_holds_something_with_the_number_of_its_rows(made):
    """N3: a decision added after the preview shows as drift."""
    items = list(Consent().find(made.org.subject.pk, actor=LOOK))
    assert [(item.kind, item.version) for item in items] == [
        ("consent_decisions", 1),
        ("processing_bases", 2),
    ]
    assert all(item.acts == {"erase"} and item.key_scope == made.org.subject.pk for item in items)
    decisions.withdraw(actor=made.actor("subject"), subject=made.org.subject.pk, purpose="news", at=LATER)
    assert next(Consent().find(made.org.subject.pk, actor=LOOK)).version == 2
    assert list(Consent().find(made.org.added.pk, actor=LOOK)) == []


def test_erasing_takes_everything_of_the_subject_and_nothing_else(made):
    """W10: and the texts, which are nobody's data, stay."""
    source, subject = Consent(), made.org.subject.pk
    for item in list(source.find(subject, actor=LOOK)):
        source.erase(item, subject=subject, actor=LOOK, under=UNDER)
        source.erase(item, subject=subject, actor=LOOK, under=UNDER)
    assert list(source.find(subject, actor=LOOK)) == [] == list(source.export(subject, actor=LOOK))
    assert len(list(source.export(made.org.stranger.pk, actor=LOOK))) == 3
    assert Text.objects.visible_to(LOOK).count() == 1
    assert leaves("consent.erased") == 2


def test_an_open_link_dies_with_the_decisions(made):
    made.ask()
    token, subject = token_in(mails("consent.asked")[0]), made.org.added.pk
    decided, asked = Consent().find(subject, actor=LOOK)
    assert (decided.version, asked.version) == (1, 1)
    Consent().erase(decided, subject=subject, actor=LOOK, under=UNDER)
    with pytest.raises(Absent):
        answers.confirm(token=token, text=made.text.pk, at=LATER)
    assert stored(subject) == [] == list(Consent().find(subject, actor=LOOK))


def test_every_field_is_claimed_or_is_about_nobody():
    """W25: purposes and texts say nothing of a person."""
    claimed = {(claim.model, claim.field) for claim in Consent().describe()}
    for model in (Decision, Basis, Objection, Question):
        names = {field.name for field in model._meta.concrete_fields} - {"id"}
        assert {(model._meta.label, name) for name in names} <= claimed
    known = {model._meta.label for model in (Decision, Basis, Objection, Question, Purpose, Text)}
    assert {model for model, _field in claimed} <= known
