"""What an officer enters is kept only where nobody changed a draft since the page was drawn."""

import pytest

from portals_core.plumbing.errors import Conflict
from requests.deciding import drafting
from requests.deciding.verdicts import Draft
from tests.requests import partly_cast
from tests.requests.case_cast import LATER, again, file
from tests.requests.partly_cast import CLAIMS

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


@pytest.mark.parametrize("change", [{"sentence": "Other words."}, {"verdict": "fulfil"}])
def test_a_draft_that_a_colleague_changed_makes_the_page_an_old_one(made, change):
    """The words alone count, too: the group was drafted before, and stays drafted."""
    partly_cast.bought(made, locked=False)
    case, officer = file(made, "delete"), made.actor("officer")
    first = {"verdict": "refuse", "ground": CLAIMS, "sentence": "A claim is open."}
    partly_cast.put(made, case, **first)

    def save(seen):
        wanted = [Draft("records", "orders", "", "refuse", CLAIMS, "Mine.")]
        drafting.save(actor=officer, case=case.pk, entered=wanted, seen=seen, at=LATER)

    def mark():
        return drafting.mark(again(case), drafting.drafts(officer, case))

    drawn = mark()
    given = {"verdict": "fulfil"} if "verdict" in change else {**first, **change}
    partly_cast.put(made, case, who="second_officer", **given)
    with pytest.raises(Conflict):
        save(drawn)
    save(mark())
    assert drafting.drafts(officer, case)["records", "orders", ""].sentence == "Mine."
