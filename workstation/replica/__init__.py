"""This PC's encrypted copy of what the desk needs, and the search index inside it."""
