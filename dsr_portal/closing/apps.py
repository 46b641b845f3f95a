from django.apps import AppConfig


class ClosingConfig(AppConfig):
    """Ends start-up. Stands last in `INSTALLED_APPS`: apps become ready in that order, so that whatever is
    registered after this came too late and is refused."""

    name = "dsr_portal.closing"
    label = "dsr_closing"

    def ready(self) -> None:
        from portals_core.plumbing import registry

        registry.close_all()
