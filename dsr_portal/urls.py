"""Every address of the site, app by app."""

from django.urls import include, path

urlpatterns = [
    path("", include("portals_core.urls")),
    path("", include("consent.urls")),
    path("", include("requests.urls")),
    path("", include("exports.urls")),
    path("", include("dsr_portal.pages.urls")),
]
