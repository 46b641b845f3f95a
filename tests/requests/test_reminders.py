"""Officers hear of what is due before and after its day, once each, and nothing passes silently."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.people import accounts
from portals_core.plumbing import duties, outbox
from portals_core.plumbing.models import Mail
from requests.arriving import intake
from requests.casebook import counting, lifecycle
from requests.desk import assignment
from requests.law.states import Who
from requests.models import Alarm, Case
from requests.timing import clock, reminders
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import TEST

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
DUE = date(2026, 4, 7)  # of what is received on 5 March 2026 in Poland: Easter Monday is the 6th
OFFICERS = ["officer@staff.example", "second_officer@staff.example"]
SCOPE, COMPLEX = "JustificationA12InformationRequired", "JustificationA12Complexity"


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 6, tzinfo=UTC)


def run(day: date, times: int = 1) -> list[Mail]:
    """The duty of that day; the messages it promised."""
    with time_machine.travel(morning(day), tick=False):
        for _again in range(times):
            with transaction.atomic():
                key = outbox.enqueue(reminders.JOB, about="duty:test")
            assert outbox.run_now(key) == "done"
    return list(Mail.objects.filter(kind="desk.deadlines", created_at=morning(day)).order_by("to"))


def kinds(case) -> list[str]:
    return list(Alarm.objects.visible_to(TEST).filter(case=case).values_list("kind", flat=True))


def recorded(made, received, subject=None, kind="export", **given):
    """A request an officer wrote down on the day it came in."""
    return intake.file_case(
        actor=made.actor("officer"),
        kind=kind,
        subject=subject or made.stranger.pk,
        received_at=received,
        at=morning(received),
        seen="known at the counter",
        **given,
    )


def assign(made, case, who):
    assignment.take(actor=made.actor(who), case=case.pk, at=cast.NOW)


def test_the_duty_is_a_daily_one():
    assert dict(duties.DAILY.items())[reminders.JOB] == reminders.JOB


@pytest.mark.parametrize(
    ("left", "stage"),
    [(8, None), (7, "soon"), (3, "soon"), (2, "urgent"), (1, "urgent"), (0, "today"), (-1, "late")],
)
def test_how_near_a_day_is_decides_how_loud_it_is(made, settings, left, stage):
    settings.REMIND_DAYS, settings.ESCALATE_DAYS = 7, 2
    case = case_cast.file(made, "export")
    found = [line.stage for line in reminders.alarms(case, DUE - timedelta(days=left))]
    assert found == ([stage] if stage else [])


def test_everybody_who_decides_is_told_of_a_request_that_is_nobodys(made):
    case = case_cast.file(made, "export")
    assert run(DUE - timedelta(days=8)) == []
    told = run(DUE - timedelta(days=7))
    assert [mail.to for mail in told] == OFFICERS
    assert all(case.number in mail.body and "April 7, 2026" in mail.body for mail in told)
    assert all(mail.subject_id is None and "Sage" not in mail.body for mail in told)


def test_the_assignee_alone_is_told_first_and_the_others_when_it_is_near(made):
    case = case_cast.file(made, "export")
    assign(made, case, "officer")
    assert [mail.to for mail in run(DUE - timedelta(days=7))] == OFFICERS[:1]
    assert [mail.to for mail in run(DUE - timedelta(days=2))] == OFFICERS
    assert [mail.to for mail in run(DUE)] == OFFICERS
    assert [mail.to for mail in run(DUE + timedelta(days=1))] == OFFICERS


@pytest.mark.parametrize("change", ["closed", "right"])
def test_an_assignee_who_cannot_act_any_more_is_not_the_only_one_told(made, change):
    case = case_cast.file(made, "export")
    assign(made, case, "officer")
    user = made.users["officer"]
    if change == "closed":
        accounts.User.objects.visible_to(TEST).filter(pk=user.pk).update(is_active=False)
        expected = OFFICERS[1:]
    else:
        Case.objects.visible_to(TEST).filter(pk=case.pk).update(assignee=made.users["auditor"])
        expected = OFFICERS
    assert [mail.to for mail in run(DUE - timedelta(days=7))] == expected


def test_where_there_is_nobody_the_contact_address_is_told(made, settings):
    """Promise 15: an alarm always goes somewhere."""
    cast.take_away("cases.decide", role="officer")
    cast.take_away("cases.approve", role="officer")
    settings.CONTACT_EMAIL = "privacy@organisation.example"
    case_cast.file(made, "export")
    assert [mail.to for mail in run(DUE - timedelta(days=7))] == ["privacy@organisation.example"]


def test_a_reminder_is_given_once_however_often_the_duty_runs(made):
    case = case_cast.file(made, "export")
    assert len(run(DUE - timedelta(days=7), times=3)) == 2
    assert run(DUE - timedelta(days=5)) == []
    assert len(run(DUE - timedelta(days=2), times=2)) == 2
    assert kinds(case) == [f"soon:{DUE}", f"urgent:{DUE}"]


def test_what_is_late_is_listed_every_day(made):
    case = case_cast.file(made, "export")
    for days in (1, 2, 30):
        (mail, _other) = run(DUE + timedelta(days=days), times=2)
        assert case.number in mail.body and mail.title == "Requests are past their day: act now"
    assert len(kinds(case)) == 3


def test_a_duty_that_did_not_run_for_days_tells_how_it_stands_now(made):
    case = case_cast.file(made, "export")
    assert len(run(DUE + timedelta(days=3))) == 2
    assert kinds(case) == [f"late:{DUE}:2026-04-10"]


def test_nothing_is_said_of_what_is_closed(made):
    case = case_cast.file(made, "export")
    lifecycle.withdraw(actor=made.actor("subject"), case=case.pk, at=cast.NOW)
    assert run(DUE) == [] and kinds(case) == []


def test_the_last_day_to_take_more_time_is_watched_although_the_clock_stood_still(made):
    """W1: the person must be told within the first month, which pauses do not lengthen."""
    case = case_cast.file(made, "export")
    officer = made.actor("officer")
    given = {"ground": SCOPE, "question": "Which?"}
    clock.ask(actor=officer, case=case.pk, at=cast.NOW, **given)
    clock.answer(actor=officer, case=case.pk, text="That.", at=cast.NOW + timedelta(days=15))
    (mail, _other) = run(DUE - timedelta(days=7))
    assert "last day to take more time" in mail.body and "with pauses April 20, 2026" in mail.body
    clock.extend(actor=officer, case=case.pk, ground=COMPLEX, sentence="Much.", at=morning(DUE))
    assert run(DUE) == []


def test_a_day_that_moved_is_announced_anew(made):
    case = case_cast.file(made, "export")
    run(DUE - timedelta(days=7))
    clock.extend(actor=made.actor("officer"), case=case.pk, ground=COMPLEX, sentence="Much.", at=cast.NOW)
    assert run(date(2026, 5, 29)) != []
    assert kinds(case) == [f"soon:{DUE}", "soon:2026-06-05"]


def test_a_request_that_is_late_only_without_pauses_says_so_and_disturbs_the_officers_who_decide(made):
    case = case_cast.file(made, "export")
    assign(made, case, "officer")
    officer = made.actor("officer")
    clock.ask(actor=officer, case=case.pk, ground=SCOPE, question="Which?", at=cast.NOW)
    clock.answer(actor=officer, case=case.pk, text="That.", at=cast.NOW + timedelta(days=20))
    (mail,) = run(DUE + timedelta(days=1))
    assert mail.to == OFFICERS[0] and "with pauses April 27, 2026" in mail.body


def test_the_day_is_the_one_where_the_answer_is_owed(made):
    """22:30 UTC on 7 April is the 8th in Warsaw and still the 7th in Dublin."""
    polish, irish = (recorded(made, date(2026, 3, 5), country=one, kind=kind) for one, kind in
                     (("PL", "export"), ("IE", "stop")))  # fmt: skip
    at = datetime(2026, 4, 7, 22, 30, tzinfo=UTC)
    with time_machine.travel(at, tick=False):
        with transaction.atomic():
            key = outbox.enqueue(reminders.JOB, about="duty:test")
        outbox.run_now(key)
    assert kinds(polish) == [f"late:{DUE}:2026-04-08"] and kinds(irish) == [f"today:{DUE}"]


def test_a_message_that_fails_leaves_no_trace_that_it_was_given(made, settings):
    """Crash safety: mark and message stand or fall together."""
    cast.take_away("cases.decide", role="officer")
    cast.take_away("cases.approve", role="officer")
    settings.CONTACT_EMAIL = "no address"
    case = case_cast.file(made, "export")
    with time_machine.travel(morning(DUE), tick=False):
        with transaction.atomic():
            key = outbox.enqueue(reminders.JOB, about="duty:test")
        with pytest.raises(Exception, match="e-mail"):
            outbox.run_now(key)
    assert kinds(case) == []
    settings.CONTACT_EMAIL = "privacy@organisation.example"
    assert len(run(DUE)) == 1


def test_of_two_duties_at_once_one_is_told(made, monkeypatch):
    """The second, which looked before the first had written, fails on the mark and sends nothing."""
    case = case_cast.file(made, "export")
    run(DUE)
    real = reminders._new
    blind = list(reminders.alarms(case, DUE))
    monkeypatch.setattr(reminders, "_new", lambda _cases, _at: blind)
    sent = Mail.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        run(DUE)
    monkeypatch.setattr(reminders, "_new", real)
    assert Mail.objects.count() == sent


def test_a_long_list_is_cut_with_its_number(made, monkeypatch):
    monkeypatch.setattr(reminders, "NAMED", 1)
    case_cast.file(made, "export")
    case_cast.file(made, "stop")
    (mail, _other) = run(DUE)
    assert "and 1 more" in mail.body


def test_the_message_is_in_the_language_of_the_officer(made):
    made.users["officer"].language = "fi"
    made.users["officer"].save()
    case_cast.file(made, "export")
    (finnish, english) = run(DUE)
    assert "7. huhtikuuta 2026" in finnish.body and "April 7, 2026" in english.body


def test_the_queries_do_not_grow_with_the_cases(made):
    counts = []
    for kind in ("export", "stop"):
        case_cast.file(made, kind)
        Alarm.objects.visible_to(TEST).delete()
        with CaptureQueriesContext(connection) as captured:
            run(DUE)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_very_many_are_told_of_in_stretches_that_are_stored_as_they_go(made, monkeypatch):
    """What was told before a crash is told once; the rest is told by the next try."""
    monkeypatch.setattr(reminders, "BATCH", 1)
    monkeypatch.setattr(reminders, "TOGETHER", 2)
    cases = [
        recorded(made, date(2026, 3, 5), cast.contact(made.contacts, f"p{n} Person").pk) for n in range(5)
    ]
    numbers = {case.number for case in cases}
    real, calls = reminders._write, []

    def breaks(*told) -> None:
        calls.append(told)
        if len(calls) == 3:  # two officers heard of the first two
            raise RuntimeError("the power went")
        real(*told)

    monkeypatch.setattr(reminders, "_write", breaks)
    with pytest.raises(RuntimeError):
        run(DUE)
    assert (
        sum(len(kinds(case)) for case in cases) == 2
        and Mail.objects.filter(kind="desk.deadlines").count() == 2
    )
    monkeypatch.setattr(reminders, "_write", real)
    told = [mail for mail in run(DUE) if mail.to == OFFICERS[0]]
    assert [len(kinds(case)) for case in cases] == [1] * 5
    named = [number for mail in told for number in sorted(numbers) if number in mail.body]
    assert sorted(named) == sorted(numbers) and len(told) == 3


# --- promise 15 ------------------------------------------------------------------------------------------

START, END = date(2026, 1, 27), date(2026, 7, 31)
PLACES = ("PL", "FI", "PT", "FR", "IE", "DE")


def _begin(made, chance, day) -> None:
    person = cast.contact(made.contacts, f"p{day:%m%d}x Person")
    recorded(made, day, person.pk, chance.choice(["export", "stop"]), country=chance.choice(PLACES))


def _go_on(made, chance, case, day) -> None:
    """What officers do with a case on a day: mostly nothing."""
    officer, at, lot = made.actor("officer"), morning(day) + timedelta(hours=2), chance.random()
    if case.state == "waiting" and lot < 0.15:
        clock.answer(actor=officer, case=case.pk, text="That.", at=at)
    elif case.state == "in_review" and lot < 0.04:
        clock.ask(actor=officer, case=case.pk, ground=SCOPE, question="Which?", at=at)
    elif case.extended_at is None and lot > 0.985 and at <= counting.period(case, extended=False).ends_at:
        clock.extend(actor=officer, case=case.pk, ground=COMPLEX, sentence="Much.", at=at)
    elif lot > 0.97 and case.state == "in_review" and day > case.due_on:
        with transaction.atomic():
            lifecycle.move(case, "withdraw", actor=system("test"), who=Who.SUBJECT, at=at)


def test_no_day_passes_without_an_alarm_over_month_ends_pauses_and_more_time(made):
    """Promise 15: a frozen clock goes through six months, a new case at every end and middle of a month."""
    chance, day, passed, moved = Random(15), START, 0, 0
    while day <= END:
        if day.day in (1, 14, 28, 29, 30, 31) and day < date(2026, 5, 10):
            _begin(made, chance, day)
        run(day)
        given = defaultdict(set)
        for key, kind in Alarm.objects.visible_to(TEST).values_list("case", "kind"):
            given[key].add(kind)
        for case in Case.objects.visible_to(TEST).filter(closed_at=None).order_by("pk"):
            said = given[case.pk]
            for end in {case.due_on, case.unpaused_on}:
                if (end - day).days <= 7:
                    assert any(str(end) in kind for kind in said), (case.number, day, end, said)
                if day > end:
                    assert f"late:{end}:{day}" in said, (case.number, day, end)
                    passed += day - timedelta(days=1) == end
            moved += case.due_on != case.unpaused_on
            _go_on(made, chance, case, day)
        day += timedelta(days=1)
    extended = Case.objects.visible_to(TEST).exclude(extended_at=None).count()
    assert passed > 20 and moved > 50 and extended > 3
