"""What officers decide, correct, restrict and link, as rules of the state machine of cases."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.oracles.cases import facts
from tests.oracles.cases_drawing import FIELD, FIELDS, OFFICERS, PEOPLE, USERS, WHICH, WILD, Drawing, has

ENDED = ("fulfilled", "partly_fulfilled")
ORDER, WRITERS = st.integers(0, 12), st.sampled_from(("staff", "staff", *facts.USERS))


class Decided(Drawing):
    """Decisions, second officers, and what is taken back."""

    # --- deciding

    @has("in_review")
    @rule(which=WHICH, wild=WILD, officer=OFFICERS, as_drafted=st.booleans())
    def an_officer_decides(self, which, wild, officer, as_drafted):
        self.on("decide", which, wild, ("in_review",), officer, as_drafted)

    @has("in_review")
    @rule(which=WHICH, wild=WILD, spared=st.sampled_from((True, True, False)))
    def an_officer_leaves_the_orders(self, which, wild, spared):
        self.on("spare", which, wild, ("in_review",), spared)

    @has("in_review", kind="delete")
    @rule(which=WHICH, order=st.permutations(facts.OFFICERS), spare=st.booleans())
    def officers_agree_to_a_deletion(self, which, order, spare):
        meant = self.meant(("in_review",), "delete")
        chosen = meant[which % len(meant)]
        if spare:
            self.take("spare", chosen, True)
        self.take("decide", chosen, order[0], spare)
        for officer in order[1:]:
            self.take("approve", chosen, officer)

    @has("cooling_off")
    @rule(hours=st.sampled_from((12, 24, 25)))
    def the_time_to_take_it_back_passes(self, hours):
        self.passes(hours=hours)

    @has("awaiting_approval")
    @rule(which=WHICH, wild=WILD, officer=OFFICERS)
    def an_officer_approves(self, which, wild, officer):
        self.on("approve", which, wild, ("awaiting_approval",), officer)

    @has("awaiting_approval")
    @rule(which=WHICH, wild=WILD, officer=OFFICERS)
    def an_officer_sends_it_back(self, which, wild, officer):
        self.on("send_back", which, wild, ("awaiting_approval",), officer)

    @has("cooling_off")
    @rule(which=WHICH, wild=WILD, officer=st.one_of(st.none(), OFFICERS))
    def it_is_taken_back_in_time(self, which, wild, officer):
        given = ("object", which, wild) if officer is None else ("recall", which, wild)
        self.on(*given, ("cooling_off",), *([officer] if officer else []))

    @has("in_review", "awaiting_approval")
    @rule(which=WHICH, wild=WILD)
    def an_officer_refuses(self, which, wild):
        self.on("refuse", which, wild, ("in_review", "awaiting_approval"))

    @precondition(lambda self: self.all())
    @rule(which=WHICH, user=USERS)
    def somebody_takes_it_back(self, which, user):
        if user in self.play.world.alive:
            self.on("withdraw", which, True, (), user)


class Corrected(Drawing):
    """Corrections field by field, and what others write meanwhile."""

    @has("in_review", kind="rectify")
    @rule(which=WHICH, wild=WILD, officer=OFFICERS, fields=FIELDS)
    def an_officer_enters_fields(self, which, wild, officer, fields):
        self.on("enter", which, wild, ("in_review",), officer, fields, kind="rectify")

    @has("in_review", kind="rectify")
    @rule(which=WHICH, officer=OFFICERS, said=st.lists(st.booleans(), max_size=3), odd=WILD)
    def an_officer_decides_field_by_field(self, which, officer, said, odd):
        """Mostly with an answer to each field, and a reason where one of them is no."""
        meant = self.meant(("in_review",), "rectify")
        chosen = meant[which % len(meant)]
        fields = facts.FIELDS if odd else self.case(chosen).corrections
        answers = dict(zip(fields, [*said, True, True, True], strict=False)) if said else None
        some_no = answers is not None and not all(answers.values())
        self.take("decide", chosen, officer, False, answers, some_no != odd)

    @rule(
        who=st.sampled_from(("staff", "staff", *facts.USERS)), person=PEOPLE, given=FIELD, own=st.booleans()
    )
    def a_field_is_written(self, who, person, given, own):
        if who in ("staff", *self.play.world.alive):
            self.take("edit", who, who if own and who != "staff" else person, *given)


class Restricted(Drawing):
    """Processing is stopped: every way to write is tried, and it ends through its case alone."""

    @rule(person=PEOPLE, officers=st.permutations(facts.OFFICERS), spare=WILD)
    def processing_is_stopped(self, person, officers, spare):
        self.take("intake", officers[0], person, "stop", True, 0)
        asked = self.meant(("in_review",), "stop")
        if asked:
            if spare:
                self.take("spare", asked[-1], True)
            self.take("decide", asked[-1], officers[1])
            self.passes(minutes=1)

    @rule(
        act=st.sampled_from(("note", "add_order", "move_order", "copy_order", "delete_order", "listed")),
        order=ORDER, person=PEOPLE, of_person=st.booleans(),
    )  # fmt: skip
    def something_else_is_written(self, act, order, person, of_person):
        number = order % self.play.world.ordered + 1
        given = {
            "note": (person if of_person else number,),
            "add_order": (person,),
            "move_order": (number, person),
            "copy_order": (number,),
            "delete_order": (number,),
            "listed": (),
        }
        self.take(act, *given[act])

    @has(*ENDED, kind="stop")
    @rule(which=WHICH, wild=WILD, officer=OFFICERS, name=st.sampled_from(("announce", "announce", "keep")))
    def a_restriction_is_to_end_or_to_go_on(self, which, wild, officer, name):
        self.on(name, which, wild, ENDED, officer, kind="stop")

    @has(*ENDED, kind="stop")
    @rule(days=st.sampled_from((2, 3, 4)))
    def the_day_comes_on_which_it_ends(self, days):
        self.passes(days=days)


class Linked(Drawing):
    """The same request twice."""

    @precondition(lambda self: len(self.all()) > 1)
    @rule(which=WHICH, wild=WILD, of=WHICH)
    def an_officer_links_two(self, which, wild, of):
        """Mostly two of one kind."""
        states = ("proving", "in_review", "waiting", "awaiting_approval", "cooling_off")
        numbers = self.meant(states) or self.all()
        chosen = numbers[which % len(numbers)]
        same = [one for one in self.all() if self.case(one).kind == self.case(chosen).kind and one != chosen]
        others = self.all() if wild or not same else same
        self.take("join", chosen, others[of % len(others)])

    @precondition(lambda self: self._duplicates())
    @rule(which=WHICH, wild=WILD)
    def it_is_no_duplicate_after_all(self, which, wild):
        numbers = self.all() if wild and self.all() else self._duplicates()
        self.take("part", numbers[which % len(numbers)])

    @precondition(lambda self: self._duplicates())
    @rule(which=WHICH, wild=WILD, officer=OFFICERS)
    def a_duplicate_is_settled(self, which, wild, officer):
        numbers = self.all() if wild and self.all() else self._duplicates()
        self.take("settle", numbers[which % len(numbers)], officer)

    def _duplicates(self):
        """Also of somebody who was erased by the first request."""
        cases = self.play.world.cases if hasattr(self, "play") else ()
        return [number for number, one in enumerate(cases) if one.duplicate_of is not None]
