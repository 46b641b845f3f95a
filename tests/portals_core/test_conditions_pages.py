"""The builder of conditions, its preview, and the portal as somebody sees it: pages by plain posts."""

import pytest
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from portals_core.ledger.models import LedgerEntry
from portals_core.people import usertypes
from portals_core.people.models import ModuleAccess, User
from tests import cast
from tests.portals_core import agency as agencies
from tests.portals_core.agency import rows_sent
from tests.portals_core.trail import leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])

OSLO = {"field": "city", "how": "is", "value": "Oslo"}
DRAFT = {"field": "stage", "how": "in", "value": ["Draft", "Approved"]}


@pytest.fixture
def agency():
    made = agencies.set_up()
    made.house("Mine", seller=str(made.subject.pk), city="Rome", stage="Draft", secret="well kept")
    made.house("Theirs", seller=str(made.made.stranger.pk), city="Oslo", keeper="+47 22 22 22 21")
    made.share(via=["seller"])
    return made


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    device = TOTPDevice.objects.create(user=user, name="test", confirmed=True)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


@pytest.fixture
def admin(agency) -> Client:
    return signed_in(agency.made.users["administrator"])


def page_of(agency, module: str = "houses") -> str:
    return f"/desk/user-types/{agency.type.pk}/{module}/conditions/"


def stored(agency) -> dict:
    rows = usertypes.description_of(agency.type)["modules"]
    return next(row for row in rows if row["module"] == "houses")


def entered(response) -> list[tuple]:
    return [(row.draft.field, row.draft.how, row.draft.values) for row in response.context["conditions"].rows]


def test_conditions_are_stored_with_how_they_join_and_nothing_else_changes(agency, admin):
    """C2, C6, decision 4."""
    before, others = stored(agency), usertypes.description_of(agency.type)
    sent = rows_sent(OSLO, DRAFT, pattern="1 or not 2", match="any", act="save")
    assert admin.post(page_of(agency), sent)["Location"] == page_of(agency)
    after = stored(agency)
    assert (after["match"], set(after["conditions"])) == ("any", {"any"})
    kept = {key: value for key, value in after.items() if key not in ("match", "conditions")}
    assert kept == {key: before[key] for key in kept}
    assert [one for one in usertypes.description_of(agency.type)["modules"] if one["module"] != "houses"] == [
        one for one in others["modules"] if one["module"] != "houses"
    ]
    assert agency.seen() == {"Mine", "Theirs"}
    shown = admin.get(page_of(agency))
    assert entered(shown) == [("city", "is", ("Oslo",)), ("stage", "in", ("Draft", "Approved"))]
    assert shown.context["conditions"].text == "1 or not 2"
    assert "City is “Oslo” or not (Stage is one of “Draft”, “Approved”)" in shown.content.decode()
    admin.post(page_of(agency), rows_sent(match="any", act="save"))
    assert stored(agency)["conditions"] is None and agency.seen() == {"Mine"}


def test_rows_come_and_go_without_a_script_and_keep_what_was_entered(agency, admin):
    """C12: no button but Save stores anything."""
    before = LedgerEntry.objects.count()
    page = page_of(agency)
    added = admin.post(page, rows_sent(OSLO, act="add"))
    assert entered(added) == [("city", "is", ("Oslo",)), ("", "", ())]
    assert 'name="c-1-value"' not in added.content.decode()
    chosen = admin.post(page, rows_sent(OSLO, {"field": "free_from", "how": "between"}, act="refresh"))
    text = chosen.content.decode()
    assert text.count('type="date"') == 2 and "needs" not in text and chosen.status_code == 200
    removed = admin.post(page, rows_sent(OSLO, DRAFT, OSLO, pattern="1 and (2 or 3)", act="remove-1"))
    assert entered(removed) == [("stage", "in", ("Draft", "Approved")), ("city", "is", ("Oslo",))]
    assert removed.context["conditions"].text == "? and (1 or 2)"
    strange = admin.post(page, rows_sent(OSLO, act="remove-9"))
    assert entered(strange) == [("city", "is", ("Oslo",))]
    assert LedgerEntry.objects.count() == before and stored(agency)["conditions"] is None


