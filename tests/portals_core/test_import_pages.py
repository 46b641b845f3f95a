"""Imports by page: file, mapping, check, the real thing; nothing kept longer than needed (I1–I3, I7)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portals_core.access.actor import system
from portals_core.imports import drafts, reports, runs
from portals_core.imports.models import ImportRow, ImportRun
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import Conflict, Forbidden
from portals_core.plumbing.models import Job, JobState
from portals_core.records.models import Record
from tests import cast
from tests.seats import seat

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
_LOOK = system("look in a test")
GOOD = "Name,E-MAIL,Town\nAnna Alm,anna@x.example,Oslo\nBo Berg,bo@x.example,\n"


@pytest.fixture
def made():
    return cast.set_up()


@pytest.fixture
def desk(made):
    return seat(made, "administrator")


def _upload(desk, text=GOOD, module="contacts", name="people.csv"):
    file = SimpleUploadedFile(name, text.encode(), content_type="text/csv")
    return desk.post("/desk/imports/new/", {"module": module, "file": file})


def _draft(desk, text=GOOD, module="contacts"):
    answer = _upload(desk, text, module)
    assert answer.status_code == 302, answer.context["form"].errors
    return answer.url.removesuffix("mapping/"), desk.get(answer.url).context["form"]


def _sent(form, **change):
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value} | change


def _run(address):
    return ImportRun.objects.visible_to(_LOOK).get(pk=address.rstrip("/").rsplit("/", 1)[-1])


def _work(address):
    """Run what is due of this import, and nothing else that the set-up promised."""
    outbox.drain(about=f"import:{address.rstrip('/').rsplit('/', 1)[-1]}")


def _names():
    return set(
        Record.objects.visible_to(_LOOK)
        .filter(source__startswith="import")
        .values_list("values__name", flat=True)
    )


def test_same_named_columns_are_proposed_and_personal_fields_marked(made, desk):
    """I1: letter case does not matter for the proposal, the template keeps the column's own."""
    _address, form = _draft(desk)
    assert (form["v_name"].value(), form["v_email"].value(), form["v_phone"].value()) == (
        "{{Name}}",
        "{{E-MAIL}}",
        "",
    )
    assert "Personal" in form["v_email"].help_text and "unique" in form["v_email"].help_text
    assert "Sensitive" in form["v_health"].help_text and form["dry_run"].value() is True


def test_a_check_writes_nothing_and_becomes_the_import_once(made, desk):
    address, form = _draft(desk)
    assert desk.post(f"{address}mapping/", _sent(form)).url == address
    waiting = desk.get(address)
    assert waiting.context["busy"] and "hx-get" in waiting.content.decode()
    _work(address)
    page = desk.get(address)
    assert (page.context["run"].accepted, _names()) == (2, set())
    assert "Import 2 rows for real" in page.content.decode() and "hx-get" not in page.content.decode()
    real = desk.post(f"{address}for-real/")
    assert real.status_code == 302
    assert desk.post(f"{address}for-real/").status_code == 409
    stored = _run(real.url).stored
    _work(real.url)
    assert _names() == {"Anna Alm", "Bo Berg"} and not default_storage.exists(stored)
    record = Record.objects.visible_to(_LOOK).get(values__name="Anna Alm")
    assert record.source == "import people.csv" and record.creator == made.users["administrator"]
    assert "for-real" not in desk.get(address).content.decode()


def test_an_import_without_a_check_removes_its_file_when_it_ends(made, desk):
    address, form = _draft(desk)
    sent = {name: value for name, value in _sent(form).items() if name != "dry_run"}
    desk.post(f"{address}mapping/", sent)
    stored = _run(address).stored
    assert default_storage.exists(stored)
    _work(address)
    assert _names() == {"Anna Alm", "Bo Berg"} and not default_storage.exists(stored)


