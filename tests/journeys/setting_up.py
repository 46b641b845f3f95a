"""An administrator who sets an organisation up in a browser.

They know the pages by what stands on them: they follow links, fill in what is labelled, press buttons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import capfirst
from playwright.sync_api import Locator, Page, expect

from portals_core.forms.lock_rules import GROUNDS, MODES
from portals_core.locks.words import ACTS
from portals_core.people import roles, stepup
from portals_core.people.roles import PERMISSIONS
from portals_core.plumbing import clock, keyring
from portals_core.records.conditions import HOW
from portals_core.records.definitions import key_from
from portals_core.records.models import FieldType, Link, Personal
from tests import cast
from tests.journeys.looking import Installed
from tests.journeys.writing_down import Clerk
from tests.scenarios import Scenario, Workplace
from tests.seats import seat

WORDS = {
    "create": "Add records",
    "edit": "Change their own records and those they added",
    "edit_shared": "Change records shared with them",
    "clone": "Clone records",
    "delete": "Delete records they added",
    "hidden": "Hidden",
    "visible": "Visible",
    "editable": "Editable",
    "required": "Editable and required",
}
#: What a profile may do with the records of a module.
REACHES = {False: "Sees the records", True: "Sees and may do what the type may do"}


class Administrator(Clerk):
    """Sets modules, user types, profiles, roles and projects up."""

    def walk(self, organisation: Scenario | Workplace) -> None:
        """Everything of an organisation, from nothing, by clicks; people are invited last."""
        modules = {one["key"]: one for one in organisation.modules}
        for one in organisation.modules:
            self.module(one, {key: each["label_plural"] for key, each in modules.items()})
        # Before anything is divided: a field that is nobody's project's is then for nobody.
        layouts = organisation.layouts if isinstance(organisation, Scenario) else {}
        self.enter(organisation.records, modules, layouts)
        if isinstance(organisation, Scenario):
            self.user_type(organisation)
            for who in organisation.sees:
                self.invite(who)
            self.profiles(organisation)
        else:
            self.workplace(organisation)
            for who, (role, works_in) in organisation.staff.items():
                self.colleague(who.title(), f"{who}@staff.example", role, works_in)

    def module(self, described: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        """A module with its fields. `labels` are the names of those that there are, by their keys."""
        first, *others = described["fields"]
        self.section("Set-up")
        self.follow("New module")
        self.label("Name of the module").fill(described["label_plural"])
        self.label("Name of one record").fill(described["label"])
        self.label("First field").fill(first["label"])
        self.label("Its records are people").set_checked(described.get("identity", False))
        self._key(described["key"], described["label_plural"])
        self.save("Set up")
        if others:
            self.follow("Add a field")
        for number, one in enumerate(others, start=1):
            self._field(one, labels)
            self.save("Save" if number == len(others) else "Save and add another")
        for one in described.get("layouts", ())[1:]:
            self._layout(one, described)

    def _layout(self, one: Mapping[str, Any], module: Mapping[str, Any]) -> None:
        """One more layout of a module, which begins with every field."""
        self.section("Set-up")
        self.follow(module["label_plural"])
        self.follow("Add a layout")
        self.label("Name of the layout").fill(one["name"])
        shown = {key for part in one["sections"] for key in part["keys"]}
        for field in module["fields"]:
            if field["key"] not in shown:
                self.label(f"Section of “{field['label']}”").select_option(label="After all sections")
        self.save()

    def _field(self, one: Mapping[str, Any], labels: Mapping[str, str]) -> None:
        kind = FieldType(one.get("type", "text"))
        self.label("Name").fill(one["label"])
        self.label("Type").select_option(label=str(kind.label))
        self.label(str(Personal(one.get("personal", "none")).label)).check()
        self.label("Choices").fill("\n".join(one.get("choices", ())))
        if kind == FieldType.LOOKUP:
            self.label("Links to").select_option(label=labels[one["target"]])
            self.label(str(Link(one["link"]).label)).check()
        self.label("No two records may have the same value").set_checked(one.get("unique", False))
        self._key(one["key"], one["label"])

    def _key(self, key: str, label: str) -> None:
        if key != key_from(label):
            self.label("Key").fill(key)

    def user_type(self, scenario: Scenario) -> None:
        """The user type of a scenario: its grid, then the pages of conditions to which saving leads."""
        modules = {one["key"]: one for one in scenario.modules}
        described = scenario.user_type
        self.section("User types")
        people = modules[described["identity_module"]]["label_plural"]
        self.label("The people of this type are kept in").select_option(label=people)
        self.press("Set up a user type")
        self.main.get_by_role("textbox", name="Name", exact=True).fill(described["name"])
        for row in described["modules"]:
            self._share(row, modules, own=row["module"] == described["identity_module"])
        self.save()
        rules = {
            f"Which records are shared: {modules[row['module']]['label_plural']}": row
            for row in described["modules"]
            if row.get("conditions")
        }
        while rules:
            expect(self.main.locator(".alert-warn")).to_contain_text("still to be written")
            row = rules.pop(self.main.locator("h1").inner_text())
            self._conditions(row["conditions"], modules, row["module"], people)
        expect(self.main.locator("h1")).to_have_text(described["name"])
        expect(self.main.locator(".alert-warn")).to_have_count(0)
        for row in described["modules"]:
            for name, fields in row.get("layout_fields", {}).items():
                self._fields_of_layout(name, fields, modules[row["module"]], described["name"])

    def _fields_of_layout(
        self, name: str, fields: Mapping[str, str], module: Mapping[str, Any], user_type: str
    ) -> None:
        """What is shown of records in a layout that was set apart: first the fields of the module."""
        self.section("User types")
        self.follow(user_type)
        fold = self._fold(module["label_plural"])
        table = fold.get_by_role("table", name=f"Fields in the layout “{name}”")
        for one in module["fields"]:
            how = WORDS[fields.get(one["key"], "hidden")]
            self.label(one["label"], table).select_option(label=how)
        self.save()

    def _fold(self, label: str) -> Locator:
        """A module of the grid, unfolded."""
        fold = self.main.locator("details.fold", has=self.page.get_by_role("heading", name=label, exact=True))
        if not fold.evaluate("one => one.open"):
            fold.locator("summary").first.click()
        return fold

    def _share(self, row: Mapping[str, Any], modules: Mapping[str, Any], *, own: bool) -> None:
        module = modules[row["module"]]
        fold = self._fold(module["label_plural"])
        if not own:
            self.label("Share this module", fold).check()
        if row.get("sharing"):
            self.label("What is shared", fold).select_option(row["sharing"])
        for path in row.get("via", ()):
            way = fold.get_by_role("group", name="Records belong to the person through")
            self.label(_in_words(path, module, modules), way).check()
        if row.get("conditions"):
            self.label("Conditions decide which records are shared", fold).check()
        if row.get("match"):
            self.label("Links and conditions", fold).select_option(row["match"])
        for name in row.get("layouts", ()):
            group = fold.get_by_role("group", name="Only records in these layouts")
            self.label(name, group).check()
        if row.get("layout_fields"):
            fold.get_by_text("Fields by layout", exact=True).click()
        for name in row.get("layout_fields", ()):
            group = fold.get_by_role("group", name="Layouts with fields of their own")
            self.label(name, group).check()
        for act in ("create", "edit", "edit_shared", "delete", "clone"):
            if row.get(act):
                self.label(WORDS[act], fold).check()
        for one in module["fields"]:
            if one["key"] in row["fields"]:
                self.label(one["label"], fold.locator("table")).select_option(
                    label=WORDS[row["fields"][one["key"]]]
                )
            if "far" in row:
                far = self.label(f"{one['label']}, also by a condition", fold)
                far.set_checked(one["key"] in row["far"])

    def _conditions(
        self, given: Mapping[str, Any], modules: Mapping[str, Any], key: str, people: str
    ) -> None:
        """Write conditions on their page, which is open."""
        own = {one["key"]: one["label"] for each in modules.values() if each["label_plural"] == people
               for one in each["fields"]}  # fmt: skip
        self._rows(given, modules[key], own)
        self.save()

    def _rows(self, given: Mapping[str, Any], module: Mapping[str, Any], own: Mapping[str, str]) -> None:
        """Conditions over the fields of a module, and how they are joined."""
        labels = {one["key"]: one["label"] for one in module["fields"]}
        for number, row in enumerate(given["rows"], start=1):
            self.press("Add a condition")
            group = self.page.get_by_role("group", name=f"Condition {number}")
            expect(group).to_be_visible()
            self.choose(group, "Field", labels[row["field"]])
            self.choose(group, "Comparison", str(HOW[row["how"]]))
            if "own" in row:
                self.choose(group, "Compared with", f"the person’s own “{own[row['own']]}”")
            elif "value" in row:
                self._value(group, row["value"])
        if len(given["rows"]) > 1:
            self.label("How the conditions are joined").fill(given["pattern"])

    def _value(self, group: Locator, value: str | Sequence[str]) -> None:
        if not isinstance(value, str):
            for one in value:
                self.label(one, group).check()
            return
        asked = self.label("Value", group)
        if asked.evaluate("one => one.tagName") == "SELECT":
            asked.select_option(label=value)
        else:
            asked.fill(value)

    def locking(self, module: Mapping[str, Any], mode: str) -> None:
        """How records of a module are locked."""
        self.section("Set-up")
        self.follow(module["label_plural"])
        self.follow("Set up locks")
        self.label(str(dict(MODES)[mode])).check()
        self.save()

    def lock_rule(self, module: Mapping[str, Any], described: Mapping[str, Any]) -> None:
        """A rule, from the page of the module's locks, where its number of records is read afterwards."""
        labels = {one["key"]: one["label"] for one in module["fields"]}
        self.follow("Add a rule")
        self.main.get_by_role("textbox", name="Name", exact=True).fill(described["name"])
        self._rows(described["conditions"], module, {})
        self.label(str(dict(GROUNDS)[described.get("ground", "business")])).check()
        self.label("Law or matter").fill(described.get("law", ""))
        self.label("What the person is told").fill(described.get("plain", ""))
        for act in described.get("actions", ()):
            self.label(str(capfirst(ACTS[act]))).check()
        if described.get("only"):
            self.label("Only these fields are locked").check()
        named = self.page.get_by_role("group", name="These fields")
        for key in described.get("only", ()):
            self.label(labels[key], named).check()
        if "from_key" in described:
            self.label("Period from").select_option(label=labels[described["from_key"]])
            self.label("For").fill(str(described["years"]))
        self.save()

    def choose(self, group: Locator, label: str, word: str) -> None:
        """Choose in a list on which the rest of the row depends, and wait for that rest."""
        offered = self.label(label, group)
        # The row may still be on its way: what is marked must be the builder it stands in.
        offered.wait_for()
        self.page.locator("#builder").evaluate("builder => { builder.dataset.before = 'yes' }")
        offered.select_option(label=word)
        self.page.locator("#builder:not([data-before])").wait_for()

    def profiles(self, scenario: Scenario) -> None:
        """The parts of the user type, and who gets which."""
        modules = {one["key"]: one for one in scenario.modules}
        for name, described in scenario.profiles.items():
            self.section("User types")
            self.follow(scenario.user_type["name"])
            self.follow("Add a profile")
            self.main.get_by_role("textbox", name="Name", exact=True).fill(name)
            self.label("For users who were given no profile").set_checked(described.get("default", False))
            for key, row in described["modules"].items():
                heading = self.page.get_by_role("heading", name=modules[key]["label_plural"], exact=True)
                part = self.main.locator("section.card", has=heading)
                self.label("Records", part).select_option(label=REACHES[row["edits"]])
            self.save()
        for who, name in scenario.given.items():
            self.section("Portal users")
            self.follow(self.titles[who])
            self.label("Profile").select_option(label=name)
            self.save()

    def workplace(self, workplace: Workplace) -> None:
        """The roles and projects of a workplace."""
        modules = {one["key"]: one for one in workplace.modules}
        for described in workplace.roles:
            self.role(described, modules)
        for name, fields in workplace.projects.items():
            self.project(name, fields, modules)
        for key in {key for fields in workplace.projects.values() for key in fields}:
            self.divide(modules[key])

    def role(self, described: Mapping[str, Any], modules: Mapping[str, Mapping[str, Any]]) -> None:
        """A limited role, then what it does in each of its modules."""
        self.section("Roles")
        self.follow("New role")
        self.label("Name").fill(described["name"])
        for one in described["permissions"]:
            self.label(str(PERMISSIONS[one])).check()
        self.label("Only these modules").check()
        for row in described["modules"]:
            self.label(modules[row["module"]]["label_plural"]).check()
        self.save()
        for row in described["modules"]:
            module = modules[row["module"]]
            self.follow(f"Choose acts and fields of {module['label_plural']}")
            for act, word in {"create": "Add records", "edit": "Change records"}.items():
                self.label(word).set_checked(row.get(act, False))
            labels = {one["key"]: one["label"] for one in module["fields"]}
            for key, how in row["fields"].items():
                self.label(f"{labels[key]}: {WORDS[how]}").check()
            self.save()

    def project(self, name: str, fields: Mapping[str, Sequence[str]], modules: Mapping[str, Any]) -> None:
        """A project with its fields."""
        self.section("Projects")
        self.label("Name").fill(name)
        self.save("Set up a project")
        for key, chosen in fields.items():
            fold = self._fold(modules[key]["label_plural"])
            for one in modules[key]["fields"]:
                if one["key"] in chosen:
                    self.label(one["label"], fold).check()
        self.save()

    def divide(self, module: Mapping[str, Any]) -> None:
        """Divide the fields of a module among projects."""
        self.section("Set-up")
        self.follow(module["label_plural"])
        self.follow("Divide the fields")
        self.label("Divide the fields among projects").check()
        self.save()


def _in_words(path: str, module: Mapping[str, Any], modules: Mapping[str, Any]) -> str:
    """A way of links as the grid names it."""
    names = []
    for key in path.split("."):
        one = next(each for each in module["fields"] if each["key"] == key)
        names.append(one["label"])
        module = modules[one["target"]]
    return " › ".join(names)


def come_in(page: Page, origin: str) -> Administrator:
    """An administrator of an installation that holds nothing yet, who gave the second factor a moment ago."""
    keyring.create_master()
    roles.ensure_default_roles(actor=cast.SETTING_UP)
    client = seat(Installed({"administrator": cast.staff("administrator", "administrator")}), "administrator")
    session = client.session
    stepup.mark(session, at=clock.now())
    session.save()
    cookies = client.cookies.values()
    page.context.add_cookies([{"name": one.key, "value": one.value, "url": origin} for one in cookies])
    administrator = Administrator(page, origin)
    administrator.go("/desk/setup/")
    return administrator
