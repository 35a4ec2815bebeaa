"""What a person is told of data on this PC that their password does not open, and of what came back from them."""

from collections.abc import Sequence

from workstation.language import _, ngettext
from workstation.replica.recovery import Recovered
from workstation.replica.unopened import Unopened


def counts_of(found: Unopened) -> dict[str, int]:
    """The same as the answer of a command."""
    return {"files": found.files, "changes": found.changes}


def words_of(found: Unopened) -> str:
    """How much lies there, and the way out where there is one; "" when nothing does."""
    if not found.files:
        return ""
    told = _("A file on this PC does not open with this password; work may wait in it.")
    if found.changes:
        told = ngettext(
            "{n} change that waited lies in a file on this PC that this password does not open.",
            "{n} changes that waited lie in a file on this PC that this password does not open.",
            found.changes,
        ).format(n=found.changes)
    if not found.has_key:
        return told
    way = _(
        "Have the administrator set the password used before on this PC (workstation admin agent password) and sign in"
        " with it: then all of it comes back by itself."
    )
    return f"{told} {way}"


def words_of_return(taken: Sequence[Recovered]) -> str:
    """What came back; "" when no file opened."""
    if not taken:
        return ""
    count = sum(one.waiting + one.undecided for one in taken)
    told = ngettext(
        "A file set aside on this PC opens again; {n} change that waited in it was recovered.",
        "A file set aside on this PC opens again; {n} changes that waited in it were recovered.",
        count,
    )
    return told.format(n=count)
