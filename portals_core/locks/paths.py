"""The paths by which a record can be processed, and which act each asks of the locks (W3, L10, L16).

Every app registers its own at start-up. A contract test reads the whole source and refuses a writer, a sender
of mail, a page, a job or a command that processes records and stands in no path; another tries every path on
locked records.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portals_core.locks.decide import ACTS
from portals_core.plumbing.errors import Broken
from portals_core.plumbing.registry import Registry

#: Acts that a lock can forbid and that nothing does yet. A path that comes takes its act out of here.
NOT_BUILT = ("owner", "tag", "convert", "merge", "share", "api")


@dataclass(frozen=True)
class Path:
    """One way to process a record: the functions that do it and everything that leads there."""

    doors: tuple[Callable[..., Any], ...]
    #: What is asked of the locks, of `decide.ACTS`; empty only with a reason in `free`.
    acts: tuple[str, ...]
    who: str
    pages: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    #: Why no lock stands in the way.
    free: str = ""
    #: The act of the case on whose authority it happens.
    under: str = ""


PATHS: Registry[Path] = Registry("paths to records")


def register(name: str, *doors: Callable[..., Any], who: str, **more: Any) -> Path:
    """Name a path at start-up; `more` as in `Path`. Raises `Broken` for an act that is none, for one that is
    said not to be built, and for a path that asks nothing and does not say why."""
    path = Path(doors=doors, who=who, **{"acts": (), **more})
    strange = [act for act in path.acts if act not in ACTS or act in NOT_BUILT]
    if strange or bool(path.acts) == bool(path.free) or not doors:
        raise Broken("", code="path.wrong", detail=f"{name}: {strange or 'give either acts or a reason'}")
    return PATHS.register(name, path)
