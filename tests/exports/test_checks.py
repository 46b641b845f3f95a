"""It does not start where documents would have no text."""

import shutil

from exports import checks


def test_a_machine_with_fonts_passes():
    assert checks.fonts_found() > 0 and checks.there_are_fonts() == []


def test_a_machine_without_fonts_is_refused_with_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "fc-list").write_text("#!/bin/sh\n")
    (tmp_path / "fc-list").chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _name: str(tmp_path / "fc-list"))
    (found,) = checks.there_are_fonts()
    assert found.id == "exports.E001" and "fonts-dejavu-core" in found.hint
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert checks.there_are_fonts() == [found]
