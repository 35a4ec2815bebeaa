"""What supervisors see of all desks."""
