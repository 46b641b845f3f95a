"""Whatever people and officers try with cases, and in whatever order, the product does as the model does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, run_state_machine_as_test

from tests.oracles import LONGEST, cases
from tests.oracles import cases_stage as staging
from tests.oracles.cases_rules import Asked
from tests.oracles.cases_rules_desk import Corrected, Decided, Linked, Restricted

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"]), pytest.mark.timeout(LONGEST)]
MODEL = sorted(Path(cases.__file__).parent.glob("*.py"))


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with staging.standing(django_db_blocker) as made:
        yield made


class Cases(Asked, Decided, Corrected, Restricted, Linked, RuleBasedStateMachine):
    """Everything that may happen, from an empty desk."""

    stage: staging.Stage

    @initialize(needed=st.sampled_from((1, 1, 2)))
    def begin(self, needed):
        self.context = staging.playing(self.stage, needed)
        self.play = self.context.__enter__()

    def teardown(self):
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)


def test_no_history_tells_the_product_from_the_model(stage):
    """Promises 1, 2, 9, 10, 15 and 20; W2, W4, W17, W18, W23; attacks 1, 3, 5, 6, 8."""
    long = settings.default.max_examples
    bounded = settings(
        max_examples=10 if long <= 50 else long // 20,
        stateful_step_count=20 if long <= 50 else 40,
        deadline=None,
        # The bounded run is the same everywhere; what is new is looked for by `make oracle`.
        derandomize=long <= 50,
    )
    Cases.stage = stage
    run_state_machine_as_test(Cases, settings=bounded)


@pytest.mark.parametrize("path", MODEL, ids=lambda path: path.stem)
def test_the_model_of_cases_knows_nothing_of_the_product(path):
    """N7: two implementations, so that one cannot excuse the other."""
    tree = ast.parse(path.read_text())
    imported = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    known = {"__future__", "collections.abc", "dataclasses", "datetime"}
    assert {one for one in imported if not one.startswith("tests.oracles.cases.")} <= known
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
