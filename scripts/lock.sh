#!/usr/bin/env bash
# Writes requirements/*.txt anew from *.in: every supported Python and system, hashes, no index addresses.
set -euo pipefail
cd "$(dirname "$0")/../requirements"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 -m venv --without-pip "$scratch"
python3 -m pip --python "$scratch/bin/python" install --quiet --disable-pip-version-check uv
# Hashes must be those of the public index, whatever wheels this machine keeps.
for set in run dev; do
    env -u UV_FIND_LINKS -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL "$scratch/bin/uv" pip compile --quiet --no-config \
        --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -o "$set.txt" "$set.in"
done
