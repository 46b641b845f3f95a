"""User types: the grid of what is opened, its limits and its trace."""

import json

import pytest
from django.core.management import call_command

from portals_core.access.actor import Path, system
from portals_core.people import usertypes
from portals_core.people.models import ModuleAccess, UserType
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records.models import Record
from tests import cast
from tests.portals_core.trail import details, leaves

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])

OWN = {"module": "contacts", "edit": True, "fields": {"name": "editable", "email": "visible"}}
BOUGHT = {"module": "orders", "via": ["customer"], "fields": {"number": "visible"}}


@pytest.fixture
def made():
    return cast.set_up()


def define(
    made, *, who="administrator", name="Suppliers", identity_module="contacts", modules=(OWN, BOUGHT), **more
):
    return usertypes.define_user_type(
        actor=made.actor(who), name=name, identity_module=identity_module, modules=list(modules), **more
    )


def test_a_type_opens_exactly_what_is_described(made):
    """T2, T4, T6, F1, F2: nothing that was not named."""
    stored = define(made)
    assert not stored.is_default
    usertypes.change_user_type(
        actor=made.actor("administrator"), user=made.users["subject"], user_type=stored.pk, at=cast.NOW
    )
    grants = made.actor("subject").grants
    assert set(grants) == {made.contacts.pk, made.orders.pk}
    assert grants[made.contacts.pk].fields.readable == {"name", "email"}
    assert grants[made.contacts.pk].fields.writable == {"name"}
    assert (grants[made.contacts.pk].edit, grants[made.contacts.pk].create) == (True, False)
    assert grants[made.orders.pk].via == (Path(("customer",)),)


def test_changing_a_type_takes_away_what_is_no_longer_described(made):
    """5: lost rights end at once."""
    mine = cast.order(made, "A1", made.subject)
    assert mine.pk in set(Record.objects.visible_to(made.actor("subject")).values_list("pk", flat=True))
    define(made, name="Customer Portal", modules=[OWN])
    assert mine.pk not in set(Record.objects.visible_to(made.actor("subject")).values_list("pk", flat=True))
    assert usertypes.user_types().count() == 1


def test_what_was_opened_on_a_date_stays_provable(made):
    """P10, P13: the leaf keeps name and grants as they were."""
    stored = define(made)
    define(made, name="Partners", modules=[OWN], user_type=stored.pk)
    first, second = details("user_type.defined", f"user_type:{stored.pk}")
    assert (first["name"], second["name"]) == ("Suppliers", "Partners")
    assert [row["module"] for row in first["modules"]] == ["contacts", "orders"]
    assert usertypes.description_of(UserType.objects.fetch(system("test"), stored.pk)) == second


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": "Sup_pliers"}, "letters"),
        ({"name": "x" * 51}, "letters"),
        ({"identity_module": "orders"}, "people"),
        ({"modules": [BOUGHT]}, "own record"),
        ({"modules": [OWN, OWN]}, "twice"),
        ({"modules": [OWN, {**BOUGHT, "via": ["number"]}]}, "no link"),
        ({"modules": [OWN, {**BOUGHT, "via": []}]}, "that conditions decide"),
        ({"modules": [OWN, {**BOUGHT, "fields": {"colour": "visible"}}]}, "no field"),
        ({"modules": [OWN, {**BOUGHT, "fields": {"number": "yes"}}]}, "visible"),
        ({"modules": [OWN, {**BOUGHT, "create": True}]}, "required"),
        ({"modules": [OWN, {**BOUGHT, "everything": True}]}, "everything"),
    ],
)
def test_a_wrong_description_is_refused_and_changes_nothing(made, change, word):
    with pytest.raises(BadInput) as refused:
        define(made, **change)
    assert word in str(refused.value)
    assert usertypes.user_types().count() == 1
    assert define(made).name == "Suppliers"


def test_an_unknown_module_is_named(made):
    with pytest.raises(Absent, match="no module"):
        define(made, modules=[OWN, {"module": "deals"}])


