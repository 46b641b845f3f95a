"""Import by mapping (I1–I3, I7): templates, refusals whole and with a row number, dry run, resuming."""

import gc
import io
import json
import sys

import pytest
from django.core.management import call_command

from portals_core.access.actor import system
from portals_core.imports import mapping, runs
from portals_core.locks import place, rules
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput, Forbidden
from portals_core.plumbing.models import Job
from portals_core.records.models import Record
from tests import cast

pytestmark = pytest.mark.django_db
_LOOK = system("look in a test")


@pytest.fixture
def made():
    return cast.set_up()


def _start(made, text, values, *, who="administrator", module=None, **more):
    description: dict[str, object] = {"values": values}
    description |= {key: more.pop(key) for key in ("lookups", "match") if key in more}
    return runs.start(
        actor=made.actor(who),
        module=module or made.contacts,
        file=io.BytesIO(text.encode()),
        file_name="/home/somebody/people.csv",
        mapping=description,
        at=cast.NOW,
        **more,
    )


def _done(made, run):
    outbox.drain(about=f"import:{run.pk}")
    run, rows = runs.report(made.actor("administrator"), run.pk)
    return run, [(row.number, row.sentence) for row in rows]


def _named(name):
    return Record.objects.visible_to(_LOOK).filter(values__name=name).first()


def test_templates_mix_text_and_columns_and_letter_case_matters(made):
    run, rows = _done(
        made, _start(made, "Имя,mail\nАнна,anna\n", {"name": "{{Имя}}", "email": "{{mail}}@x.example"})
    )
    assert (run.accepted, rows) == (1, [])
    stored = _named("Анна")
    assert stored.values["email"] == "anna@x.example" and stored.source == "import people.csv"
    with pytest.raises(BadInput, match="no column “имя”"):
        _start(made, "Имя\nАнна\n", {"name": "{{имя}}"})


def test_a_header_that_does_not_fit_is_refused_in_one_sentence_and_nothing_else(made, monkeypatch, tmp_path):
    """What reads the file lets go of it before its owner closes it: no noise follows the refusal."""
    noise: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", noise.append)
    (tmp_path / "people.csv").write_text("name\nAda\n")
    for mapped, refused in (("mail", True), ("name", False)):
        with (tmp_path / "people.csv").open("rb") as file:
            try:
                runs.start(
                    actor=made.actor("administrator"),
                    module=made.contacts,
                    file=file,
                    file_name="people.csv",
                    mapping={"values": {"name": f"{{{{{mapped}}}}}"}},
                    at=cast.NOW,
                )
            except BadInput as refusal:
                held = refusal
            else:
                held = None
        assert (held is not None) is refused
        held = None
    gc.collect()
    assert noise == []


def test_a_constant_and_an_empty_column():
    parsed = mapping.parse({"values": {"a": "Продажи", "b": "{{x}}-{{y}}", "c": "{{x}}@z"}})
    assert parsed.row({"x": "", "y": ""}) == {"a": "Продажи", "b": "", "c": ""}
    assert parsed.row({"x": "1", "y": ""}) == {"a": "Продажи", "b": "1-", "c": "1@z"}


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"values": {}},
        {"values": {"a": 1}},
        {"values": {"a": "{{x"}},
        {"values": {"a": "x"}, "lookups": {"b": "c"}},
        {"values": {"a": "x"}, "colour": "red"},
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(description):
    with pytest.raises(BadInput):
        mapping.parse(description)


def test_wrong_rows_are_refused_whole_with_their_number_and_the_others_stay(made):
    text = "n,m\nGood One,good@x.example\nBad Mail,nonsense\n,nobody@x.example\n"
    text += "Double,sage@people.example\nShort\n"
    run, rows = _done(made, _start(made, text, {"name": "{{n}}", "email": "{{m}}"}))
    assert (run.accepted, run.refused, [number for number, _ in rows]) == (1, 4, [3, 4, 5, 6])
    assert _named("Good One") and not _named("Bad Mail") and not _named("Double")
    assert "sage" not in " ".join(sentence for _, sentence in rows).casefold()


def test_a_dry_run_says_the_same_and_writes_nothing(made):
    text = "n,m\nGood One,good@x.example\nSame Mail,GOOD@x.example\nBad Mail,nonsense\n"
    run, rows = _done(made, _start(made, text, {"name": "{{n}}", "email": "{{m}}"}, dry_run=True))
    assert (run.accepted, run.refused, [number for number, _ in rows]) == (1, 2, [3, 4])
    assert _named("Good One") is None


def test_a_row_about_a_restricted_person_is_refused_and_a_free_one_changed(made):
    place.place(
        actor=_LOOK,
        record=made.subject.pk,
        ground="restriction",
        reason="asked",
        placed_by="case:1",
        at=cast.NOW,
    )
    text = "n,m\nSage Changed,sage@people.example\nRobin Changed,robin@people.example\n"
    run, rows = _done(made, _start(made, text, {"name": "{{n}}", "email": "{{m}}"}, match="email"))
    assert (run.accepted, [number for number, _ in rows]) == (1, [2])
    assert _named("Robin Changed").pk == made.stranger.pk and _named("Sage Changed") is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00n\n", b'n\n"open'])
def test_a_file_that_is_no_csv_in_utf8_is_refused(made, content):
    with pytest.raises(BadInput):
        runs.start(
            actor=made.actor("administrator"),
            module=made.contacts,
            file=io.BytesIO(content),
            file_name="x.csv",
            mapping={"values": {"name": "{{n}}"}},
            at=cast.NOW,
        )
    assert not Job.objects.filter(handler=runs.HANDLER).exists()


