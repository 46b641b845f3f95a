"""Who asks: codes, links, checks in person; each proof counts for its identifier in its case alone."""

from datetime import timedelta

import pytest

from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, TooMany
from portals_core.plumbing.models import Mail
from requests.arriving import codes, identifiers, mandates, proofs, recorded
from requests.casebook import lifecycle
from requests.models import Proof
from tests import cast
from tests.requests import case_cast
from tests.requests.case_cast import LATER, TEST, again, file
from tests.requests.proving import ask, code_in, latest, proof_of, token_in, wrong

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
SOON = cast.NOW + timedelta(minutes=5)


def test_the_code_in_the_message_proves_the_address_and_the_case_goes_on(made):
    case = ask()
    assert (case.state, case.proved_at, case.subject) == ("proving", None, None)
    mail = latest(case)
    assert mail.to == "robin@people.example" and case.number in mail.body and "April 7, 2026" in mail.body
    proved = codes.try_code(proof_of(case).pk, f" {code_in(mail)[:4]} {code_in(mail)[4:]} ", at=SOON)
    assert (proved.method, proved.proved_at, proved.code_digest) == ("mail", SOON, "")
    assert (again(case).state, again(case).proved_at) == ("in_review", SOON)
    assert "case.identifier_proved" in case_cast.codes(case) and "case.prove" in case_cast.codes(case)


def test_the_code_is_kept_as_a_digest_only(made):
    case = ask()
    proof = proof_of(case)
    assert code_in(latest(case)) not in str(vars(proof)) and len(proof.code_digest) == 64


def test_after_five_wrong_codes_the_right_one_no_longer_works_but_a_new_one_does(made):
    """Attack 6: at most the limit; the twin that the fifth try may still be right."""
    case = ask()
    key, code = proof_of(case).pk, code_in(latest(case))
    for _ in range(codes.TRIES):
        with pytest.raises(BadInput):
            codes.try_code(key, wrong(code), at=SOON)
    with pytest.raises(BadInput) as caught:
        codes.try_code(key, code, at=SOON)
    assert (caught.value.code, proof_of(case).tries, again(case).state) == ("proof.code", 5, "proving")
    codes.send_again(key, at=SOON)
    fresh = code_in(latest(case))
    for _ in range(codes.TRIES - 1):
        with pytest.raises(BadInput):
            codes.try_code(key, wrong(fresh), at=SOON)
    assert codes.try_code(key, fresh, at=SOON).proved_at == SOON


def test_wrong_old_spent_and_foreign_codes_sound_alike(made):
    case, other = ask(), ask("sage@people.example")
    key, code = proof_of(case).pk, code_in(latest(case))
    tries = [
        (key, wrong(code), SOON),
        (key, code, cast.NOW + codes.CODE_LIFE),
        (key, "", SOON),
        (key, "ä" * 8, SOON),
        (other.pk, code, SOON),
        ("nonsense", code, SOON),
    ]
    sentences = set()
    for proof, said, at in tries:
        with pytest.raises(BadInput) as caught:
            codes.try_code(proof, said, at=at)
        sentences.add((str(caught.value), caught.value.code))
    assert len(sentences) == 1 and again(case).state == "proving"


def test_a_code_of_one_request_proves_no_other_and_no_other_address(made):
    """Attack 5: the digest is bound to the proof and its case, also when somebody copies it over."""
    mine, other = ask("robin@people.example"), ask("robin@people.example", "delete")
    code = code_in(latest(mine))
    with pytest.raises(BadInput):
        codes.try_code(proof_of(other).pk, code, at=SOON)
    rows = Proof.objects.visible_to(TEST).filter(pk=proof_of(other).pk)
    rows.update(code_digest=proof_of(mine).code_digest)
    with pytest.raises(BadInput):
        codes.try_code(proof_of(other).pk, code, at=SOON)
    assert again(other).state == "proving"
    with pytest.raises(Absent):
        codes.follow(token_in(latest(mine))[:-1], at=SOON)


