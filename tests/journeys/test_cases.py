"""Requests from intake to a decision that stands, in a real browser: without an account, with something that
must be kept, in somebody's name, and with a question in between."""

import re
from urllib.parse import urlsplit

import pytest

from requests.casebook import words
from requests.law import authorities, grounds
from tests.journeys.effort import Effort, counted
from tests.journeys.house import Asked, House, Seat

pytestmark = [
    pytest.mark.journey,
    pytest.mark.chromium,
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("no_complaints"),
]
#: From the queue to a partly refused deletion that waits for approval, as docs/reference/performance.md has
#: it; together at most so many.
MEASURED, MOST = Effort(presses=7, loads=3), 12
CODE = "If it was you, enter this code: %(code)s. It works for %(minutes)s minutes, here:"


# --- steps that journeys share --------------------------------------------------------------------


def _address_of(house: House, module: str, name: str) -> str:
    """The mail address of somebody, as the operator's desk shows it."""
    desk = house.staff("operator")
    record = desk.find(module, name)
    assert record, f"nobody at the desk is called {name}"
    desk.go(record)
    return desk.main("dd").filter(has_text="@").first.inner_text().strip()


def _path_in_mail(house: House, address: str, below: str) -> str:
    """Where the newest link of this sort leads that was sent to an address."""
    return urlsplit(house.letters(address, rf"https?://\S+{below}[\w-]+/")[0]).path


def _number_of_newest(house: House, address: str, language: str) -> str:
    """The number in the newest receipt at an address."""
    with house.seat(language) as reader:
        said = re.escape(reader.word("Request %(number)s: please confirm your address"))
    return house.letters(address, said.replace(re.escape("%(number)s"), r"(\d{4}-\d{5})"))[0]


def _open(desk: Seat, number: str) -> None:
    desk.go("/desk/cases/")
    desk.follow(number)


def _answer_mandate(house: House, address: str, button: str, outcome: str) -> None:
    """Somebody follows the link that asks whether another may ask for them; looking answers nothing."""
    path = _path_in_mail(house, address, "/requests/confirm/")
    with house.seat() as person:
        person.go(path)
        person.speak("zh-hans")
        person.go(path)
        assert person.reads("Do you agree?")
        person.press(button)
        assert person.reads(outcome)


# --- without an account ---------------------------------------------------------------------------


def test_a_person_without_an_account_asks_and_is_answered(house):
    """W23, W16, promise 2: in Polish; form, code from the mail, the words behind a link, the copy."""
    name = "Agnieszka Woźniak"
    address = _address_of(house, "contacts", name)
    with house.seat() as person:
        person.go("/requests/new/")
        person.speak("pl")
        person.page.get_by_label(person.word(words.KINDS["export"].choice)).check()
        person.page.fill("[name=email]", address.upper())
        person.page.fill("[name=text]", "Proszę o kopię moich danych.")
        person.press("Send the request")
        said = re.escape(person.word(CODE)).replace(re.escape("%(code)s"), r"([\d ]+?)")
        code = house.letters(address, said.replace(re.escape("%(minutes)s"), r"\d+"))[0]
        person.page.fill("[name=code]", code)
        person.press("Confirm")
        assert person.reads("Thank you, your address is confirmed")
    desk = house.staff("officer")
    _open(desk, _number_of_newest(house, address, "pl"))
    assert name in desk.main("#part-who dd").first.inner_text()
    desk.main("summary").filter(has_text=desk.word("Write to the person")).click()
    desk.main("form[action$='/say/'] [name=text]").fill("Kopia jest w przygotowaniu.")
    desk.press("Send")
    _read_by_link(house, address)
    desk.reload()
    assert "Dziękuję, czekam." in desk.main("#part-messages").inner_text()
    desk.press("Approve the export")
    desk.wait_until_done()
    assert _path_in_mail(house, address, "/download/")


def _read_by_link(house: House, address: str) -> None:
    """Nothing is shown before the button; what was written is read and answered without an account."""
    path = _path_in_mail(house, address, "/requests/read/")
    with house.seat("pl") as reader:
        reader.go(path)
        assert "Kopia jest w przygotowaniu." not in reader.page.inner_text("main")
        reader.press("Read it")
        assert "Kopia jest w przygotowaniu." in reader.page.inner_text("main")
        reader.page.fill("[name=text]", "Dziękuję, czekam.")
        reader.press("Send to a privacy officer")


# --- with something that must be kept -------------------------------------------------------------


def test_a_deletion_keeps_what_the_law_demands_and_says_so(house):
    """W5, W19, Art. 17(3)(b): in Finnish; what is kept, why, until when, and where to complain."""
    with house.signed_in("Aino Korhonen") as subject:
        _book_an_invoice(house, subject)
        asked = subject.ask("delete", text="Poistakaa kaikki tietoni, kiitos.")
        _bring_to_approval(house, asked)
        _approve(house, asked)
        subject.reload()
        subject.wait_until_done("Partly done")
        _reads_what_is_kept(subject)


def _book_an_invoice(house: House, subject: Seat) -> None:
    """Bookkeeping takes one of her invoices: from now on accounting law keeps it."""
    subject.go("/m/invoices/")
    number = subject.main("tbody th").first.inner_text().strip()
    desk = house.staff("operator")
    record = desk.find("invoices", number)
    desk.go(f"{record}edit/")
    desk.main("[name=f-status]").select_option("Booked")
    desk.press("Save")


