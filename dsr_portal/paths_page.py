"""The page `docs/reference/locks-paths.md`, made from the registry of paths.

`python -m dsr_portal.paths_page > docs/reference/locks-paths.md` writes it anew.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from portals_core.locks.paths import NOT_BUILT, PATHS, Path


def page() -> str:
    """The whole page; a test holds the stored one against it."""
    parts = [
        "# Paths to records, and what they ask of the locks",
        "",
        "Made from the registry `portals_core.locks.paths` by `python -m dsr_portal.paths_page`; do not edit",
        "by hand. A record is written, sent or taken away by these paths only; a test reads the whole source",
        "for others, and another tries each of them on locked records.",
        "",
        "| Path | Asks | Who | Pages | Jobs, commands |",
        "|---|---|---|---|---|",
        *(_row(name, path) for name, path in PATHS.items() if path.acts),
        "",
        "A path marked * acts on the authority of a decided request: on the record it is about it passes",
        "business locks and a restriction, never a duty to keep. A refused try raises `Locked` with the",
        "ground as its code (HTTP 423, exit status 75; in an import the row's remark) and names the act. An",
        "export leaves locked records out, and mail for a purpose is held back.",
        "",
        "These ask no lock, each for its reason:",
        "",
        "| Path | Who | Pages | Jobs, commands | Why |",
        "|---|---|---|---|---|",
        *(_free_row(name, path) for name, path in PATHS.items() if path.free),
        "",
        f"Not built yet, so no path asks for it: {_listed(NOT_BUILT)}.",
        "",
    ]
    return "\n".join(parts)


def _row(name: str, path: Path) -> str:
    mark = " *" if path.under else ""
    return f"| `{name}`{mark} | {_listed(path.acts)} | {path.who} | {_listed(path.pages)} | {_behind(path)} |"


def _free_row(name: str, path: Path) -> str:
    return f"| `{name}` | {path.who} | {_listed(path.pages)} | {_behind(path)} | {path.free} |"


def _behind(path: Path) -> str:
    return _listed([*path.jobs, *(f"manage.py {name}" for name in path.commands)])


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words) or "–"


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dsr_portal.settings.dev")
    django.setup()
    sys.stdout.write(page())
