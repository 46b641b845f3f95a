"""A plan of any size is decided and approved without being held in memory (W22)."""

import tracemalloc
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Broken, Conflict
from portals_core.plumbing.models import Job
from portals_core.plumbing.spill import Ids
from portals_core.records import catalogue, lookups
from portals_core.sources import Records
from portals_core.writing.records import create_record
from requests.carrying_out import execute
from requests.casebook.effects import Done
from requests.deciding import approvals, board, cooling
from requests.holding import book as book_room
from requests.holding import duties, holdings, judging, planning, saying, suggestions
from requests.holding.book import Book, batches
from requests.law import plan
from requests.law.plan import Entry
from requests.models import PlanPart
from requests.parts import approval
from requests.telling import letter_reasons
from tests import cast, storage
from tests.requests.case_cast import LATER, TEST, again, approve, file, rows, there
from tests.requests.partly_cast import CLAIMS, REQUIRED, bought, decide, define, lock, planned, put

_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
#: References that meet each other and the keys: what is kept of a record decides about its key.
_REFS = st.sampled_from(["", "a", "b"]) | _WORDS
_ENTRIES = st.lists(
    st.builds(
        Entry, st.sampled_from(["records", "attachments"]) | _WORDS, _WORDS, _REFS, st.integers(1, 12), _REFS,
        st.sampled_from(["fulfil", "refuse", "redact"]), _WORDS,
    ),
    max_size=12,
)  # fmt: skip


@given(entries=_ENTRIES)
def test_a_book_says_what_the_plan_says_of_its_entries(entries):
    """Same digest, same counts, same order: what was approved before is approved still."""
    found = Book(entries)
    assert list(found) == entries and len(found) == len(entries) and bool(found) is bool(entries)
    assert found.digest("erase") == plan.digest("erase", entries)
    assert found.counts() == plan.counts(entry for entry in entries if entry.touched)
    assert list(found.left()) == [entry for entry in entries if not entry.touched]
    assert list(found.touched()) == [entry for entry in entries if entry.touched]
    kept = {entry.ref for entry in entries if entry.source == "records" and not entry.touched}
    keys = (entry.key_scope for entry in entries if entry.touched and entry.key_scope not in {"", *kept})
    assert list(found.scopes()) == list(dict.fromkeys(keys))


@pytest.mark.parametrize("size", [1, 2, 5, 6])
def test_a_book_is_read_whole_whatever_a_batch_holds(monkeypatch, size):
    """No entry is lost where one batch ends and the next begins."""
    monkeypatch.setattr(book_room, "BATCH", size)
    verdicts = ("fulfil", "refuse", "fulfil", "fulfil", "redact", "fulfil")
    entries = [Entry("records", "orders", f"r{n}", 1, f"k{n}", one) for n, one in enumerate(verdicts)]
    found = Book(entries)
    assert list(found) == entries
    assert list(found.touched()) == [one for one in entries if one.touched]
    assert list(found.left()) == [one for one in entries if not one.touched]
    assert list(found.scopes()) == ["k0", "k2", "k3", "k5"]


def test_a_stranger_is_what_no_plan_names_whatever_its_version():
    known, changed = Entry("records", "orders", "a", 1), Entry("records", "orders", "a", 2)
    new = Entry("records", "orders", "b", 1)
    assert list(Book([changed, new]).strangers(Book([known]))) == [new]


@given(steps=st.lists(st.tuples(st.sampled_from(["erase", "key"]), st.integers(0, 5).map(str)), max_size=20))
def test_what_was_done_is_a_set_of_steps(steps):
    done = Done(dict.fromkeys(steps[:5]))
    for step in steps[5:]:
        done.add(*step)
    assert len(done) == len(set(steps))
    assert all(
        ((name, str(n)) in done) is ((name, str(n)) in steps) for name in ("erase", "key") for n in range(6)
    )
    assert {name for name in ("erase", "key") if done.any_of(name)} == {name for name, _item in steps}


@settings(max_examples=20)
@given(numbers=st.lists(st.integers(0, 40)), size=st.integers(1, 7))
def test_ids_are_a_set_in_the_order_of_coming(numbers, size):
    ids = Ids()
    fresh = [one for several in batches(numbers, 3) for one in ids.add(UUID(int=n) for n in several)]
    wanted = [UUID(int=n) for n in dict.fromkeys(numbers)]
    assert fresh == wanted and len(ids) == len(wanted)
    assert [one for several in ids.backwards(size) for one in several] == wanted[::-1]


