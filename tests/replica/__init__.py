"""Tests of the replica: its keys, its engines, its store."""
