"""In every world that can be thought up, the product answers as the naive model does (N7, promise 4)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given

from tests.oracles import LONGEST
from tests.oracles import stage as staging
from tests.oracles.compare import disagreements
from tests.oracles.worlds import worlds

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(LONGEST)]


#: What the model is made of; the product's code would only agree with itself.
MODEL = (
    "naive",
    "naive_asked",
    "naive_beside",
    "conditions",
    "texts",
    "worlds",
    "bait",
    "locks_naive",
    "locks_worlds",
)
STANDARD = (
    "__future__",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "typing",
    "unicodedata",
    "uuid",
)


@pytest.fixture
def stage(db):
    return staging.set_up()


@given(drawn=worlds())
def test_a_world_is_the_same_to_the_product_and_the_model(stage, drawn):
    """Rows, single records, reasons, fields, lists, counts, searches, filters, orders, files, pages, forms,
    titles, notes, files on records, and locks (C1, C6, C9, C10, T3, T4, T7, T13, T14, F1-F3, F7-F9, F12, F14,
    F15, M3, M5)."""
    assert disagreements(stage, drawn) == []


def test_the_model_knows_nothing_of_the_product():
    """N7: two implementations, so that one cannot excuse the other."""
    for name in MODEL:
        tree = ast.parse(Path(__file__).with_name(f"{name}.py").read_text())
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {
            one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names
        }
        rooms = {
            str(module).split(".")[0] for module in imported if not str(module).startswith("tests.oracles")
        }
        assert rooms - set(STANDARD) <= {"hypothesis"}, name
    assert "portals_core" in Path(__file__).with_name("compare.py").read_text()
