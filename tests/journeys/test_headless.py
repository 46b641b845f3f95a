"""The whole work without a page, on a house of another script: modules, fields and people in Chinese.

Every command answers with --json; what is refused says why on stderr and ends with the status that scripts
go by: 64 bad input, 66 not there, 75 not now, 77 not allowed.
"""

import csv
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from portals_core.access.actor import system
from portals_core.records.models import Record

pytestmark = [
    pytest.mark.django_db(databases=["default", "keyring"]),
    pytest.mark.journey,
    pytest.mark.both,
    pytest.mark.filterwarnings("error"),
]
ADMIN, OFFICER, SECOND = "guanli@house.example", "yiguan@house.example", "erguan@house.example"
AUDITOR = "shenji@house.example"
PASSWORD = "四个字的词语组成的长密码"
MODULES = {
    "modules": [
        {
            "key": "客户",
            "label": "客户",
            "label_plural": "客户",
            "identity": True,
            "title_key": "姓名",
            "email_key": "邮箱",
            "fields": [
                {"key": "编号", "label": "编号", "unique": True, "required": True},
                {"key": "姓名", "label": "姓名", "required": True, "personal": "normal"},
                {"key": "邮箱", "label": "邮箱", "type": "email", "unique": True, "personal": "normal"},
                {"key": "电话", "label": "电话", "type": "phone", "personal": "normal"},
                {"key": "备注", "label": "备注", "type": "multiline", "personal": "sensitive"},
            ],
        },
        {
            "key": "订单",
            "label": "订单",
            "label_plural": "订单",
            "title_key": "单号",
            "fields": [
                {"key": "单号", "label": "单号", "unique": True, "required": True},
                {"key": "客户", "label": "客户", "type": "lookup", "target": "客户", "link": "belongs"},
                {"key": "金额", "label": "金额", "type": "currency"},
            ],
        },
    ]
}
USER_TYPE = {
    "name": "客户门户",
    "identity_module": "客户",
    "modules": [{"module": "客户", "edit": True, "fields": {"姓名": "editable", "电话": "editable"}}],
}
PEOPLE = [
    ("A1", "欧阳娜", "ouyang@people.example", "010-5550101", "喜欢山\n不喜欢海"),
    ("A2", "司马光", "sima@people.example", "010-5550102", ""),
    ("A3", "诸葛明", "zhuge@people.example", "010-5550103", "有时回信晚"),
]
ORDERS = [("D1", "A1", "19.90"), ("D2", "A1", "1234567.0001"), ("D3", "A2", "7"), ("D4", "A3", "0.5")]
ONE, TWO, THREE = (email for _number, _name, email, _phone, _note in PEOPLE)


