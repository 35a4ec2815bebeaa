"""Records as people read them: what a kind, a field and a stored word are called."""

from workstation.language import _

LINKS = frozenset({
    "owner_id", "team_id", "contact_point_id", "contact_id", "callback_id", "source_contact_id", "rescheduled_to",
    "supersedes",
})  # fmt: skip


def kind_words(entity: str) -> str:
    """What kind of thing it is."""
    return {
        "note": _("Note"), "contact": _("Contact"), "callback": _("Callback"), "customer": _("Customer"),
        "contact_point": _("Contact point"),
    }.get(entity, entity)  # fmt: skip


def field_words(field: str, entity: str = "customer") -> str:
    """The name of a field as its form says it; a field this program does not know keeps its own."""
    known = {
        "name": _("Name"), "need": _("Need"), "kind": _("Kind"), "language": _("Language"),
        "time_zone": _("Time zone"), "channel": _("Preferred channel"), "hours": _("Preferred days and hours"),
        "wish": _("Own words of the wish"), "do_not_contact": _("Do not contact (scope)"), "value": _("Value"),
        "status": _("Status"), "state": _("State"), "owner_id": _("Owner"), "reason": _("Reason"),
        "wall_start": _("Time"), "label": _("Label"), "is_vip": _("VIP"), "is_conflict": _("Conflict before"),
        "is_vulnerable": _("Vulnerable"), "is_staff": _("Colleague"), "consent_withdrawn": _("Consent withdrawn"),
        "do_not_contact_reason": _("Do not contact: why"), "do_not_contact_until": _("Do not contact: until"),
        "body": _("Note"), "is_pinned": _("pinned"), "is_deleted": _("deleted"), "is_primary": _("main"),
        "do_not_use": _("Do not use"), "phone": _("Phone"), "disposition": _("Outcome"), "priority": _("Priority"),
        "made_by": _("Made by"), "said": _("What was said"), "zone": _("Time zone"), "more": _("More fields"),
        "direction": _("Direction"), "started_at": _("Began"), "ended_at": _("Ended"), "closed_at": _("Closed"),
        "contact_point_id": _("Number"), "team_id": _("Team"), "window_minutes": _("Minutes it may take"),
        "state_reason": _("Reason of the change"), "extension": _("Extension"), "way_through": _("Way through"),
        "customer_id": _("Customer"), "contact_id": _("Contact"), "callback_id": _("Callback"),
        "source_contact_id": _("Contact"), "rescheduled_to": _("Callback"), "supersedes": _("Note"),
        "external_id": _("Number in the source"), "source": _("Source"),
    }  # fmt: skip
    if entity == "contact" and field == "channel":
        return _("Channel")
    return known.get(field, field)


def stored_words(field: str, value: str, entity: str) -> str | None:
    """A word that is stored as a word of ours, as people say it; None for anything that somebody wrote."""
    tables = {
        "status": _point_statuses, "direction": _directions, "state": _callback_states, "made_by": _made_by,
        "priority": _priorities,
    }  # fmt: skip
    if entity == "contact" and field == "channel":
        return _channels().get(value)
    if entity == "contact_point" and field == "kind":
        return _point_kinds().get(value)
    return tables[field]().get(value) if field in tables else None


def point_status_words(status: str) -> str:
    """What is known of a contact point, as people say it."""
    return _point_statuses().get(status, status)


def point_kind_words(kind: str) -> str:
    """A kind of contact point as people call it."""
    return _point_kinds().get(kind, _("other"))


def made_by_words(made_by: str) -> str:
    """On whose word a callback was made."""
    return _made_by().get(made_by, made_by)


def priority_words(priority: str) -> str:
    """How much a callback binds us."""
    return _priorities().get(priority, priority)


def _point_statuses() -> dict[str, str]:
    return {
        "unknown": _("not tried yet"), "reaches person": _("reaches the person"),
        "reaches family or colleague": _("reaches family or a colleague"), "reception": _("reception"),
        "IVR": _("voice menu"), "voice robot": _("voice robot"), "voicemail": _("voicemail"), "fax": _("fax"),
        "wrong person": _("wrong person"), "not in service": _("not in service"), "invalid": _("invalid"),
    }  # fmt: skip


def _point_kinds() -> dict[str, str]:
    return {
        "phone": _("phone"), "email": _("e-mail"), "telegram": _("Telegram"), "site": _("web site"),
        "domain": _("domain"),
    }  # fmt: skip


def _channels() -> dict[str, str]:
    return {
        "call": _("call"), "chat": _("chat"), "email": _("e-mail"), "web": _("web form"), "sms": _("text message"),
        "third party": _("third party"),
    }  # fmt: skip


def _directions() -> dict[str, str]:
    return {"in": _("from the customer"), "out": _("to the customer")}


def _callback_states() -> dict[str, str]:
    return {"open": _("open"), "done": _("done"), "rescheduled": _("moved"), "cancelled": _("cancelled")}


def _made_by() -> dict[str, str]:
    return {"customer asked": _("customer asked"), "we promised": _("we promised")}


def _priorities() -> dict[str, str]:
    return {"normal": _("normal"), "promised": _("promised"), "deadline": _("deadline")}