def test_only_who_may_import_imports(made):
    with pytest.raises(Forbidden):
        _start(made, "n\nX\n", {"name": "{{n}}"}, who="auditor")
    _start(made, "n\nX\n", {"name": "{{n}}"})


def test_a_right_lost_before_the_worker_comes_stops_the_run(made):
    run = _start(made, "n\nX\n", {"name": "{{n}}"})
    made.users["administrator"].holdings.model.objects.visible_to(_LOOK).delete()
    with pytest.raises(Forbidden):
        outbox.drain(about=f"import:{run.pk}")
    assert _named("X") is None


def test_a_restarted_run_goes_on_where_it_stood(made, monkeypatch):
    text = "n\n" + "".join(f"Person {i}\n" for i in range(250))
    run = _start(made, text, {"name": "{{n}}"})
    job = Job.objects.get(handler=runs.HANDLER)
    held = outbox.claim(job.pk, at=job.not_before)
    assert held is not None
    stop = iter(range(2))

    def hold(self, **counts):
        if next(stop, None) is None:
            raise outbox.Stale("")

    with monkeypatch.context() as patched, pytest.raises(outbox.Stale):
        patched.setattr(outbox.Claim, "hold", hold)
        runs.carry_out(held)
    run.refresh_from_db()
    assert (run.position, run.accepted) == (200, 200)
    runs.carry_out(held)
    run.refresh_from_db()
    assert (run.accepted, run.refused, run.state) == (250, 0, "done")
    assert Record.objects.visible_to(_LOOK).filter(values__name__startswith="Person ").count() == 250


# --- locked records --------------------------------------------------------------------------------------


def _closed(made, **more):
    """A rule that locks every contact, some fields or all."""
    administrator = made.actor("administrator")
    rules.set_mode(actor=administrator, module=made.contacts, mode="automatic", at=cast.NOW)
    description = {"name": "Closed", "conditions": {"field": "name", "how": "not_empty"}, "existing": True}
    row = rules.define_rule(
        actor=administrator, module=made.contacts, description={**description, **more}, at=cast.NOW
    )
    outbox.drain(about=f"lock_rule:{row.pk}")


def _changing(made, key, value, **more):
    text = f"mail,{key}\nsage@people.example,{value}\n"
    mapped = {"email": "{{mail}}", key: "{{" + key + "}}"}
    return _done(made, _start(made, text, mapped, match="email", **more))


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("part", [{}, {"fields_mode": "only", "fields": ["name"]}])
def test_a_row_about_a_locked_record_is_refused_and_names_the_act(made, part, dry_run):
    """I6, L20: the check of a file says what the import will say, which act, which rule."""
    _closed(made, **part)
    run, rows = _changing(made, "name", "Sage Summer", dry_run=dry_run)
    assert (run.accepted, run.refused) == (0, 1)
    assert [number for number, _said in rows] == [2]
    assert "“Closed”" in rows[0][1] and "(editing)" in rows[0][1]
    assert _named("Sage Winter") and not _named("Sage Summer")


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_row_that_adds_to_a_restricted_record_is_refused(made, dry_run):
    """W3: the check of a file, too."""
    given = {"record": made.subject.pk, "ground": "restriction", "reason": "asked", "placed_by": "case:1"}
    place.place(actor=_LOOK, at=cast.NOW, **given)
    mapped = {"number": "{{n}}", "customer": "{{mail}}"}
    text = "n,mail\nN-1,sage@people.example\nN-2,robin@people.example\n"
    lookups = {"customer": "email"}
    run, rows = _done(made, _start(made, text, mapped, module=made.orders, lookups=lookups, dry_run=dry_run))
    assert (run.accepted, run.refused, [number for number, _said in rows]) == (1, 1, [2])
    assert "(adding records to it)" in rows[0][1]


def test_an_import_may_change_the_fields_that_stay_editable(made):
    """L11: a lock on some fields does not close a record to imports, unless importing itself is locked."""
    _closed(made, fields=["phone"])
    run, _rows = _changing(made, "phone", "+49 30 1234567")
    assert (run.accepted, run.refused) == (1, 0)


def test_where_importing_is_locked_no_row_changes_the_record(made):
    """L10: not even a field that stays editable by hand."""
    _closed(made, fields=["phone"], actions=["import"])
    run, rows = _changing(made, "phone", "+49 30 1234567")
    assert (run.accepted, run.refused) == (0, 1) and "(importing)" in rows[0][1]


def test_the_command_prints_why_rows_were_refused(made, tmp_path):
    """L20: as text and as JSON, with an exit status of its own."""
    _closed(made)
    (tmp_path / "people.csv").write_text("mail,name\nsage@people.example,Sage Summer\n")
    mapped = 'match = "email"\n[values]\nemail = "{{mail}}"\nname = "{{name}}"\n'
    (tmp_path / "map.toml").write_text(mapped)
    words = ["import_records", "contacts", str(tmp_path / "people.csv"), "--map", str(tmp_path / "map.toml")]
    for more in ([], ["--json"]):
        out = io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command(*words, "--as", "administrator@staff.example", *more, stdout=out)
        assert ended.value.code == 65 and "(editing)" in out.getvalue()
    (row,) = json.loads(out.getvalue())["rows"]
    assert row["number"] == 2 and "“Closed”" in row["sentence"]
