"""Who works here: sign-in and lock."""
