"""Callbacks: the list of what we owe, and the form."""
