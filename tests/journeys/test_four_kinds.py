"""Each of the four kinds in a real browser, for oneself and for somebody one added, from sign-in to closed.

The demo runs as `manage.py demo` runs it: web server, worker, scheduler and signer. Every journey is another
person's, so that none waits for another.
"""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portals_core.locks import words as lock_words
from requests.law import authorities, grounds
from tests.journeys.house import Asked, House, Seat

pytestmark = [
    pytest.mark.journey,
    pytest.mark.chromium,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("no_complaints"),
]
LOCK_AT_THE_DESK = "This record is locked (editing): processing is restricted at the person's request"


# --- steps that journeys share --------------------------------------------------------------------


def _address_of(house: House, person: Asked) -> tuple[str, str]:
    """Record and mail address of somebody, as the operator's desk shows them."""
    desk = house.staff("operator")
    for module in ("contacts", "leads"):
        if record := desk.find(module, person.about):
            desk.go(record)
            address = desk.main("dd").filter(has_text="@").first.inner_text().strip()
            return record, address
    raise AssertionError(f"nobody at the desk is called {person.about}")


def _agree(house: House, address: str, asked: Asked) -> None:
    """The person asked opens the mail, follows the link, looks twice, and presses the button (W16, W17)."""
    desk = house.staff("officer")
    desk.open_case(asked)
    assert desk.main("form[action$='approve-request/']").count() == 0
    link = house.letters(address, r"https?://\S+/requests/confirm/[\w-]+/")[0]
    with house.seat() as person:
        path = urlsplit(link).path
        person.go(path)
        person.go(path)
        assert person.reads("Do you agree?")
        person.press("I agree")
        assert person.reads("Thank you, your answer was recorded")


def _decide(house: House, asked: Asked, button: str) -> Seat:
    desk = house.staff("officer")
    desk.open_case(asked)
    desk.press(button)
    assert not desk.main("[role=alert]").count(), desk.page.inner_text("main")
    return desk


def _erase(house: House, asked: Asked) -> Seat:
    """One officer decides, another approves with a fresh code; the worker erases."""
    first = _decide(house, asked, "Submit to a second officer")
    assert first.reads("Somebody else must approve it.")
    second = house.staff("officer", 1)
    second.open_case(asked)
    approve = second.main("button.button-danger")
    approve.click()
    if second.prove_again():
        assert asked.case in second.page.url
        approve.click()
    second.page.wait_for_load_state()
    second.open_case(asked)
    second.wait_until_done()
    return second


def _is_gone(house: House, record: str, asked: Asked) -> None:
    desk = house.staff("operator")
    assert desk.find(record.split("/")[3], asked.about) is None
    answer = desk.page.goto(f"{house.demo.origin}{record}")
    assert answer is not None and answer.status == 404


def _cannot_edit(seat: Seat, path: str, sentence: str) -> None:
    """Whoever opens the form of a locked record reads why there is none (L20)."""
    seat.go(path)
    said = seat.page.inner_text("main")
    assert sentence in said and "423 restriction" in said, said
    assert seat.main("[name=f-city]").count() == 0


def _is_locked(house: House, record: str, asked: Asked, subject: Seat) -> None:
    """R9: nobody edits it, whatever their role, and the register says so."""
    desk = house.staff("operator")
    _cannot_edit(desk, f"{record}edit/", LOCK_AT_THE_DESK)
    _cannot_edit(
        subject, f"{record.removeprefix('/desk').replace('/records/', '/m/')}edit/", _plain_lock(subject)
    )
    desk.go("/desk/locks/")
    assert desk.main("tbody tr").filter(has_text=asked.about).count() >= 1


def _plain_lock(seat: Seat) -> str:
    return seat.word(lock_words.PLAIN["restriction"])


def _correct_everything(house: House, asked: Asked, before: str, after: str) -> None:
    desk = house.staff("officer")
    desk.open_case(asked)
    assert desk.main("del").all_inner_texts() == [before]
    assert desk.main("ins").all_inner_texts() == [after]
    choices = desk.page.get_by_role("radio", name="Yes", exact=True).all()
    assert choices, "every field is decided by itself (W4)"
    for choice in choices:
        choice.check()
    desk.press("Decide on the corrections")
    desk.wait_until_done()
    assert desk.main(".diff del").all_inner_texts() == [before]
    assert desk.main(".diff ins").all_inner_texts() == [after]


