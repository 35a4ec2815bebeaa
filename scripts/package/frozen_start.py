"""First thing in the packaged program: what it starts (a player of sounds, a browser, PostgreSQL) gets the libraries of
the system, not ours, whose folder PyInstaller's starter names in LD_LIBRARY_PATH. Ours are found by then."""

import os

for _name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
    _before = os.environ.pop(f"{_name}_ORIG", None)
    if _before is not None:
        os.environ[_name] = _before
    else:
        os.environ.pop(_name, None)
