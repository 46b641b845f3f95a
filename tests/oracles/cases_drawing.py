"""What the state machine of cases draws from, and how it lets something happen."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition

from tests.oracles.cases import facts
from tests.oracles.cases_stage import Play

WHICH, WILD = st.integers(0, 30), st.integers(0, 5).map(lambda drawn: drawn == 0)
OFFICERS, USERS = st.sampled_from(facts.OFFICERS), st.sampled_from(facts.USERS)
PEOPLE, KINDS = st.sampled_from(facts.PEOPLE), st.sampled_from(facts.KINDS)
ADDRESSES, PHONES = st.sampled_from(sorted(facts.ADDRESSES)), st.sampled_from(facts.PHONES)
AGO = st.sampled_from((0, 3, 40))
NAMES, HEALTH = ("Sage Summer", "Robin Stranger", "Ada Autumn", ""), ("", "asthma", "none")
VALUES = {"name": st.sampled_from(NAMES), "health": st.sampled_from(HEALTH), "phone": PHONES}
#: One field with a value, and what a correction asks for.
FIELD = st.sampled_from(facts.FIELDS).flatmap(lambda name: st.tuples(st.just(name), VALUES[name]))
FIELDS = st.lists(FIELD, min_size=1, max_size=3).map(dict)


def has(*states, kind=""):
    """Only where there is a case in one of these states, of one kind where that is said."""
    return precondition(lambda self: bool(self.meant(states, kind)))


class Drawing:
    """Chooses a case for which something is meant, lets it happen in both and fails where they differ."""

    play: Play

    def all(self):
        cases = range(len(self.play.cases)) if hasattr(self, "play") else ()
        return [number for number in cases if not self.play.frozen(number)]

    def case(self, number):
        return self.play.world.cases[number]

    def meant(self, states, kind=""):
        found = [(number, self.case(number)) for number in self.all()]
        return [number for number, one in found if one.state in states and kind in ("", one.kind)]

    def take(self, name, *given):
        self.play.act(name, *given)
        assert not self.play.differing, self.play.differing

    def passes(self, **time):
        self.play.passes(**time)
        assert not self.play.differing, self.play.differing

    def on(self, name, which, wild, states, *given, kind=""):
        """Mostly with a case for which it is meant, now and then with any."""
        meant = self.meant(states, kind)
        chosen = self.all() if wild or not meant else meant
        self.take(name, chosen[which % len(chosen)], *given)