def test_a_new_code_ends_the_old_code_and_the_old_link(made):
    case = ask()
    key, first = proof_of(case).pk, latest(case)
    codes.send_again(key, at=SOON)
    second = latest(case)
    if code_in(first) != code_in(second):
        with pytest.raises(BadInput):
            codes.try_code(key, code_in(first), at=SOON)
    with pytest.raises(Absent):
        codes.follow(token_in(first), at=SOON)
    assert codes.follow(token_in(second), at=SOON).method == "mail"


def test_three_new_codes_are_sent_and_no_fourth(made):
    """Attack 12: nobody floods a mailbox through one request; the twin is the third that goes out."""
    case = ask()
    for _ in range(3):
        codes.send_again(proof_of(case).pk, at=SOON)
    with pytest.raises(TooMany):
        codes.send_again(proof_of(case).pk, at=SOON)
    assert Mail.objects.filter(kind="case.proof").count() == codes.MESSAGES


def test_looking_at_the_link_changes_nothing_and_it_works_once(made):
    """W16, attack 7; and the code is spent with the link."""
    case = ask()
    key, code, token = proof_of(case).pk, code_in(latest(case)), token_in(latest(case))
    before = again(case).version
    for _ in range(3):
        question = codes.asked(token, at=LATER)
    assert (question.number, question.kind, again(case).version) == (case.number, "export", before)
    codes.follow(token, at=LATER)
    with pytest.raises(Absent):
        codes.follow(token, at=LATER)
    with pytest.raises(BadInput):
        codes.try_code(key, code, at=SOON)
    assert again(case).state == "in_review"


def test_a_link_has_its_days(made, settings):
    case = ask()
    last = cast.NOW + timedelta(days=settings.PROOF_DAYS)
    with pytest.raises(Absent):
        codes.follow(token_in(latest(case)), at=last)
    assert codes.follow(token_in(latest(case)), at=last - timedelta(seconds=1)).proved_at


def test_a_closed_request_is_not_opened_by_a_late_proof(made):
    case = ask()
    lifecycle.move(case, "lapse", actor=TEST, who="system", at=SOON)
    with pytest.raises(Conflict):
        codes.follow(token_in(latest(case)), at=SOON)
    with pytest.raises(Conflict):
        codes.send_again(proof_of(case).pk, at=SOON)
    assert again(case).state == "lapsed" and proof_of(case).proved_at is None


def test_one_identifier_is_proved_and_the_other_is_not(made):
    """Attack 2, promise 1."""
    case = ask(phone="+48 600 100 200", number="C-1")
    codes.try_code(proof_of(case).pk, code_in(latest(case)), at=SOON)
    assert [one.kind for one in proofs.proven(case)] == ["email"]
    assert proof_of(case, "phone").proved_at is None and proof_of(case, "number").proved_at is None


def test_an_officer_who_looked_proves_what_is_chosen(made):
    case = ask(phone="+48 600 100 200")
    chosen = [proof_of(case, "phone").pk]
    moved = proofs.vouch(
        actor=made.actor("officer"), case=case.pk, seen=dict.fromkeys(chosen, "called back"), at=SOON
    )
    phone = proof_of(case, "phone")
    assert (moved.state, phone.method, phone.seen) == ("in_review", "officer", "called back")
    assert phone.checked_by == made.users["officer"] and proof_of(case).proved_at is None
    assert "case.vouched" in case_cast.codes(case)


@pytest.mark.parametrize("who", ["auditor", "administrator", "operator", "subject"])
def test_only_who_decides_vouches(made, who):
    case = ask()
    with pytest.raises(Forbidden):
        proofs.vouch(actor=made.actor(who), case=case.pk, seen={proof_of(case).pk: "passport"}, at=SOON)
    assert again(case).state == "proving"


def test_a_proof_of_another_case_is_absent(made):
    case, other = ask(), ask("sage@people.example")
    with pytest.raises(Absent):
        proofs.vouch(actor=made.actor("officer"), case=case.pk, seen={proof_of(other).pk: "seen"}, at=SOON)