def test_memory_does_not_grow_with_the_entries():
    """Neither in a plan nor in what was carried out of it. Bait: in a list, and in a set, it does."""

    def peak(keep):
        tracemalloc.start()
        keep(Entry("records", "orders", str(UUID(int=n)), 1, str(UUID(int=n))) for n in range(20_000))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    def keys(entries):
        return (("erase", entry.key) for entry in entries)

    assert peak(lambda entries: Book(entries).digest("erase")) < 1_500_000 < peak(list)
    assert peak(lambda entries: Done(keys(entries))) < 1_500_000 < peak(lambda entries: set(keys(entries)))


def _peak(work) -> int:
    tracemalloc.start()
    work()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


@pytest.mark.django_db(databases=["default", "keyring"])
def test_memory_does_not_grow_with_what_a_letter_and_a_copy_say(made):
    """Both count or look up every entry of a large plan. Bait: held together, the entries take more."""
    case, key = file(made, "delete"), UUID(int=1)

    def entries():
        for n in range(20_000):
            verdict, ground = ("refuse", CLAIMS) if n % 2 else ("fulfil", "")
            yield Entry("records", "orders", str(UUID(int=n + 1)), 1, "", verdict, ground)

    whole = Book(entries())
    assert _peak(lambda: list(entries())) > 2_500_000
    told, said = [], []
    works = {
        "letter": lambda: told.append(letter_reasons._planned(case, whole)),
        "copy": lambda: said.append(saying.Said(whole, {})),
    }
    peaks = {name: _peak(work) for name, work in works.items()}
    assert {name: peak for name, peak in peaks.items() if peak > 2_000_000} == {}
    assert [(one.done, one.refused) for one in told] == [(("Orders (10000)",), ("Orders (10000)",))]
    assert [one.what for one in told[0].reasons] == ["Orders (10000)"]
    assert said[0] and said[0].own("records", "orders", str(key)) == "fulfil"
    assert said[0].own("records", "orders", str(UUID(int=2))) == "refuse"


@given(
    entries=st.lists(
        st.tuples(
            st.sampled_from(["records", "mail"]), st.sampled_from("ab"), st.integers(0, 3).map(str),
            st.sampled_from(["fulfil", "refuse", "redact"]),
        ),
        max_size=8, unique_by=lambda one: one[:3],
    ),
    groups=st.dictionaries(
        st.tuples(st.sampled_from(["records", "mail"]), st.sampled_from("ab")),
        st.sampled_from(["refuse", "redact"]), max_size=2,
    ),
)  # fmt: skip
def test_what_is_said_of_items_is_what_the_plan_says(entries, groups):
    """On disk as in memory: an item's own verdict, that on its kind, that of the only one of a kind."""
    whole = Book(Entry(source, kind, ref, verdict=verdict) for source, kind, ref, verdict in entries)
    found = saying.Said(whole, groups)
    own = {one[:3]: one[3] for one in entries}
    said = {*own.values(), *groups.values()}
    assert bool(found) is bool(said - {"fulfil"}) and found.redacts() is ("redact" in said)
    for source in ("records", "mail"):
        for kind in "ab":
            assert [found.own(source, kind, ref) for ref in "0123"] == [
                own.get((source, kind, ref), "") for ref in "0123"
            ]
            of_kind = [said for key, said in own.items() if key[:2] == (source, kind)]
            left = [said for said in of_kind if groups or said != "fulfil"]
            assert found.of_kind(source, kind) == groups.get((source, kind), "")
            assert found.of_single(source, kind) == (left[0] if len(left) == 1 else "")


#: What hangs on the lines of orders, so that keeping one goes up by three levels.
PARCELS = {
    "key": "parcels",
    "label": "Parcel",
    "label_plural": "Parcels",
    "title_key": "mark",
    "fields": [
        {"key": "mark", "label": "Mark", "required": True},
        {"key": "line", "label": "Line", "type": "lookup", "target": "lines", "link": "belongs"},
    ],
}


def claimed(case):
    """The job that carries the case out, in the hands of a worker."""
    job = Job.objects.get(handler=cooling.CARRY_OUT, about=case.ref)
    return there(outbox.claim(job.pk, at=clock.now() + timedelta(hours=1)))


def stop_after(monkeypatch, count):
    """A worker carries out so many effects on records and stops."""
    whole, done = Records.erase, []

    def failing(self, item, **given):
        if len(done) == count:
            raise OSError
        done.append(item.ref)
        whole(self, item, **given)

    with monkeypatch.context() as patch:
        patch.setattr(Records, "erase", failing)
        with pytest.raises(OSError):
            outbox.drain()


