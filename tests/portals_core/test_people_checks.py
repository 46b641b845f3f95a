"""27: it will not start with passwords or sessions that anybody could open."""

import pytest

from portals_core import checks
from portals_core.people import cheap_hasher

CHEAP = f"{cheap_hasher.CheapArgon2Hasher.__module__}.CheapArgon2Hasher"
STRONG = "cN3v8Zr1-Lk0qWm7YtB5xJ2hUe9aGd6sPf4oTiRj"


@pytest.fixture
def serving(settings):
    """Settings that are not those of the test suite."""
    settings.SETTINGS_MODULE = "dsr_portal.settings.production"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    settings.SECRET_KEY = STRONG
    return settings


def test_sound_settings_pass(serving):
    assert checks.passwords_cost_enough() == [] == checks.secret_is_secret()


@pytest.mark.parametrize("hasher", [CHEAP, "django.contrib.auth.hashers.MD5PasswordHasher"])
def test_a_cheap_hasher_is_refused_where_people_are_served(serving, hasher):
    serving.PASSWORD_HASHERS = [*serving.PASSWORD_HASHERS, hasher]
    assert [found.id for found in checks.passwords_cost_enough()] == ["people.E001"]


@pytest.mark.parametrize("secret", ["short", "a" * 60, "django-insecure-" + STRONG, "tests-only-" + STRONG])
def test_a_weak_secret_is_refused(serving, secret):
    serving.SECRET_KEY = secret
    assert [found.id for found in checks.secret_is_secret()] == ["people.E002"]
