"""A plan says what is touched; its digest changes with that and with nothing else (promise 9)."""

from hypothesis import given
from hypothesis import strategies as st

from requests.law import plan

TEXT = st.text(min_size=1, max_size=8)
ENTRIES = st.lists(
    st.builds(plan.Entry, TEXT, TEXT, TEXT, st.integers(1, 9), st.text(max_size=4)), max_size=6, unique=True
)


def test_the_digest_is_frozen():
    """A changed meaning needs a new format name, or approvals of old releases would match it."""
    entries = [
        plan.Entry("records", "orders", "b", 2, "k", "refuse", "G"),
        plan.Entry("account", "account", "a"),
    ]
    assert plan.canonical("erase", entries) == (
        b'["dsr-plan/2","erase",[["account","account","a",1,"","fulfil",""],'
        b'["records","orders","b",2,"k","refuse","G"]]]'
    )
    assert plan.digest("erase", entries) == (
        "359a9f2818a6ba7fe96012f61451aaa20a8f80a5b599d73b0ced063e6b6d4161"
    )
    assert plan.counts(entries) == {"account:account": 1, "records:orders": 1}


@given(ENTRIES, st.randoms())
def test_the_order_of_finding_does_not_matter(entries, random):
    shuffled = list(entries)
    random.shuffle(shuffled)
    assert plan.digest("erase", shuffled) == plan.digest("erase", entries)


@given(ENTRIES, ENTRIES)
def test_different_plans_have_different_digests(one, other):
    same = sorted(e.stored() for e in one) == sorted(e.stored() for e in other)
    assert (plan.digest("erase", one) == plan.digest("erase", other)) == same
    assert plan.digest("erase", one) != plan.digest("restrict", one)


@given(ENTRIES)
def test_an_entry_comes_back_as_it_was_stored(entries):
    assert [plan.entry(row.stored()) for row in entries] == entries
