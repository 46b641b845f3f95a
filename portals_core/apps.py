from django.apps import AppConfig


class PortalsCoreConfig(AppConfig):
    """The shared access and locking core."""

    name = "portals_core"
    label = "portals_core"

    def ready(self) -> None:
        from portals_core import wiring

        wiring.register()
