"""System checks of this app: documents need fonts."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

from django.core.checks import CheckMessage, Error, register


def fonts_found() -> int:
    """How many fonts the renderer could use on this machine."""
    program = shutil.which("fc-list")
    if program is None:
        return 0
    done = subprocess.run([program, "--format", "x"], capture_output=True, text=True, timeout=30, check=False)
    return len(done.stdout)


@register()
def there_are_fonts(**kwargs: Any) -> list[CheckMessage]:
    """Without a single font every PDF would come out as empty boxes."""
    if fonts_found():
        return []
    return [
        Error(
            "No font is installed, or fc-list is missing: reports and letters would have no text.",
            hint="Install fontconfig, fonts-dejavu-core and, for Chinese, fonts-wqy-microhei.",
            id="exports.E001",
        )
    ]