def _csv(path: Path, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def _json(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


class House:
    """Commands as an operator types them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def run(self, *words: object, acting: str = "", status: int = 0, stdin: str = "") -> dict[str, Any]:
        """What a command answers as JSON; it ends with `status`."""
        ended, out, err = self._ended(words, acting, stdin)
        assert ended == status, (words, ended, out, err)
        answer: dict[str, Any] = json.loads(out)
        return answer

    def refused(self, *words: object, acting: str, status: int) -> None:
        """A command that must say why on stderr, answer nothing and end with `status`."""
        ended, out, err = self._ended(words, acting, "")
        assert (ended, out) == (status, ""), (words, err)
        assert err.strip(), words

    def _ended(self, words: tuple[object, ...], acting: str, stdin: str) -> tuple[object, str, str]:
        self._patch.setattr(sys, "stdin", io.StringIO(stdin))
        out, err, ended = io.StringIO(), io.StringIO(), 0
        who = ("--as", acting) if acting else ()
        try:
            call_command(*map(str, words), "--json", *who, stdout=out, stderr=err)
        except SystemExit as status:
            ended = status.code
        return ended, out.getvalue(), err.getvalue()


@pytest.fixture
def house(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    """Staff, modules, rows and portal users, every wrong step tried before the right one."""
    place, papers = House(monkeypatch), tmp_path
    settings.KEYS_DIR, settings.CHECKPOINT_DIR = tmp_path / "keys", tmp_path / "checkpoints"
    call_command("make_keys", stdout=io.StringIO())
    for address, role in ((ADMIN, "administrator"), (OFFICER, "officer"), (SECOND, "officer")):
        words = ("--staff", "--email", address, "--name", address, "--role", role, "--password-stdin")
        place.run("add_person", *words, stdin=PASSWORD)
    place.run(
        "add_person", "--staff", "--email", AUDITOR, "--role", "auditor", "--password-stdin", stdin=PASSWORD
    )

    described = _json(papers / "modules.json", MODULES)
    place.refused("define_module", described, acting="nobody@house.example", status=66)
    place.refused("define_module", described, acting=OFFICER, status=77)
    wrong = {**MODULES["modules"][0], "fields": [{"key": "编号", "label": "编号", "type": "颜色"}]}
    place.refused("define_module", _json(papers / "wrong.json", wrong), acting=ADMIN, status=64)
    place.refused("define_module", papers / "absent.json", acting=ADMIN, status=64)
    told = place.run("define_module", described, acting=ADMIN)
    assert told["modules"]["客户"] == ["编号", "姓名", "邮箱", "电话", "备注"]

    people = _csv(papers / "客户.csv", ("号", "名", "信箱", "电", "注"), PEOPLE)
    orders = _csv(papers / "订单.csv", ("单", "人", "钱"), ORDERS)
    values = {"编号": "{{号}}", "姓名": "{{名}}", "邮箱": "{{信箱}}", "电话": "{{电}}", "备注": "{{注}}"}
    mapping = _json(papers / "people.json", {"source": "旧客户名单", "values": values})
    unknown = _json(papers / "column.json", {"values": {**values, "电话": "{{手机}}"}})
    strange = _json(papers / "field.json", {"values": {**values, "颜色": "{{注}}"}})
    place.refused("import_records", "客户", people, "--map", unknown, acting=ADMIN, status=64)
    place.refused("import_records", "客户", people, "--map", strange, acting=ADMIN, status=64)
    place.refused("import_records", "发票", people, "--map", mapping, acting=ADMIN, status=66)
    place.refused("import_records", "客户", people, "--map", mapping, acting=OFFICER, status=77)
    told = place.run("import_records", "客户", people, "--map", mapping, acting=ADMIN)
    assert (told["accepted"], told["refused"]) == (3, 0)
    links = {"单号": "{{单}}", "客户": "{{人}}", "金额": "{{钱}}"}
    linked = _json(papers / "orders.json", {"values": links, "lookups": {"客户": "编号"}})
    more = _csv(papers / "more.csv", ("单", "人", "钱"), [*ORDERS, ("D5", "A9", "1")])
    told = place.run("import_records", "订单", more, "--map", linked, acting=ADMIN, status=65)
    assert (told["accepted"], told["refused"]) == (4, 1)
    told = place.run("import_records", "订单", orders, "--map", linked, acting=ADMIN, status=65)
    assert (told["accepted"], told["refused"]) == (0, 4)

    place.refused("add_person", "--portal", ONE, acting=ADMIN, status=66)
    place.run("define_user_type", _json(papers / "type.json", USER_TYPE), acting=ADMIN)
    place.refused("define_user_type", papers / "type.json", acting=OFFICER, status=77)
    for address in (ONE, TWO, THREE):
        words = ("--portal", address, "--language", "zh-hans", "--password-stdin")
        told = place.run("add_person", *words, acting=ADMIN, stdin=PASSWORD)
        assert (told["email"], told["invited"]) == (address, False)
    place.refused("add_person", "--portal", ONE, acting=ADMIN, status=75)
    place.refused("add_person", "--portal", "nobody@people.example", acting=ADMIN, status=66)
    return place


def test_every_right_from_the_description_of_a_module_to_the_verified_log(house, tmp_path):
    """R1–R7, N1, W24: nothing needs a page, and no script but ours is taken for granted."""
    _deletion(house)
    _export(house, tmp_path)
    _correction(house)
    _the_log(house, tmp_path / "checkpoints")


def _deletion(house: House) -> None:
    filed = house.run("file_case", "--kind", "delete", "--text", "请删除", acting=ONE)
    number = filed["number"]
    house.refused("file_case", "--kind", "delete", acting=ONE, status=75)
    house.refused("file_case", "--kind", "忘记", acting=ONE, status=64)
    house.refused("file_case", "--kind", "export", "--for", TWO, acting=ONE, status=66)
    for foreign in (filed["id"], number):
        house.refused("show_case", foreign, acting=TWO, status=66)
        house.refused("withdraw_case", foreign, acting=TWO, status=66)
    house.refused("show_case", "2026-99999", acting=OFFICER, status=66)
    assert house.run("show_case", number, acting=ONE)["state"] == "in_review"
    house.refused("decide_case", number, "--refuse", acting=OFFICER, status=64)
    house.refused("decide_case", number, "--approve", acting=ONE, status=77)
    house.refused("approve_case", number, acting=SECOND, status=75)
    assert house.run("decide_case", number, "--approve", acting=OFFICER)["state"] == "awaiting_approval"
    house.refused("decide_case", number, "--approve", acting=OFFICER, status=75)
    house.refused("approve_case", number, acting=OFFICER, status=77)
    house.refused("approve_case", number, acting=AUDITOR, status=77)
    assert house.run("approve_case", number, acting=SECOND)["state"] == "carrying_out"
    done = house.run("carry_out", number, acting=OFFICER)
    counts = done["plan"]["counts"]
    assert (done["state"], counts["records:客户"], counts["records:订单"]) == ("fulfilled", 1, 2)
    left = {values.get("编号") or values["单号"] for values in _records()}
    assert left == {"A2", "A3", "D3", "D4"}
    house.refused("show_case", number, acting=ONE, status=66)
    house.refused("add_person", "--portal", ONE, acting=ADMIN, status=66)


def _records() -> list[dict[str, Any]]:
    return list(Record.objects.visible_to(system("look in a test")).values_list("values", flat=True))


def _export(house: House, tmp_path: Path) -> None:
    number = house.run("file_case", "--kind", "export", acting=TWO)["number"]
    house.refused("build_bundle", number, acting=OFFICER, status=75)
    house.run("decide_case", number, "--approve", acting=OFFICER)
    house.run("carry_out", number, acting=OFFICER)
    out = tmp_path / "out"
    out.mkdir()
    house.refused("build_bundle", number, "--output", out, acting=THREE, status=66)
    house.refused("build_bundle", number, "--output", out, acting=OFFICER, status=77)
    house.refused("build_bundle", number, "--output", out / "none", acting=TWO, status=64)
    told = house.run("build_bundle", number, "--output", out, acting=TWO)
    with zipfile.ZipFile(told["file"]) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith("/data/data.json"))
        tables = json.loads(archive.read(name))["tables"]
        assert any(one.endswith("/data/tables/订单.csv") for one in archive.namelist())
    assert [(row["编号"], row["姓名"]) for row in tables["客户"]] == [("A2", "司马光")]
    assert [(row["单号"], row["金额"]) for row in tables["订单"]] == [("D3", "7")]


def _correction(house: House) -> None:
    house.refused("file_case", "--kind", "rectify", acting=THREE, status=64)
    house.refused("file_case", "--kind", "rectify", "--set", "颜色=红", acting=THREE, status=64)
    house.refused("file_case", "--kind", "rectify", "--set", "邮箱=不是地址", acting=THREE, status=64)
    words = ("--set", "姓名=诸葛亮", "--set", "备注=")
    number = house.run("file_case", "--kind", "rectify", *words, acting=THREE)["number"]
    half = ("--refuse-field", "备注", "--ground", "JustificationA12IdentityFailure")
    house.refused("decide_case", number, "--approve", *half, acting=OFFICER, status=64)
    house.run("decide_case", number, "--approve", *half, "--sentence", "这条备注属实。", acting=OFFICER)
    done = house.run("carry_out", number, acting=OFFICER)
    assert done["state"] == "partly_fulfilled"
    assert {row["field"]: (row["before"], row["approved"]) for row in done["corrections"]} == {
        "姓名": ("诸葛明", True),
        "备注": ("有时回信晚", False),
    }
    house.refused("withdraw_case", number, acting=THREE, status=75)
    stored = next(one for one in _records() if one.get("编号") == "A3")
    assert (stored["姓名"], stored["备注"]) == ("诸葛亮", "有时回信晚")


def _the_log(house: House, checkpoints: Path) -> None:
    for words in (("seal_ledger", "--once"), ("sign_checkpoints", "--once")):
        call_command(*words, stdout=io.StringIO())
    told = house.run("verify_ledger")
    assert told["clean"] and told["entries"] == told["covered"] > 50 and told["erased"] >= 3
    latest = checkpoints / "latest.txt"
    latest.write_text(latest.read_text().replace("\n", " \n", 1))
    assert house.run("verify_ledger", status=1)["findings"]
