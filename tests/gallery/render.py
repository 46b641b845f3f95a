"""The gallery: real base templates and partials, filled with invented cases."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Engine
from django.test import RequestFactory
from django.utils import translation

from tests.gallery import content

ASSETS = ["dsr/dsr.css", "dsr/icon.svg", "django_htmx/htmx-2.min.js"]
ERRORS = ["400", "403", "403_csrf", "404", "409", "423", "429", "500"]


def shell(kind: str, nav: list[dict]) -> dict:
    """What the edge gives to every page."""
    names = {"portal": "Zofia Wiśniewska", "staff": "Marek Officer"}
    return {
        "site": SimpleNamespace(
            organisation="Lindgren & Sowa",
            contact_email="privacy@example.org",
            demo=True,
            nav=nav,
            languages=settings.LANGUAGES,
        ),
        "actor": SimpleNamespace(name=names.get(kind, ""), kind=kind),
        "request": RequestFactory().get("/"),
        "csrf_token": "gallery",
    }


def pages() -> Iterator[tuple[str, str, str, dict]]:
    """Name, language, template and context of every page."""
    portal, staff, nobody = (
        shell("portal", content.PORTAL_NAV),
        shell("staff", content.DESK_NAV),
        shell("anonymous", []),
    )
    yield "portal", "en", "gallery/portal.html", {**portal, **content.portal()}
    yield "privacy", "en", "gallery/privacy.html", {**portal, **content.privacy()}
    yield "form", "en", "gallery/form.html", {**portal, "form": content.bound_form()}
    yield (
        "form_fresh",
        "en",
        "gallery/form.html",
        {**portal, "form": content.fresh_form()},
    )
    for name, rows in (("many", 24), ("one", 1), ("none", 0)):
        yield (
            f"queue_{name}",
            "en",
            "gallery/queue.html",
            {**staff, **content.queue(rows)},
        )
    yield "case", "en", "gallery/case.html", {**staff, **content.case()}
    yield (
        "sign_in",
        "en",
        "gallery/sign_in.html",
        {**nobody, "form": content.sign_in_form()},
    )
    yield "words_pl", "pl", "gallery/words.html", {**portal, **content.words("pl")}
    yield (
        "words_zh",
        "zh-hans",
        "gallery/words.html",
        {**portal, **content.words("zh-hans")},
    )
    for status in ERRORS:
        yield (
            f"error_{status}",
            "en",
            f"{status}.html",
            {} if status == "500" else nobody,
        )


def write_gallery(folder: Path) -> list[Path]:
    """Every page as a file under `folder`, with the stylesheet beside it; opens without a server."""
    for asset in ASSETS:
        target = folder / "static" / asset
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(finders.find(asset)), target)
    written = []
    for name, language, template, context in pages():
        with translation.override(language):
            html = Engine.get_default().get_template(template).render(Context(context))
        path = folder / f"{name}.html"
        path.write_text(html.replace('"/static/', '"static/'), encoding="utf-8")
        written.append(path)
    return written
