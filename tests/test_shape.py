"""The shape of the source: limits and habits that keep every file readable, one test per file and rule."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("workstation", "tests", "benchmarks", "scripts")
FILE_LINES, FUNCTION_LINES, CLASS_METHODS, INIT_ARGUMENTS = 400, 50, 15, 7

# Names that say nothing about what a class does. "Base" alone is what SQLAlchemy calls the root of the tables.
EMPTY_WORDS = re.compile(r"(?:Manager|Helper|Handler|Util|Utils|Base|Data|Info)(?=[A-Z]|$)")
NAMES_ALLOWED = {"Base"}

# May import inside a function, and why.
LATE_IMPORTS = {
    "workstation/__main__.py": "sign-in is painted first, the rest loads meanwhile",
    "workstation/app/entrance.py": "what signing in needs loads beside it, see app/loading.py",
    "workstation/app/loading.py": "sign-in is painted first, the rest loads meanwhile",
    "workstation/app/program.py": "the shift is loaded by then",
    "workstation/cli/admin.py": "alembic costs a third of a second that no other command should pay",
    "workstation/cli/central.py": "alembic again",
    "workstation/central/admin.py": "alembic again",
}
# May ask the machine for the time: where the program is put together; everyone else is handed the clock.
CLOCKS = {"workstation/app/__init__.py", "workstation/app/window.py"}
CLOCK_CALLS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
# May put SQL together from names of tables and columns of our own, never from values …
SQL_WRITERS = (
    "workstation/central/schema/",  # the catalogue's names become triggers and functions
    "workstation/central/loading.py",  # names of the mapped tables and columns, values as one JSON parameter
    "workstation/central/accounts.py",  # statements that take no values: PostgreSQL quotes the names into them
    "workstation/replica/rows.py",  # one statement for each mapped class, and as many marks as there are rows
    "workstation/replica/outbox.py",  # as many marks as there are ids
    "workstation/replica/delivery.py",  # the same, for what central answered
    "workstation/replica/search_index.py",  # its own tables, one after the other
    "tests/",  # nothing hostile writes tests
    "benchmarks/",  # nor benchmarks
)
SQL_CALLS = {"execute", "executemany", "exec_driver_sql", "text", "executescript", "scalar", "scalars"}
# … as do statements in which the database lets no parameter stand.
NO_PARAMETERS = re.compile(
    r"\s*(?:alter|attach|create|drop|grant|pragma|revoke|savepoint|release|vacuum)\b", re.IGNORECASE
)
TRANSLATE = {"_", "ngettext"}

Function = ast.FunctionDef | ast.AsyncFunctionDef
Rule = Callable[[str, ast.Module], Iterator[str]]


def python_files() -> list[str]:
    """Every Python file of ours, as a path from the root with forward slashes."""
    return sorted(path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def other_sources() -> list[str]:
    """What else is written by hand and read from top to bottom."""
    endings = {".sql", ".sh", ".qss", ".mako"}
    folders = [ROOT / folder for folder in (*FOLDERS, "resources")]
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in endings)
    return [*(path.relative_to(ROOT).as_posix() for path in files), "Makefile", "pyproject.toml", ".ci/run"]


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method, at any depth."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Every call with what is called, as it is written: "time.sleep"."""
    return ((node, ast.unparse(node.func)) for node in ast.walk(tree) if isinstance(node, ast.Call))


def last(dotted: str) -> str:
    return dotted.rpartition(".")[2]


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_glued(node: ast.AST) -> bool:
    """Whether this text is put together with values: an f-string, "%" or "+" on a text, or .format()."""
    match node:
        case ast.JoinedStr(values=parts):
            return any(isinstance(part, ast.FormattedValue) for part in parts)
        case ast.BinOp(left=left, right=right):
            only_constants = isinstance(left, ast.Constant) and isinstance(right, ast.Constant)
            return is_glued(left) or is_glued(right) or ((is_text(left) or is_text(right)) and not only_constants)
        case ast.Call(func=ast.Attribute(attr="format", value=value)):
            return is_text(value)
        case _:
            return False


def start(text: ast.AST) -> str:
    """The words a glued text begins with; none where it begins with a value."""
    match text:
        case ast.Constant(value=str(words)):
            return words
        case ast.JoinedStr(values=[first, *_]) | ast.BinOp(left=first) | ast.Call(func=ast.Attribute(value=first)):
            return start(first)
        case _:
            return ""


