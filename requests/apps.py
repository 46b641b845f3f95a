from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """Cases: data-subject requests from filing to the last effect."""

    name = "requests"
    label = "dsr_requests"

    def ready(self) -> None:
        from requests import wiring

        wiring.register()
