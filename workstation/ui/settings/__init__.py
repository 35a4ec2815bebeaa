"""What an agent may set for themselves."""
