#!/bin/sh
# Puts Agent Workstation into everybody's menu and onto everybody's path. The program itself stays in the folder of this
# file: move it first to where it is to stay, as /opt/agent-workstation-0.1.0.
#
#   sudo ./install.sh              links, menu entry, icon, and the entry that opens numbers (tel:, workstation:)
#   sudo ./install.sh --remove     takes them away again; the folder and the work of agents stay
#
# PREFIX=/usr/local is where they go; PREFIX="$HOME/.local" needs no root.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
prefix=${PREFIX:-/usr/local}
applications=$prefix/share/applications
icon=$prefix/share/icons/hicolor/scalable/apps/agent-workstation.svg
parts=$here/_internal/resources/app

case $here in
*[!A-Za-z0-9/._+-]*)
    echo "install: the path of this folder may hold letters, digits and / . _ + - only: $here" >&2
    exit 1
    ;;
esac

refresh() {
    if command -v update-desktop-database >/dev/null; then
        update-desktop-database -q "$applications" || true
    fi
}

if [ "${1:-}" = --remove ]; then
    rm -f "$applications/agent-workstation.desktop" "$applications/agent-workstation-pop.desktop" "$icon" \
        "$prefix/bin/workstation" "$prefix/bin/workstation-pop"
    refresh
    echo "install: taken out of $prefix"
    exit 0
fi

mkdir -p "$applications" "$(dirname "$icon")" "$prefix/bin"
for name in agent-workstation agent-workstation-pop; do
    sed "s|^\(Try\)\?Exec=workstation|\1Exec=$here/workstation|" "$parts/$name.desktop" >"$applications/$name.desktop"
    chmod 644 "$applications/$name.desktop"
done
cp "$parts/agent-workstation.svg" "$icon"
chmod 644 "$icon"
ln -sfn "$here/workstation" "$prefix/bin/workstation"
ln -sfn "$here/workstation" "$prefix/bin/workstation-pop" # by this name it takes a number and nothing else
refresh
echo "install: workstation is in $prefix/bin and in the menu"
