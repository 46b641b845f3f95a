"""From what is proved to the person: found, picked by an officer, or nobody."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, Broken, Conflict, Forbidden
from portals_core.plumbing.models import Mail
from portals_core.records import catalogue, descriptions
from portals_core.records.models import KeyedForm, Record
from requests.arriving import codes, matching, proofs, recorded
from requests.models import Case
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST, again
from tests.requests.proving import ask, code_in, latest, proof_of

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SOON = cast.NOW + timedelta(minutes=5)
KINDS = ("email", "phone", "number")
#: What the victim can be found by, of each kind; none of it is the attacker's.
VICTIM = {"email": "victim@people.example", "phone": "+48 600 100 201", "number": "V-77031"}


@pytest.fixture
def people(made):
    """The organisation with customer numbers, and a victim who has one of everything."""
    members = {
        **cast.CONTACTS,
        "key": "members",
        "label": "Member",
        "label_plural": "Members",
        "fields": [*cast.CONTACTS["fields"], {"key": "card", "label": "Card", "unique": True}],
    }
    made.members = catalogue.define(actor=cast.SETTING_UP, description=members)
    made.victim = cast.contact(
        made.members, "Victim", email=VICTIM["email"], phone=VICTIM["phone"], card=VICTIM["number"]
    )
    return made


def prove(case: Case) -> Case:
    """The address proved by its code."""
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=SOON)
    return again(case)


def test_one_person_found_is_bound_at_once(made):
    case = prove(ask("Robin@People.Example"))
    assert (case.subject, case.state) == (made.stranger.pk, "in_review")
    assert case_cast.codes(case)[-2:] == ["case.searched", "case.bound"]
    assert set(Mail.objects.filter(title__contains=case.number).values_list("subject_id", flat=True)) == {
        made.stranger.pk
    }


@pytest.mark.parametrize("proved", list(product([False, True], repeat=3)))
def test_only_what_is_proved_is_ever_searched(people, proved):
    """Promise 1, attack 2: in every mixture the lookups are a part of what is proved."""
    case = ask(VICTIM["email"], phone=VICTIM["phone"], number=VICTIM["number"])
    chosen = [proof_of(case, kind).pk for kind, on in zip(KINDS, proved, strict=True) if on]
    if chosen:
        proofs.vouch(
            actor=people.actor("officer"), case=case.pk, seen=dict.fromkeys(chosen, "face known"), at=SOON
        )
    with CaptureQueriesContext(connection) as asked:
        found = matching.candidates(case)
    looked = " ".join(query["sql"] for query in asked)
    forms = {"email": VICTIM["email"], "phone": "+48600100201", "number": "v-77031"}
    for kind, on in zip(KINDS, proved, strict=True):
        # The row of a proof itself is read; as a condition of a search its value stands only once proved.
        assert (forms[kind] in looked) is on, kind
    assert [one.pk for one in found] == ([people.victim.pk] if any(proved) else [])
    assert again(case).subject == (people.victim.pk if any(proved) else None)


def test_the_phone_of_somebody_else_stays_unused_beside_ones_own_address(people):
    """Attack 2: own mail proved, victim's phone and number attached."""
    case = prove(ask("robin@people.example", phone=VICTIM["phone"], number=VICTIM["number"]))
    assert [one.pk for one in matching.candidates(case)] == [people.stranger.pk] == [case.subject]


def test_an_unproved_identifier_cannot_be_searched_by_mistake(made):
    with pytest.raises(Broken):
        matching.search([proof_of(ask())])