def test_refused_rows_are_listed_and_the_mapping_can_be_changed(made, desk):
    """I2, I3: constants, columns, letter case; a wrong row is refused whole."""
    address, form = _draft(desk)
    for template in ("{{name}}", "{{Name"):
        answer = desk.post(f"{address}mapping/", _sent(form, v_name=template))
        assert answer.status_code == 400 and answer.context["form"]["v_name"].value() == template
    desk.post(f"{address}mapping/", _sent(form, v_email="{{Town}}"))
    _work(address)
    page = desk.get(address)
    assert [(row.number, row.accepted) for row in page.context["rows"]] == [(2, False)]
    assert "leave the refused ones out" in page.content.decode()
    assert desk.post(f"{address}reopen/").url == f"{address}mapping/"
    again = desk.get(f"{address}mapping/").context["form"]
    assert again["v_email"].value() == "{{Town}}"
    desk.post(
        f"{address}mapping/", _sent(again, v_email="{{E-MAIL}}", v_phone="+48 22 123 45 67", source="Fair")
    )
    _work(address)
    assert (_run(address).accepted, _run(address).refused) == (2, 0)
    real = desk.post(f"{address}for-real/").url
    _work(real)
    stored = Record.objects.visible_to(_LOOK).get(values__name="Bo Berg")
    assert (stored.values["phone"], stored.source) == ("+48 22 123 45 67", "Fair")


def test_links_are_recognised_by_a_unique_field_that_is_chosen(made, desk):
    text = "Number,Customer\nX1,sage@people.example\nX2,nobody@people.example\n"
    address, form = _draft(desk, text, "orders")
    assert [key for key, _label in form.fields["l_customer"].choices] == ["email"]
    desk.post(f"{address}mapping/", _sent(form, l_customer="email"))
    _work(address)
    assert (_run(address).accepted, _run(address).refused) == (1, 1)


def test_existing_records_are_changed_where_a_unique_field_says_so(made, desk):
    address, form = _draft(desk, "Name,E-mail\nSage Summer,sage@people.example\n")
    sent = {name: value for name, value in _sent(form, match="email").items() if name != "dry_run"}
    desk.post(f"{address}mapping/", sent)
    _work(address)
    assert Record.objects.visible_to(_LOOK).get(pk=made.subject.pk).values["name"] == "Sage Summer"


@pytest.mark.parametrize("text", ["", "a,a\n1,2\n", 'a\n"open'])
def test_a_file_that_cannot_be_used_is_refused_in_the_form(made, desk, text):
    answer = _upload(desk, text)
    assert answer.status_code == 400 and answer.context["form"].errors
    assert not ImportRun.objects.visible_to(_LOOK).exists()


def test_progress_tells_how_far_it_is_and_ends_by_loading_the_page_anew(made, desk):
    address, form = _draft(desk)
    desk.post(f"{address}mapping/", _sent(form))
    part = desk.get(f"{address}progress/")
    assert (
        part.status_code == 200
        and "<progress" in part.content.decode()
        and "<html" not in part.content.decode()
    )
    _work(address)
    assert desk.get(f"{address}progress/").headers["HX-Refresh"] == "true"


def test_a_run_that_was_given_up_says_so(made, desk):
    address, form = _draft(desk)
    desk.post(f"{address}mapping/", _sent(form))
    assert "stopped" not in desk.get(address).content.decode()
    Job.objects.filter(handler=runs.HANDLER).update(state=JobState.PARKED)
    assert "stopped after several tries" in desk.get(address).content.decode()
    assert "HX-Refresh" in desk.get(f"{address}progress/").headers


def test_an_abandoned_draft_goes_with_its_file_after_a_day(made, desk):
    address, _form = _draft(desk)
    stored = _run(address).stored
    with time_machine.travel(clock.now() + timedelta(hours=23), tick=False):
        _work(address)
        assert default_storage.exists(stored) and _run(address).state == "draft"
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        _work(address)
    assert not default_storage.exists(stored)
    assert not ImportRun.objects.visible_to(_LOOK).exists()


def test_a_checked_file_nobody_imports_goes_after_a_day_and_its_report_stays(made, desk):
    address, form = _draft(desk)
    desk.post(f"{address}mapping/", _sent(form))
    _work(address)
    stored = _run(address).stored
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        _work(address)
    assert not default_storage.exists(stored)
    desk = seat(made, "administrator")
    page = desk.get(address)
    assert page.context["run"].accepted == 2 and not page.context["may_follow"]
    assert desk.post(f"{address}for-real/").status_code == 409


