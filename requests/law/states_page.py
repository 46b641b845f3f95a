"""The page `docs/reference/states.md`, made from the table.

`python -m requests.law.states_page > docs/reference/states.md` writes it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from requests.law.states import (
    CLOSED,
    DPV_TERMS,
    EVERY_KIND,
    FILERS,
    TRANSITIONS,
    Kind,
    State,
    Who,
    actor_next,
)


def page() -> str:
    """The whole page; a test holds the stored one against it."""
    entered = {step.target for step in TRANSITIONS} | {State.RECEIVED}
    parts = [
        "# States of a request",
        "",
        "Made from `requests/law/states.py` by `python -m requests.law.states_page`; do not edit by hand.",
        "",
        "| State | Open | Acts next | DPV term | Leads to |",
        "|---|---|---|---|---|",
        *(_state_row(state, state in entered) for state in State),
        "",
        f"A request is filed by {_listed(FILERS, Who)} and begins as `received`. Where a request is made for",
        "somebody else, the proof is asked of that person. A state marked * has no way in yet.",
        "",
        "| Step | From | To | By | For |",
        "|---|---|---|---|---|",
        *(
            f"| `{step.name}` | {_listed(step.sources, State)} | {step.target} | {_listed(step.who, Who)} "
            f"| {'every kind' if step.kinds == EVERY_KIND else _listed(step.kinds, Kind)} |"
            for step in TRANSITIONS
        ),
        "",
    ]
    return "\n".join(parts)


def _state_row(state: State, entered: bool) -> str:
    targets = {step.target for step in TRANSITIONS if state in step.sources}
    return (
        f"| `{state}`{'' if entered else ' *'} | {'no' if state in CLOSED else 'yes'} "
        f"| {actor_next(state) or 'nobody'} | `{DPV_TERMS[state]}` | {_listed(targets, State) or 'nothing'} |"
    )


def _listed(members: Iterable[str], order: type[State] | type[Who] | type[Kind]) -> str:
    chosen = set(members)
    return ", ".join(str(member) for member in order if member in chosen)


if __name__ == "__main__":
    sys.stdout.write(page())
