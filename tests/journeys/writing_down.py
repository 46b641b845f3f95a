"""Somebody at the desk who writes down what there is: records, from files and by hand, and invitations."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import FilePayload

from portals_core.plumbing import outbox
from tests.journeys.looking import Seat

Described = Mapping[str, Any]


@dataclass
class Clerk(Seat):
    """`records` are the ids of those written down, `titles` what they are called, by their names."""

    records: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    _values: dict[str, Described] = field(default_factory=dict)

    def enter(
        self,
        records: Sequence[tuple[str, str, Described]],
        modules: Mapping[str, Described],
        layouts: Mapping[str, str],
    ) -> None:
        """All records, module by module: several from a file, where a file can say what they link to. No file
        says in which layout a record is: those of `layouts` are written down by hand."""
        for key in dict.fromkeys(module for _name, module, _values in records):
            whole = {name: values for name, module, values in records if module == key}
            rows = {name: values for name, values in whole.items() if name not in layouts}
            if len(rows) > 1 and all(_unique(modules[one]) for one in _targets(modules[key])):
                self.load(rows, modules[key], modules)
            else:
                for name, values in rows.items():
                    self.record(name, modules[key], values)
            for name in whole.keys() - rows.keys():
                self.record(name, modules[key], whole[name], layouts[name])

    def load(
        self, rows: Mapping[str, Described], module: Described, modules: Mapping[str, Described]
    ) -> None:
        """Upload a file whose columns are named like the fields, and see its rows arrive."""
        for name, values in rows.items():
            self._wrote(name, module, values)
        self.section("Imports")
        self.follow("New import")
        self.label("Into which module").select_option(label=module["label_plural"])
        self.label("File").set_input_files(self._file(rows, module, modules))
        self.press("Go on")
        self.label("Only check, write nothing yet").uncheck()
        self.press("Start")
        self.page.wait_for_url(re.compile(r"/imports/[0-9a-f-]{36}/$"))
        outbox.drain(about=f"import:{urlsplit(self.page.url).path.split('/')[-2]}")
        self.section("Records")
        self.follow(module["label_plural"])
        there = dict(
            self.main.locator("tbody th a").evaluate_all(
                "all => all.map(one => [one.innerText.trim(), one.pathname.split('/').at(-2)])"
            )
        )
        self.records.update({name: there[self.titles[name]] for name in rows})

    def _file(
        self, rows: Mapping[str, Described], module: Described, modules: Mapping[str, Described]
    ) -> FilePayload:
        text = io.StringIO()
        writer = csv.DictWriter(text, [one["label"] for one in module["fields"]])
        writer.writeheader()
        for values in rows.values():
            cells = {one["label"]: values.get(one["key"], "") for one in module["fields"]}
            for one in module["fields"]:
                if cells[one["label"]].startswith("@"):
                    there = self._values[cells[one["label"]][1:]]
                    cells[one["label"]] = there[_unique(modules[one["target"]])]
            writer.writerow(cells)
        return {"name": f"{module['key']}.csv", "mimeType": "text/csv", "buffer": text.getvalue().encode()}

    def _wrote(self, name: str, module: Described, values: Described) -> None:
        self.titles[name] = values[module["fields"][0]["key"]]
        self._values[name] = values

    def record(self, name: str, module: Described, values: Described, layout: str = "") -> None:
        """Add a record at the desk; "@name" is chosen from the list of a link."""
        self.section("Records")
        self.follow(module["label_plural"])
        self.follow(f"Add: {module['label']}")
        if layout:
            self._fill("Layout", layout)
        for one in module["fields"]:
            value = values.get(one["key"])
            if value is not None:
                self._fill(one["label"], self.titles[value[1:]] if value.startswith("@") else value)
        self.press("Save")
        self.page.wait_for_url(re.compile(r"/[0-9a-f-]{36}/$"))
        self.records[name] = urlsplit(self.page.url).path.split("/")[-2]
        self._wrote(name, module, values)

    def change(self, name: str, module: Described, values: Described, layout: str = "") -> None:
        """Change a record at the desk."""
        self.section("Records")
        self.follow(module["label_plural"])
        self.follow(self.titles[name])
        self.follow("Change")
        for one in module["fields"]:
            if one["key"] in values:
                self._fill(one["label"], values[one["key"]])
        if layout:
            self._fill("Layout", layout)
        self.press("Save")
        self.page.wait_for_url(re.compile(r"/[0-9a-f-]{36}/$"))

    def _fill(self, label: str, value: str) -> None:
        asked = self.label(label)
        if asked.evaluate("one => one.tagName") == "SELECT":
            asked.select_option(label=value)
        else:
            asked.fill(value)

    def invite(self, name: str) -> None:
        """Open the portal for a person whose record was added."""
        self.section("Portal users")
        self.follow("Invite somebody")
        self.follow(f"Invite {self.titles[name]}")
        self.save("Send the invitation")

    def colleague(self, name: str, email: str, role: str, projects: Sequence[str]) -> None:
        """A new member of staff with a role, who works in these projects."""
        self.section("Staff")
        self.follow("Add a colleague")
        self.label("Name").fill(name)
        self.label("E-mail address").fill(email)
        self.label(role).check()
        self.save("Send the invitation")
        for one in projects:
            self.label(one).check()
        if projects:
            self.save("Change the projects")


def _targets(module: Described) -> list[str]:
    return [one["target"] for one in module["fields"] if "target" in one]


def _unique(module: Described) -> str:
    """The field by which a file names records of the module, or nothing."""
    return next((str(one["key"]) for one in module["fields"] if one.get("unique")), "")
