"""The register of processing (Art. 30): writing it, what it lacks, what it tells of a purpose."""

import json
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import register
from consent.catalogue import purposes, texts
from consent.models import PartyKind, RecipientKind, Role, Told
from consent.register import activities, listing, parties, recipients, standing
from portals_core.access.actor import ANONYMOUS
from portals_core.ledger import reads as ledger
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from tests import cast
from tests.consent import consent_cast, register_cast
from tests.consent.consent_cast import LOOK, leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.fixture
def made():
    return consent_cast.set_up()


# --- writing ---------------------------------------------------------------------------------------------


def entries(made, who, **party):
    """One call of every writer, as this person."""
    actor = made.actor(who)
    known = {"actor": actor, "at": cast.NOW}
    yield lambda: parties.define_party(**known, kind="officer", name="Ewa Sowa")
    yield lambda: recipients.define_recipient(
        **known, name="Posti", kind="processor", country="FI", email="a@b.fi"
    )
    yield lambda: activities.define_activity(**known, name="Orders", description="Selling.")
    yield lambda: parties.remove_party(**known, party=party["party"])


def test_only_an_administrator_writes_and_every_act_leaves_a_leaf(made):
    party = register_cast.party().pk
    for who in ("officer", "auditor", "operator", "subject"):
        for write in entries(made, who, party=party):
            with pytest.raises(Forbidden):
                write()
    assert leaves("recipient.defined") == leaves("activity.defined") == leaves("party.removed") == 0
    for write in entries(made, "administrator", party=party):
        write()
    codes = ("party.defined", "recipient.defined", "activity.defined", "party.removed")
    assert [leaves(code) for code in codes] == [2, 1, 1, 1]


def test_a_leaf_holds_what_was_entered(made):
    found = register_cast.recipient()
    entry = LedgerEntry.objects.get(code="recipient.defined", about=f"recipient:{found.pk}")
    detail = ledger.detail_of(entry, made.actor("auditor"))
    assert detail == {
        "name": "Posti", "kind": "processor", "country": "FI", "safeguard": "", "told": "email",
        "contact": "", "email": "privacy@post.example", "phone": "", "address": "", "active": True,
    }  # fmt: skip


def test_entries_change_and_keep_their_id(made):
    first = register_cast.activity(recipients=[register_cast.recipient().pk], purposes=["news"])
    again = register_cast.activity("Letters", activity=first.pk, purposes=["draft"], active=False)
    assert again.pk == first.pk
    found = activities.activity(made.actor("auditor"), first.pk)
    assert (found.name, found.active) == ("Letters", False)
    assert [one.key for one in found.purposes.all()] == ["draft"] and not found.recipients.all()


def test_what_is_not_there_cannot_be_changed_or_named(made):
    gone = uuid4()
    for write in (
        lambda: register_cast.party(party=gone),
        lambda: register_cast.recipient(recipient=gone),
        lambda: register_cast.activity(activity=gone),
    ):
        with pytest.raises(Absent):
            write()
    officer = register_cast.party(PartyKind.OFFICER, "Ewa Sowa")
    for field, named in (("purposes", ["x"]), ("recipients", [gone]), ("clients", [officer.pk])):
        with pytest.raises(BadInput) as caught:
            register_cast.activity(**{field: named, "role": Role.PROCESSOR})
        assert set(caught.value.fields) == {field}


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "x" * 201}),
        ("kind", {"kind": "friend"}),
        ("country", {"country": "XX"}),
        ("country", {"country": "Finland"}),
        ("country", {"country": ""}),
        ("safeguard", {"country": "US"}),
        ("safeguard", {"country": "gb"}),
        ("told", {"told": "pigeon"}),
        ("email", {"email": ""}),
        ("email", {"email": "nobody"}),
        ("address", {"told": Told.POST}),
        ("phone", {"told": Told.PHONE}),
    ],
)
def test_what_cannot_be_a_recipient(made, field, changed):
    """Art. 19, 44: a third country needs a safeguard, a way of telling what it goes by."""
    with pytest.raises(BadInput) as caught:
        register_cast.recipient(**changed)
    assert set(caught.value.fields) == {field}
    register_cast.recipient()


