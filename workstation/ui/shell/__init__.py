"""The window itself: rail, top bar, what stands around every screen."""
