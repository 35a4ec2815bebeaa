"""How fast the program is, each figure beside the physical limit it is compared with."""
