"""Children agree to online services only with a parent (Art. 8)."""

from datetime import timedelta

import pytest

from consent.catalogue import purposes
from consent.deciding import answers, decisions
from consent.models import Purpose
from consent.standing import children
from portals_core.plumbing.errors import BadInput, Forbidden
from portals_core.records import catalogue, descriptions
from portals_core.writing.records import change_record
from tests import cast
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, born, leaves, mails, publish, states, token_in

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
LATER = cast.NOW + timedelta(hours=1)


@pytest.fixture
def made():
    """The cast, with birthdays, and one service for children beside the newsletter."""
    made = consent_cast.set_up()
    consent_cast.with_birthdays(made)
    purposes.define(actor=cast.SETTING_UP, key="game", name="Game", channels=["email"])
    Purpose.objects.visible_to(LOOK).filter(key="game").update(for_children=True)
    made.text = publish("game", title="Game", body="You can play online.")
    return made


def play(made, **changed):
    return made.give(purpose="game", **changed)


def for_ada(made, **changed):
    return play(made, subject=made.org.added.pk, **changed)


# cast.NOW is 5 March 2026.
@pytest.mark.parametrize(
    ("day", "country"),
    [("2010-03-06", "PL"), ("2012-03-06", "AT"), ("2010-03-06", "Poland"), ("2010-03-06", "SI"),
     ("2010-03-06", "US"), ("2010-03-06", "")],
)  # fmt: skip
def test_a_child_cannot_agree_alone(made, settings, day, country):
    """A day before the birthday that counts; a country that is none is ours, one that is unknown has 16."""
    settings.COUNTRY = "PL"
    born(made.org.subject, day, country)
    with pytest.raises(Forbidden) as caught:
        play(made)
    assert caught.value.code == "consent.child" and settings.CONTACT_EMAIL in str(caught.value)
    assert states(made.org.subject.pk) == []


@pytest.mark.parametrize(
    ("day", "country"), [("2010-03-05", "PL"), ("2012-03-05", "at"), ("2013-03-05", "FI")]
)
def test_from_the_birthday_on_they_can(made, day, country):
    born(made.org.subject, day, country)
    assert play(made).authority == "self"


def test_without_a_date_of_birth_a_person_is_treated_as_an_adult(made):
    assert play(made).state == "obtained"


def test_other_purposes_ask_for_no_age(made):
    """Art. 8 is about online services offered to children."""
    born(made.org.subject, "2018-01-01")
    news = publish("news", body="We write to you every day.")
    assert made.give(text=news.pk).state == "obtained"


def test_a_child_says_no_and_withdraws_alone(made):
    """Both only protect: no age is asked."""
    born(made.org.subject, "2018-01-01")
    actor, subject = made.actor("subject"), made.org.subject.pk
    said = decisions.refuse(actor=actor, subject=subject, purpose="game", text=made.text.pk, at=LATER)
    assert said.state == "refused"
    born(made.org.subject, "2000-01-01")
    play(made, at=LATER)
    born(made.org.subject, "2018-01-01")
    decisions.withdraw(actor=actor, subject=subject, purpose="game", at=LATER)
    assert states(subject) == ["refused", "obtained", "withdrawn"]


def test_a_parent_agrees_for_the_child_they_added_and_it_holds_at_once(made):
    """Art. 8(1): stored as a parent's decision, the child told with a way to withdraw."""
    born(made.org.added, "2018-01-01")
    given = for_ada(made, as_parent=True)
    assert (given.state, given.authority, given.on_behalf) == ("obtained", "parent", True)
    assert given.decided_by_id == made.actor("subject").user_id and leaves("consent.given") == 1
    (mail,) = mails("consent.confirmed")
    assert mail.to == "ada@people.example" and "parental responsibility" in mail.body
    answers.withdraw_by_link(token=token_in(mail), at=LATER)
    assert states(made.org.added.pk) == ["obtained", "withdrawn"]


