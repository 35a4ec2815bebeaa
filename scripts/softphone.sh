#!/usr/bin/env bash
# Sees to it that baresip and SIPp are here: installs their Debian packages as root, else says which are needed.
set -euo pipefail

packages=(baresip-core sip-tester)
if command -v baresip >/dev/null && command -v sipp >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
    exit 0
fi
printf 'softphone: install as root: apt-get install --no-install-recommends %s\n' "${packages[*]}" >&2
exit 1
