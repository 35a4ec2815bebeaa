#!/usr/bin/env bash
# Makes .venv with the locked versions and with .venv/bin/workstation; safe to repeat. `make setup` calls it when needed.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    say "Python 3.11 or newer is needed; name it with PYTHON=/path/to/python"
    return 1
}

system_packages() {
    local packages
    packages=$("$python" scripts/missing_packages.py)
    if [ -n "$packages" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing $packages"
        # shellcheck disable=SC2086 # one word a package
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null || true
        packages=$("$python" scripts/missing_packages.py)
    fi
    if [ -n "$packages" ]; then
        say "the window of the program needs system packages; install them as root: apt-get install --no-install-recommends $packages"
    fi
}

environment() {
    # One that came from elsewhere, or whose Python has gone, is made anew: its scripts name their own folder.
    if [ -e .venv ] && ! { .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && grep -qsF "$PWD/.venv" .venv/bin/activate; }; then
        say "making .venv anew"
        rm -rf .venv
    fi
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv .venv
        pip=(.venv/bin/python -m pip)
    else
        # Debian's python3 has no ensurepip; its own pip then installs into .venv from outside (pip 22.3 or newer).
        "$python" -m venv --without-pip .venv
        pip=("$python" -m pip --python .venv/bin/python)
    fi
}

python=$(find_python)
system_packages
environment
install=("${pip[@]}" --disable-pip-version-check --no-input install -qq --root-user-action=ignore)
say "installing the locked versions (about 250 MB the first time)"
"${install[@]}" --require-hashes --only-binary=:all: -r requirements/dev.txt
# Built with the locked setuptools, not with whatever an isolated build would fetch.
"${install[@]}" --no-deps --no-build-isolation --editable .
say "ready: .venv/bin/workstation"
