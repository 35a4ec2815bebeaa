"""Hands the calls of baresip to the window: hears its ctrl_tcp events and runs `workstation pop` for each.

baresip starts no program on a call by itself, but its module ctrl_tcp tells every event as JSON (docs/softphones.md).
Run it beside baresip, with the command before the number where `workstation` is not on the PATH:

    python3 baresip_pop.py 127.0.0.1:4444 [COMMAND …]
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

LONGEST = 65_536  # bytes of one event
AGAIN_SECONDS = 3.0  # baresip may start later than we do
# Event of baresip, and the direction of the call. An outgoing one is told when it rings at the other end.
DIRECTIONS = {"CALL_INCOMING": "in", "CALL_OUTGOING": "out", "CALL_RINGING": "out"}


def netstrings(connection: socket.socket) -> Iterator[bytes]:
    """The payloads of a stream of netstrings ("5:hello,") until it ends. Raises ValueError for anything else."""
    buffer = b""
    while chunk := connection.recv(4096):
        buffer += chunk
        while (colon := buffer.find(b":")) >= 0:
            if not buffer[:colon].isdigit() or colon > 6 or int(buffer[:colon]) > LONGEST:
                raise ValueError("this is no netstring")
            end = colon + 1 + int(buffer[:colon])
            if len(buffer) <= end:
                break
            yield buffer[colon + 1 : end]
            buffer = buffer[end + 1 :]
        if len(buffer) > LONGEST + 8:
            raise ValueError("this is no netstring")


def address_of(event: object) -> str | None:
    """The workstation: address of an event that begins a call; None for every other."""
    if not isinstance(event, dict) or event.get("type") not in DIRECTIONS:
        return None
    peer = str(event.get("peeruri", ""))
    scheme, _colon, rest = peer.partition(":")
    number = rest.split("@", 1)[0].split(";", 1)[0] if scheme in ("sip", "sips") else peer
    direction = DIRECTIONS[str(event["type"])]
    if event.get("direction") in ("incoming", "outgoing"):
        direction = "in" if event["direction"] == "incoming" else "out"
    return f"workstation:call?number={quote(number, safe='%')}&direction={direction}"


def listen(address: tuple[str, int], command: list[str]) -> None:
    """Hear baresip until it ends."""
    with socket.create_connection(address, timeout=5) as connection:
        connection.settimeout(None)
        for payload in netstrings(connection):
            try:
                given = address_of(json.loads(payload))
            except (ValueError, RecursionError):
                continue
            if given is not None:
                subprocess.Popen([*command, given], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def main() -> None:
    """Hear baresip, again and again, until stopped."""
    host, _colon, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:4444").rpartition(":")
    command = sys.argv[2:] or ["workstation", "pop", "--"]
    while True:
        try:
            listen((host, int(port)), command)
        except (OSError, ValueError) as error:
            print(f"baresip: {error}; trying again", file=sys.stderr)
        time.sleep(AGAIN_SECONDS)


if __name__ == "__main__":
    main()
