"""Addresses that the shell links to, so that the gallery shows the whole of it."""

from django.http import HttpResponse
from django.urls import include, path


def nowhere(request) -> HttpResponse:
    return HttpResponse(status=204)


account = [
    path("account/", nowhere, name="account"),
    path("sign-out/", nowhere, name="sign-out"),
]
urlpatterns = [
    path("mail/", nowhere, name="demo-mail"),
    path("language/", nowhere, name="set_language"),
    path("", include((account, "portals_core"))),
]
