"""The form of conditions: every comparison it can send, and what becomes of it (C3, C11–C13)."""

from functools import partial
from itertools import product

import pytest
from django.http import QueryDict

from portals_core.access.criteria import AGAINST_OWN, COMPARATORS
from portals_core.forms.comparing import COUNTED
from portals_core.forms.conditions import ConditionsForm
from portals_core.records import catalogue, conditions, inputs
from portals_core.records.values import KIND_OF
from tests.portals_core import agency as agencies

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])

A, B, EMPTY = {"Alpha"}, {"Beta"}, {"Empty"}
BOTH, NOT_A, NOT_B = A | B, B | EMPTY, A | EMPTY
Rows = list[tuple[str, list[str], set[str]]]
EVERYWHERE: Rows = [("empty", [], EMPTY), ("not_empty", [], BOTH)]
ORDER = ("is", "is_not", "in", "not_in", "lt", "le", "gt", "ge", "between", "not_between")


def ordered(low: str, middle: str, high: str) -> Rows:
    """Alpha holds `low`, Beta `high`."""
    given = [[low], [low], [low, middle], [low, middle], [middle], [low], [low], [high]]
    expected = [A, NOT_A, A, NOT_A, A, A, B, B]
    spans = [([low, middle], A), ([low, middle], NOT_A)]
    return [
        *zip(
            ORDER, [*given, *(one for one, _ in spans)], [*expected, *(one for _, one in spans)], strict=True
        )
    ]


TEXT = [
    ("is", ["oSLO"], A),
    ("is_not", ["Oslo"], NOT_A),
    ("contains", ["SL"], A),
    ("not_contains", ["sl"], NOT_A),
    ("starts", ["be"], B),
    ("ends", ["lo"], A),
    ("in", ["Oslo\r\nRome"], A),
    ("not_in", ["Rome\nBergen"], NOT_B),
]
CHOICE = [
    ("is", ["Approved"], A),
    ("is_not", ["Approved"], NOT_A),
    ("contains", ["prov"], A),
    ("not_contains", ["prov"], NOT_A),
    ("starts", ["dr"], B),
    ("ends", ["FT"], B),
    ("in", ["Approved", "Negotiating"], A),
    ("not_in", ["Approved", "Negotiating"], NOT_A),
]
CHOICES = [
    ("is", ["Pool", "Garden"], A),
    ("is_not", ["Pool", "Garden"], NOT_A),
    ("contains", ["Garden"], A),
    ("not_contains", ["Garden"], NOT_A),
    ("in", ["Garage", "Pool"], BOTH),
    ("not_in", ["Garage"], NOT_B),
]
TABLE = {
    "city": [*TEXT, *EVERYWHERE],
    "stage": [*CHOICE, *EVERYWHERE],
    "extras": [*CHOICES, *EVERYWHERE],
    "price": [*ordered("100.0", "200", "1000.5"), *EVERYWHERE],
    "free_from": [*ordered("2026-01-10", "2026-02-01", "2026-06-01"), *EVERYWHERE],
    "viewing": [*ordered("2026-03-01T10:00", "2026-03-01T11:00:30", "2026-10-01T10:00"), *EVERYWHERE],
    "listed": [("is", ["yes"], A), ("is", ["no"], B)],
}
OWN = {
    ("city", "city"): {
        **dict.fromkeys(("is", "contains", "starts", "ends"), A),
        **dict.fromkeys(("is_not", "not_contains"), NOT_A),
    },
    ("remark", "level"): {
        **dict.fromkeys(("is", "contains", "starts", "ends"), A),
        **dict.fromkeys(("is_not", "not_contains"), NOT_A),
    },
    ("remark", "stages"): {"in": B, "not_in": NOT_B},
    ("stage", "pet"): {"is": B, "is_not": NOT_B},
    ("stage", "level"): {"is": A, "is_not": NOT_A},
    ("stage", "stages"): {"in": B, "not_in": NOT_B},
    ("extras", "name"): {"contains": set(), "not_contains": BOTH | EMPTY},
    ("extras", "favourite"): {"contains": A, "not_contains": NOT_A},
    ("extras", "interests"): {"is": A, "is_not": NOT_A, "in": A, "not_in": NOT_A},
    **{
        pair: {"is": A, "is_not": NOT_A, "lt": set(), "le": A, "gt": B, "ge": BOTH}
        for pair in (("price", "budget"), ("free_from", "since"), ("viewing", "met"))
    },
    ("listed", "vip"): {"is": A},
    ("seller", "advisor"): {"is": A, "is_not": NOT_A},
}


