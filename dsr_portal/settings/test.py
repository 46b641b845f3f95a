"""Settings of the test suite: the embedded default with cheap hashing and a throw-away state folder.

Each parallel test process has a folder of its own; a process that a test starts shares the folder of its test
unless it is given another `DSR_STATE`.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_process = os.environ.get("PYTEST_XDIST_WORKER", "main")
if "DSR_STATE" not in os.environ:
    _state = tempfile.mkdtemp(prefix="dsr-test-")
    atexit.register(shutil.rmtree, _state, ignore_errors=True)
    os.environ.update(DSR_STATE=_state, DSR_STATE_MADE_FOR=_process)
elif os.environ.get("DSR_STATE_MADE_FOR", _process) != _process:
    _state = str(Path(os.environ["DSR_STATE"], _process))
    Path(_state).mkdir(exist_ok=True)
    os.environ.update(DSR_STATE=_state, DSR_STATE_MADE_FOR=_process)

from dsr_portal.settings.base import *  # noqa: E402, F403
from dsr_portal.settings.base import STATE_DIR, env  # noqa: E402

SECRET_KEY = "tests-only-not-a-secret"
DEMO = True
#: Tests of the time to change one's mind set one.
COOLING_OFF_HOURS = 0
PASSWORD_HASHERS = ["portals_core.people.cheap_hasher.CheapArgon2Hasher"]
ALLOWED_HOSTS = ["*"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
#: point=mode pairs ("execute.first_effect=stop"), read from the environment by crash tests only.
FAULT_POINTS = dict(pair.split("=", 1) for pair in env.list("DSR_FAULT_POINTS", default=[]))
Path(STATE_DIR).mkdir(parents=True, exist_ok=True)
