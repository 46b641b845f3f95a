from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Bundles: a person's own copy, and the auditor's evidence."""

    name = "exports"
    label = "exports"

    def ready(self) -> None:
        from exports import checks, wiring  # noqa: F401

        wiring.register()
