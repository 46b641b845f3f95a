"""Our app `requests` shadows the HTTP library of that name: nothing in this process may want the library."""

import importlib.metadata
import re
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import requests
from tests.parts import ROOT


def wants_the_library(requirement: str) -> bool:
    """Whether a distribution's requirement brings in the HTTP library without being asked for an extra."""
    parsed = Requirement(requirement)
    if canonicalize_name(parsed.name) != "requests":
        return False
    return parsed.marker is None or parsed.marker.evaluate({"extra": ""})


def locks_the_library(lock: str) -> bool:
    """Whether a lock file pins the HTTP library."""
    return re.search(r"^requests\s*(\[.*\])?\s*==", lock, re.MULTILINE) is not None


def test_the_name_means_our_app():
    assert Path(requests.__file__ or "").is_relative_to(settings.BASE_DIR)


def test_our_app_is_empty_on_import():
    """Third parties try to import the name before our apps are ready, and must find nothing to run."""
    assert (ROOT / "requests" / "__init__.py").read_text(encoding="utf-8").strip() == ""


def test_no_distribution_of_that_name_is_installed():
    importlib.metadata.distribution("django")
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.distribution("requests")


def test_nothing_installed_requires_the_library():
    wanting = {
        distribution.metadata["Name"]: requirement
        for distribution in importlib.metadata.distributions()
        for requirement in distribution.requires or ()
        if wants_the_library(requirement)
    }
    assert wanting == {}


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("requests>=2", True),
        ("Requests", True),
        ('requests; python_version >= "3.8"', True),
        ('requests>=2; extra == "http"', False),
        ("requests-oauthlib", False),
    ],
)
def test_a_requirement_on_the_library_is_recognised(requirement, expected):
    assert wants_the_library(requirement) is expected


@pytest.mark.parametrize("lock", ["requirements.lock", "dev.lock"])
def test_no_lock_holds_the_library(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "\ndjango==" in text
    assert not locks_the_library(text)
    assert locks_the_library(text + "\nrequests==2.32.0 \\\n")
