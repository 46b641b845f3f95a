"""What is tested is what runs: both locks agree, and pin everything by hash."""

import re

import pytest

from tests.parts import ROOT

PIN = re.compile(r"^([A-Za-z0-9][\w.\[\],-]*)==(\S+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall(lock))


def text_of(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


def unhashed(lock: str) -> list[str]:
    """The pins that no hash follows."""
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", lock)
    return [entry.split()[0] for entry in entries if PIN.match(entry) and "--hash=sha256:" not in entry]


def test_the_tests_run_on_the_versions_that_are_served():
    served, tested = pins(text_of("requirements.lock")), pins(text_of("dev.lock"))
    assert "django" in served
    assert {name: tested.get(name) for name in served} == served


@pytest.mark.parametrize("lock", ["requirements.lock", "dev.lock", "deploy/uv.lock"])
def test_every_pin_has_a_hash(lock):
    text = text_of(lock)
    assert pins(text)
    assert unhashed(text) == []
    assert unhashed(text + "\nbait==1.0\n") == ["bait==1.0"]
