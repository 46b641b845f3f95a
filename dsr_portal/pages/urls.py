"""Addresses of the composed pages and of what belongs to no app."""

from django.urls import path

from dsr_portal.pages import views

urlpatterns = [
    path("", views.home, name="home"),
    path("privacy/", views.privacy, name="privacy"),
    path("i18n/language/", views.language, name="set_language"),
    path("healthz", views.healthz, name="healthz"),
    path("demo/mail/", views.demo_mail, name="demo-mail"),
    path("demo/mail/<uuid:mail>/", views.demo_message, name="demo-message"),
]
