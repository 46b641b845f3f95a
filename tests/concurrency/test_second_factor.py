"""One code, ten sign-ins at the same moment: one gets in (promise 6, attack 21)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django_otp.plugins.otp_totp.models import TOTPDevice

from portals_core.people import factors
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput
from tests import cast
from tests.portals_core.door import code_at, give_device

pytestmark = [pytest.mark.django_db(databases=["default", "keyring"], transaction=True), pytest.mark.postgres]
AT_ONCE = 10


@pytest.fixture
def officer():
    """An officer whose authenticator has a fresh code."""
    with time_machine.travel(cast.NOW, tick=False) as moment:
        user = cast.set_up().users["officer"]
        give_device(user)
        moment.shift(30)
        yield user


def race(act) -> int:
    """Runs `act` in ten threads with a connection each; returns how many succeeded."""
    gate = Barrier(AT_ONCE)

    def one(_number: int) -> bool:
        try:
            return act(gate)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return sum(threads.map(one, range(AT_ONCE)))


def test_one_code_opens_one_of_ten_sessions(officer):
    code = code_at(clock.now())

    def act(gate: Barrier) -> bool:
        gate.wait()
        try:
            factors.verify(user=officer, code=code)
        except BadInput:
            return False
        return True

    assert race(act) == 1


def test_without_the_row_lock_it_opens_several(officer):
    """The control: read first, then write, as the library does without its lock."""
    code = code_at(clock.now())

    def act(gate: Barrier) -> bool:
        device = TOTPDevice.objects.get(user=officer)
        gate.wait()
        return bool(device.verify_token(code))

    assert race(act) > 1