def _refused(row):
    return [*row[:5], "refuse", CLAIMS]


def _why(case, ref):
    """The ground on which a record stays, on the page and in the plan."""
    every = judging.judge(case, list(planning.items_for(case)))
    (shown,) = (one.ground for one in every if (one.item.source, one.item.ref) == ("records", ref))
    return shown, judging.entries(case, suggested=True).find("records", ref).ground


@pytest.mark.django_db(databases=["default", "keyring"])
class TestDeciding:
    def test_the_plan_is_what_the_board_shows(self, made):
        """Two ways to the same verdicts: all of them at once for the page, a batch at a time for the plan."""
        things = bought(made)
        lock(things.line, "legal_hold")
        case = file(made, "delete")
        put(made, case, kind="orders", ref=str(things.orders[1].pk), ground=CLAIMS, sentence="A lawsuit.")
        every = list(planning.items_for(case))
        shown = [planning.entry_of(one.item, one.verdict, one.ground) for one in judging.judge(case, every)]
        found = judging.entries(case, suggested=True)
        own = f"requests:case:{case.pk}"
        assert [one.key for one in found] == [one.key for one in shown if one.key != own]
        assert {one.key: (one.verdict, one.ground) for one in found} == {
            one.key: (one.verdict, one.ground) for one in shown if one.key != own
        }
        assert {"fulfil", "refuse"} == found.verdicts()

    def test_a_large_plan_is_stored_in_parts_and_carried_out_whole(self, made, monkeypatch):
        monkeypatch.setattr(planning, "PART", 3)
        orders = [cast.order(made, f"A{n}", made.subject) for n in range(8)]
        case = file(made, "delete")
        found = list(judging.entries(case, suggested=True))
        case = decide(made, case)
        stored = planning.entries_stored(again(case))
        # What hangs on something goes before it, whatever the part it stands in.
        assert list(stored) == found
        sizes = list(PlanPart.objects.visible_to(TEST).values_list("size", flat=True))
        assert sum(sizes) + 3 == len(stored) >= len(orders) and max(sizes) == 3
        assert stored.digest("erase") == case.plan_digest
        approve(made, case)
        outbox.drain()
        assert again(case).state == "fulfilled"

    @pytest.mark.parametrize("begun", [False, True])
    @pytest.mark.parametrize("damage", ["gone", "changed"])
    def test_a_plan_that_is_damaged_is_not_carried_out(self, made, monkeypatch, damage, begun):
        """Promise 9: neither at the first effect nor when it is resumed. Its control: repaired, it is."""
        monkeypatch.setattr(planning, "PART", 3)
        for n in range(8):
            cast.order(made, f"A{n}", made.subject)
        case = approve(made, decide(made, file(made, "delete")))
        if begun:
            stop_after(monkeypatch, 2)
        parts = PlanPart.objects.visible_to(TEST).filter(plan__case=case, place=1)
        (whole,) = parts.values("plan", "place", "items", "size")
        parts.delete() if damage == "gone" else parts.update(items=[_refused(one) for one in whole["items"]])
        before = rows("portals_core.Record", "portals_core.SubjectKey", "dsr_requests.Effect")
        with pytest.raises(Broken) as stopped:
            execute.carry_out(claimed(case))
        assert stopped.value.code == "plan.damaged"
        assert rows("portals_core.Record", "portals_core.SubjectKey", "dsr_requests.Effect") == before
        parts.delete()
        PlanPart(plan_id=whole.pop("plan"), **whole).save(force_insert=True)
        approvals.resume(actor=made.actor("officer"), case=case.pk, at=LATER)
        outbox.drain()
        assert again(case).state == "fulfilled"

    def test_a_plan_is_the_same_whatever_a_batch_holds(self, made, monkeypatch):
        """What is decided by kind, kept by a lock, or needed by what is kept, beyond the first batch, too."""
        define(PARCELS)
        lines = [cast.line(made, cast.order(made, f"A{n}", made.subject), f"Lamp {n}") for n in range(5)]
        for line in lines:
            given = {"mark": f"P {line.pk}", "line": str(line.pk)}
            create_record(
                actor=TEST, module=catalogue.module("parcels"), given=given, source="t", at=cast.NOW
            )
        lock(cast.order(made, "A9", made.subject), "legal_hold")
        case = file(made, "delete")
        put(made, case, kind="parcels", ground=CLAIMS, sentence="A lawsuit about all of them.")
        found = list(judging.entries(case, suggested=True))
        assert sum(not one.touched for one in found if one.source == "records") == 3 * 5 + 2
        for room in (book_room, judging, suggestions, duties):
            monkeypatch.setattr(room, "batches", partial(batches, size=2))
        assert list(judging.entries(case, suggested=True)) == found

    def test_kinds_beyond_what_a_page_counts_are_named_and_decided(self, made, monkeypatch):
        """The page stops counting; each kind of thing is there all the same, and a verdict on it holds."""
        things = bought(made, locked=False)
        case = file(made, "delete")
        whole = {group.key for group in board.board(made.actor("officer"), case, LATER).groups}
        monkeypatch.setattr(holdings, "MOST", 2)
        shown = board.board(made.actor("officer"), case, LATER)
        assert shown.capped and {group.key for group in shown.groups} >= whole - {"requests:case"}
        assert {group.key for group in shown.groups if group.uncounted} >= {"records:invoices"}
        put(made, case, kind="invoices", ground=CLAIMS, sentence="A lawsuit about all of them.")
        decide(made, case)
        assert planned(case)["invoices", str(things.invoice.pk)] == ("refuse", CLAIMS)

    def test_beyond_what_a_page_counts_the_approval_looks_all_the_same(self, made, monkeypatch):
        """The page of a very large plan cannot warn beforehand; its control is the page of a small one."""
        cast.order(made, "A1", made.subject)
        case = decide(made, file(made, "delete"))
        cast.order(made, "A2", made.subject)

        def warns():
            shown = approval.part(made.actor("second_officer"), again(case), LATER)
            return shown["plan_now"] != shown["plan_items"]

        assert warns()
        monkeypatch.setattr(holdings, "MOST", 2)
        assert not warns()
        with pytest.raises(Conflict) as refused:
            approve(made, case)
        assert (refused.value.code, again(case).state) == ("plan.drift", "in_review")

    def test_of_two_files_the_first_in_rank_says_why_their_record_stays(self, made):
        """On the page and in the plan alike, whichever file comes first."""
        order = cast.order(made, "A1", made.subject)
        files = [storage.add(TEST, order, name=f"{n}.txt") for n in range(4)]
        case = file(made, "delete")
        for n, one in enumerate(sorted(files, key=lambda one: one.pk)):
            ground = REQUIRED if n in (1, 2) else CLAIMS
            put(made, case, "attachments", "file", ref=str(one.pk), ground=ground, sentence="It is needed.")
        every = judging.judge(case, list(planning.items_for(case)))
        shown = {one.item.ref: one.ground for one in every}
        found = {one.ref: one.ground for one in judging.entries(case, suggested=True)}
        wanted = {str(order.pk): REQUIRED, str(made.subject.pk): REQUIRED}
        assert {ref: shown[ref] for ref in wanted} == {ref: found[ref] for ref in wanted} == wanted

    @pytest.mark.parametrize("first", [REQUIRED, CLAIMS])
    def test_of_two_records_the_first_in_rank_says_why_what_both_point_at_stays(self, made, first):
        """On the page and in the plan alike; a file on the person's own record speaks before either."""
        orders = sorted((cast.order(made, f"A{n}", made.subject) for n in range(2)), key=lambda one: one.pk)
        one = storage.add(TEST, made.subject, name="photo.txt")
        case, own = file(made, "delete"), str(made.subject.pk)
        for order, ground in zip(
            orders, sorted((REQUIRED, CLAIMS), key=lambda one: one != first), strict=True
        ):
            put(made, case, ref=str(order.pk), ground=ground, sentence="It is needed.")
        assert _why(case, own) == (REQUIRED, REQUIRED)
        put(made, case, "attachments", "file", ref=str(one.pk), ground=CLAIMS, sentence="It is needed.")
        assert _why(case, own) == (CLAIMS, CLAIMS)

    def test_walking_gives_every_record_once_and_the_deepest_first(self, made):
        order = cast.order(made, "A1", made.subject)
        line = cast.line(made, order, "Lamp")
        cast.order(made, "B1", made.stranger)
        assert [one for some in lookups.gathered(made.subject.pk).backwards(2) for one in some] == [
            line.pk, order.pk, made.subject.pk,
        ]  # fmt: skip
        assert list(lookups.belonging(uuid4())) == []