def sizes(_path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{node.lineno}: {node.name} has {lines} lines, the limit is {FUNCTION_LINES}"
            arguments = len(node.args.posonlyargs + node.args.args + node.args.kwonlyargs) - 1
            if node.name == "__init__" and arguments > INIT_ARGUMENTS:
                yield f"{node.lineno}: __init__ takes {arguments} arguments, the limit is {INIT_ARGUMENTS}"
        elif isinstance(node, ast.ClassDef):
            methods = sum(isinstance(part, Function) for part in node.body)
            if methods > CLASS_METHODS:
                yield f"{node.lineno}: {node.name} has {methods} methods, the limit is {CLASS_METHODS}"


def imports_at_the_top(path: str, tree: ast.Module) -> Iterator[str]:
    if path in LATE_IMPORTS:
        return
    for function in functions(tree):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield f"{node.lineno}: an import inside {function.name}"


def names_that_say_something(_path: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name not in NAMES_ALLOWED and EMPTY_WORDS.search(node.name):
            yield f"{node.lineno}: the name {node.name} does not say what the class does"


def clock_is_handed_in(path: str, tree: ast.Module) -> Iterator[str]:
    if path in CLOCKS or not path.startswith("workstation/"):
        return
    for node in ast.walk(tree):
        # Also without a call: `default=datetime.now` asks the machine all the same.
        if isinstance(node, ast.Attribute) and ast.unparse(node).removeprefix("datetime.") in CLOCK_CALLS:
            yield f"{node.lineno}: {ast.unparse(node)} asks the machine for the time; the clock is handed in"
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == "time"
            and any(name.name == "time" for name in node.names)
        ):
            yield f"{node.lineno}: time.time asks the machine for the time; the clock is handed in"


def no_sleep_in_tests(path: str, tree: ast.Module) -> Iterator[str]:
    if not path.startswith("tests/"):
        return
    for node, called in calls(tree):
        if last(called) in {"sleep", "qSleep", "qWait"}:
            yield f"{node.lineno}: {called} waits for time to pass; wait for a condition"


def translations_are_whole(_path: str, tree: ast.Module) -> Iterator[str]:
    for node, called in calls(tree):
        if last(called) in TRANSLATE:
            for argument in node.args[: 2 if last(called) == "ngettext" else 1]:
                if is_glued(argument):
                    yield f"{node.lineno}: values inside a text to translate; put them in afterwards with .format()"


def docstrings(path: str, tree: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(tree) and (tree.body or not path.endswith("__init__.py")):
        yield "1: the file does not say what it is for"
    if not path.startswith(("workstation/services/", "workstation/replica/", "workstation/central/")):
        return
    for node in public(tree):
        if not ast.get_docstring(node):
            yield f"{node.lineno}: {node.name} is public and says nothing about itself"


def public(tree: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    """Functions and classes that others may use, and methods, but those that a base class has explained already."""
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef) and not node.bases:
                yield from public(node)


def only_commands_print(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith("workstation/cli/") or not path.startswith("workstation/"):
        return
    for node, called in calls(tree):
        if called in {"print", "sys.stdout.write", "sys.stderr.write"}:
            yield f"{node.lineno}: {called} in library code; raise, return or log"


def no_test_without_claim(path: str, tree: ast.Module) -> Iterator[str]:
    if not path.startswith("tests/"):
        return
    for function in functions(tree):
        if function.name.startswith("test_") and not any(map(is_claim, ast.walk(function))):
            yield f"{function.lineno}: {function.name} asserts nothing"


def is_claim(node: ast.AST) -> bool:
    """Whether this can make a test fail: an assert, pytest.raises and the like, assert_…(), check_…(), until…()."""
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = last(ast.unparse(node.func))
    return name in {"raises", "warns", "fail"} or name.startswith(("assert_", "check_", "until", "wait_until"))


def sql_has_parameters(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith(SQL_WRITERS):
        return
    for node, called in calls(tree):
        if last(called) in SQL_CALLS and any(
            is_glued(text) and not NO_PARAMETERS.match(start(text)) for text in node.args[:1]
        ):
            yield f"{node.lineno}: {called} with a text put together from values; use parameters"


def threads_hold_nothing_of_qt(path: str, tree: ast.Module) -> Iterator[str]:
    """A thread runs a function of a module: a method or a closure would hold its object, and the object its window."""
    if not path.startswith(("workstation/ui/", "workstation/app/")):
        return
    inner = {deep.name for function in functions(tree) for deep in functions(function) if deep is not function}
    for node, called in calls(tree):
        if last(called) == "Thread":
            run = next((word.value for word in node.keywords if word.arg == "target"), None)
        elif last(called) == "submit":
            run = node.args[0]
        else:
            continue
        if not isinstance(run, ast.Name) or run.id in inner:
            yield f"{node.lineno}: a thread may hold nothing of Qt's but a relay; give it a function of the module"


RULES: list[Rule] = [
    sizes,
    imports_at_the_top,
    names_that_say_something,
    clock_is_handed_in,
    no_sleep_in_tests,
    translations_are_whole,
    docstrings,
    only_commands_print,
    no_test_without_claim,
    sql_has_parameters,
    threads_hold_nothing_of_qt,
]


@pytest.mark.parametrize("path", python_files())
def test_file_keeps_the_rules(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text("utf-8"), path)
    broken = [f"{path}:{line}" for rule in RULES for line in rule(path, tree)]
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize("path", python_files() + other_sources())
def test_file_is_short_enough_to_read(path: str) -> None:
    lines = len((ROOT / path).read_text("utf-8").splitlines())
    assert lines <= FILE_LINES, f"{path} has {lines} lines, the limit is {FILE_LINES}"


WRONG: list[tuple[Rule, str, str]] = [
    (sizes, "workstation/x.py", "def f():\n" + "    a = 1\n" * 50),
    (sizes, "workstation/x.py", "class C:\n" + "".join(f"    def f{n}(self): ...\n" for n in range(16))),
    (sizes, "workstation/x.py", "class C:\n    def __init__(self, a, b, c, d, *, e, f, g, h): ..."),
    (imports_at_the_top, "workstation/x.py", "def f():\n    if a:\n        from b import c"),
    (names_that_say_something, "workstation/x.py", "class SyncManager: ..."),
    (names_that_say_something, "workstation/x.py", "class DataRow: ..."),
    (clock_is_handed_in, "workstation/x.py", "a = field(default_factory=datetime.datetime.now)"),
    (clock_is_handed_in, "workstation/x.py", "time.time()"),
    (clock_is_handed_in, "workstation/x.py", "from time import time"),
    (no_sleep_in_tests, "tests/x.py", "time.sleep(1)"),
    (no_sleep_in_tests, "tests/x.py", "sleep(1)"),
    (translations_are_whole, "workstation/x.py", "_(f'{n} rows')"),
    (translations_are_whole, "workstation/x.py", "_('{n} rows'.format(n=3))"),
    (translations_are_whole, "workstation/x.py", "language.ngettext('one', f'{n} rows', n)"),
    (translations_are_whole, "workstation/x.py", "_('rows: ' + name)"),
    (docstrings, "workstation/x.py", "a = 1"),
    (docstrings, "workstation/services/x.py", "'''For this.'''\nclass C:\n    '''It.'''\n    def f(self): ..."),
    (only_commands_print, "workstation/x.py", "print(1)"),
    (no_test_without_claim, "tests/x.py", "def test_it():\n    work()"),
    (sql_has_parameters, "workstation/x.py", "session.execute(f'select {name}')"),
    (sql_has_parameters, "workstation/x.py", "session.execute(text('select %s' % name))"),
    (sql_has_parameters, "workstation/x.py", "c.execute('select ' + name)"),
    (threads_hold_nothing_of_qt, "workstation/ui/x.py", "Thread(target=self._run)"),
    (threads_hold_nothing_of_qt, "workstation/ui/x.py", "pool.submit(lambda: show(self))"),
    (threads_hold_nothing_of_qt, "workstation/app/x.py", "def f():\n    def run(): ...\n    Thread(target=run)"),
]
RIGHT: list[tuple[Rule, str, str]] = [
    (names_that_say_something, "workstation/x.py", "class Database: ...\nclass Base: ...\nclass Baseline: ..."),
    (clock_is_handed_in, "workstation/x.py", "clock.now()\ntime.monotonic()\nentry.time"),
    (translations_are_whole, "workstation/x.py", "_('{n} rows').format(n=3)\nngettext('one', 'many', n)\n_(LABELS[x])"),
    (docstrings, "workstation/services/x.py", "'''For this.'''\ndef _own(): ..."),
    (no_test_without_claim, "tests/x.py", "def test_it():\n    with pytest.raises(Refused):\n        work()"),
    (
        sql_has_parameters,
        "workstation/x.py",
        "c.execute(f'pragma user_version = {n}')\nc.execute('drop table ' + name)",
    ),
    (sql_has_parameters, "workstation/x.py", "session.execute(text('select :name'), {'name': f'{a}%'})"),
    (threads_hold_nothing_of_qt, "workstation/ui/x.py", "def run(): ...\nThread(target=run)\npool.submit(run, 1)"),
]


@pytest.mark.parametrize(("rule", "path", "source"), WRONG)
def test_rule_finds_what_is_wrong(rule: Rule, path: str, source: str) -> None:
    assert list(rule(path, ast.parse(source)))


@pytest.mark.parametrize(("rule", "path", "source"), RIGHT)
def test_rule_lets_pass_what_is_right(rule: Rule, path: str, source: str) -> None:
    assert not list(rule(path, ast.parse(source)))