def test_a_sixth_type_is_refused(made):
    """P7, decision 1."""
    for number in range(4):
        define(made, name=f"Type {number}")
    with pytest.raises(Conflict):
        define(made, name="Type 5")
    define(made, name="Type 3", modules=[OWN])


def test_only_who_sets_up_may_define(made):
    for who in ("subject", "officer", "operator", "auditor"):
        with pytest.raises(Forbidden):
            define(made, who=who)
    define(made)


def test_a_type_with_users_is_deleted_only_with_a_place_for_them(made):
    """P11, P5."""
    stored, other = define(made), define(made, name="Partners")
    admin, user = made.actor("administrator"), made.users["subject"]
    usertypes.change_user_type(actor=admin, user=user, user_type=stored.pk, at=cast.NOW)
    with pytest.raises(Conflict):
        usertypes.delete_user_type(actor=admin, user_type=stored.pk, at=cast.NOW)
    assert usertypes.delete_user_type(actor=admin, user_type=stored.pk, to=other.pk, at=cast.NOW) == 1
    user.refresh_from_db()
    assert user.user_type_id == other.pk
    assert not ModuleAccess.objects.visible_to(system("test")).filter(user_type=stored.pk).exists()
    with pytest.raises(Conflict):
        usertypes.delete_user_type(actor=admin, user_type=made.user_type.pk, to=other.pk, at=cast.NOW)


def test_changing_a_persons_type_leaves_both_names(made):
    """U5, P10."""
    stored, user = define(made), made.users["subject"]
    admin = made.actor("administrator")
    usertypes.change_user_type(actor=admin, user=user, user_type=stored.pk, at=cast.NOW)
    usertypes.change_user_type(actor=admin, user=user, user_type=stored.pk, at=cast.NOW)
    assert details("portal_user.type_changed", user.ref) == [
        {"before": "Customer Portal", "after": "Suppliers"}
    ]
    with pytest.raises(Forbidden):
        usertypes.change_user_type(
            actor=made.actor("officer"), user=user, user_type=made.user_type.pk, at=cast.NOW
        )


def test_the_command_reads_both_kinds_of_file(made, tmp_path, capsys):
    admin = {"acting": "administrator@staff.example"}
    description = {"name": "Suppliers", "identity_module": "contacts", "modules": [OWN]}
    (tmp_path / "type.json").write_text(json.dumps(description))
    call_command("define_user_type", tmp_path / "type.json", **admin, json=True)
    assert json.loads(capsys.readouterr().out)["name"] == "Suppliers"
    (tmp_path / "type.toml").write_text(
        'name = "Partners"\nidentity_module = "contacts"\n[[modules]]\nmodule = "contacts"\n'
        '[modules.fields]\nname = "visible"\n'
    )
    call_command("define_user_type", tmp_path / "type.toml", **admin)
    assert usertypes.user_type_named("Partners").identity_module == made.contacts
    assert {actor for actor, _ in leaves("user_type.defined")} == {made.users["administrator"].ref}


@pytest.mark.parametrize(
    ("text", "acting", "status"),
    [
        ('{"name": "Suppliers"}', "administrator@staff.example", 64),
        ("{", "administrator@staff.example", 64),
        (
            json.dumps({"name": "X", "identity_module": "contacts", "modules": [OWN]}),
            "officer@staff.example",
            77,
        ),
        (
            json.dumps({"name": "X", "identity_module": "contacts", "modules": [OWN]}),
            "nobody@staff.example",
            66,
        ),
    ],
)
def test_the_command_refuses_with_the_status_of_its_error(made, tmp_path, text, acting, status):
    (tmp_path / "type.json").write_text(text)
    with pytest.raises(SystemExit) as ended:
        call_command("define_user_type", tmp_path / "type.json", acting=acting)
    assert ended.value.code == status
    assert usertypes.user_types().count() == 1