def _bring_to_approval(house: House, asked: Asked) -> None:
    """What must be kept is refused as suggested; support cases are refused by the officer, with words."""
    desk = house.staff("officer")
    with counted(desk.page) as effort:
        desk.go("/desk/cases/")
        desk.follow(asked.number)
        kept = desk.main(".verdict[role=group]").filter(has_text="Support")
        kept.locator("select[name^=verdict]").first.select_option("refuse")
        kept.locator("select[name^=ground]").first.select_option("JustificationA17LegalClaims")
        words_to_her = kept.locator("textarea[name^=sentence]").first
        words_to_her.click()
        words_to_her.fill("Takuuasia on vielä kesken.")
        desk.press("Submit to a second officer")
    assert desk.reads("Somebody else must approve it.")
    assert effort.whole <= MOST, effort
    assert effort == MEASURED


def _approve(house: House, asked: Asked) -> None:
    second = house.staff("officer", 1)
    second.open_case(asked)
    approve = second.main("button.button-danger")
    approve.click()
    if second.prove_again():
        approve.click()
    second.open_case(asked)
    second.wait_until_done("Partly done")


def _reads_what_is_kept(subject: Seat) -> None:
    authority = authorities.authority("FI", "")
    legal = next(one for one in grounds.REFUSALS if one.code == "JustificationA17LegallyRequired")
    said = subject.page.inner_text("main")
    assert subject.reads(legal.sentence)
    assert "Accounting law obliges us to keep this invoice for six years." in said
    assert "Takuuasia on vielä kesken." in said
    assert subject.main(f"a[href='{authority.url}']").first.inner_text() == authority.name
    assert subject.reads("You may also go to court.")


# --- in somebody's name ---------------------------------------------------------------------------


def test_a_representative_sees_no_result_and_an_objection_ends_it(house):
    """R1, W16, W17, decision 14: in Chinese; one person objects, another agrees and alone has the result."""
    desk = house.staff("officer")
    with house.signed_in("李建国") as requester:
        first = requester.ask("stop", for_another=True)
        second = requester.ask("stop", for_another=True)
        assert first.about != second.about
        address = {one.case: _added(house, one.about) for one in (first, second)}
        _answer_mandate(house, address[first.case], "I do not agree", "You did not agree")
        _answer_mandate(house, address[second.case], "I agree", "Thank you, your answer was recorded")
        desk.open_case(first)
        assert desk.main("button").filter(has_text="Approve and lock").count() == 0
        desk.open_case(second)
        desk.press("Approve and lock")
        desk.wait_until_done()
        requester.go(f"/privacy/requests/{first.case}/")
        assert requester.main(".page-head .state").first.inner_text().strip() == requester.word("Withdrawn")
        requester.go(f"/privacy/requests/{second.case}/")
        requester.wait_until_done()
        told = re.escape(desk.word("We stopped using your data: request %(number)s", number=second.number))
        assert house.letters(address[second.case], told)
        assert house.letters(str(requester.person["email"]), told) == []


def _added(house: House, name: str) -> str:
    desk = house.staff("operator")
    module = "contacts" if desk.find("contacts", name) else "leads"
    return _address_of(house, module, name)


# --- a question in between ------------------------------------------------------------------------


def test_a_question_stops_the_clock_and_more_time_is_told(house):
    """W1, W2, Art. 12(3): in Russian; asked, answered in the portal, then two further months and why."""
    with house.signed_in("Анна Смирнова") as subject:
        asked = subject.ask("export", text="Всё, пожалуйста.")
        desk = house.staff("officer")
        desk.open_case(asked)
        _ask(desk, "О каких годах идёт речь?")
        assert desk.reads("The clock stands still until the answer.")
        path = _path_in_mail(house, str(subject.person["email"]), f"/privacy/requests/{asked.case}/")
        subject.go(path)
        assert subject.reads("О каких годах идёт речь?")
        subject.main("form[action$='/answer/'] [name=text]").fill("О 2024 и 2025.")
        subject.press("Send the answer")
        desk.open_case(asked)
        assert desk.reads("О 2024 и 2025.")
        assert not desk.reads("The clock stands still until the answer.")
        _take_more_time(desk, "Данные лежат в нескольких системах.")
        subject.go(f"/privacy/requests/{asked.case}/")
        subject.main("summary").filter(has_text=asked.number).first.click()
        assert "Данные лежат в нескольких системах." in subject.page.inner_text("main")
        told = re.escape(subject.word("We need more time for your request %(number)s", number=asked.number))
        assert house.letters(str(subject.person["email"]), told)


def _ask(desk: Seat, question: str) -> None:
    desk.main("summary").filter(has_text="Ask the person something").click()
    desk.main("form[action$='/ask/'] [name=ground]").select_option("JustificationA12InformationRequired")
    desk.main("form[action$='/ask/'] [name=question]").fill(question)
    desk.press("Ask the person")


def _take_more_time(desk: Seat, why: str) -> None:
    desk.main("summary").filter(has_text="Take more time").click()
    desk.main("form[action$='/extend/'] [name=ground]").select_option("JustificationA12Complexity")
    desk.main("form[action$='/extend/'] [name=sentence]").fill(why)
    desk.press("Take more time and tell the person")
