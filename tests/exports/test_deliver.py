"""A download is one person, one file, briefly, on record (promise 25, decision 21, attacks 51, 60 to 63)."""

import hashlib
import io
import re
import threading
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connections
from django.test import Client

from exports import build, deliver, notices
from exports.models import Bundle, Download
from portals_core.people import accounts
from portals_core.plumbing import clock, keyring, links, outbox
from portals_core.plumbing.errors import Absent, Broken, Conflict
from portals_core.plumbing.models import Mail, OneTimeLink
from requests.arriving import intake, mandates
from requests.deciding import approvals
from tests.exports.export_cast import READ, approved, fulfilled, leaves
from tests.exports.web import browser

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])


def page(bundle: Bundle) -> str:
    return f"/privacy/downloads/{bundle.pk}/"


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def alike(response) -> str:
    """The page without what is another each time: the form token and the address that was asked for."""
    page = re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", response.content.decode())
    return page.replace(response.wsgi_request.path, "")


def attempts(bundle: Bundle) -> list[str]:
    return list(Download.objects.visible_to(READ).filter(bundle=bundle).values_list("outcome", flat=True))


def without_account(made) -> tuple[Bundle, str]:
    """A bundle of the person the subject added, who has no account, and the token mailed to that person."""
    case = intake.file_case(actor=made.actor("subject"), kind="export", subject=made.added.pk, at=clock.now())
    asked = Mail.objects.get(kind="case.mandate").body
    mandates.confirm(re.search(r"/requests/confirm/([\w-]+)/", asked)[1], at=clock.now())
    approvals.decide(actor=made.actor("officer"), case=case.pk, outcome="approve", at=clock.now())
    outbox.drain(about=case.ref)
    told = Mail.objects.get(kind="export.ready")
    assert told.to == "ada@people.example"  # the person, not the one who asked for them (W17)
    token = re.search(r"/download/([\w-]+)/", told.body)[1]
    return Bundle.objects.visible_to(READ).get(case_id=case.pk), token


def test_the_person_takes_their_copy_with_a_fresh_proof(made):
    bundle = fulfilled(made)
    response = browser(made, "subject").post(page(bundle))
    assert response.status_code == 200
    got = body(response)
    assert hashlib.sha512(got).hexdigest() == bundle.sha512
    assert zipfile.ZipFile(io.BytesIO(got)).testzip() is None
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Disposition"] == f'attachment; filename="export-{bundle.case_number}.zip"'
    assert response["Content-Length"] == str(len(got))
    assert attempts(bundle) == ["done"]
    assert leaves(bundle.case_ref, "bundle.handed_out") == ["bundle.handed_out done"]


def test_looking_at_the_page_hands_out_nothing(made):
    bundle = fulfilled(made)
    response = browser(made, "subject").get(page(bundle))
    assert response.status_code == 200 and bundle.sha512 in response.content.decode()
    assert response["Cache-Control"] == "no-store" and attempts(bundle) == []


@pytest.mark.parametrize(
    ("who", "status"),
    [("stranger", 404), ("officer", 403), ("auditor", 403), ("administrator", 403), ("operator", 403)],
)
def test_nobody_else_gets_a_person_s_copy(made, who, status):
    """The control is the subject in the test above; a stranger's answer is that of a missing bundle."""
    bundle = fulfilled(made)
    client = browser(made, who)
    for response in (client.get(page(bundle)), client.post(page(bundle))):
        assert response.status_code == status
        assert bundle.case_number not in response.content.decode()
    if who == "stranger":
        missing = client.post("/privacy/downloads/00000000-0000-0000-0000-000000000000/")
        assert alike(missing) == alike(client.post(page(bundle)))


def test_the_one_who_asked_for_somebody_else_does_not_get_that_copy(made):
    """W17, decision 21."""
    bundle, _token = without_account(made)
    assert browser(made, "subject").post(page(bundle)).status_code == 404
    assert attempts(bundle) == ["refused"]
    assert leaves(bundle.case_ref, "bundle.refused") == ["bundle.refused refused"]


@pytest.mark.parametrize("who", ["officer", "auditor"])
def test_the_writer_refuses_staff_even_without_the_page(made, who):
    bundle = fulfilled(made)
    with pytest.raises(Absent):
        deliver.hand_out(actor=made.actor(who), bundle=bundle.pk, at=clock.now())
    assert attempts(bundle) == ["refused"]


def test_guessing_ids_fills_no_log(made):
    for guess in ("00000000-0000-0000-0000-000000000000", "x"):
        with pytest.raises(Absent):
            deliver.hand_out(actor=made.actor("stranger"), bundle=guess, at=clock.now())
    assert not Download.objects.visible_to(READ).exists()


