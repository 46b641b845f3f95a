"""The `due_date` command: the date alone on stdout, the reasons as JSON, refusals with a sentence."""

import io
import json

import pytest
from django.core.management import call_command


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("due_date", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_the_date_and_nothing_else() -> None:
    assert run("--received", "2026-11-24", "--country", "PL") == "2026-12-28\n"
    assert run("--received", "2026-11-24", "--country", "DE") == "2026-12-24\n"


def test_a_moment_is_read_on_the_clock_of_the_place() -> None:
    assert run("--received", "2026-08-31T22:30Z", "--country", "PL") == "2026-10-01\n"
    assert run("--received", "2026-08-31T22:30Z", "--country", "IE") == "2026-09-30\n"


def test_region_and_extension_are_options() -> None:
    assert run("--received", "2027-10-01", "--country", "DE", "--subdivision", "BY") == "2027-11-02\n"
    assert run("--received", "2027-10-01", "--country", "DE-BY") == "2027-11-02\n"
    assert run("--received", "2027-08-01", "--country", "PL", "--extended") == "2027-11-02\n"


def test_without_a_country_the_calendar_is_the_site_s_own(settings) -> None:
    settings.COUNTRY, settings.SUBDIVISION = "DE", "BY"
    assert run("--received", "2027-10-01") == "2027-11-02\n"
    assert run("--received", "2027-10-01", "--country", "DE") == "2027-11-01\n"


def test_as_json_it_tells_how_the_date_came_about() -> None:
    told = json.loads(run("--received", "2026-11-26", "--country", "FR", "--json"))
    assert told == {
        "received_on": "2026-11-26",
        "nominal": "2026-12-26",
        "due_on": "2026-12-28",
        "reasons": [
            {"day": "2026-12-26", "why": "weekend", "name": ""},
            {"day": "2026-12-27", "why": "weekend", "name": ""},
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--received", "2026-11-24", "--country", "US"), "EU"),
        (("--received", "2026-11-24", "--country", "DE-XX"), "region"),
        (("--received", "soon", "--country", "PL"), "2026-03-05"),
        (("--received", "2026-11-24T10:00", "--country", "PL"), "offset"),
    ],
)
def test_unusable_input_is_answered_with_a_sentence_and_status_64(arguments, word, capsys) -> None:
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("due_date", *arguments, stdout=out, stderr=err)
    assert end.value.code == 64
    assert out.getvalue() == ""
    assert word in err.getvalue()
    assert "Traceback" not in err.getvalue()
