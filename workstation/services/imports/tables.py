"""Reading a CSV file as it really comes: any usual encoding, delimiter, newline and header, with true line numbers."""

import codecs
import csv
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from charset_normalizer import from_bytes

from workstation.errors import Refused
from workstation.language import _

DELIMITERS = (",", ";", "\t", "|")
NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
LEGACY_ENCODINGS = ["cp1251", "cp1252", "koi8_r", "cp866"]  # what is met here besides Unicode
MARKS = {  # longest first: the mark of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
FILE_LIMIT = 1 << 30  # bytes
FIELD_LIMIT = 32 << 20  # characters; a longer field is a quote that was never closed
RECOVERIES = 20  # unclosed quotes after which the file is read on; each may cost FIELD_LIMIT characters again
BLOCK = 1 << 20  # bytes
SAMPLE = 1 << 16  # bytes or characters looked at when guessing
SAMPLE_LINES = 200
HEADER_WITHIN = 20  # records
CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a"))
PAGES = b"\0\1\2\3\4\x1e\x20"  # upper halves of Latin, Cyrillic and punctuation in UTF-16
NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*%?")
ADJACENT = re.compile(rb"[\x80-\xff]{2}")
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # written by Excel above the header

# The limit belongs to the whole process; the module's default of 131,072 would end the reading of a file at one field.
csv.field_size_limit(FIELD_LIMIT)


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a table; what is absent is guessed. `header_row` is a line number, from 1."""

    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class TableRow:
    """One record: the physical line (from 1) on which it starts, and as many cells as the header has."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowIssue:
    """A line (from 1) and, in words, what is wrong with the record that starts there."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV file whose encoding, delimiter and header are known. `header_line` is where its header starts, from 1."""

    path: Path
    encoding: str
    delimiter: str
    skips_spaces: bool
    header_line: int
    header: tuple[str, ...]

    def rows(self) -> Iterator[TableRow | RowIssue]:
        """Every record below the header, in order, each time from the start; blank lines are no records.

        Raises Refused when the file cannot be read to its end.
        """
        records = _records(
            _Lines(_decoded_lines(self.path, self.encoding), self.header_line - 1),
            self.delimiter, self.skips_spaces, RECOVERIES,
        )  # fmt: skip
        next(records, None)
        for record in records:
            if isinstance(record, RowIssue):
                yield record
            elif not self._is_blank(record):
                yield self._checked(record)

    def _is_blank(self, record: TableRow) -> bool:
        return len(record.cells) == 1 < len(self.header) and not record.cells[0].strip().strip("\x1a")

    def _checked(self, record: TableRow) -> TableRow | RowIssue:
        found, expected = len(record.cells), len(self.header)
        text = "".join(record.cells)
        if found > expected:
            reason = _("Too many fields: {found} instead of {expected}.").format(found=found, expected=expected)
        elif found < expected:
            reason = _("Too few fields: {found} instead of {expected}.").format(found=found, expected=expected)
        elif "\0" in text:
            reason = _("There is a NUL character in this row.")
        elif not is_text(text):
            reason = _("There are bytes in this row that are no text in {encoding}.").format(encoding=self.encoding)
        else:
            return record
        return RowIssue(record.line, reason)


def is_text(text: str) -> bool:
    """Can this be written as UTF-8? Half characters cannot; undecodable bytes are read as such."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def open_csv(path: Path, reading: Reading) -> CsvTable:
    """Find out how `path` is written. Raises Refused with one sentence when it cannot be read as a table."""
    _check_file(path)
    encoding = _named_encoding(reading.encoding) if reading.encoding else _guess_encoding(path)
    sample = _sample(path, encoding, max(reading.header_row or 0, HEADER_WITHIN))
    if not any(line.strip() for line in sample):
        raise Refused(_("The file is empty."))
    delimiter = _named_delimiter(reading.delimiter) if reading.delimiter else None
    skipped = reading.header_row - 1 if reading.header_row is not None else 0
    if skipped < 0:
        raise Refused(_("The header row is a line number, from 1."), "header_row")
    separator = SEPARATOR_LINE.fullmatch(sample[0])
    if separator and reading.header_row is None:
        skipped, delimiter = 1, delimiter or separator[1]
    delimiter = delimiter or _guess_delimiter(sample, skipped)
    skips_spaces = _skips_spaces(sample, delimiter)
    records = _sample_records(sample, skipped, delimiter, skips_spaces)
    header = _given_header(records, reading.header_row) if reading.header_row else _guess_header(records)
    names = tuple(cell.strip() for cell in header.cells)
    return CsvTable(path, encoding, delimiter, skips_spaces, header.line, names)


class _Lines:
    """Physical lines for csv.reader, with their number; those of a record that went wrong can be read again."""

    def __init__(self, source: Iterator[str], skipped: int = 0) -> None:
        self._source = source
        self._again: deque[str] = deque()
        self._of_record: list[str] = []
        self.number = 0
        self.is_ended = False
        while self.number < skipped and next(self, None) is not None:
            pass

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._source, None)
        if line is None:
            self.is_ended = True
            raise StopIteration
        self.number += 1
        self._of_record.append(line)
        return line

    def begin_record(self) -> int:
        """Forget the lines of the record before; the number of the line this one starts on."""
        self._of_record.clear()
        return self.number + 1

    def go_back(self) -> None:
        """Give out again all lines of this record but the first."""
        rest = self._of_record[1:]
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
        self.is_ended = False


def _records(lines: _Lines, delimiter: str, skips_spaces: bool, recoveries: int) -> Iterator[TableRow | RowIssue]:
    """The records of a table. A quote that is never closed costs its own line, not the rest of the file."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=skips_spaces)
    while True:
        line = lines.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            is_broken = True  # a field above FIELD_LIMIT
        else:
            is_broken = lines.is_ended  # the reader asked for more lines, so a quote was still open
        if not is_broken:
            if cells:
                yield TableRow(line, tuple(cells))
            continue
        yield RowIssue(line, _("A quote opened in this row is never closed."))
        if recoveries:
            recoveries -= 1
            lines.go_back()
            reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=skips_spaces)