def test_the_parent_is_told_where_the_child_has_no_address(made):
    born(made.org.added, "2018-01-01")
    change_record(actor=cast.SETTING_UP, record=made.org.added.pk, given={"email": ""}, at=cast.NOW)
    for_ada(made, as_parent=True)
    assert [mail.to for mail in mails("consent.confirmed")] == ["sage@people.example"]


def test_a_parent_withdraws_as_a_parent(made):
    born(made.org.added, "2018-01-01")
    for_ada(made, as_parent=True)
    ended = decisions.withdraw(
        actor=made.actor("subject"), subject=made.org.added.pk, purpose="game", at=LATER
    )
    assert (ended.state, ended.authority) == ("revoked", "parent")


def test_a_child_is_not_asked_and_the_parent_reads_how_to_agree(made):
    """A question it could not answer is no question."""
    born(made.org.added, "2018-01-01")
    with pytest.raises(BadInput) as caught:
        for_ada(made)
    assert caught.value.code == "consent.child_asked" and "parental responsibility" in str(caught.value)
    assert states(made.org.added.pk) == [] and mails("consent.asked") == []
    born(made.org.added, "2000-01-01")
    assert for_ada(made).state == "waiting"


@pytest.mark.parametrize("day", ["2000-01-01", ""])
def test_nobody_is_the_parent_of_an_adult(made, day):
    """W17: saying so is no way round the person's own confirmation."""
    born(made.org.added, day)
    with pytest.raises(BadInput) as caught:
        for_ada(made, as_parent=True)
    assert caught.value.code == "consent.not_child" and states(made.org.added.pk) == []


def test_nobody_is_their_own_parent(made):
    born(made.org.subject, "2018-01-01")
    with pytest.raises(BadInput) as caught:
        play(made, as_parent=True)
    assert caught.value.code == "consent.own_parent"


def test_a_child_cannot_confirm_by_a_link_either(made):
    """The date of birth may have been entered after the question went out."""
    for_ada(made)
    token = token_in(mails("consent.asked")[0])
    born(made.org.added, "2018-01-01")
    with pytest.raises(Forbidden) as caught:
        answers.confirm(token=token, text=made.text.pk, at=LATER)
    assert caught.value.code == "consent.child"
    assert answers.decline(token=token, at=LATER).state == "refused"


def test_the_age_is_that_at_the_moment_of_the_answer(made):
    purpose = purposes.purpose("game")
    born(made.org.subject, "2010-03-06")
    made.org.subject.refresh_from_db()
    assert children.is_child(made.org.subject, purpose, cast.NOW)
    assert not children.is_child(made.org.subject, purpose, cast.NOW + timedelta(days=1))


# --- describing modules -------------------------------------------------------------------------------


PERSON = {
    "key": "pupils",
    "identity": True,
    "fields": [
        {"key": "name"},
        {"key": "born", "type": "date"},
        {"key": "country"},
        {"key": "land", "type": "picklist", "choices": ["PL", "DE"]},
        {"key": "sealed", "type": "date", "encrypted": True},
    ],
}


@pytest.mark.parametrize("country", ["country", "land"])
def test_a_module_says_where_birthday_and_country_stand(made, country):
    wanted = {**PERSON, "born_key": "born", "country_key": country}
    of = catalogue.define(actor=cast.SETTING_UP, description=wanted)
    assert (of.born_key, of.country_key) == ("born", country)
    again = catalogue.define(actor=cast.SETTING_UP, description=descriptions.described(of))
    assert (again.born_key, again.country_key) == ("born", country)


@pytest.mark.parametrize(
    "wrong",
    [
        {"born_key": "name"},
        {"born_key": "nothing"},
        {"born_key": "sealed"},
        {"country_key": "born"},
        {"born_key": "born", "identity": False},
    ],
)
def test_a_birthday_is_a_date_of_a_person_that_can_be_read(made, wrong):
    with pytest.raises(BadInput) as caught:
        catalogue.define(actor=cast.SETTING_UP, description={**PERSON, **wrong})
    assert caught.value.code == "module.definition"
    catalogue.define(actor=cast.SETTING_UP, description={**PERSON, "born_key": "born"})
