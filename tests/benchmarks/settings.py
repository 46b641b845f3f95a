"""The test settings with the tables of the benchmarks and of the peer that is measured beside us."""

from dsr_portal.settings.test import *  # noqa: F403
from dsr_portal.settings.test import INSTALLED_APPS as _OURS

INSTALLED_APPS = [*_OURS, "guardian", "tests.benchmarks"]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
#: Nobody runs jobs here but the benchmark itself.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
LOGGING = {}