def _check_file(path: Path) -> None:
    name = printable(path.name)
    try:
        if path.is_dir():
            raise Refused(_("{name} is a folder, not a file.").format(name=name))
        if not path.exists():
            raise Refused(_("There is no file {name}.").format(name=name))
        if not path.is_file():
            raise Refused(_("{name} is not an ordinary file.").format(name=name))
        if path.stat().st_size > FILE_LIMIT:
            raise Refused(_("{name} is larger than 1 GB; divide it first.").format(name=name))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Refused(_("{name} cannot be read.").format(name=name)) from error


def printable(text: str) -> str:
    """A text, as a file's name, that may hold undecodable bytes, made fit to be shown and kept."""
    return text.encode(errors="replace").decode().replace("\0", "?")


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block
    except OSError as error:
        raise Refused(_("{name} cannot be read.").format(name=printable(path.name))) from error


def _decoded_lines(path: Path, encoding: str) -> Iterator[str]:
    """Physical lines with their newline; a lone CR ends one too. Undecodable bytes become half characters."""
    try:
        with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
            for number, line in enumerate(file):
                yield line if number else line.removeprefix("\ufeff")
    except OSError as error:
        raise Refused(_("{name} cannot be read.").format(name=printable(path.name))) from error
    except UnicodeError as error:
        raise Refused(
            _("{name} cannot be read as {encoding}.").format(name=printable(path.name), encoding=encoding), "encoding"
        ) from error


def _named_encoding(name: str) -> str:
    try:
        "a".encode(name)  # also refuses codecs that are no encoding of text
        return codecs.lookup(name).name
    except (LookupError, ValueError) as error:
        raise Refused(_("There is no encoding {name}.").format(name=printable(name)), "encoding") from error


def _guess_encoding(path: Path) -> str:
    """Marks first, then UTF-16 by its upper halves, then UTF-8 if it is valid, then the likeliest legacy encoding."""
    head = next(_blocks(path), b"")[:SAMPLE]
    for mark, name in MARKS.items():
        if head.startswith(mark):
            return name
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        upper, lower = head[first::2], head[1 - first :: 2]
        if b"\0" in upper and sum(map(upper.count, PAGES)) > 0.9 * len(upper) and 20 * lower.count(0) <= len(lower):
            return name
    if len(head) >= 64 and sum(map(head.count, CONTROLS)) * 20 > len(head):
        raise Refused(_("{name} is not a text file.").format(name=printable(path.name)))
    doubtful = _not_utf8(path)
    return _guess_legacy(doubtful) if doubtful else "utf-8"


