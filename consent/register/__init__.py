"""The register of processing activities (Art. 30): who answers, who receives data, what is done with it.

`parties`, `recipients` and `activities` read and write it, `export` makes files of it; what other rooms ask
of it stands here.
"""

from consent.register.disclosure import (
    Named,
    facts,
    recipients_ever,
    recipients_now,
    recipients_of,
    recipients_with,
)

__all__ = ["Named", "facts", "recipients_ever", "recipients_now", "recipients_of", "recipients_with"]
