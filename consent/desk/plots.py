"""Numbers as bars, in the shape that `ui/plot_bars.html` draws. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

WIDTH, FLOOR, TOP = 720, 180, 150


def bars(
    title: object,
    label_name: object,
    value_name: object,
    values: Sequence[tuple[str, int | None]],
    *,
    tone: str = "",
) -> dict[str, Any]:
    """One bar for each (label, number), the highest one `TOP` high; a number above nothing is always
    seen, and a dash where there is none to tell."""
    step = WIDTH // max(len(values), 1)
    most = max((number or 0 for _label, number in values), default=0) or 1
    drawn = []
    for place, (label, number) in enumerate(values):
        height = max((number or 0) * TOP // most, 1 if number else 0)
        drawn.append(
            {
                "x": place * step + step // 6,
                "y": FLOOR - height,
                "width": step - step // 3,
                "height": height,
                "middle": place * step + step // 2,
                "label": label,
                "value": "–" if number is None else number,
                "tone": tone,
            }
        )
    return {
        "title": title,
        "label_name": label_name,
        "value_name": value_name,
        "width": WIDTH,
        "height": FLOOR + 28,
        "floor": FLOOR,
        "bars": drawn,
    }
