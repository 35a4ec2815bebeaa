"""Outcomes in the agent's language: those a centre starts with are translated, a team's own stay as written.

Two of them stand beside each other on a small screen: whole words, as few as tell them apart.
"""

from workstation.language import _


def in_words(label: str) -> str:
    """A label as the agent reads it; one that is no starter's (product.md 3.5) is the team's own."""
    return _starters().get(label, label)


def _starters() -> dict[str, str]:
    return {
        "Solved": _("Solved"), "Waits for us": _("Waits for us"),
        "Waits for the customer": _("Waits for the customer"), "Callback agreed": _("Callback agreed"),
        "Passed on": _("Passed on"), "Refused": _("Refused"), "Wrong person": _("Wrong person"),
        "Information given": _("Information given"), "Reached – renews now": _("Reached – renews now"),
        "Reached – promised": _("Reached – promised"),
        "Reached – thinks, call back": _("Reached – thinks"),
        "Reached – refuses": _("Reached – refuses"), "Asked not to call": _("Asked not to call"),
        "Third person, message left": _("Third person told"), "Reception": _("Reception"),
        "IVR": _("IVR"), "Voice robot": _("Voice robot"), "Voicemail": _("Voicemail"),
        "No answer": _("No answer"), "Busy": _("Busy"), "Not in service": _("Not in service"),
        "Other channel used": _("Other channel used"),
    }  # fmt: skip