def _contents(archive: Path, to: Path) -> dict[str, list[dict[str, object]]]:
    """The tables of a downloaded copy, after bagit's own program has accepted it."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(to)
    (bag,) = (path for path in to.iterdir() if path.is_dir())
    checked = subprocess.run(
        [sys.executable, "-m", "bagit", "--validate", str(bag)], capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    tables: dict[str, list[dict[str, object]]] = json.loads((bag / "data" / "data.json").read_text("utf-8"))[
        "tables"
    ]
    return tables


def _others_in(house: House, tables: object, address: str) -> list[str]:
    people = {str(one["email"]) for one in house.people if one["totp_secret"] is None} - {address}
    return [one for one in people if one in json.dumps(tables, ensure_ascii=False)]


# --- delete ---------------------------------------------------------------------------------------


def test_delete_for_oneself(house):
    """R6, W10, W11: two officers, then nothing is left: no sign-in, no record; the last mail says so."""
    person = house.named("Beatriz Carvalho")
    with house.signed_in("Beatriz Carvalho") as subject:
        asked = subject.ask("delete", text="Por favor.")
        assert subject.reads(asked.number)
    record, address = _address_of(house, asked)
    assert address == person["email"]
    desk = _erase(house, asked)
    assert desk.reads("erased")
    with house.seat() as nobody:
        nobody.sign_in(person)
        assert urlsplit(nobody.page.url).path == "/sign-in/"
        assert nobody.reads("Address or password is not right.")
    _is_gone(house, record, asked)
    told = subject.word("Your data was deleted: request %(number)s", number=asked.number)
    assert house.letters(address, re.escape(told)) == [told]


def test_delete_for_somebody_added(house):
    """R1, W17: in Polish; the person agrees by mail, the requester sees it closed and nothing more."""
    with house.signed_in("Jakub Kamiński") as requester:
        asked = requester.ask("delete", for_another=True, text="Prosili o to przez telefon.")
        record, address = _address_of(house, asked)
        _agree(house, address, asked)
        _erase(house, asked)
        _is_gone(house, record, asked)
        requester.go(f"/privacy/requests/{asked.case}/")
        requester.wait_until_done()
        assert asked.about not in requester.page.inner_text("main")
    assert house.letters(address, rf"Your data was deleted: request {asked.number}")


# --- stop -----------------------------------------------------------------------------------------


def test_stop_for_oneself(house):
    """R9: in Chinese; the person still signs in, and nobody changes the record any more."""
    with house.signed_in("王秀英") as subject:
        asked = subject.ask("stop", text="资料有误，请先停止使用。")
        record, _address = _address_of(house, asked)
        _decide(house, asked, "Approve and lock").wait_until_done()
        subject.reload()
        subject.wait_until_done()
        assert subject.reads("Your request was granted and carried out.")
        _is_locked(house, record, asked, subject)


def test_stop_for_somebody_added(house):
    """R9, W17: the one who added the person may not change them either."""
    with house.signed_in("Aoife Brennan") as requester:
        asked = requester.ask("stop", for_another=True)
        record, address = _address_of(house, asked)
        _agree(house, address, asked)
        _decide(house, asked, "Approve and lock").wait_until_done()
        requester.reload()
        requester.wait_until_done()
        _is_locked(house, record, asked, requester)
    assert house.letters(address, rf"We stopped using your data: request {asked.number}")


# --- rectify --------------------------------------------------------------------------------------


def test_rectify_for_oneself(house):
    """R7, W4: in Polish; before and after, for the officer and for the person, and the record says it."""
    with house.signed_in("Zofia Wiśniewska") as subject:
        subject.go("/privacy/requests/new/?kind=rectify")
        before = subject.page.get_by_label("City", exact=True).input_value()
        asked = subject.ask("rectify", text="Przeprowadziłam się.", City="Gdynia")
        record, _address = _address_of(house, asked)
        _correct_everything(house, asked, before, "Gdynia")
        subject.reload()
        subject.wait_until_done()
        assert subject.main("del").all_inner_texts() == [before]
        assert subject.main("ins").all_inner_texts() == ["Gdynia"]
        subject.go(record.removeprefix("/desk").replace("/records/", "/m/"))
        assert subject.reads("Gdynia") and not subject.reads(before)


def test_rectify_for_somebody_added(house):
    """R7, W17: who asks for another sees what they asked for; what stood there only the officer sees."""
    with house.signed_in("Eetu Virtanen") as requester:
        asked = requester.ask("rectify", for_another=True, City="Rovaniemi")
        record, address = _address_of(house, asked)
        desk = house.staff("operator")
        before = desk.main("dl.facts > div").filter(has_text="City").locator("dd").first.inner_text()
        _agree(house, address, asked)
        _correct_everything(house, asked, before, "Rovaniemi")
        requester.reload()
        requester.wait_until_done()
        assert requester.main("ins").all_inner_texts() == ["Rovaniemi"]
        assert requester.main("del").count() == 0
    desk.go(record)
    assert desk.reads("Rovaniemi") and not desk.reads(before)


# --- export ---------------------------------------------------------------------------------------


def test_export_for_oneself(house, tmp_path):
    """R5, D13: the person proves anew who they are, takes the file, and it holds their rows alone."""
    with house.signed_in("Aino Korhonen") as subject:
        asked = subject.ask("export")
        _record, address = _address_of(house, asked)
        desk = _decide(house, asked, "Approve the export")
        desk.wait_until_done()
        assert desk.page.locator("a[href*=download]").count() == 0
        subject.reload()
        subject.wait_until_done()
        subject.go("/privacy/")
        subject.main("[aria-labelledby=downloads] a").filter(has_text=asked.number).click()
        subject.wait_until_stale()
        subject.press("Download")
        assert subject.prove_again()
        tables = _contents(subject.downloaded("Download", tmp_path), tmp_path)
    assert [row["email"] for row in tables["contacts"]] == [address]
    assert tables["account"] and tables["messages"]
    own = tables["contacts"][0]["id"]
    assert {row["contact"] for name in ("invoices", "support") for row in tables.get(name, [])} == {own}
    assert _others_in(house, tables, address) == []


def test_export_for_somebody_added(house, tmp_path):
    """R5, W16, W17: in Chinese; the copy goes to the person by a link that works once, not to who asked."""
    with house.signed_in("李建国") as requester:
        asked = requester.ask("export", for_another=True)
        _record, address = _address_of(house, asked)
        _agree(house, address, asked)
        _decide(house, asked, "Approve the export").wait_until_done()
        link = house.letters(address, r"https?://\S+/download/[\w-]+/")[0]
        requester.reload()
        requester.wait_until_done()
        for path in (f"/privacy/requests/{asked.case}/", "/privacy/"):
            requester.go(path)
            links = requester.page.locator("a[href*='/download']").evaluate_all("all => all.map(a => a.href)")
            assert links == []
        assert house.letters(str(requester.person["email"]), r"https?://\S+/download\S*") == []
    with house.seat() as person:
        person.go(urlsplit(link).path)
        person.go(urlsplit(link).path)
        tables = _contents(person.downloaded("Download", tmp_path), tmp_path)
        again = person.page.goto(link)
        assert again is not None and again.status == 404
    found = [*tables.get("contacts", []), *tables.get("leads", [])]
    assert len(found) == 1
    own = found[0]
    assert (own["email"], own["name"]) == (address, asked.about)
    assert _others_in(house, tables, address) == []


# --- a refusal ------------------------------------------------------------------------------------


def test_a_refusal_names_its_ground_the_reason_and_where_to_complain(house):
    """W19, Art. 12(4): ground, plain words, supervisory authority and court, on the page and by mail."""
    ground = next(one for one in grounds.REFUSALS if one.code == "JustificationA17LegallyRequired")
    reason, authority = "Your invoices must be kept until 2032.", authorities.authority("FI", "")
    with house.signed_in("Aoife Brennan") as subject:
        asked = subject.ask("delete", text="Everything, please.")
        desk = house.staff("officer")
        desk.open_case(asked)
        desk.main("summary").filter(has_text="Refuse the whole request").click()
        desk.main("form[action$='refuse/'] [name=ground]").select_option(ground.code)
        desk.main("form[action$='refuse/'] [name=sentence]").fill(reason)
        desk.press("Refuse the request")
        subject.reload()
        subject.wait_until_done("Refused")
        assert subject.reads(ground.sentence) and subject.reads(reason)
        assert subject.main(f"a[href='{authority.url}']").inner_text() == authority.name
        assert subject.reads("You may also go to court.")
        told = house.letters(str(subject.person["email"]), r"(?s)Your request .* is refused.*")
        assert reason in told[0] and authority.url in told[0]