@pytest.mark.parametrize(
    "given",
    [
        {"country": "US", "safeguard": "Standard contractual clauses"},
        {"country": "NO"},
        {"country": "re"},
        {"told": Told.ELSEWHERE, "email": ""},
        {"told": Told.POST, "email": "", "address": "Postikatu 1"},
        {"told": Told.PHONE, "email": "", "phone": "+358 1"},
    ],
)
def test_what_can_be_a_recipient(made, given):
    register_cast.recipient(**given)


@pytest.mark.parametrize(
    ("field", "changed"),
    [("name", {"name": ""}), ("description", {"description": " "}), ("role", {"role": "owner"})],
)
def test_what_cannot_be_an_activity(made, field, changed):
    with pytest.raises(BadInput) as caught:
        register_cast.activity(**changed)
    assert set(caught.value.fields) == {field}


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("kind", {"kind": "x"}),
        ("email", {"email": "x"}),
        ("website", {"website": "x"}),
        ("country", {"country": "X1"}),
    ],
)
def test_what_cannot_be_a_party(made, field, changed):
    with pytest.raises(BadInput) as caught:
        register_cast.controller(**changed)
    assert set(caught.value.fields) == {field}


def test_a_name_is_there_once(made):
    for write in (register_cast.recipient, register_cast.activity):
        write("Twice")
        with pytest.raises(Conflict) as caught:
            write("Twice")
        assert set(caught.value.fields) == {"name"}


def test_there_is_exactly_one_controller(made):
    first = register_cast.controller()
    with pytest.raises(Conflict):
        register_cast.controller(name="Another")
    with pytest.raises(Conflict):
        register_cast.controller(party=first.pk, kind=PartyKind.JOINT)
    with pytest.raises(Conflict):
        parties.remove_party(actor=cast.SETTING_UP, party=first.pk, at=cast.NOW)
    register_cast.controller(party=first.pk, city="Gdańsk")
    assert parties.controller().city == "Gdańsk"


def test_a_client_that_an_activity_names_stays(made):
    client, other = register_cast.party(), register_cast.party(name="Maa Oy")
    register_cast.activity(role=Role.PROCESSOR, clients=[client.pk])
    with pytest.raises(Conflict):
        parties.remove_party(actor=cast.SETTING_UP, party=client.pk, at=cast.NOW)
    with pytest.raises(Conflict):
        register_cast.party(PartyKind.JOINT, party=client.pk)
    parties.remove_party(actor=cast.SETTING_UP, party=other.pk, at=cast.NOW)
    assert list(parties.parties(LOOK)) == [client]


def test_the_controller_stands_first(made):
    for kind in reversed(PartyKind.values):
        register_cast.party(kind, f"Of {kind}")
    assert [one.kind for one in parties.parties(LOOK)] == PartyKind.values


# --- what it lacks ---------------------------------------------------------------------------------------


def lacking(activity) -> set[str]:
    return {point.article for point in activities.missing(activities.activity(LOOK, activity.pk))}


def test_an_activity_says_which_points_of_article_30_it_lacks(made):
    assert lacking(register_cast.activity()) == set()
    assert lacking(register_cast.bare()) == {"Art. 30(1)(c)", "Art. 30(1)(f)", "Art. 30(1)(g)"}
    assert lacking(register_cast.bare("For others", Role.PROCESSOR)) == {"Art. 30(2)(a)", "Art. 30(2)(d)"}
    whole = register_cast.activity("Done for others", role=Role.PROCESSOR, clients=[register_cast.party().pk])
    assert lacking(whole) == set()


@pytest.mark.parametrize(
    ("changed", "article"),
    [
        ({"subjects": [" "]}, "Art. 30(1)(c)"),
        ({"data": []}, "Art. 30(1)(c)"),
        ({"limits": " \n"}, "Art. 30(1)(f)"),
        ({"security": ""}, "Art. 30(1)(g)"),
    ],
)
def test_each_point_is_missed_by_itself(made, changed, article):
    assert lacking(register_cast.activity(**changed)) == {article}


