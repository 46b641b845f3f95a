"""A campaign killed between two batches, and killed within one, asks everybody exactly once (promise 12)."""

from __future__ import annotations

import pytest

from tests.faults.asking import NAMELESS, PEOPLE
from tests.faults.killing import Staged

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]
BETWEEN, WITHIN = "consent.campaign_batch", "consent.campaign_asked"
ASKED = "SELECT count(*) FROM consent_question"
PERSONS = "SELECT count(DISTINCT subject) FROM consent_question"
#: What comes with each question; as many rows as questions, or somebody was asked twice or by half.
WITH_EACH = (
    "SELECT count(*) FROM consent_decision WHERE state = 'waiting'",
    "SELECT count(*) FROM portals_core_ledgerentry WHERE code = 'consent.asked'",
    "SELECT count(*) FROM portals_core_mail WHERE kind = 'consent.asked'",
    "SELECT count(*) FROM portals_core_job WHERE handler = 'mail.send'",
    "SELECT count(*) FROM portals_core_onetimelink WHERE purpose = 'consent'",
)


@pytest.mark.parametrize("point", [BETWEEN, WITHIN])
def test_a_killed_campaign_asks_everybody_once(tmp_path, point):
    """D12: between two batches some were asked and some not; within one, nobody of it was. In the end each
    person with an address has one question, decision, entry, link and message."""
    job = Staged("asking", tmp_path)
    job.stage()
    job.kill_at(point)
    half = job.told(ASKED)
    assert 0 < half < PEOPLE - NAMELESS if point == BETWEEN else half == 0
    job.run_to_the_end()
    expected = PEOPLE - NAMELESS
    assert [job.told(one) for one in (ASKED, PERSONS, *WITH_EACH)] == [expected] * 7
    campaign = "SELECT asked || ' ' || state || ' ' || total FROM consent_campaign"
    assert job.told(campaign) == f"{expected} done {PEOPLE}"