def test_of_several_an_officer_picks_one_of_those_found(people):
    """A mailbox that two people share proves neither of them alone."""
    twin = cast.contact(people.members, "Twin", email="robin@people.example")
    case = prove(ask("robin@people.example"))
    assert case.subject is None
    assert {one.pk for one in matching.candidates(case)} == {twin.pk, people.stranger.pk}
    officer = people.actor("officer")
    for strange in (people.victim.pk, "nonsense"):
        with pytest.raises(Absent):
            matching.bind(actor=officer, case=case.pk, record=strange, at=SOON)
    with pytest.raises(Forbidden):
        matching.bind(actor=people.actor("auditor"), case=case.pk, record=twin.pk, at=SOON)
    bound = matching.bind(actor=officer, case=case.pk, record=twin.pk, at=SOON)
    assert (bound.subject, bound.version) == (twin.pk, case.version + 1)
    with pytest.raises(Conflict):
        matching.bind(actor=officer, case=case.pk, record=people.stranger.pk, at=SOON)
    assert again(case).subject == twin.pk


def test_nobody_is_bound_before_the_proof(made):
    case = ask()
    assert matching.candidates(case) == []
    with pytest.raises(Absent):
        matching.bind(actor=made.actor("officer"), case=case.pk, record=made.stranger.pk, at=SOON)
    with pytest.raises(Conflict):
        matching.answer_none(actor=made.actor("officer"), case=case.pk, at=SOON)


@pytest.fixture
def hidden(people):
    """Somebody whose further address and number are kept encrypted; the attacker has a plain further one."""
    for key, kind in (("home", "email"), ("mobile", "phone")):
        row = {"key": key, "label": key, "type": kind, "encrypted": True}
        descriptions.add_field(actor=cast.SETTING_UP, of=people.members, row=row)
    row = {"key": "work", "label": "Work address", "type": "email"}
    descriptions.add_field(actor=cast.SETTING_UP, of=people.members, row=row)
    people.hidden = cast.contact(
        people.members, "Hidden", home="Hid@Home.example", mobile="+48 600 100 209", work="hid@work.example"
    )
    return people


@pytest.mark.parametrize("address", ["hid@home.example", "hid@work.example"])
def test_a_further_address_finds_somebody_for_an_officer_to_look_at(hidden, address):
    """F13, W25: nobody is told that nothing is held because an address is encrypted; but it may be that of
    an assistant, so an officer picks."""
    case = prove(ask(address))
    assert case.subject is None
    assert [one.pk for one in matching.candidates(case)] == [hidden.hidden.pk]
    with pytest.raises(Conflict):
        matching.answer_none(actor=hidden.actor("officer"), case=case.pk, at=SOON)
    bound = matching.bind(actor=hidden.actor("officer"), case=case.pk, record=hidden.hidden.pk, at=SOON)
    assert bound.subject == hidden.hidden.pk


def test_an_encrypted_number_finds_its_person_as_a_plain_one_does(hidden):
    case = ask("nobody@elsewhere.example", phone="+48 600-100-209")
    chosen = [proof_of(case, "phone").pk]
    officer = hidden.actor("officer")
    proofs.vouch(actor=officer, case=case.pk, seen=dict.fromkeys(chosen, "known at the counter"), at=SOON)
    assert again(case).subject == hidden.hidden.pk


def test_after_a_deletion_an_encrypted_address_finds_nobody(hidden):
    """16: the hash goes with the record."""
    forms = KeyedForm.objects.visible_to(TEST)
    assert forms.filter(record=hidden.hidden).count() == 2
    case = prove(ask("hid@home.example", "delete"))
    matching.bind(actor=hidden.actor("officer"), case=case.pk, record=hidden.hidden.pk, at=SOON)
    decided = case_cast.decide(hidden, case)
    case_cast.approve(hidden, decided)
    outbox.drain()
    assert again(case).state == "fulfilled" and not forms.exists()
    assert matching.candidates(prove(ask("hid@home.example", at=SOON))) == []