def test_a_mistake_is_shown_beside_its_row_and_nothing_is_lost(agency, admin):
    """C11."""
    wrong = {"field": "price", "how": "gt", "value": "much"}
    refused = admin.post(page_of(agency), rows_sent(OSLO, wrong, pattern="1 or 2", match="any", act="save"))
    text = refused.content.decode()
    assert refused.status_code == 400 and "write a number like" in text
    assert 'id="id_c-1-value_error"' in text and 'id="id_c-0-value_error"' not in text
    assert 'value="much"' in text and 'value="Oslo"' in text and 'value="1 or 2"' in text
    assert entered(refused)[1] == ("price", "gt", ("much",)) and stored(agency)["conditions"] is None
    assert refused.context["desk"].rule["match"].value() == "any"


def test_the_limit_and_a_pattern_that_does_not_fit_are_named(agency, admin):
    """C13."""
    refused = admin.post(page_of(agency), rows_sent(*[OSLO] * 11, act="save"))
    assert refused.status_code == 400 and "DSR_LIMIT_CONDITIONS" in refused.content.decode()
    assert len(entered(refused)) == 11 and 'value="add"' not in refused.content.decode()
    unused = admin.post(page_of(agency), rows_sent(OSLO, DRAFT, pattern="1", act="save"))
    assert "leaves out condition 2" in unused.content.decode()
    assert admin.post(page_of(agency), rows_sent(*[OSLO] * 10, act="save")).status_code == 302


def test_what_the_user_type_refuses_is_said_on_the_same_page(agency, admin):
    """T12, T13: personal fields are not for everybody."""
    refused = admin.post(page_of(agency), rows_sent(OSLO, sharing="public", act="save"))
    assert refused.status_code == 400 and "is a personal field" in refused.content.decode()
    assert entered(refused) == [("city", "is", ("Oslo",))] and stored(agency)["sharing"] == "private"
    agency.not_personal("keeper")
    assert admin.post(page_of(agency), rows_sent(OSLO, sharing="public", act="save")).status_code == 302
    assert stored(agency)["sharing"] == "public"


def test_a_module_that_is_not_opened_yet_is_opened_by_its_conditions(agency, admin):
    page = page_of(agency, "orders")
    assert "does not open the module yet" in admin.get(page).content.decode()
    number = {"field": "number", "how": "not_empty"}
    assert admin.post(page, rows_sent(number, act="save")).status_code == 302
    rows = {row["module"] for row in usertypes.description_of(agency.type)["modules"]}
    assert rows == {"contacts", "houses", "orders"}
    opened = admin.get(page).content.decode()
    assert "does not open the module yet" not in opened and "No field of these records shows yet" in opened
    assert "No field of these records shows yet" not in admin.get(page_of(agency)).content.decode()


def test_stored_conditions_that_cannot_be_read_are_announced(agency, admin):
    """C11."""
    notice = "cannot be read"
    assert notice not in admin.get(page_of(agency)).content.decode()
    rows = ModuleAccess.objects.visible_to(cast.SETTING_UP).filter(module=agency.houses)
    rows.update(criteria={"strange": True})
    assert notice in admin.get(page_of(agency)).content.decode()
    assert admin.post(page_of(agency), rows_sent(OSLO, act="save")).status_code == 302
    assert agency.seen() == set() and notice not in admin.get(page_of(agency)).content.decode()


