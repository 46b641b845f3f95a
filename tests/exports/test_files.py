"""Files on records in the person's copy: byte for byte, named in the data, nobody else's (R6, R8, T14)."""

import hashlib
import json
import zipfile

import pytest

from exports import collect
from portals_core.access.actor import system
from portals_core.people.models import ModuleAccess
from portals_core.plumbing.sources import Row
from tests import cast, storage
from tests.exports.test_bundle import BUNDLE, build, names, read, validate

pytestmark = pytest.mark.django_db(databases=["default", "keyring"])
TEST = system("test")


@pytest.fixture
def files(made):
    """One of the person's own, one of staff inside, one on an order; the bait is a stranger's."""
    shares = ModuleAccess.objects.visible_to(TEST).filter(user_type=made.user_type)
    shares.update(can_attach=True)
    order = cast.order(made, "A1", made.subject)
    return {
        "own": storage.add(made.actor("subject"), made.subject, "umowa ą.pdf"),
        "inside": storage.add(made.actor("operator"), made.subject, "memo.txt", b"memo", internal=True),
        "order": storage.add(made.actor("subject"), order, "umowa ą.pdf", b"other bytes"),
        "bait": storage.add(made.actor("stranger"), made.stranger, "bait.txt", b"bait"),
    }


def test_a_copy_holds_every_file_of_the_person_byte_for_byte(made, files, tmp_path):
    built = build(tmp_path / "work", made.subject.pk)
    data = json.loads(read(built, "data/data.json"))["tables"]
    listed = [*data["files"], *data["staff_files"]]
    held = {row["id"]: read(built, f"data/{row['file']}") for row in listed}
    wanted = {"own": storage.CONTENT, "inside": b"memo", "order": b"other bytes"}
    assert held == {str(files[key].pk): content for key, content in wanted.items()}
    assert [hashlib.sha256(held[row["id"]]).hexdigest() for row in listed] == [
        row["sha256"] for row in listed
    ]
    assert sum(name.startswith("data/attachments/") for name in names(built)) == 3
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path / "out")
    assert validate(tmp_path / "out" / str(BUNDLE)).returncode == 0


def test_what_staff_added_is_in_the_copy_and_not_in_the_portable_part(made, files, tmp_path):
    """Art. 20: only what the person gave."""
    basis = ("consent", Row("processing_bases", {"basis": "A6-1-b", "valid_to": None}))
    rows = [*collect.collect(made.subject.pk, actor=TEST), basis]
    built = build(tmp_path / "work", made.subject.pk, rows)
    portable = json.loads(read(built, "data/data.json"))["portable"]["tables"]
    assert "file" in portable["files"] and "staff_files" not in portable


def test_report_and_readme_say_where_the_files_are_and_only_where_there_are_any(made, tmp_path):
    without = build(tmp_path / "without", made.subject.pk)
    storage.add(made.actor("operator"), made.subject)
    with_one = build(tmp_path / "with", made.subject.pk)
    for name in ("data/README.en.txt", "data/report.html"):
        assert b"attachments" in read(with_one, name) and b"attachments" not in read(without, name)


def test_a_file_that_is_gone_from_the_disk_stops_the_copy(made, files):
    """An incomplete copy would look whole."""
    for path in storage.shelf():
        if path.name == str(files["own"].pk):
            path.unlink()
    with pytest.raises(collect.Incomplete) as refused:
        list(collect.collect(made.subject.pk, actor=TEST))
    assert refused.value.source == "attachments"