def test_officers_do_not_answer_themselves_that_nothing_is_held(people):
    """The address that asked is the officer's own; another officer may."""
    case = prove(ask("officer@staff.example"))
    with pytest.raises(Forbidden):
        matching.answer_none(actor=people.actor("officer"), case=case.pk, at=SOON)
    assert again(case).state == "in_review"
    closed = matching.answer_none(actor=people.actor("second_officer"), case=case.pk, at=SOON)
    assert closed.state == "fulfilled"


def test_nothing_held_is_a_full_answer_that_the_person_gets(made):
    """W25: fulfilled, not refused, and told."""
    case = prove(ask("nobody@elsewhere.example"))
    assert (case.subject, case.state) == (None, "in_review")
    closed = matching.answer_none(actor=made.actor("officer"), case=case.pk, at=SOON)
    assert (closed.state, closed.nothing_held, closed.decided_by) == (
        "fulfilled",
        True,
        made.users["officer"],
    )
    told = Mail.objects.get(kind="case.none_held")
    assert told.to == "nobody@elsewhere.example" and "complain" in told.body


def test_nothing_held_is_not_said_where_somebody_was_found(people):
    cast.contact(people.members, "Twin", email="robin@people.example")
    case = prove(ask("robin@people.example"))
    with pytest.raises(Conflict):
        matching.answer_none(actor=people.actor("officer"), case=case.pk, at=SOON)
    assert again(case).state == "in_review"


@pytest.mark.parametrize("stored", ["Robin+tag@people.example", "ro.bin@people.example"])
def test_a_tag_or_a_dot_is_another_address(made, stored):
    """Attack 8."""
    rows = Record.objects.visible_to(TEST).filter(pk=made.stranger.pk)
    made.users["stranger"].delete()
    rows.update(values={"name": "R", "email": stored}, folded={"name": "r", "email": stored.casefold()})
    assert prove(ask("robin@people.example")).subject is None


def test_an_address_that_only_folds_into_the_proved_one_is_not_it(people):
    """Attack 8: the forms of rules take straße for strasse; mail does not."""
    cast.contact(people.members, "Strasse", email="a@straße.example")
    assert prove(ask("a@strasse.example")).subject is None
    assert prove(ask("a@straße.example")).subject is not None


def test_who_is_being_erased_is_not_bound(made):
    """Attack 40's neighbour: the request waits until the deletion is done, and then nothing is held."""
    running = case_cast.file(made, "delete", "stranger")
    Case.objects.visible_to(TEST).filter(pk=running.pk).update(state="carrying_out")
    case = prove(ask("robin@people.example"))
    assert case.subject is None
    with pytest.raises(Conflict):
        matching.bind(actor=made.actor("officer"), case=case.pk, record=made.stranger.pk, at=SOON)


def test_what_an_officer_checked_finds_the_person_at_once(people):
    case = recorded.record(
        actor=people.actor("officer"),
        kind="export",
        channel="counter",
        number=VICTIM["number"],
        seen={"number": "card and passport, name and face agree"},
        at=cast.NOW,
    )
    assert (case.state, case.subject, case.proved_at) == ("in_review", people.victim.pk, cast.NOW)
    assert proof_of(case, "number").checked_by == people.users["officer"]


def test_officers_do_not_pick_themselves(people):
    own = cast.contact(people.members, "Oneself", email="officer@staff.example")
    cast.contact(people.contacts, "Second", email="officer@staff.example")
    case = prove(ask("officer@staff.example"))
    with pytest.raises(Forbidden):
        matching.bind(actor=people.actor("officer"), case=case.pk, record=own.pk, at=SOON)
    assert again(case).subject is None
    bound = matching.bind(actor=people.actor("second_officer"), case=case.pk, record=own.pk, at=SOON)
    assert bound.subject == own.pk


def test_a_search_is_in_the_log_with_the_proofs_it_rested_on(made):
    case = prove(ask())
    assert case_cast.codes(case).count("case.searched") == 1
    matching.match(case, [], at=SOON)
    assert case_cast.codes(case).count("case.searched") == 1  # it has its person: nothing was searched
