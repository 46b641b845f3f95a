"""The one Celery task."""

import logging
from uuid import UUID

from celery import shared_task

from portals_core.plumbing import outbox

log = logging.getLogger(__name__)


@shared_task(name=outbox.TASK)
def run(job_id: str) -> None:
    """Run the outbox row with this id, if it is still there to be run."""
    try:
        outbox.run_now(UUID(job_id))
    except Exception as error:
        # The row holds the outcome and the next try; the message has done its part.
        log.error("job %s failed: %s %s", job_id, type(error).__name__, getattr(error, "code", ""))
