"""The errors that vanhub raises on purpose.

Every class says whose doing it is and whether trying again can help. Faults inside an interchange
are values (``vanhub.edifact.faults``), not exceptions; an exception means that the step cannot go on.
Any exception that is not a ``HubError`` is a bug: it is logged with its traceback at the edge of the
service and its text never reaches a partner.
"""


class HubError(Exception):
    """An error raised on purpose. Its text may be shown to whoever asked."""

    code = "error"


class PartnerError(HubError):
    """The other side's doing; the answer goes back to them."""

    code = "partner"


class Refused(PartnerError):
    """What was asked is not admitted: over a limit, not agreed, not theirs."""

    code = "refused"


class TooLarge(Refused):
    """An interchange, a segment or a request is over a limit."""

    code = "too-large"


class Untrusted(PartnerError):
    """A credential is unknown, expired, revoked, of the wrong kind, or its principal is disabled."""

    code = "untrusted"


class NotFound(PartnerError):
    """What was asked for does not exist, or is not visible to who asks (the two are not told apart)."""

    code = "not-found"


class Conflict(PartnerError):
    """What was asked for was overtaken: a claim is stale, a name is taken, a state does not allow it."""

    code = "conflict"


class OperatorError(HubError):
    """Configuration, permissions, a missing file, a wrong argument: the text says what to do. Exit code 2."""

    code = "operator"


class TemporaryError(HubError):
    """The same thing may succeed later, unchanged.

    ``retry_after_s`` is a hint in seconds.
    """

    code = "temporary"

    def __init__(self, text: str, retry_after_s: float = 5.0) -> None:
        super().__init__(text)
        self.retry_after_s = retry_after_s


class StoreUnavailable(TemporaryError):
    """A commit failed or the store is stopping: nothing was promised."""

    code = "store-unavailable"


class DiskFull(TemporaryError):
    """The disk that holds the store is full: nothing was promised."""

    code = "disk-full"


class Busy(TemporaryError):
    """A bounded queue is full or a session limit is reached."""

    code = "busy"