def test_a_preview_shows_what_would_change_and_stores_nothing(agency, admin):
    """C9, P12."""
    chosen = {"p-person": str(agency.user.public_id), "p-record": str(agency.record("theirs").pk)}
    sent = rows_sent(OSLO, match="any", act="preview", **chosen)
    shown = admin.post(page_of(agency), sent)
    text = " ".join(shown.content.decode().split())
    assert "As Sage Winter would see it" in text and "The conditions hold." in text
    counts = {one.module.key: (one.before, one.after) for one in shown.context["compared"].modules}
    assert counts["houses"] == (1, 2) and "+47 22 22 22 21" not in text
    assert stored(agency)["conditions"] is None and agency.seen() == {"Mine"}
    assert len(leaves("preview.viewed", agency.user.ref)) == 1
    nobody = admin.post(page_of(agency), rows_sent(OSLO, match="any", act="preview"))
    assert nobody.status_code == 400 and nobody.context["compared"] is None
    wrong = admin.post(page_of(agency), rows_sent({"field": "city"}, match="any", act="preview", **chosen))
    assert wrong.status_code == 400 and wrong.context["compared"] is None
    assert len(leaves("preview.viewed")) == 1


def test_the_portal_as_a_person_sees_it_is_opened_by_a_post(agency, admin):
    """P12: a GET shows and records nothing; each post shows one page and leaves one leaf."""
    person = f"/desk/people/{agency.user.public_id}/"
    assert f'{person}as-seen/"' in admin.get(person).content.decode()
    mine, theirs = agency.record("mine").pk, agency.record("theirs").pk
    pages = [f"{person}as-seen/{end}" for end in ("", "houses/", f"houses/{mine}/")]
    for page in pages:
        asked = admin.get(page)
        assert asked.status_code == 200 and "Rome" not in asked.content.decode()
    assert leaves("preview.viewed") == []
    portal, listed, record = [admin.post(page).content.decode() for page in pages]
    assert "Houses" in portal and "Orders" not in portal
    assert "Mine" in listed and "Rome" in listed and "Theirs" not in listed
    assert "Rome" in record and "well kept" not in record and "You can change nothing here" in record
    assert [entry[1] for entry in leaves("preview.viewed")] == [agency.user.ref] * 3
    assert admin.post(f"{person}as-seen/houses/{theirs}/").status_code == 404
    assert admin.post(f"{person}as-seen/orders/").status_code == 404
    assert len(leaves("preview.viewed")) == 3


def test_a_closed_account_has_no_portal_to_look_at(agency, admin):
    person = f"/desk/people/{agency.user.public_id}/"
    assert admin.get(f"{person}as-seen/").status_code == 200
    User.objects.visible_to(cast.SETTING_UP).filter(pk=agency.user.pk).update(is_active=False)
    assert admin.get(f"{person}as-seen/").status_code == 404
    assert "as-seen" not in admin.get(person).content.decode()


def test_an_officer_asks_who_sees_a_record_and_why(agency):
    """C9."""
    officer = signed_in(agency.made.users["officer"])
    page = f"/desk/records/houses/{agency.record('theirs').pk}/who/"
    assert page in officer.get(page.removesuffix("who/")).content.decode()
    shown = officer.get(page).content.decode()
    assert "Robin Stranger" in shown and "It is linked to the person through “Seller”." in shown
    told = officer.post(page, {"person": str(agency.user.public_id)}).content.decode()
    assert "out of sight" in told and "It is not linked to the person through “Seller”." in told
    assert officer.post(page, {"person": "nobody"}).status_code == 400
    assert officer.get(f"/desk/people/{agency.user.public_id}/as-seen/").status_code == 403
    assert officer.get(page_of(agency)).status_code == 403


def test_queries_do_not_grow_with_users_and_records(agency, admin, django_assert_max_num_queries):
    """Constant queries: the page of the builder, before and after."""
    with django_assert_max_num_queries(200) as counted:
        admin.get(page_of(agency))
    few = len(counted)
    for number in range(6):
        agency.house(f"House {number}")
        cast.portal_user(cast.contact(agency.made.contacts, f"Person{number} X"), agency.type)
    with django_assert_max_num_queries(few):
        admin.get(page_of(agency))
