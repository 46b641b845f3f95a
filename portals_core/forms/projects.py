"""Forms of projects: their name, their fields, and who works in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portals_core.forms.filling import offer
from portals_core.records import catalogue, projects
from portals_core.records.models import Field, Module


class ProjectForm(forms.Form):
    """What a project is called; that is all it needs."""

    name = forms.CharField(label=_("Name"), max_length=80)


@dataclass(frozen=True)
class Sheet:
    """The fields of one module, for the template: those to choose among, and those of every project."""

    module: Module
    chosen: BoundField
    count: int
    system: Sequence[Field]


class ProjectFieldsForm(forms.Form):
    """Per module the fields that belong to one project; `fields_given()` is what `projects.assign` takes."""

    def __init__(self, data: QueryDict | None, *, project: str) -> None:
        self._known = _with_fields()
        initial = {
            of.key: [one.key for one in fields if project in one.projects] for of, fields in self._known
        }
        super().__init__(data, initial=initial)
        for of, fields in self._known:
            self.fields[of.key] = forms.MultipleChoiceField(
                label=of.label_plural,
                choices=[(one.key, one.label) for one in fields if not one.system],
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )

    def sheets(self) -> Iterator[Sheet]:
        """Module by module, those whose fields are divided first."""
        for of, fields in sorted(self._known, key=lambda pair: not pair[0].by_project):
            system = [one for one in fields if one.system]
            yield Sheet(of, self[of.key], len(self[of.key].value() or []), system)

    def fields_given(self) -> dict[str, list[str]]:
        """What was ticked, per module."""
        return {of.key: self.cleaned_data[of.key] for of, _fields in self._known}


def _with_fields() -> list[tuple[Module, list[Field]]]:
    by_module = catalogue.by_module()
    return [(of, by_module.get(of.pk, [])) for of in catalogue.modules()]


class DivideForm(forms.Form):
    """Whether a module's fields are divided among projects."""

    by_project = forms.BooleanField(
        label=_("Divide the fields among projects"),
        required=False,
        help_text=_("Then staff see only the fields of the projects they work in."),
    )


class WorkForm(forms.Form):
    """The projects a member of staff works in."""

    projects = forms.MultipleChoiceField(
        label=_("Projects"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Where fields are divided among projects, this person sees those of the ones ticked."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "projects", [(one.key, one.name) for one in projects.projects()])
