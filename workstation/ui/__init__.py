"""The window: what an agent sees and touches."""
