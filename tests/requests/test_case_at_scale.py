"""The page of a case that is about very much: as many queries as for little, and no longer to read."""

import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portals_core.records.models import Edge
from requests.deciding import board
from requests.forms import board as board_forms
from requests.holding import planning
from requests.models import CaseDetail, Message, Verdict
from requests.parts import letters as letters_part
from tests import cast
from tests.requests import letter_cast, many_cases
from tests.requests.case_cast import LATER, TEST, file
from tests.requests.pages import browser

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def copies(row, number: int, **changed) -> list:
    """Rows like a stored one, each with a key of its own."""
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    made = [type(row)(**{**kept, "id": uuid4(), **changed}) for _n in range(number)]
    return type(row).objects.visible_to(TEST).bulk_create(made)


def more_orders(order, number: int) -> None:
    """Orders like one that is there, with what they point at."""
    edges = list(Edge.objects.visible_to(TEST).filter(source=order))
    Edge.objects.visible_to(TEST).bulk_create(
        Edge(field_id=edge.field_id, source_id=copy.pk, target_id=edge.target_id)
        for copy in copies(order, number)
        for edge in edges
    )


def test_the_parts_of_a_page_ask_for_drafts_and_words_once(made):
    """The table of a case and its letters, each on its own way to the page."""
    case, officer = file(made, "delete"), made.actor("officer")
    for work, table in (
        (lambda: board.board(officer, case, LATER), Verdict),
        (lambda: letters_part.part(officer, case, LATER), CaseDetail),
    ):
        with CaptureQueriesContext(connection) as captured:
            work()
        asked = [one["sql"] for one in captured if f'FROM "{table._meta.db_table}" ' in one["sql"]]
        of_one = [sql for sql in asked if "subject" not in sql]
        assert len(of_one) == 1, (table, of_one)


@pytest.mark.parametrize("page", ["queue", "case"])
def test_pages_among_three_hundred_cases_ask_as_much_as_among_three(made, page):
    """W22: a full page of the queue and one case, with cases of the same person and of others beside it."""
    case, desk = file(made, "delete", "stranger"), browser(made, "officer")
    here = reverse("dsr_requests:queue") if page == "queue" else reverse("dsr_requests:case", args=[case.pk])
    counts, shown = [], []
    for start, number in ((0, 2), (2, 297)):
        people = (made.stranger, made.subject, made.added)
        for place, person in enumerate(people):
            given = {"subject": person.pk, "assignee": made.users["officer" if place else "second_officer"]}
            share = range(place, number, len(people))
            many_cases.many(made, len(share), start=1000 * place + start, **given)
        desk.get(here)
        with CaptureQueriesContext(connection) as captured:
            shown.append(desk.get(here).content.decode().count("2020-0"))
        counts.append(len(captured))
    assert counts[0] == counts[1]
    # Else the pages would show as little as before.
    assert shown[1] > shown[0] or page == "case"


def test_a_case_about_a_thousand_items_is_drawn_as_one_about_a_few(made):
    """Two hundred messages, fifty letters, a thousand items: the same queries, ten items of a group and the
    last of the thread on the page, the rest one press away."""
    order = cast.order(made, "A-1", made.subject)
    case, desk = file(made, "delete"), browser(made, "officer")
    letter = letter_cast.write(case)
    said = Message(case=case, direction="in", text="Hello?", at=cast.NOW)
    said.save(force_insert=True)
    more_orders(order, 3)
    copies(said, 3)
    copies(letter, 3)
    here = reverse("dsr_requests:case", args=[case.pk])
    desk.get(here)
    with CaptureQueriesContext(connection) as few:
        desk.get(here)
    more_orders(order, 996)
    copies(said, 196)
    copies(letter, 45)  # with the receipt these are fifty
    with CaptureQueriesContext(connection) as many:
        page = desk.get(here).content.decode()
    # What is walked along, the person beside the orders, goes in stretches: one query more of each sort.
    stretches = -(-1001 // planning.BATCH)
    assert len(many) - len(few) <= 5 * (stretches - 1)
    assert len(re.findall(r'id="item-', page)) == board_forms.SHOWN
    assert f"Orders: {1000 - board_forms.SHOWN} more" in page
    assert "Show 190 earlier messages" in page and page.count("Hello?") == 200
    assert "Show 40 earlier letters" in page