def test_the_purge_waits_for_a_run_that_needs_the_file(made, desk):
    address, form = _draft(desk)
    desk.post(f"{address}mapping/", _sent(form))
    stored, purge = _run(address).stored, Job.objects.get(handler=drafts.PURGE)
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        outbox.run_now(purge.pk)
        assert default_storage.exists(stored)
        assert Job.objects.filter(handler=drafts.PURGE, state=JobState.WAITING).count() == 1
        _work(address)
        assert default_storage.exists(stored) and _run(address).accepted == 2
    with time_machine.travel(clock.now() + timedelta(hours=27), tick=False):
        _work(address)
    assert not default_storage.exists(stored)


def test_a_draft_is_discarded_with_its_file_and_a_begun_run_is_not(made, desk):
    address, form = _draft(desk)
    stored = _run(address).stored
    assert desk.post(f"{address}discard/").status_code == 302
    _work(address)
    assert not default_storage.exists(stored) and desk.get(address).status_code == 404
    begun, form = _draft(desk)
    desk.post(f"{begun}mapping/", _sent(form))
    assert desk.post(f"{begun}discard/").status_code == 409
    assert desk.post(f"{begun}mapping/", _sent(form)).status_code == 302  # leads to the run, begins nothing
    assert Job.objects.filter(handler=runs.HANDLER).count() == 1


def test_of_two_who_begin_one_draft_the_second_is_told(made, desk):
    address, _form = _draft(desk)
    wanted = {"mapping": {"values": {"name": "{{Name}}"}}, "at": cast.NOW, "dry_run": True}
    drafts.begin(actor=made.actor("administrator"), run=_run(address).pk, **wanted)
    with pytest.raises(Conflict):
        drafts.begin(actor=made.actor("administrator"), run=_run(address).pk, **wanted)


def test_only_who_may_import_sees_imports(made, desk):
    address, form = _draft(desk)
    for who in ("officer", "operator", "auditor"):
        client = seat(made, who)
        for page in (
            "/desk/imports/",
            "/desk/imports/new/",
            address,
            f"{address}mapping/",
            f"{address}progress/",
        ):
            assert client.get(page).status_code == 403
        assert client.post(f"{address}mapping/", _sent(form)).status_code == 403
        with pytest.raises(Forbidden):
            drafts.discard(actor=made.actor(who), run=_run(address).pk, at=cast.NOW)
    assert desk.get("/desk/imports/").status_code == 200


def test_reports_and_lists_are_read_in_pages_at_constant_cost(made, desk, monkeypatch):
    text = "Name,E-mail\n" + "".join(f"N{number},wrong\n" for number in range(7))
    address, form = _draft(desk, text)
    desk.post(f"{address}mapping/", _sent(form))
    _work(address)
    monkeypatch.setattr(reports, "PAGE", 3)
    numbers, following = [], True
    after = ""
    while following:
        page = desk.get(address, {"after": after} if after else {})
        numbers += [row.number for row in page.context["rows"]]
        following = after = page.context["following"]
    assert numbers == list(range(2, 9))
    monkeypatch.setattr(reports, "PAGE", 50)
    counts = []
    for more in (0, 30):
        for _each in range(more):
            _draft(desk)
            ImportRow(run=_run(address), number=99, accepted=False, sentence="x").save()
        for place in ("/desk/imports/", address):
            with CaptureQueriesContext(connection) as queries:
                desk.get(place)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_imports_follow_each_other_page_by_page(made, desk, monkeypatch):
    wanted = {_draft(desk)[0] for _each in range(5)}
    monkeypatch.setattr(reports, "PAGE", 2)
    seen, after = set(), {}
    while after is not None:
        page = desk.get("/desk/imports/", after)
        seen |= {f"/desk/imports/{run.pk}/" for run in page.context["runs"]}
        last = page.context["following"]
        after = {"after": f"{last.created_at.isoformat()},{last.pk}"} if last else None
    assert seen == wanted
