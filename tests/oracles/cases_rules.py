"""What people ask, prove and answer, as rules of the state machine of cases."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.oracles.cases import facts
from tests.oracles.cases_drawing import (
    ADDRESSES,
    AGO,
    FIELDS,
    KINDS,
    OFFICERS,
    PEOPLE,
    PHONES,
    USERS,
    WHICH,
    WILD,
    Drawing,
    has,
)


class Asked(Drawing):
    """People without an account, people with one, officers, and the days."""

    # --- filing

    @rule(email=ADDRESSES, kind=KINDS, phone=PHONES)
    def somebody_fills_in_the_form(self, email, kind, phone):
        self.take("form", email, kind, phone)

    @rule(user=USERS, kind=KINDS, fields=FIELDS)
    def somebody_asks_for_themself(self, user, kind, fields):
        if user in self.play.world.alive:
            self.take("file", user, kind, fields if kind == "rectify" else None)

    @rule(kind=KINDS, fields=FIELDS)
    def sage_asks_for_ada(self, kind, fields):
        if facts.ADDED_BY in self.play.world.alive:
            self.take("file_added", kind, fields if kind == "rectify" else None)

    @rule(officer=OFFICERS, person=PEOPLE, kind=KINDS, seen=st.booleans(), ago=AGO, fields=FIELDS)
    def an_officer_writes_it_down(self, officer, person, kind, seen, ago, fields):
        self.take("intake", officer, person, kind, seen, ago, fields if kind == "rectify" else None)

    @rule(
        officer=OFFICERS, email=st.one_of(st.just(""), ADDRESSES), phone=PHONES, kind=KINDS,
        seen=st.sampled_from(("", "email", "phone", "email phone")), ago=AGO,
    )  # fmt: skip
    def an_officer_writes_down_what_somebody_asked(self, officer, email, phone, kind, seen, ago):
        self.take("recorded", officer, email, phone, kind, seen, ago)

    # --- proving

    @has("proving")
    @rule(which=WHICH, wild=WILD, typed=st.sampled_from(("right", "right", "wrong", "other")), other=WHICH)
    def a_code_is_typed_in(self, which, wild, typed, other):
        if typed == "other":
            typed = str(other % len(self.play.cases))
        self.on("code", which, wild, ("proving",), typed)

    @has("proving")
    @rule(which=WHICH, times=st.integers(4, 6))
    def codes_are_guessed(self, which, times):
        numbers = self.meant(("proving",))
        for _time in range(times):
            self.take("code", numbers[which % len(numbers)], "wrong")

    @has("proving")
    @rule(which=WHICH, wild=WILD, name=st.sampled_from(("resend", "link", "link")))
    def the_mail_is_used(self, which, wild, name):
        self.on(name, which, wild, ("proving",))

    @has("proving", "in_review")
    @rule(which=WHICH, wild=WILD)
    def an_officer_looks_at_who_asks(self, which, wild):
        self.on("vouch", which, wild, ("proving", "in_review"))

    @has("in_review")
    @rule(which=WHICH, person=PEOPLE)
    def an_officer_picks_the_person(self, which, person):
        self.on("bind", which, False, ("in_review",), person)

    @has("in_review")
    @rule(which=WHICH, wild=WILD)
    def an_officer_answers_that_nothing_is_held(self, which, wild):
        self.on("none_held", which, wild, ("in_review",))

    @precondition(lambda self: any(self.case(number).on_behalf for number in self.all()))
    @rule(which=WHICH, wild=WILD, name=st.sampled_from(("confirm", "confirm", "object", "on_paper")))
    def the_person_answers_who_may_ask(self, which, wild, name):
        meant = [number for number in self.all() if self.case(number).on_behalf]
        if wild:
            self.on(name, which, wild, ())
        else:
            self.take(name, meant[which % len(meant)])

    # --- the clock

    @has("in_review", "waiting")
    @rule(which=WHICH, wild=WILD, name=st.sampled_from(("ask", "extend")))
    def an_officer_needs_to_know_or_time(self, which, wild, name):
        self.on(name, which, wild, ("in_review", "waiting"))

    @has("waiting")
    @rule(
        which=WHICH, wild=WILD, who=st.sampled_from((*facts.USERS, "officer", "officer")),
        ago=st.sampled_from((0, 1, 3, 14)),
    )  # fmt: skip
    def the_answer_comes(self, which, wild, who, ago):
        if who in (*self.play.world.alive, "officer"):
            self.on("answer", which, wild, ("waiting",), who, ago)

    @rule(
        time=st.sampled_from(
            ({"days": 1}, {"days": 3}, {"days": 14}, {"days": 31}, {"hours": 14}, {"minutes": 28})
        )
    )
    def time_passes(self, time):
        if self.play.world.now.year < 2028:
            self.passes(**time)
