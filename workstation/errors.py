"""
Everything that can go wrong, by what the agent can do about it.

WorkstationError
+ Refused            a rule says no; the message is written for the agent
  + NotFound         nothing on this PC answers to what was asked for
  + CannotOpen       the replica cannot be opened: wrong password, foreign or damaged file
+ CentralOffline     the central database cannot be reached; work goes on on this PC
+ CentralRefused     central answered and said no to the whole request
  + LoginRefused     wrong password, closed account: stop, ask, keep what waits
  + CentralUntrusted whoever answers cannot be shown to be central: nothing was said to it; work goes on on this PC
  + UpdateNeeded     this program and central do not understand each other any more
  + QuotaReached     central takes no more of this from one agent today; the rest goes on
  + CentralReplaced  central is not the one we talked to before: say hello again
+ BatchFailed        central could not carry out one of the operations of a batch
"""


class WorkstationError(Exception):
    """Any of ours; the text is one sentence for a person."""


class Refused(WorkstationError):
    """A rule says no. `field` names the input that is wrong, where there is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFound(Refused):
    """Nothing on this PC answers to what was asked for."""


class CannotOpen(Refused):
    """The replica on this PC cannot be opened; the message says why and what to do."""


class CentralOffline(WorkstationError):
    """Central cannot be reached now; trying again later is right."""


class CentralRefused(WorkstationError):
    """Central answered, and said no to the whole request."""


class LoginRefused(CentralRefused):
    """Central does not know this login, this password, or has closed the account."""


class CentralUntrusted(CentralRefused):
    """No encrypted line to somebody this PC believes to be central: no TLS, a certificate that is not right."""


class UpdateNeeded(CentralRefused):
    """This program is too old or too new for central."""


class QuotaReached(CentralRefused):
    """Central keeps no more of this kind from one agent today."""


class CentralReplaced(CentralRefused):
    """Central was restored or replaced since our last hello."""


class BatchFailed(CentralRefused):
    """An operation of this batch cannot be carried out; the batch had no effect.

    `code` and `place` tell central's administrator what failed and where: SQLSTATE; function, line, constraint.
    """

    def __init__(self, message: str, code: str = "", place: str = "") -> None:
        super().__init__(message)
        self.code, self.place = code, place