@pytest.fixture
def agency():
    made = agencies.set_up()
    made.house(
        "Alpha",
        city="Oslo",
        remark="Approved",
        stage="Approved",
        extras=["Garden", "Pool"],
        price="100",
        free_from="2026-01-10",
        viewing="2026-03-01T10:00Z",
        listed=True,
        seller=str(made.made.stranger.pk),
    )
    made.house(
        "Beta",
        city="Bergen",
        remark="draft",
        stage="Draft",
        extras=["Garage"],
        price="1000.5",
        free_from="2026-06-01",
        viewing="2026-10-01T10:00Z",
        listed=False,
        seller=str(made.made.added.pk),
    )
    made.house("Empty")
    return made


def form(agency, *rows, pattern="", **options) -> ConditionsForm:
    data = QueryDict(mutable=True)
    for name, value in agencies.rows_sent(*rows, pattern=pattern).items():
        data.setlist(name, list(map(str, value)) if isinstance(value, list) else [str(value)])
    actor = agency.admin()
    given = {"own": catalogue.fields(agency.made.contacts), **options}
    link, target = partial(inputs.link, actor), partial(inputs.target, actor)
    return ConditionsForm(data, fields=catalogue.fields(agency.houses), link=link, target=target, **given)


def outcome(agency, *rows, pattern="") -> object:
    """Which houses the subject sees under these rows, sent through the form; or what is wrong with them."""
    sent = form(agency, *rows, pattern=pattern)
    if not sent.is_valid():
        return [row.errors.as_text() for row in sent.rows]
    agency.share(conditions=sent.described())
    return agency.seen()


def sent_row(key: str, how: str, given: list[str]) -> dict[str, object]:
    row: dict[str, object] = {"field": key, "how": how, "value": given[:1] if "between" in how else given}
    return {**row, "until": given[1:]} if "between" in how else row


def test_every_comparator_of_every_kind_through_the_form_and_on_the_database(agency):
    """C12."""
    stranger, added = str(agency.made.stranger.pk), str(agency.made.added.pk)
    links = [("is", [stranger], A), ("is_not", [stranger], NOT_A)]
    links += [("in", [stranger, added], BOTH), ("not_in", [added], NOT_B), *EVERYWHERE]
    table = {**TABLE, "seller": links}
    kinds = {one.key: KIND_OF[one.type] for one in catalogue.fields(agency.houses)}
    tried = {(kinds[key], how) for key, rows in table.items() for how, _given, _expected in rows}
    assert tried == {(kind, how) for kind, hows in COMPARATORS.items() for how in hows}
    wrong = {}
    for key, rows in table.items():
        for how, given, expected in rows:
            found = outcome(agency, sent_row(key, how, given))
            if found != expected:
                wrong[key, how, *given] = found
    assert wrong == {}


def test_every_comparison_with_the_persons_own_record(agency):
    """C3, C12: each pair of kinds, by each comparator it allows."""
    agency.own(
        city="OSLO",
        pet="draft",
        level="Approved",
        favourite="Garden",
        stages=["Draft", "Negotiating"],
        interests=["Garden", "Pool"],
        budget="100.00",
        since="2026-01-10",
        met="2026-03-01T10:00Z",
        vip=True,
        advisor=str(agency.made.stranger.pk),
    )
    house = {one.key: KIND_OF[one.type] for one in catalogue.fields(agency.houses)}
    own = {one.key: KIND_OF[one.type] for one in catalogue.fields(agency.made.contacts)}
    tried = {(house[key], own[other], how) for (key, other), rows in OWN.items() for how in rows}
    allowed = {
        (kind, other, how)
        for kind, others in AGAINST_OWN.items()
        for other, hows in others.items()
        for how in hows
    }
    assert tried == allowed
    wrong = {}
    for (key, other), rows in OWN.items():
        for how, expected in rows.items():
            found = outcome(agency, {"field": key, "how": how, "own": other})
            if found != expected:
                wrong[key, other, how] = found
    assert wrong == {}


