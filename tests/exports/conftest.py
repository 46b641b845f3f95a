import pytest

from tests import cast, storage


@pytest.fixture
def made(settings, tmp_path):
    """The organisation, with bundles stored in this test's own folder."""
    storage.of_this_test(settings, tmp_path)
    return cast.set_up()
