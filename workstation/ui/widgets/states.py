"""The icon and the tone of each state of an agent; the word always stands beside them."""

ICONS = {
    "available": "state-available", "on_contact": "state-contact", "wrap_up": "state-wrap-up", "break": "state-break",
    "meal": "state-meal", "training": "state-training", "meeting": "team", "away": "state-away",
    "offline": "state-offline", "working_offline": "offline",
}  # fmt: skip
TONES = {"available": "ok", "on_contact": "ok", "wrap_up": "accent"}