def _not_utf8(path: Path) -> bytes:
    """The lines with non-ASCII bytes around the first place that is not UTF-8; b"" when all of it is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = b""
    for block in _blocks(path):
        try:
            decoder.decode(block)
        except UnicodeDecodeError as error:
            whole = before + block
            start = max(0, len(before) + error.start - SAMPLE)
            lines = whole[start : start + 4 * SAMPLE].splitlines()
            return b"\n".join(line for line in lines if not line.isascii())[: 2 * SAMPLE]
        before = block[-SAMPLE:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return before.splitlines()[-1]
    return b""


def _guess_legacy(sample: bytes) -> str:
    read = sample.decode("utf-8", errors="surrogateescape")
    broken = sum("\udc80" <= letter <= "\udcff" for letter in read)
    if sum(not letter.isascii() for letter in read) > 5 * broken:
        return "utf-8"  # with a few bad bytes: their rows will be rejected
    if ADJACENT.search(sample):  # without two letters in a row no Cyrillic; and then there is too little to go by
        best = from_bytes(sample, cp_isolation=LEGACY_ENCODINGS).best()
        if best is not None:
            return best.encoding
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _named_delimiter(text: str) -> str:
    delimiter = NAMED_DELIMITERS.get(text.casefold(), text)
    if len(delimiter) != 1 or delimiter in '"\r\n\0 ':
        raise Refused(_("A delimiter is one character."), "delimiter")
    return delimiter


def _sample(path: Path, encoding: str, needed: int) -> list[str]:
    """The first lines: `needed` ones at least, if there are as many."""
    sample: list[str] = []
    size = 0
    for line in _decoded_lines(path, encoding):
        sample.append(line)
        size += len(line)
        if len(sample) >= needed and (size > SAMPLE or len(sample) >= needed + SAMPLE_LINES):
            break
    return sample


def _sample_records(sample: list[str], skipped: int, delimiter: str, skips_spaces: bool) -> list[TableRow]:
    records = _records(_Lines(iter(sample), skipped), delimiter, skips_spaces, 0)
    return [record for record in records if isinstance(record, TableRow)]


def _guess_delimiter(sample: list[str], skipped: int) -> str:
    """The delimiter that cuts most rows into the same number of cells, and into many."""

    def fitness(delimiter: str) -> float:
        widths = Counter(len(record.cells) for record in _sample_records(sample, skipped, delimiter, False))
        if not widths:
            return 0.0
        width, count = widths.most_common(1)[0]
        return float(count / widths.total() * (width - 1) ** 0.5)

    return max(DELIMITERS, key=fitness)


def _skips_spaces(sample: list[str], delimiter: str) -> bool:
    """Are quotes put after a space, as in `"a", "b"`? Asked of the first lines only."""
    head = "".join(sample[:HEADER_WITHIN])
    return f'{delimiter} "' in head and f'{delimiter}"' not in head


def _given_header(records: list[TableRow], line: int) -> TableRow:
    if not records or records[0].line != line:
        raise Refused(_("Line {line} holds no header.").format(line=line), "header_row")
    text = "".join(records[0].cells)
    if "\0" in text or not is_text(text):
        raise Refused(_("The header holds bytes that are no text."), "header_row")
    return records[0]


def _guess_header(records: list[TableRow]) -> TableRow:
    """The first row of words as wide as most rows are; else the very first row, if it is words only."""
    usual = max(Counter(len(record.cells) for record in records).items(), key=itemgetter(1), default=(0, 0))[0]
    near = records[:HEADER_WITHIN]
    for record in [*(record for record in near if len(record.cells) == usual), *near[:1]]:
        if _is_wordy(record.cells):
            return record
    raise Refused(_("The file has no header row; say which line names the columns."), "header_row")


def _is_wordy(cells: tuple[str, ...]) -> bool:
    """Do these look like names of columns: words, none of them a number, a phone or an address?"""
    filled = [cell.strip() for cell in cells if cell.strip()]
    lettered = sum(any(map(str.isalpha, cell)) for cell in filled)
    return 2 * len(filled) >= len(cells) and 2 * lettered > len(filled) and not any(map(_is_value, filled))


def _is_value(cell: str) -> bool:
    has_letters = any(map(str.isalpha, cell))
    digits = sum(map(str.isdigit, cell))
    return (
        NUMBER.fullmatch(cell) is not None
        or ("@" in cell and "." in cell)
        or (digits >= 5 and not has_letters)
        or not is_text(cell)
        or "\0" in cell
    )
