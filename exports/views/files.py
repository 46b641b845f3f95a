"""A bundle as an HTTP answer."""

from __future__ import annotations

from typing import cast

from django.http import FileResponse, HttpResponse

from exports.deliver import Handout


def attachment(handout: Handout) -> HttpResponse:
    """The file as an attachment that no cache keeps and no page frames."""
    response = FileResponse(
        handout.file, as_attachment=True, filename=handout.name, content_type="application/zip"
    )
    response.headers["Content-Length"] = str(handout.size)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    # A view answers with a response; that this one streams is no concern of its callers.
    return cast(HttpResponse, response)
