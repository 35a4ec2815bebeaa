"""Paints one row of the timeline."""

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from workstation.ui.desk.timeline_model import ROW, TimelineRow
from workstation.ui.theme import colour, icon_pixmap

LEFT, TIME, ICON, GAP, PAD = 6, 46, 16, 8, 5
CHIP_ROOM = 14  # px: beside the words of a chip
MOST_OF_CHIP = 150  # px that a chip takes from a long head
LEAST_OF_CHIP = 56  # beside a callback, whose time says more
MOST_LINES = 6
MOST_HEIGHTS = 20_000
NARROW = 420  # px of head and author: below, only the initials of a colleague
CHIPS = {
    "plain": ("sunken", "muted"), "ok": ("ok_soft", "ok"), "danger": ("danger_soft", "danger"),
    "note": ("note_soft", "note"), "warn": ("warn_soft", "warn"),
}  # fmt: skip
Index = QModelIndex | QPersistentModelIndex
WRAP = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere
WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap)


class TimelineDelegate(QStyledItemDelegate):
    """Time, icon, head, chip; below it the text; at the right who wrote it and whether it waits.

    A list lays out all its rows whenever one is added: how high a text is, is measured once for a width.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._heights: dict[tuple[str, int, str], int] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row: TimelineRow = index.data(ROW)
        metrics = option.fontMetrics
        width = option.rect.width() if option.rect.width() > 0 else 400
        if row.entry is None:
            return QSize(width, metrics.height() + 14)
        return QSize(width, metrics.height() + 2 * PAD + self._text_height(row, option, width) + 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: TimelineRow = index.data(ROW)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("accent_soft"))
            painter.drawRoundedRect(option.rect.adjusted(0, 1, -1, -1), 6, 6)
        if row.entry is None:
            self._paint_heading(painter, option, row)
        else:
            self._paint_entry(painter, option, row)
        painter.restore()

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, row: TimelineRow) -> None:
        font = QFont(option.font)
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(colour("muted"))
        area = option.rect.adjusted(LEFT, 6, -LEFT, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), row.head.upper())

    def _paint_entry(self, painter: QPainter, option: QStyleOptionViewItem, row: TimelineRow) -> None:
        rect = option.rect
        top, line = rect.top() + PAD, option.fontMetrics.height()
        centre = int(Qt.AlignmentFlag.AlignVCenter)
        painter.setPen(colour("muted"))
        painter.drawText(QRect(rect.left() + LEFT, top, TIME, line), centre, row.time)
        x = rect.left() + LEFT + TIME
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(x, top + (line - ICON) // 2, icon_pixmap(row.icon, row.tone, ICON, ratio))
        x += ICON + GAP
        right = self._paint_author(painter, option, row, QRect(x, top, rect.right() - x - LEFT, line))
        bold = QFont(option.font)
        bold.setBold(True)
        painter.setFont(bold)
        painter.setPen(colour("text"))
        most = LEAST_OF_CHIP if row.entry is not None and row.entry.kind == "callback" else MOST_OF_CHIP
        room = right - x - (min(most, _chip_width(row.chip, option.font)) + GAP if row.chip else 0)
        head = QFontMetrics(bold).elidedText(row.head, Qt.TextElideMode.ElideRight, max(40, room))
        painter.drawText(QRect(x, top, max(40, room), line), centre, head)
        if row.chip:
            self._paint_chip(painter, option, row, x + QFontMetrics(bold).horizontalAdvance(head) + GAP, top, right)
        if row.text:
            painter.setFont(option.font)
            painter.setPen(colour("text"))
            below = QRect(x, top + line + 2, rect.right() - x - LEFT, self._text_height(row, option, rect.width()))
            painter.drawText(below, WRAPPED, row.text)

    def _paint_author(self, painter: QPainter, option: QStyleOptionViewItem, row: TimelineRow, area: QRect) -> int:
        """Who wrote it, at the right; gives where the room for the head ends."""
        painter.setPen(colour("faint"))
        metrics = option.fontMetrics
        author = row.author
        if area.width() < NARROW and len(author.split()) > 1:
            author = "".join(word[0] for word in author.split()[:2])
        width = min(area.width() // 3, metrics.horizontalAdvance(author) + 2)
        words = metrics.elidedText(author, Qt.TextElideMode.ElideRight, width)
        at = QRect(area.right() - width, area.top(), width, area.height())
        painter.drawText(at, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), words)
        if row.mark:
            is_refused = row.entry is not None and row.entry.refused is not None
            icon, tone = ("alert", "danger") if is_refused else ("clock", "faint")
            ratio = painter.device().devicePixelRatio()
            left = at.left() - ICON - 4
            painter.drawPixmap(left, area.top() + (area.height() - 14) // 2, icon_pixmap(icon, tone, 14, ratio))
            return left - GAP
        return at.left() - GAP

    def _paint_chip(
        self, painter: QPainter, option: QStyleOptionViewItem, row: TimelineRow, x: int, top: int, right: int
    ) -> None:
        font = _chip_font(option.font)
        metrics = QFontMetrics(font)
        width = min(_chip_width(row.chip, option.font), right - x)
        if width < 30:
            return
        soft, strong = CHIPS[row.chip_tone]
        area = QRect(x, top + 1, width, option.fontMetrics.height() - 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(soft))
        painter.drawRoundedRect(area, 7, 7)
        painter.setFont(font)
        painter.setPen(colour(strong))
        words = metrics.elidedText(row.chip, Qt.TextElideMode.ElideRight, width - 12)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), words)

    def _text_height(self, row: TimelineRow, option: QStyleOptionViewItem, width: int) -> int:
        if not row.text:
            return 0
        room = width - LEFT * 2 - TIME - ICON - GAP
        key = (row.text, max(80, room), option.font.key())
        if key not in self._heights:
            if len(self._heights) > MOST_HEIGHTS:
                self._heights.clear()
            self._heights[key] = _height_of(row.text, key[1], option.fontMetrics)
        return self._heights[key]


def _chip_font(font: QFont) -> QFont:
    made = QFont(font)
    made.setPixelSize(12)
    return made


def _chip_width(words: str, font: QFont) -> int:
    return QFontMetrics(_chip_font(font)).horizontalAdvance(words) + CHIP_ROOM


def _height_of(text: str, width: int, metrics: QFontMetrics) -> int:
    wanted = metrics.boundingRect(QRect(0, 0, width, 100_000), WRAPPED, text).height()
    return min(wanted, metrics.lineSpacing() * MOST_LINES)
