"""The program's icon for Windows (.ico) and macOS (.icns), drawn from the one SVG whenever a package is made."""

import struct
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
# Apple's names of the sizes whose content may be a PNG.
ICNS_SIZES = {b"ic11": 32, b"ic12": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024}


def png(svg: Path, size: int) -> bytes:
    """The drawing as a PNG of `size` by `size` pixels on nothing."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(svg)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def ico(svg: Path) -> bytes:
    """A Windows icon: a head, an entry a size (width, height, colours, 0, planes, bits, length, place), the PNGs."""
    pictures = [png(svg, size) for size in ICO_SIZES]
    place = 6 + 16 * len(pictures)
    entries = b""
    for size, picture in zip(ICO_SIZES, pictures, strict=True):
        side = size % 256  # 256 is written as 0
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(picture), place)
        place += len(picture)
    return struct.pack("<HHH", 0, 1, len(pictures)) + entries + b"".join(pictures)


def icns(svg: Path) -> bytes:
    """A macOS icon: a head with the whole length, then name, length and PNG of each size."""
    parts = b""
    for name, size in ICNS_SIZES.items():
        picture = png(svg, size)
        parts += name + struct.pack(">I", len(picture) + 8) + picture
    return b"icns" + struct.pack(">I", len(parts) + 8) + parts
