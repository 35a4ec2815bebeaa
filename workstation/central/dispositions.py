"""The outcomes a new centre starts with (product.md 3.5); an administrator changes them with `admin set`."""

from typing import Any


def _row(queue: str, code: str, label: str, **does: Any) -> dict[str, Any]:
    return {"queue": queue, "code": code, "label": label, **does}


STARTER: list[dict[str, Any]] = [
    _row("support", "solved", "Solved", right_party=True, closes=True),
    _row("support", "waits_for_us", "Waits for us", right_party=True),
    _row("support", "waits_for_customer", "Waits for the customer", right_party=True),
    _row("support", "callback_agreed", "Callback agreed", right_party=True, closes=True),
    _row("support", "passed_on", "Passed on", right_party=True, closes=True),
    _row("support", "refused", "Refused", right_party=True, closes=True),
    _row("support", "wrong_person", "Wrong person", uncallable="number"),
    _row("support", "information_given", "Information given", right_party=True, closes=True),
    _row("outbound", "renews_now", "Reached – renews now", right_party=True, closes=True),
    _row("outbound", "promised", "Reached – promised", right_party=True, closes=True),
    _row("outbound", "thinks", "Reached – thinks, call back", right_party=True, retry_rule="agreed time"),
    _row("outbound", "refuses", "Reached – refuses", right_party=True, closes=True),
    _row("outbound", "do_not_call", "Asked not to call", right_party=True, closes=True, uncallable="person"),
    _row("outbound", "third_person", "Third person, message left", retry_rule="next day"),
    _row("outbound", "reception", "Reception", retry_rule="next day"),
    _row("outbound", "ivr", "IVR", retry_rule="next day"),
    _row("outbound", "voice_robot", "Voice robot", uncallable="number"),
    _row("outbound", "voicemail", "Voicemail", retry_rule="other hour"),
    _row("outbound", "no_answer", "No answer", retry_rule="other hour"),
    _row("outbound", "busy", "Busy", retry_rule="soon"),
    _row("outbound", "not_in_service", "Not in service", uncallable="number"),
    _row("outbound", "wrong_number", "Wrong person", uncallable="number"),
    _row("outbound", "other_channel", "Other channel used", retry_rule="next day"),
]
