from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """Consent and the bases of processing."""

    name = "consent"
    label = "consent"

    def ready(self) -> None:
        from consent import checks, wiring  # noqa: F401

        wiring.register()
