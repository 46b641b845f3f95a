"""Between opening a module and writing its conditions nobody sees more than in the end (C11, T2, U1)."""

import pytest

from portals_core.people import invitations, sight, usertypes
from portals_core.plumbing.errors import Conflict
from portals_core.writing.records import create_record
from tests import cast
from tests.portals_core import agency as agencies
from tests.portals_core.agency import rows_sent
from tests.portals_core.test_people_pages import posted
from tests.portals_core.test_sharing_pages import grid
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])

OSLO = {"field": "city", "how": "is", "value": "Oslo"}
NUMBERED = {"field": "number", "how": "not_empty"}


@pytest.fixture
def agency():
    made = agencies.set_up()
    made.not_personal("keeper")
    made.house("Mine", seller=str(made.subject.pk), city="Rome")
    made.house("Mine in Oslo", seller=str(made.subject.pk), city="Oslo")
    made.house("Theirs", seller=str(made.made.stranger.pk), city="Oslo")
    return made


@pytest.fixture
def admin(agency):
    return seat(agency.made, "administrator")


def page_of(agency, module: str) -> str:
    return f"/desk/user-types/{agency.type.pk}/{module}/conditions/"


def conditions(agency, module: str = "houses") -> object:
    rows = usertypes.description_of(agency.type)["modules"]
    return next(row["conditions"] for row in rows if row["module"] == module)


@pytest.mark.parametrize(
    ("row", "unwritten", "written"),
    [
        ({"via": ["seller"]}, set(), {"Mine in Oslo"}),
        ({}, set(), {"Mine in Oslo", "Theirs"}),
        ({"sharing": "public"}, set(), {"Mine in Oslo", "Theirs"}),
        ({"via": ["seller"], "match": "any"}, {"Mine", "Mine in Oslo"}, {"Mine", "Mine in Oslo", "Theirs"}),
    ],
    ids=["links and conditions", "conditions alone", "public", "links or conditions"],
)
def test_conditions_that_are_awaited_share_nothing(agency, row, unwritten, written):
    """C11: fail closed; what people added is theirs, and links count where one of the two is enough."""
    added = {"create": True, "fields": {"name": "editable", "city": "visible"}}
    agency.share(**row, **added, conditions="awaited")
    given = {"name": "Added"}
    create_record(actor=agency.viewer(), module=agency.houses, given=given, source="portal", at=cast.NOW)
    assert agency.seen() == unwritten | {"Added"}
    agency.share(**row, **added, conditions=OSLO)
    assert agency.seen() == written | {"Added"}


def test_a_record_out_of_sight_says_that_conditions_are_awaited(agency):
    """C9: and the type is not named among those that share the module with everybody."""
    agency.share(conditions="awaited")
    theirs = agency.record("theirs")
    told = sight.why(agency.admin(), agency.user, theirs)
    assert not told.seen and "still to be written" in str(told.ways[-1].checks)
    assert sight.shared_with(agency.houses) == []
    agency.share(conditions=OSLO)
    told = sight.why(agency.admin(), agency.user, theirs)
    assert told.seen and "still to be written" not in str(told.ways[-1].checks)
    assert sight.shared_with(agency.houses) == [(agency.type, "conditions")]


def test_one_save_leads_from_each_conditions_to_the_next(agency, admin):
    """T2, C2: modules, fields and the wish for conditions at once, then page after page."""
    address, given = grid(admin, agency.type)
    for module, field in (("houses", "name"), ("orders", "number")):
        given |= {
            f"{module}-shared": True,
            f"{module}-conditional": True,
            f"{module}-field-{field}": "visible",
        }
    first = admin.post(address, posted(given))["Location"]
    assert agency.seen() == set() and conditions(agency) == conditions(agency, "orders") == "awaited"
    rules = {"houses": OSLO, "orders": NUMBERED}
    pages = {page_of(agency, module): module for module in rules}
    page = admin.get(first).content.decode()
    (second,) = pages.keys() - {first}
    assert "Until they are saved here" in page and f'href="{second}"' in page
    assert admin.post(first, rows_sent(rules[pages[first]], act="save"))["Location"] == second
    page = admin.get(second).content.decode()
    assert "Until they are saved here" in page and f'href="{first}"' not in page
    assert "not finished" in admin.get("/desk/user-types/").content.decode()
    assert f'href="{second}"' in admin.get(address).content.decode()
    assert admin.post(second, rows_sent(rules[pages[second]], act="save"))["Location"] == address
    assert agency.seen() == {"Mine in Oslo", "Theirs"}
    for finished in (address, "/desk/user-types/"):
        assert "not finished" not in admin.get(finished).content.decode()


def test_a_shared_module_without_fields_is_named_as_not_finished(agency, admin):
    """F1: nothing of its records would show."""
    agency.share(via=["seller"], fields={})
    address = f"/desk/user-types/{agency.type.pk}/"
    assert "Choose the fields of Houses" in admin.get(address).content.decode()
    agency.share(via=["seller"])
    assert "Choose the fields" not in admin.get(address).content.decode()


def test_awaited_conditions_are_not_saved_away_by_an_empty_page(agency, admin):
    """C11: without a row the links alone would share; to want that is said where the choice was made."""
    agency.share(via=["seller"], conditions="awaited")
    page = page_of(agency, "houses")
    refused = admin.post(page, rows_sent(act="save"))
    assert refused.status_code == 400 and "Add a condition." in refused.content.decode()
    assert conditions(agency) == "awaited" and agency.seen() == set()
    address, given = grid(admin, agency.type)
    assert given["houses-conditional"] is True
    assert admin.post(address, posted(given))["Location"] == page
    assert conditions(agency) == "awaited"
    assert admin.post(address, posted(given | {"houses-conditional": False}))["Location"] == address
    assert conditions(agency) is None and agency.seen() == {"Mine", "Mine in Oslo"}


def test_nobody_is_invited_to_a_type_that_is_not_finished(agency, admin):
    """U1: the page says what is missing and leads there; once it is written, the invitation goes out."""
    agency.share(conditions="awaited")
    invite = f"/desk/people/invite/{agency.made.added.pk}/"
    assert f'href="{page_of(agency, "houses")}"' in admin.get(invite).content.decode()
    sent = {"user_type": agency.type.pk, "language": "en"}
    refused = admin.post(invite, sent)
    assert refused.status_code == 409 and "Write the conditions of these modules first: Houses" in (
        refused.content.decode()
    )
    with pytest.raises(Conflict):
        invitations.invite_person(
            actor=agency.admin(), record=agency.made.added.pk, user_type=agency.type.pk, at=cast.NOW
        )
    agency.share(conditions=OSLO)
    assert page_of(agency, "houses") not in admin.get(invite).content.decode()
    assert admin.post(invite, sent).status_code == 302
