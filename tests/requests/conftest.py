"""The organisation that tests about cases share."""

import pytest

from portals_core.plumbing.models import Job
from portals_core.records import catalogue
from tests import cast


@pytest.fixture
def made(db):
    organisation = cast.set_up()
    # PostgreSQL builds no index in a transaction that wrote to its table, and a test is one transaction.
    Job.objects.filter(handler=catalogue.INDEX_JOB).delete()
    return organisation