def test_a_request_in_somebodys_name_is_not_vouched_for(made):
    """W17: the person confirms; the twin is their own yes."""
    case = file(made, "delete", subject=made.added.pk)
    with pytest.raises(Conflict):
        proofs.vouch(actor=made.actor("officer"), case=case.pk, seen={}, at=SOON)
    assert mandates.confirm(case_cast.token_for(case), at=SOON).state == "in_review"


@pytest.mark.parametrize(
    "seen",
    [
        "passport 123456",
        "passport no. ABC 12 34 56",
        "card 12-34-56-78",
        "L01X00T471",
        "١٢٣٤٥٦",
        "number 123.456",
        "",
        "   ",
        "x" * 301,
        "a\x00b",
    ],
)
def test_what_looks_like_a_document_number_is_not_kept(made, seen):
    """Attack 11: there is nothing to upload, and a number is refused with the reason."""
    with pytest.raises(BadInput) as caught:
        proofs.said(seen)
    assert "seen" in caught.value.fields


@pytest.mark.parametrize(
    "seen", ["passport, name and face agree", "born 1979, called back at 12.30", "x" * 300]
)
def test_plain_words_are_kept(seen):
    assert proofs.said(f"  {seen} ") == seen


@pytest.mark.parametrize(
    ("given", "form"),
    [
        (" Robin@People.EXAMPLE. ", "robin@people.example"),
        ("ｒｏｂｉｎ@people.example", "robin@people.example"),
        ("robin+tag@people.example", "robin+tag@people.example"),
        ("robin@bücher.example", "robin@xn--bcher-kva.example"),
        ("robin@XN--bcher-kva.example", "robin@xn--bcher-kva.example"),
        ("robin@straße.example", "robin@xn--strae-oqa.example"),
    ],
)
def test_an_address_has_one_form_whatever_its_spelling(given, form):
    """Attack 8."""
    assert identifiers.mail(given) == form
    assert identifiers.mail(form) == form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("robin@people.example", "robin+tag@people.example"),
        ("robin@strasse.example", "robin@straße.example"),
        ("robin@people.example", "rоbin@people.example"),  # a Cyrillic letter
        ("ro.bin@people.example", "robin@people.example"),
    ],
)
def test_two_addresses_never_become_one(one, other):
    """Attack 8: never a merge."""

    def form(text):
        try:
            return identifiers.mail(text)
        except BadInput:
            return None

    assert identifiers.mail(one) != form(other)


def test_the_code_goes_to_the_form_that_is_searched_and_not_to_what_was_typed(made):
    """Attack 8: a look-alike that folds into somebody's address brings them the mail, not the attacker."""
    case = ask("ｒobin@people.example")
    assert latest(case).to == "robin@people.example"


@pytest.mark.parametrize("bad", ["", "robin", "a@b@c", "robin@people.example\nBcc: x@y.example", "x" * 400])
def test_what_is_no_address_is_refused_at_its_field(bad):
    """Attack 58: nothing with a line break is an address."""
    with pytest.raises(BadInput) as caught:
        identifiers.normal("email", bad)
    assert "email" in caught.value.fields


@pytest.mark.parametrize(
    ("given", "form"),
    [("+48 600-100 200", "+48600100200"), ("0048600100200", "+48600100200"), ("(600) 100", "600100")],
)
def test_a_phone_number_is_its_digits(given, form):
    assert identifiers.normal("phone", given) == form


def test_the_hash_tells_two_cases_of_one_address_and_nothing_without_the_key(made, settings):
    first, second = ask(), ask("ROBIN@people.example", "delete")
    assert proof_of(first).name_hash == proof_of(second).name_hash
    with_other_key = identifiers.keyed("email", "robin@people.example")
    settings.SECRET_KEY = "another"
    assert identifiers.keyed("email", "robin@people.example") != with_other_key


def test_a_mail_with_a_forged_sender_makes_a_draft_and_nothing_else(made):
    """Attack 4: whoever the sender names is asked; nobody is found, shown or bound before that."""
    case = recorded.record(
        actor=made.actor("officer"), kind="delete", channel="mail", email="robin@people.example", at=cast.NOW
    )
    assert (case.state, case.subject, case.proved_at) == ("proving", None, None)
    assert "case.searched" not in case_cast.codes(case)
    assert proofs.proven(case) == []
