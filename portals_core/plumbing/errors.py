"""The one family of errors a caller may meet.

Each carries a stable `code` for programs, a `public` sentence that is safe to show to anybody and says
what to do, and a private `detail` for the log. `dsr_portal.edge` maps the family to HTTP in one place and
management commands print `public` and exit with `exit_status`.
"""

from __future__ import annotations

from collections.abc import Mapping


class DsrError(Exception):
    """Base of the family. `public` may be a lazy translation; it is rendered when shown."""

    default_code = "error"
    http_status = 500
    exit_status = 70

    def __init__(
        self,
        public: object,
        *,
        code: str = "",
        detail: str = "",
        fields: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail or code or self.default_code)
        self.public = public
        self.code = code or self.default_code
        self.detail = detail
        #: Sentences per input field, for forms and row reports.
        self.fields = dict(fields or {})

    def __str__(self) -> str:
        return str(self.public)


class BadInput(DsrError):
    """What was given cannot be used: the sentence says how to give it."""

    default_code = "bad_input"
    http_status = 400
    exit_status = 64


class SecondFactorNeeded(DsrError):
    """The act needs a fresh second factor; the edge leads to where it can be given."""

    default_code = "second_factor_needed"
    http_status = 403
    exit_status = 77


class Forbidden(DsrError):
    """An act this role never has. A record out of reach is `Absent`, not this."""

    default_code = "forbidden"
    http_status = 403
    exit_status = 77


class Absent(DsrError):
    """Not there, or not yours: the two are never told apart."""

    default_code = "absent"
    http_status = 404
    exit_status = 66


class Conflict(DsrError):
    """Legal in general, illegal now: somebody or something was there first."""

    default_code = "conflict"
    http_status = 409
    exit_status = 75


class Locked(DsrError):
    """A lock forbids it; `code` is the non-secret ground (L20)."""

    default_code = "locked"
    http_status = 423
    exit_status = 75


class TooMany(DsrError):
    """A limit on frequency or number was reached; the sentence names it."""

    default_code = "too_many"
    http_status = 429
    exit_status = 75


class Broken(DsrError):
    """A promise of our own code or store does not hold: stop, raise the alarm, repair."""

    default_code = "broken"
    http_status = 500
    exit_status = 70