def test_expired_unfinished_and_deleted_copies_are_refused_with_a_sentence(made):
    bundle = fulfilled(made)
    rows = Bundle.objects.visible_to(READ).filter(pk=bundle.pk)
    me = made.actor("subject")
    with pytest.raises(Conflict) as caught:
        deliver.hand_out(actor=me, bundle=bundle.pk, at=bundle.expires_at)
    assert caught.value.code == "bundle.expired"
    for state in ("building", "purged"):
        rows.update(state=state)
        with pytest.raises(Conflict):
            deliver.hand_out(actor=me, bundle=bundle.pk, at=clock.now())
        assert browser(made, "subject").post(page(bundle)).status_code == 409
    rows.update(state="ready")
    assert deliver.hand_out(actor=me, bundle=bundle.pk, at=clock.now()).size == bundle.size


def test_a_file_that_was_changed_or_lost_on_the_disk_is_not_handed_out(made):
    bundle = fulfilled(made)
    path, me = Path(default_storage.path(bundle.file)), made.actor("subject")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(Broken) as caught:
        deliver.hand_out(actor=me, bundle=bundle.pk, at=clock.now())
    assert caught.value.code == "bundle.file_changed"
    path.unlink()
    with pytest.raises(Broken):
        deliver.hand_out(actor=me, bundle=bundle.pk, at=clock.now())
    assert attempts(bundle) == ["refused", "refused"]


def test_a_mailed_link_shows_on_get_and_works_once_on_post(made):
    bundle, token = without_account(made)
    for _scanner in range(3):
        shown = Client().get(f"/download/{token}/")
        assert shown.status_code == 200 and shown["Referrer-Policy"] == "strict-origin"
        assert shown["Cache-Control"] == "no-store"
    assert attempts(bundle) == []
    taken = Client().post(f"/download/{token}/")
    assert hashlib.sha512(body(taken)).hexdigest() == bundle.sha512
    assert taken["Cache-Control"] == "no-store"
    again = Client().post(f"/download/{token}/")
    assert (again.status_code, Client().get(f"/download/{token}/").status_code) == (404, 404)
    assert attempts(bundle) == ["done"]


def test_an_edited_expired_revoked_or_foreign_link_opens_nothing(made):
    """Attacks 61, 63; the control is the unedited token at the end."""
    bundle, token = without_account(made)
    other = links.issue("mandate", about=bundle.ref, at=clock.now(), ttl=timedelta(days=1))
    for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), other, "x"):
        assert Client().post(f"/download/{wrong}/").status_code == 404
    with pytest.raises(Absent):
        deliver.redeem(token, at=clock.now() + timedelta(days=7, seconds=1))
    link = OneTimeLink.objects.get(purpose=notices.LINK)
    OneTimeLink.objects.filter(pk=link.pk).update(revoked_at=clock.now())
    assert Client().post(f"/download/{token}/").status_code == 404
    OneTimeLink.objects.filter(pk=link.pk).update(revoked_at=None)
    assert Client().post(f"/download/{token}/").status_code == 200


def test_a_link_to_the_copy_of_an_erased_person_opens_nothing(made):
    bundle, token = without_account(made)
    keyring.destroy(bundle.subject)
    assert Client().post(f"/download/{token}/").status_code == 404


def test_a_closed_account_opens_nothing(made):
    bundle = fulfilled(made)
    client = browser(made, "subject")
    accounts.shut(actor=READ, user=made.users["subject"], at=clock.now(), reason="test")
    response = client.post(page(bundle))
    assert response.status_code in (302, 403) and attempts(bundle) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases=["default", "keyring"])
def test_of_twenty_parallel_redemptions_one_succeeds(made):
    """Promise 25. The control: all twenty see the link as good before they start."""
    bundle, token = without_account(made)
    start, outcomes = threading.Barrier(20), []

    def take() -> None:
        try:
            deliver.shown(token, at=clock.now())
            start.wait(timeout=60)
            deliver.redeem(token, at=clock.now()).file.close()
            outcomes.append("done")
        except Absent:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for _n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done"] + ["refused"] * 19
    assert attempts(bundle).count("done") == 1


def test_a_stale_proof_is_led_to_a_fresh_one(made):
    """Promise 6. The control with a fresh proof is the first test of this file."""
    bundle = fulfilled(made)
    response = browser(made, "subject", fresh=False).post(page(bundle))
    assert response.status_code == 302 and response.url.startswith("/confirm/")
    assert attempts(bundle) == []


def test_an_export_in_preparation_offers_no_download(made):
    """The bait: the same page of a finished export has the button."""
    case = approved(made)
    bundle = build.begin(case, at=clock.now())
    client = browser(made, "subject")
    assert ">Download</button>" not in client.get(page(bundle)).content.decode()
    outbox.drain(about=case.ref)
    assert ">Download</button>" in client.get(page(bundle)).content.decode()


def test_the_privacy_page_lists_my_copies_and_nobody_elses(made):
    mine, theirs = fulfilled(made), fulfilled(made, who="stranger")
    shown = browser(made, "subject").get("/privacy/").content.decode()
    assert page(mine) in shown and page(theirs) not in shown
