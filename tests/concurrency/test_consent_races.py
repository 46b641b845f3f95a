"""Decisions about one person happen one after the other (W15, W16). PostgreSQL only: SQLite has one writer at
a time by nature."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError

from consent.deciding import answers, decisions, entering
from consent.standing import history, reach
from portals_core.locks import place
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Locked
from portals_core.records.models import Record
from tests.concurrency.racing import PATIENCE, at_once
from tests.consent import consent_cast
from tests.consent.consent_cast import LOOK, mails, states, stored, token_in

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["default", "keyring"], transaction=True),
]


@pytest.fixture
def made():
    return consent_cast.set_up()


def unlock(monkeypatch) -> threading.Barrier:
    """For controls: from now on nobody waits for the person's record, and two read before either writes."""
    both_read, read = threading.Barrier(2), history.latest

    def together(*given):
        found = read(*given)
        both_read.wait(timeout=PATIENCE)
        return found

    def free(subject):
        return Record.objects.visible_to(LOOK).select_related("module").get(pk=subject)

    monkeypatch.setattr(reach, "lock", free)
    monkeypatch.setattr(history, "latest", together)
    return both_read


def deciding(made, verb, **given) -> Callable[[], object]:
    actor = made.actor("subject")
    return partial(verb, **{"actor": actor, "subject": actor.identity, "at": clock.now(), **given})


def give(made, **given) -> Callable[[], object]:
    return deciding(made, decisions.give, **{"purpose": "news", "text": made.text.pk, **given})


def withdraw(made, **given) -> Callable[[], object]:
    return deciding(made, decisions.withdraw, purpose="news", **given)


def refuse(made, **given) -> Callable[[], object]:
    return deciding(made, decisions.refuse, **{"purpose": "news", "text": made.text.pk, **given})


def enter(made, **given) -> Callable[[], object]:
    return partial(
        entering.enter,
        actor=made.actor("officer"),
        subject=made.org.subject.pk,
        purpose="news",
        answer="give",
        method="phone",
        text=made.text.pk,
        **given,
    )


def refused(outcomes: list[object], kind: type[Exception]) -> int:
    return sum(isinstance(one, kind) for one in outcomes)


def test_a_button_pressed_in_eight_windows_at_once_is_one_decision(made):
    given = at_once(*[give(made)] * 8)
    assert len({getattr(one, "pk", one) for one in given}) == 1
    assert states(made.org.subject.pk) == ["obtained"]


def test_without_the_lock_two_windows_would_collide(made, monkeypatch):
    """The control of the test above: both read before either writes; only the database stops the second."""
    unlock(monkeypatch)
    assert refused(at_once(give(made), give(made)), IntegrityError) == 1


def test_of_two_windows_that_decide_differently_at_once_one_counts(made):
    """W15: the other is told to look again."""
    yes, no = give(made, seen=0), refuse(made, seen=0)
    outcomes = at_once(*[yes, no] * 4)
    assert len(states(made.org.subject.pk)) == 1
    assert refused(outcomes, Conflict) == 4


def test_without_the_lock_both_would_have_decided_first(made, monkeypatch):
    """The control: neither learns of the other before the database stops it."""
    unlock(monkeypatch)
    outcomes = at_once(give(made, seen=0), refuse(made, seen=0))
    assert refused(outcomes, Conflict) == 0 and refused(outcomes, IntegrityError) == 1


def test_a_new_text_agreed_to_while_everything_is_withdrawn_ends_withdrawn(made):
    """Art. 7(3): whichever was first, a window that did not show the withdrawal does not undo it."""
    give(made)()
    new = consent_cast.publish("news", body="We write to you every day.", at=clock.now())
    yes = give(made, text=new.pk, seen=1)
    outcomes = at_once(yes, deciding(made, decisions.withdraw_all), yes)
    found = states(made.org.subject.pk)
    assert found in (["obtained", "withdrawn"], ["obtained", "renewed", "withdrawn"])
    assert (refused(outcomes, Conflict) > 0) or found[1] == "renewed"


def test_without_the_lock_everything_withdrawn_would_leave_something(made, monkeypatch):
    """The control: what is given between looking and withdrawing is missed."""
    both_read, look = unlock(monkeypatch), history.standing

    def together(subject):
        found = look(subject)
        both_read.wait(timeout=PATIENCE)
        return found

    monkeypatch.setattr(history, "standing", together)
    outcomes = at_once(give(made), deciding(made, decisions.withdraw_all))
    assert [] in outcomes and states(made.org.subject.pk) == ["obtained"]


def test_a_call_entered_while_the_person_withdraws_does_not_undo_it(made):
    """D12: the call was before; entered first it is superseded, entered later it is refused."""
    give(made, at=clock.now() - timedelta(hours=2))()
    call = enter(made, at=clock.now() - timedelta(hours=1))
    outcomes = at_once(call, withdraw(made))
    found = states(made.org.subject.pk)
    assert found in (["obtained", "withdrawn"], ["obtained", "renewed", "withdrawn"])
    assert refused(outcomes, BadInput) == (len(found) == 2)
    assert [one.number for one in stored(made.org.subject.pk)] == list(range(1, len(found) + 1))


def test_without_the_lock_the_call_and_the_withdrawal_would_collide(made, monkeypatch):
    """The control: the call does not see the withdrawal; only the database stops one of them."""
    give(made, at=clock.now() - timedelta(hours=2))()
    unlock(monkeypatch)
    outcomes = at_once(enter(made, at=clock.now() - timedelta(hours=1)), withdraw(made))
    assert refused(outcomes, BadInput) == 0 and refused(outcomes, IntegrityError) == 1


def test_one_link_answered_yes_and_no_at_once_has_one_answer(made):
    """W16: of twenty presses one counts."""
    made.ask(at=clock.now())
    token, now = token_in(mails("consent.asked")[0]), clock.now()
    yes = partial(answers.confirm, token=token, text=made.text.pk, at=now)
    no = partial(answers.decline, token=token, at=now)
    given = at_once(*[yes, no] * 5)
    assert refused(given, Absent) == 9
    assert len(states(made.org.added.pk)) == 2


def test_a_restriction_and_a_giving_at_once_end_in_one_order_or_the_other(made):
    """R9: whichever was first, nothing is given after the restriction."""
    subject = made.org.subject.pk
    restrict = partial(
        place.place,
        actor=LOOK,
        record=subject,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=clock.now(),
    )
    given, _lock = at_once(give(made), restrict)
    assert isinstance(given, Locked) == (states(subject) == [])
    with pytest.raises(Locked):
        give(made)()