@pytest.mark.parametrize(
    ("row", "place", "word"),
    [
        ({"field": ""}, "field", "Choose a field"),
        ({"field": "colour", "how": "is", "value": "red"}, "field", "no field “colour”"),
        ({"field": "secret", "how": "is", "value": "x"}, "field", "masked"),
        ({"field": "sealed", "how": "is", "value": "x"}, "how", "encrypted"),
        ({"field": "city", "how": "lt", "value": "x"}, "how", "does not fit"),
        ({"field": "city", "how": "invented", "value": "x"}, "how", "does not fit"),
        ({"field": "city", "how": "is", "value": ""}, "value", "needs 1 value"),
        ({"field": "city", "how": "is", "value": "one\ntwo"}, "value", "needs 1 value"),
        ({"field": "stage", "how": "is", "value": "Sold"}, "value", "choose one of"),
        ({"field": "stage", "how": "in", "value": ["Draft", "Sold"]}, "value", "choose one of"),
        ({"field": "price", "how": "gt", "value": "much"}, "value", "write a number"),
        ({"field": "price", "how": "between", "value": "9", "until": "1"}, "value", "smaller value first"),
        ({"field": "free_from", "how": "is", "value": "soon"}, "value", "write a date"),
        ({"field": "viewing", "how": "is", "value": "noon"}, "value", "write a moment"),
        ({"field": "listed", "how": "is", "value": "maybe"}, "value", "yes or no"),
        ({"field": "seller", "how": "is", "value": "nobody"}, "value", "no such record"),
        ({"field": "seller", "how": "is", "value": "0" * 32}, "value", "no such record"),
        ({"field": "city", "how": "is", "own": "colour"}, "own", "no field “colour”"),
        ({"field": "price", "how": "is", "own": "city"}, "own", "different kinds"),
    ],
)
def test_what_cannot_be_meant_is_refused_beside_its_row(agency, row, place, word):
    """C11: refused, never ignored; the row before it is sound and stays untouched."""
    sent = form(agency, {"field": "city", "how": "is", "value": "Oslo"}, row)
    assert not sent.is_valid()
    assert not sent.rows[0].errors
    shown = sent.rows[1].errors
    where = place if place in sent.rows[1].fields else "field"
    assert set(shown) <= {where, "value"} and word in str(shown)
    assert form(agency, {"field": "city", "how": "is", "value": "Oslo"}).is_valid()


@pytest.mark.parametrize(
    ("pattern", "word"),
    [("1 and 3", "condition 3"), ("1", "leaves out condition 2"), ("1 xor 2", "xor"), ("(1 or 2", "pattern")],
)
def test_a_pattern_that_does_not_fit_is_refused_beside_it(agency, pattern, word):
    """C11: with its passing twin."""
    rows = ({"field": "city", "how": "is", "value": "Oslo"}, {"field": "city", "how": "empty"})
    sent = form(agency, *rows, pattern=pattern)
    assert not sent.is_valid() and word in str(sent.joined.errors["pattern"])
    assert outcome(agency, *rows, pattern="1 or 2") == NOT_B
    assert outcome(agency, *rows, pattern="not (1 or 2)") == B


def test_one_condition_more_than_the_limit_is_refused_by_its_name(agency, settings):
    """C13."""
    row = {"field": "city", "how": "not_empty"}
    assert form(agency, *[row] * 10).is_valid()
    sent = form(agency, *[row] * 11)
    assert not sent.is_valid() and "DSR_LIMIT_CONDITIONS" in str(sent.joined.errors["pattern"])
    settings.LIMIT_CONDITIONS = 11
    assert form(agency, *[row] * 11).is_valid()


def test_rows_are_added_and_removed_and_the_pattern_follows(agency):
    rows = [{"field": "city", "how": "is", "value": name} for name in ("Oslo", "Rome", "Bergen")]
    sent = form(agency, *rows, pattern="(1 and 2) or 3")
    assert sent.act("remove-2")
    assert [row.draft.values for row in sent.rows] == [("Oslo",), ("Bergen",)]
    assert sent.text == "(1 and ?) or 2" and not sent.is_valid()
    assert sent.act("add") and len(sent.rows) == 3 and sent.rows[2].draft.field == ""
    assert not sent.act("save") and not sent.act("remove-x")


