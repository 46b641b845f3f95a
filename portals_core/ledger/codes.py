"""What may be written to the ledger: every event code with a sentence that explains it.

Apps register theirs in `apps.py`; an entry with an unknown code is refused.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import Broken
from portals_core.plumbing.registry import Registry

CODES: Registry[str | Promise] = Registry("ledger codes")
_FORM = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
LONGEST = 64


def register(code: str, description: str | Promise) -> str:
    """Make `code` ("noun.verbed", lower case) known and return it."""
    if len(code) > LONGEST or not _FORM.fullmatch(code):
        raise Broken("", code="ledger.code", detail=f"{code!r} is not of the form noun.verbed")
    CODES.register(code, description)
    return code


#: `about` names the entry whose detail was erased: "entry:<uuid>".
REDACTED = register("ledger.redacted", _("The detail of an earlier entry was erased"))
