"""Which database a model lives in."""

from django.db.models import Model

KEYRING_MODELS = {"subjectkey"}


class KeyringRouter:
    """Wrapped keys live in `keyring` and nowhere else; everything else lives in `default`."""

    def _alias(self, model: type[Model] | Model) -> str:
        return "keyring" if model._meta.model_name in KEYRING_MODELS else "default"

    def db_for_read(self, model: type[Model], **hints: object) -> str:
        return self._alias(model)

    def db_for_write(self, model: type[Model], **hints: object) -> str:
        return self._alias(model)

    def allow_relation(self, one: Model, other: Model, **hints: object) -> bool:
        return self._alias(one) == self._alias(other)

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: object) -> bool:
        if model_name is None:
            return db == "default" or app_label == "portals_core"
        return (model_name in KEYRING_MODELS) == (db == "keyring")