def test_the_figures_count_what_is_in_use(made):
    register_cast.controller()
    register_cast.recipient()
    register_cast.recipient("Far", "US", safeguard="Clauses")
    register_cast.recipient("Gone", "US", safeguard="Clauses", active=False)
    register_cast.activity()
    register_cast.bare()
    register_cast.bare("For others", Role.PROCESSOR)
    register_cast.activity("Ended", active=False, limits="")
    known = standing.standing(made.actor("auditor"))
    assert (known.controller, known.processor, known.recipients, known.abroad) == (2, 1, 2, 1)
    assert (known.points, known.gaps, known.missing) == (6, [], 6)
    named = [one.name for one in activities.activities(LOOK, active=True, incomplete=True)]
    assert named == ["Bare", "For others"]


def test_what_the_organisation_itself_lacks(made):
    """Art. 27, 30(1)(a)."""

    def gaps():
        return [gap.kind for gap in standing.standing(LOOK).gaps]

    assert gaps() == [PartyKind.CONTROLLER]
    bare = {"email": "", "phone": "", "street": ""}
    key = register_cast.controller(**bare).pk
    assert gaps() == [PartyKind.CONTROLLER]
    register_cast.controller(party=key, country="US")
    assert gaps() == [PartyKind.REPRESENTATIVE]
    register_cast.party(PartyKind.REPRESENTATIVE, "Vertreter GmbH", country="DE")
    assert gaps() == []


# --- what it tells ---------------------------------------------------------------------------------------


def test_without_entries_the_settings_answer(made, settings):
    settings.ORGANISATION, settings.CONTACT_EMAIL, settings.COUNTRY = "Harjula", "a@harjula.example", "FI"
    found = register.facts(made.news)
    assert found["controller"]["name"] == "Harjula" and found["controller"]["email"] == "a@harjula.example"
    assert (found["data"], found["recipients"], found["limits"]) == ([], [], "")
    assert found["jurisdiction"] == "FI"


def test_the_facts_of_a_purpose_come_from_its_activities_in_use(made):
    register_cast.controller()
    posti = register_cast.recipient()
    ended = register_cast.recipient("Ended", active=False)
    far = register_cast.recipient("Far", "US", safeguard="Clauses", kind=RecipientKind.CONTROLLER)
    others = register_cast.recipient("Others")
    register_cast.activity("B", of=[posti, far], purposes=["news"], data=["name", "phone"], limits="Later.")
    register_cast.activity("A", of=[posti, ended], purposes=["news", "draft"], data=["address", "name"])
    register_cast.activity("Another purpose", of=[others], purposes=["draft"], data=["bait"])
    register_cast.activity("No longer", of=[others], purposes=["news"], data=["bait"], active=False)
    client = register_cast.party()
    register_cast.activity(
        "For others", of=[others], role=Role.PROCESSOR, clients=[client.pk], purposes=["news"], data=["bait"]
    )
    found = register.facts(made.news)
    assert found == {
        "controller": {
            "name": "Lindgren & Sowa", "contact": "Ewa Sowa", "street": "Długa 7", "postcode": "00-238",
            "city": "Warszawa", "country": "PL", "email": "office@lindgren.example",
            "phone": "+48 22 000 00 00", "website": "https://lindgren.example/",
        },
        "data": ["address", "name", "phone"],
        "recipients": [
            {"name": "Far", "kind": "controller", "country": "US", "safeguard": "Clauses"},
            {"name": "Posti", "kind": "processor", "country": "FI", "safeguard": ""},
        ],
        "limits": "Two years after the last order.\nLater.",
        "jurisdiction": "PL",
    }  # fmt: skip
    assert json.loads(json.dumps(found)) == found


def test_a_published_text_freezes_what_the_register_said(made):
    """D11: a later change of the register changes no text that was published."""
    register_cast.controller()
    entry = register_cast.activity(purposes=["news"])
    first = made.republish()
    register_cast.activity("Letters", activity=entry.pk, purposes=["news"], data=["shoe size"])
    translated = consent_cast.publish("news", language="fi", body="Kirjoitamme joka päivä.")
    second = made.republish()
    assert first.facts["data"] == translated.facts["data"] == ["e-mail address", "name"]
    assert second.facts["data"] == ["shoe size"] and second.digest != first.digest
    assert texts.current(made.news, "fi").facts == second.facts