def test_what_is_stored_comes_back_as_it_was_entered(agency):
    """Described, stored, read and shown again: the same rows, the same tree."""
    rows = [
        sent_row("stage", "in", ["Draft", "Approved"]),
        sent_row("extras", "is", ["Garden", "Pool"]),
        sent_row("viewing", "between", ["2026-03-01T10:00", "2026-03-02T10:00:05"]),
        {"field": "city", "how": "is", "own": "city"},
    ]
    sent = form(agency, *rows, pattern="1 or (2 and 3) or not 4")
    assert sent.is_valid()
    again = ConditionsForm(
        None,
        fields=catalogue.fields(agency.houses),
        own=catalogue.fields(agency.made.contacts),
        link=partial(inputs.link, agency.admin()),
        target=partial(inputs.target, agency.admin()),
        before=sent.described(),
    )
    assert again.is_valid() and again.tree == sent.tree
    shown = [{name: row[name].value() for name in row.fields} for row in again.rows]
    assert shown[0]["value"] == ["Draft", "Approved"] and shown[1]["value"] == ["Garden", "Pool"]
    assert (shown[2]["value"], shown[2]["until"]) == ("2026-03-01T10:00", "2026-03-02T10:00:05")
    assert shown[3] == {"field": "city", "how": "is", "own": "city"}


def test_a_rule_without_a_viewer_has_no_own_record_to_compare_with(agency):
    """N1: the same form for rules that concern nobody in particular."""
    sent = form(agency, {"field": "city", "how": "is", "value": "Oslo"}, own=())
    assert sent.is_valid() and "own" not in sent.rows[0].fields
    assert "own" in form(agency, {"field": "city", "how": "is", "value": "Oslo"}).rows[0].fields
    assert not form(agency, {"field": "city", "how": "is", "own": "city"}, own=()).is_valid()


def test_no_condition_can_be_put_on_a_masked_field(agency):
    """Decision 10: it is not offered either; a visible one is."""
    offered = {key for key, _label in form(agency, {"field": "city"}).rows[0].fields["field"].widget.choices}
    assert "secret" not in offered and {"city", "sealed"} <= offered


COUNTED_DAYS: list[tuple[dict[str, object], list[str]]] = [
    ({"how": "le", "value": "-30"}, ["today-30"]),
    ({"how": "le", "value": "+ 7"}, ["today+7"]),
    ({"how": "is", "value": "0"}, ["today"]),
    ({"how": "is", "value": "Today - 1"}, ["today-1"]),
    ({"how": "between", "value": "-7", "until": "7"}, ["today-7", "today+7"]),
    ({"how": "in", "value": "today\n-1"}, ["today", "today-1"]),
]


def test_days_counted_from_today_are_entered_and_come_back(agency):
    """L6, C12: a bare number of days is enough; what is stored shows as a counted day again."""
    for key, (row, stored) in product(("free_from", "viewing"), COUNTED_DAYS):
        sent = form(agency, {"field": key, "own": COUNTED, **row})
        assert sent.is_valid(), [one.errors for one in sent.rows]
        assert sent.described()["rows"][0]["value"] == stored
        back = stored_again(agency, conditions.described(sent.tree))
        assert back.rows[0]["own"].value() == COUNTED
        assert "date" not in str(getattr(back.rows[0]["value"].field.widget, "input_type", ""))
        assert back.is_valid() and back.described()["rows"][0]["value"] == stored


def stored_again(agency, described) -> ConditionsForm:
    actor = agency.admin()
    link, target = partial(inputs.link, actor), partial(inputs.target, actor)
    return ConditionsForm(
        None, fields=catalogue.fields(agency.houses), link=link, target=target, before=described
    )


def test_days_written_loosely_by_a_command_show_as_counted(agency):
    row = {"field": "free_from", "how": "is", "value": ["Today - 1"]}
    assert stored_again(agency, {"rows": [row]}).rows[0]["own"].value() == COUNTED


def test_whoever_turns_back_to_a_value_is_asked_for_a_value(agency):
    """C12: days entered before do not hold the row; a text is never a day."""
    sent = form(agency, {"field": "free_from", "how": "is", "own": "", "value": "today-3"})
    assert sent.rows[0]["value"].field.widget.input_type == "date"
    text = form(agency, {"field": "city", "how": "is", "own": COUNTED, "value": "-3"})
    assert text.is_valid() and text.described()["rows"][0]["value"] == ["-3"]
