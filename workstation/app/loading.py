"""What a shift needs is loaded while the sign-in shows already: most of a second that nobody has to wait for."""

import threading

_LOADS = threading.Lock()  # two threads in one web of modules would see some of them half made


def load_rest() -> None:
    """Import what stands behind the sign-in, on whatever thread asks; who comes second waits for the first."""
    with _LOADS:
        from workstation.app import attempts, help, shift  # noqa: A004, F401
