"""Bringing in what other programs know: tables of files, their columns' meaning, and the customers in them."""
