"""W22: what is held of one person is collected in steps that grow with it, wherever the links lead."""

from uuid import uuid4

import pytest
from django.db import connection

from portals_core.plumbing.estimates import Few
from portals_core.records.models import Attachment, Edge, Note, Record
from portals_core.sources import Records
from requests.holding import duties, judging, planning, scoping
from tests import cast
from tests.requests.case_cast import TEST, file

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
#: Several batches of 500 each, so that reading everything for each batch shows.
FEW, MANY = 1_000, 4_000
UNIT = 100


@pytest.mark.both
def test_few_is_the_condition_itself(made):
    """The same rows on both databases, alone, with others and turned round."""
    own, other = cast.order(made, "A1", made.subject), cast.order(made, "B1", made.stranger)
    edges = Edge.objects.visible_to(TEST)
    meant = Few(target__in=[made.subject.pk])
    assert [one.source_id for one in edges.filter(meant)] == [own.pk]
    assert [one.source_id for one in edges.filter(~meant)] == [other.pk]
    assert not edges.filter(meant, source=other.pk).exists()
    assert not edges.filter(Few(target__in=[])).exists()


@pytest.mark.sqlite
def test_steps_grow_with_what_is_held(made, steps):
    """Four times as much takes at most five times the steps of the database; with the square, sixteen."""
    first = cast.order(made, "A1", made.subject)
    case = file(made, "delete")
    works = {
        "collect": lambda: list(planning.items_for(case)),
        "what belongs to what was chosen": lambda: scoping._with_what_belongs(_orders(), but=made.subject.pk),
        "locks": lambda: duties.keeping(made.subject.pk, planning.items_for(case)),
        "plan": lambda: judging.entries(case, suggested=True),
        "copy": lambda: list(Records().export(made.subject.pk, actor=TEST)),
    }
    _more(made, first, FEW)
    few = {name: steps(work) for name, work in works.items()}
    _more(made, first, MANY - FEW)
    many = {name: steps(work) for name, work in works.items()}
    # Fewer would mean that nothing was counted.
    assert min(few.values()) > FEW
    assert {name: many[name] / few[name] for name in works if many[name] > 5 * few[name]} == {}


@pytest.fixture
def steps(made):
    """How many steps the machine inside SQLite takes for some work: the same at every run."""
    found = 0

    def step() -> int:
        nonlocal found
        found += UNIT
        return 0

    def count(work) -> int:
        nonlocal found
        found = 0
        connection.connection.set_progress_handler(step, UNIT)
        try:
            work()
        finally:
            connection.connection.set_progress_handler(None, UNIT)
        return found

    return count


def _orders():
    return list(Edge.objects.visible_to(TEST).values_list("source", flat=True))


def _more(made, like, number: int) -> None:
    """Orders of the subject, with as many notes and files on the subject's own record, all counted."""
    edge = Edge.objects.visible_to(TEST).get(source=like)
    columns = {field.attname: getattr(like, field.attname) for field in Record._meta.concrete_fields}
    fresh = [Record(**{**columns, "id": uuid4()}) for _n in range(number)]
    here = {"record_id": made.subject.pk, "created_at": cast.NOW}
    file = {"name": "a.txt", "media_type": "text/plain", "size": 1, "sha256": "0" * 64}
    for rows in (
        fresh,
        [Edge(field_id=edge.field_id, source=one, target_id=edge.target_id) for one in fresh],
        [Note(body="A note.", **here) for _one in fresh],
        [Attachment(**here, **file) for _one in fresh],
    ):
        type(rows[0]).objects.visible_to(TEST).bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