def test_recipients_are_told_of_what_they_once_got(made):
    """Art. 19: who receives nothing any longer, and who got data in an activity that ended, is told too."""
    posti, gone = register_cast.recipient(), register_cast.recipient("Gone", active=False)
    late = register_cast.recipient("Annex", told=Told.PHONE, phone="+358 1")
    bait = register_cast.recipient("Bait")
    register_cast.activity("A", of=[posti, gone], purposes=["news"])
    register_cast.activity("B", of=[late, posti], purposes=["news"], active=False)
    register_cast.activity("C", of=[bait], purposes=["draft"])
    found = register.recipients_of(made.news)
    assert [(one.name, one.told, one.email) for one in found] == [
        ("Annex", "phone", "privacy@post.example"),
        ("Gone", "email", "privacy@post.example"),
        ("Posti", "email", "privacy@post.example"),
    ]


def test_people_see_who_receives_data_and_no_contact_of_theirs(made):
    """Art. 15(1)(c)."""
    posti, gone = register_cast.recipient(), register_cast.recipient("Gone", active=False)
    unused = register_cast.recipient("Unused")
    register_cast.activity("A", of=[posti, gone])
    register_cast.activity("B", of=[posti])
    register_cast.activity("C", of=[unused], active=False)
    assert register.recipients_now(made.actor("subject")) == [register.Named("Posti", "Processor", "FI")]
    with pytest.raises(Forbidden):
        register.recipients_now(ANONYMOUS)


def test_who_reads_the_register(made):
    register_cast.controller()
    register_cast.recipient()
    entry = register_cast.activity(purposes=["news"])
    for who in ("administrator", "officer", "auditor"):
        actor = made.actor(who)
        assert activities.activities(actor).count() == 1 and parties.parties(actor).count() == 1
        assert recipients.recipients(actor).count() == 1
        assert [one.key for one in activities.activity(actor, entry.pk).purposes.all()] == ["news"]
    for who in ("operator", "subject"):
        actor = made.actor(who)
        assert not activities.activities(actor).exists() and not recipients.recipients(actor).exists()
        with pytest.raises(Absent):
            activities.activity(actor, entry.pk)


# --- long lists ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7])
def test_pages_hold_every_row_once_in_order(made, number):
    for at in range(number):
        register_cast.bare(f"{at % 3}-{at}", Role.PROCESSOR if at % 2 else Role.CONTROLLER)
    for at in range(number):
        register_cast.party(name="Same name", position=at % 2)
    for rows in (activities.activities(LOOK), parties.parties(LOOK)):
        seen, after = [], None
        while True:
            page = listing.page_of(rows, after=after, size=2)
            seen += page.rows
            after = page.following
            if after is None:
                break
        order = rows.query.order_by or rows.model._meta.ordering
        whole = list(rows.order_by(*order, "pk"))
        assert seen == whole and len(whole) == number


def test_a_row_that_is_gone_leads_to_the_first_page(made):
    row = register_cast.bare()
    assert listing.page_of(activities.activities(LOOK), after=uuid4()).rows == [row]


def test_reading_costs_the_same_for_one_and_for_many(made):
    def spent(number):
        with CaptureQueriesContext(connection) as found:
            page = listing.page_of(activities.activities(LOOK))
            assert len(page.rows) == number
            for row in page.rows:
                assert len(row.recipients.all()) == 1 and len(row.purposes.all()) == 1
                activities.missing(row)
            standing.standing(LOOK)
            register.facts(made.news)
        return len(found)

    register_cast.activity("0", of=[register_cast.recipient("0")], purposes=["news"])
    one = spent(1)
    for at in range(1, 6):
        register_cast.activity(str(at), of=[register_cast.recipient(str(at))], purposes=["news"])
    assert spent(6) == one


def test_a_purpose_keeps_its_place_in_the_register_when_it_is_no_longer_pursued(made):
    entry = register_cast.activity(purposes=["news"])
    purposes.define(actor=cast.SETTING_UP, key="news", name="Newsletter", channels=["email"], active=False)
    assert [one.key for one in activities.activity(LOOK, entry.pk).purposes.all()] == ["news"]
