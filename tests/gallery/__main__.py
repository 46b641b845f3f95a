"""Render every component of the visual language to static pages: `python -m tests.gallery FOLDER`."""

import os
import sys
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.gallery.settings"

import django


def main(folder: Path) -> None:
    """Draws the pages and names them."""
    django.setup()
    from tests.gallery.render import write_gallery

    for page in write_gallery(folder):
        print(page)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
