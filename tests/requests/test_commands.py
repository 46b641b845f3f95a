"""The whole work without a browser: all four kinds, on behalf, and what each refusal's exit status is."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from portals_core.plumbing.models import Job, Mail
from portals_core.records.models import Record
from requests.models import Case
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import GROUND, TEST

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SUBJECT, OFFICER, SECOND = "sage@people.example", "officer@staff.example", "second_officer@staff.example"


def run(name, *args, acting=None, status=0):
    """What the command answers as JSON, or the sentence on stderr of one that ends with `status`."""
    out, err = StringIO(), StringIO()
    words = [name, *map(str, args), "--json", *(["--as", acting] if acting else [])]
    if status:
        with pytest.raises(SystemExit) as caught:
            call_command(*words, stdout=out, stderr=err)
        assert (caught.value.code, out.getvalue()) == (status, "")
        assert err.getvalue().strip()
        return err.getvalue()
    call_command(*words, stdout=out, stderr=err)
    return json.loads(out.getvalue())


def test_a_deletion_from_filing_to_the_last_effect(made):
    cast.order(made, "A1", made.subject)
    filed = run("file_case", "--kind", "delete", "--text", "Forget me", acting=SUBJECT)
    assert filed["state"] == "in_review" and filed["number"].endswith("-00001")
    number = filed["number"]
    assert run("decide_case", number, "--approve", acting=OFFICER)["state"] == "awaiting_approval"
    run("approve_case", number, acting=OFFICER, status=77)
    assert run("approve_case", filed["id"], acting=SECOND)["state"] == "carrying_out"
    done = run("carry_out", number, acting=OFFICER)
    assert done["state"] == "fulfilled" and done["plan"]["counts"]["records:orders"] == 1
    assert [stop["standing"] for stop in done["timeline"]] == [
        "done",
        "left_out",
        "done",
        "done",
        "done",
        "now",
    ]
    assert not Record.objects.visible_to(TEST).filter(pk=made.subject.pk).exists()
    run("file_case", "--kind", "export", acting=SUBJECT, status=66)


def test_stopping_and_correcting(made):
    stop = run("file_case", "--kind", "stop", acting=SUBJECT)["number"]
    run("decide_case", stop, "--approve", acting=OFFICER)
    assert run("carry_out", stop, acting=OFFICER)["state"] == "fulfilled"
    words = ("--set", "name=Sage Summer", "--set", "phone=+48 22 555 01 01")
    fix = run("file_case", "--kind", "rectify", *words, acting=SUBJECT)["number"]
    half = ("--refuse-field", "phone", "--ground", GROUND, "--sentence", "Not yours")
    run("decide_case", fix, "--approve", *half, acting=OFFICER)
    done = run("carry_out", fix, acting=OFFICER)
    assert done["state"] == "partly_fulfilled"
    assert [row["approved"] for row in done["corrections"]] == [True, False]
    assert Record.objects.visible_to(TEST).get(pk=made.subject.pk).values["name"] == "Sage Summer"


def test_an_export_is_handed_on(made):
    number = run("file_case", "--kind", "export", acting=SUBJECT)["number"]
    assert run("decide_case", number, "--approve", acting=OFFICER)["state"] == "carrying_out"


def test_on_behalf_with_the_persons_own_answer(made):
    filed = run("file_case", "--kind", "stop", "--for", "ada@people.example", acting=SUBJECT)
    assert (filed["state"], filed["on_behalf"]) == ("proving", True)
    run("decide_case", filed["number"], "--approve", acting=OFFICER, status=75)
    case = Case.objects.visible_to(TEST).get()
    link = f"https://portal.example/requests/confirm/{case_cast.token_for(case)}/"
    assert run("confirm_case", link)["state"] == "in_review"
    run("confirm_case", link, status=66)
    run("decide_case", filed["number"], "--approve", acting=OFFICER)
    assert run("carry_out", filed["number"], acting=OFFICER)["state"] == "fulfilled"


def test_an_objection_by_link(made):
    run("file_case", "--kind", "delete", "--for", made.added.pk, acting=SUBJECT)
    token = case_cast.token_for(Case.objects.visible_to(TEST).get())
    assert run("confirm_case", token, "--object")["state"] == "withdrawn"


def test_an_officer_records_a_letter_by_any_unique_value(made):
    words = ("--kind", "delete", "--received", "2026-01-31", "--seen", "passport, name agrees", "--for")
    filed = run("file_case", *words, "Robin@People.example", acting=OFFICER)
    assert filed["due_on"] == "2026-03-02"
    assert Case.objects.visible_to(TEST).get().subject == made.stranger.pk
    assert run("show_case", filed["number"], acting=OFFICER)["next"] == "officer"


def test_what_an_officer_records_without_having_looked_waits_for_a_proof(made):
    """Attack 4: a code goes to the address on the record, and words that hold a number are refused."""
    words = ("file_case", "--kind", "delete", "--for", "robin@people.example")
    run(*words, "--seen", "passport 4711 0815", acting=OFFICER, status=64)
    filed = run(*words, acting=OFFICER)
    assert filed["state"] == "proving"
    assert Mail.objects.get(kind="case.proof").to == "robin@people.example"


def test_mail_about_the_case_is_handed_over_and_others_wait(made):
    mine = run("file_case", "--kind", "stop", acting=SUBJECT)["number"]
    run("file_case", "--kind", "stop", acting="robin@people.example")
    run("decide_case", mine, "--approve", acting=OFFICER)
    run("carry_out", mine, acting=OFFICER)
    states = dict(Mail.objects.values_list("kind", "state").filter(to=SUBJECT))
    assert states == {"case.acknowledged": "kept", "case.stopped": "kept"}
    assert Job.objects.filter(state="waiting", handler="mail.send").count() == 1


@pytest.mark.parametrize(
    ("words", "acting", "status"),
    [
        (("file_case", "--kind", "forget"), SUBJECT, 64),
        (("file_case", "--kind", "rectify", "--set", "name"), SUBJECT, 64),
        (("file_case", "--kind", "export", "--received", "yesterday"), SUBJECT, 64),
        (("file_case", "--kind", "export", "--for", "robin@people.example"), SUBJECT, 66),
        (("file_case", "--kind", "export", "--for", "nobody@people.example"), SUBJECT, 66),
        (("file_case", "--kind", "export"), "nobody@people.example", 66),
        (("file_case", "--kind", "export"), "auditor@staff.example", 77),
        (("file_case", "--kind", "export"), OFFICER, 64),
        (("show_case", "2026-00009"), OFFICER, 66),
        (("show_case", "nonsense"), OFFICER, 66),
        (("carry_out", "2026-00001"), SUBJECT, 66),
    ],
)
def test_a_refusal_prints_its_sentence_and_ends_with_its_status(made, words, acting, status):
    run(*words, acting=acting, status=status)
    assert not Case.objects.visible_to(TEST).exists()


def test_people_see_only_what_is_theirs(made):
    number = run("file_case", "--kind", "export", acting=SUBJECT)["number"]
    run("show_case", number, acting="robin@people.example", status=66)
    run("carry_out", number, acting="auditor@staff.example", status=77)
    own = run("show_case", number, acting=SUBJECT)
    assert own["plan"] is None and own["effects"] == 0
    assert run("withdraw_case", number, acting=SUBJECT)["state"] == "withdrawn"
    run("withdraw_case", number, acting=SUBJECT, status=75)


def test_without_json_the_answer_is_for_people(made):
    out = StringIO()
    call_command("file_case", "--kind", "export", "--as", SUBJECT, stdout=out)
    assert "state: in_review" in out.getvalue().splitlines()


def test_a_closed_account_acts_no_more(made):
    from portals_core.people import accounts

    accounts.shut(actor=TEST, user=made.users["subject"], at=cast.NOW, reason="test")
    run("file_case", "--kind", "export", acting=SUBJECT, status=77)
