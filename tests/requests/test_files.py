"""Files on records in requests: counted, planned one by one, erased with row, file and key (W10, N3, R9)."""

import pytest

from portals_core.access.actor import system
from portals_core.ledger.models import LedgerDetail, LedgerEntry
from portals_core.plumbing import keyring
from portals_core.plumbing.errors import Locked
from portals_core.records import files
from portals_core.records.models import Attachment
from requests.holding import holdings
from tests import cast, storage
from tests.requests import case_cast

pytestmark = pytest.mark.django_db(databases=["default", "keyring"], transaction=True)
TEST = system("test")


@pytest.fixture
def made(settings, tmp_path):
    storage.of_this_test(settings, tmp_path)
    return cast.set_up()


def test_an_erasure_leaves_neither_row_nor_file_nor_readable_bytes(made):
    """W10, N5: of the person and of what belongs to them; a copy kept elsewhere cannot be read again. The
    bait, a stranger's file, stays."""
    order = cast.order(made, "A1", made.subject)
    mine = [storage.add(TEST, made.subject), storage.add(TEST, order, internal=True)]
    theirs = storage.add(TEST, made.stranger)
    kept = {path.name: path.read_bytes() for path in storage.shelf()}
    assert case_cast.carried_out(made, "delete").state == "fulfilled"
    assert [one.pk for one in Attachment.objects.visible_to(TEST)] == [theirs.pk]
    assert [path.name for path in storage.shelf()] == [str(theirs.pk)]
    for file in mine:
        path = storage.shelf()[0].with_name(str(file.pk))
        path.write_bytes(kept[path.name])
        with pytest.raises(keyring.KeyDestroyed):
            files.content(file.record_id, file.pk)
    removed = LedgerEntry.objects.filter(code="attachment.removed")
    assert {entry.about for entry in removed} == {f"record:{made.subject.pk}", f"record:{order.pk}"}
    assert not LedgerDetail.objects.filter(entry__in=removed).exists()
    assert files.content(made.stranger.pk, theirs.pk) == storage.CONTENT


def test_a_file_is_an_item_of_the_plan_and_one_added_later_is_drift(made):
    """N3: what was approved is what is erased."""
    storage.add(TEST, made.subject)
    case = case_cast.approved_deletion(made)
    assert holdings.held(made.subject.pk, "erase", named=True).groups[1].names == ["letter.pdf"]
    late = storage.add(TEST, made.subject, "late.pdf")
    case_cast.outbox.drain()
    assert case_cast.again(case).state == "awaiting_approval"
    assert files.content(made.subject.pk, late.pk) == storage.CONTENT


def test_what_is_held_counts_files(made):
    """D6: beside the records, by their own name."""
    before = holdings.held(made.subject.pk, "erase", named=False).total
    storage.add(TEST, made.subject)
    after = holdings.held(made.subject.pk, "erase", named=False)
    assert after.total == before + 1
    assert [group.count for group in after.groups if str(group.label) == "Files"] == [1]


def test_a_stopped_processing_forbids_adding_files(made):
    """R9, W3."""
    storage.add(TEST, made.subject)
    case_cast.carried_out(made, "stop")
    with pytest.raises(Locked):
        storage.add(made.actor("operator"), made.subject)
    storage.add(made.actor("operator"), made.stranger)
