"""A centre to try the program on: invented people, an embedded central, and a tour through the window."""
