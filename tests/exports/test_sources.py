"""Earlier copies are shown and erased with their person (W10, R9)."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from exports import deliver
from exports.models import Bundle, Download
from exports.sources import Exports
from portals_core.plumbing import clock, outbox
from portals_core.plumbing.sources import Authority
from requests.arriving import intake
from requests.deciding import approvals
from requests.models import Case
from tests.exports.export_cast import READ, fulfilled

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
HELD = Exports()


def under() -> Authority:
    return Authority(case=uuid4(), act="erase", subject=uuid4())


def path(bundle: Bundle) -> Path:
    return Path(default_storage.path(bundle.file))


def test_an_export_tells_of_earlier_copies_and_who_took_them(made):
    bundle, theirs = fulfilled(made), fulfilled(made, who="stranger")
    deliver.hand_out(actor=made.actor("subject"), bundle=bundle.pk, at=clock.now()).file.close()
    rows = list(HELD.export(made.subject.pk, actor=READ))
    assert [(row.table, row.provided) for row in rows] == [("exports", False), ("downloads", False)]
    assert rows[0].values["id"] == str(bundle.pk) != str(theirs.pk)


def test_erasing_takes_row_link_and_file_and_nobody_else_s(made):
    bundle, theirs = fulfilled(made), fulfilled(made, who="stranger")
    items = list(HELD.find(made.subject.pk, actor=READ))
    assert [item.ref for item in items] == [str(bundle.pk)]
    authority = under()
    for _twice in range(2):
        HELD.erase(items[0], subject=made.subject.pk, actor=READ, under=authority)
    outbox.drain(about=f"case:{authority.case}")
    assert not path(bundle).exists() and path(theirs).exists()
    assert not Bundle.objects.visible_to(READ).filter(pk=bundle.pk).exists()
    assert not Download.objects.visible_to(READ).filter(bundle_id=bundle.pk).exists()
    assert Bundle.objects.visible_to(READ).filter(pk=theirs.pk).exists()


def test_another_person_s_copy_cannot_be_erased_in_my_name(made):
    theirs = fulfilled(made, who="stranger")
    item = next(HELD.find(made.stranger.pk, actor=READ))
    HELD.erase(item, subject=made.subject.pk, actor=READ, under=under())
    assert path(theirs).exists() and Bundle.objects.visible_to(READ).filter(pk=theirs.pk).exists()


def test_an_erasure_that_is_rolled_back_has_lost_no_file(made):
    bundle = fulfilled(made)
    item = next(HELD.find(made.subject.pk, actor=READ))
    authority = under()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        HELD.erase(item, subject=made.subject.pk, actor=READ, under=authority)
        raise ZeroDivisionError
    assert outbox.drain(about=f"case:{authority.case}") == 0
    assert path(bundle).exists() and Bundle.objects.visible_to(READ).filter(pk=bundle.pk).exists()


def test_a_deletion_case_takes_the_earlier_copy_along(made):
    """W10, the whole way: filed, approved by two, carried out."""
    bundle, theirs = fulfilled(made), fulfilled(made, who="stranger")
    case = intake.file_case(actor=made.actor("subject"), kind="delete", at=clock.now())
    approvals.decide(actor=made.actor("officer"), case=case.pk, outcome="approve", at=clock.now())
    approvals.approve(actor=made.actor("second_officer"), case=case.pk, at=clock.now())
    outbox.drain(about=case.ref)
    assert Case.objects.visible_to(READ).get(pk=case.pk).state == "fulfilled"
    assert not path(bundle).exists() and not Bundle.objects.visible_to(READ).filter(pk=bundle.pk).exists()
    assert path(theirs).exists()
