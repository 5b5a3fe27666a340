"""Rules of the house that a machine can keep: pages without inline code, every sentence translatable, imports that go down only,
and nothing of the machine it was written on."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("inspection", "rounds", "petitions", "rectification")
CHINESE = re.compile(r"[\u3400-\u9fff]")
GETTEXT = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "npgettext",
    "npgettext_lazy",
    "pgettext",
    "pgettext_lazy",
}

# Chinese that is data and no sentence of the interface: where (the beginning of a path), what (the whole string), why.
ANYTHING = r"(?s).*"
DATA = (
    ("inspection/calendar/", ANYTHING, "holidays and rules as the State Council prints them"),
    ("inspection/formats/", ANYTHING, "date formats"),
    ("inspection/documents/", r"[零一二三四五六七八九十年月日]+", "numerals and dates of official papers"),
    ("inspection/documents/", r"仿宋_GB2312|方正小标宋简体|黑体|宋体|楷体", "names of fonts"),
    ("inspection/reports/kinds.py", r"[年月日至]", "dates of Chinese report titles; English ones are written beside them"),
    ("inspection/settings.py", r"着落 Zhuoluo API", "the program's name"),
    ("petitions/importing/", r"[\u3400-\u9fff/]{1,8}", "headings and words that sheets are read by"),
    ("rectification/benchmark/", ANYTHING, "invented petitions, and the names in them"),
    ("rectification/demo/", ANYTHING, "published facts of real rounds, and invented cases"),
    ("rectification/", r"巡-|组-|号", "the printed number of a working paper"),
    ("rounds/importing.py", r"[\u3400-\u9fff]{1,8}", "headings and words that sheets are read by"),
    ("rounds/management/", ANYTHING, "help that names the headings of a sheet"),
    (
        "rounds/places.py",
        r"特别行政区|自治[区州县旗]|[地林]区|[省市县区旗盟]|.*\[\^省市.*",
        "kinds of places, to shorten names by",
    ),
    ("templates/parts/language.html", r".*切换为中文.*", "a language offers itself in its own words"),
)


def data(path: Path, text: str) -> bool:
    """Whether this Chinese, in this file, is data."""
    return any(name(path).startswith(where) and re.fullmatch(what, text) for where, what, _why in DATA)


def tracked(*patterns: str) -> list[Path]:
    """Files of the project as git knows them, new ones included, ignored ones not."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def name(path: Path) -> str:
    """The path as a person would say it."""
    return path.relative_to(ROOT).as_posix()


TEMPLATES = tracked("*.html")
SOURCES = [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in FLOORS and "migrations" not in path.parts]
SCRIPTS = tracked("static/js/*.js")


def broken(paths: list[Path], look) -> dict[str, list]:
    """{file: what `look(path, text)` finds in it}, of the files where it finds something. One test for all files of a rule: a
    test for each would take longer to hand out than to run.
    """
    assert paths, "a rule about no file at all"
    found = {name(path): look(path, path.read_text("utf-8")) for path in paths}
    return {where: what for where, what in found.items() if what}


# Pages ------------------------------------------------------------------------------------------------------------------

INLINE = re.compile(
    r"""<style[\s>]|\sstyle\s*=|\son[a-z]+\s*=\s*["']|\shx-on[:\w-]*\s*=|javascript:|<script(?![^>]*\bsrc\s*=)[^>]*>""", re.I
)
DATA_SCRIPT = re.compile(r"""<script[^>]*type\s*=\s*["']application/json["'][^>]*>""", re.I)
FROM_OUTSIDE = re.compile(r"""(?:src|href|action|poster)\s*=\s*["'](?:https?:)?//""", re.I)
PRINTED = ("templates/documents/",)  # read by WeasyPrint, never sent to a browser


def inline_code(text: str) -> list[str]:
    """Inline script and style, which the content security policy of the pages forbids."""
    return [found.group().strip() for found in INLINE.finditer(DATA_SCRIPT.sub("", text))]


def test_no_page_holds_inline_code_or_asks_another_host():
    pages = [path for path in TEMPLATES if not name(path).startswith(PRINTED)]
    assert broken(pages, lambda path, text: inline_code(text) + FROM_OUTSIDE.findall(text)) == {}


@pytest.mark.parametrize(
    "text",
    [
        '<p style="color:red">',
        "<a onclick='go()'>",
        "<script>go()</script>",
        '<a href="javascript:go()">',
        '<button hx-on:click="go()">',
        "<style>p{}</style>",
    ],
)
def test_the_search_for_inline_code_finds_it(text):
    assert inline_code(text)


def test_the_search_for_inline_code_lets_files_and_data_through():
    assert not inline_code(
        '<script src="/static/js/app.js" defer></script>{{ rows|json_script:"rows" }}<p class="on">a = "b"</p>'
    )


# Sentences --------------------------------------------------------------------------------------------------------------


def chinese_outside_gettext(template: str) -> list[str]:
    """Chinese of a template that no translator will ever see."""
    found, inside = [], ""
    for token in Lexer(template).tokenize():
        word = token.contents.split()[0] if token.token_type == TokenType.BLOCK and token.contents.split() else ""
        if inside:
            inside = "" if word == f"end{inside}" else inside
        elif word in ("blocktrans", "blocktranslate", "comment"):
            inside = word
        elif token.token_type == TokenType.COMMENT or word in ("trans", "translate"):
            continue
        else:
            text = re.sub(r"""_\((["']).*?\1\)""", "", token.contents)
            found += [line.strip() for line in text.splitlines() if CHINESE.search(line)]
    return found


def test_every_sentence_of_a_template_can_be_translated():
    def bare(path, text):
        return [line for line in chinese_outside_gettext(text) if not data(path, line)]

    assert broken(TEMPLATES, bare) == {}


@pytest.mark.parametrize(
    ("template", "count"),
    [
        ("<p>转办</p>", 1),
        ("{{ unit|default:'无' }}", 1),
        ("{% include 'x.html' with title='转办' %}", 1),
        ("{% trans '转办' %}{% blocktrans %}已转办 {{ n }} 件{% endblocktrans %}{# 说明 #}", 0),
        ("{{ unit|default:_('无') }}{% include 'x.html' with title=_('转办') %}", 0),
        ("{% comment %}说明{% endcomment %}", 0),
        ("{% blocktrans %}甲{% endblocktrans %}乙", 1),
    ],
)
def test_the_search_for_bare_sentences_in_templates(template, count):
    assert len(chinese_outside_gettext(template)) == count


def bare_chinese(source: str) -> list[tuple[int, str]]:
    """(line, text) of Chinese strings of a Python source that are no docstrings, arguments of gettext, or patterns."""
    tree = ast.parse(source)
    spared = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            spared.add(node.value)
        if isinstance(node, ast.Call) and _called(node) in GETTEXT:
            spared.update(node.args)  # not what is inside: an f-string is no msgid
        if isinstance(node, ast.Call) and _is_pattern(node):
            spared.update(inner for argument in node.args for inner in ast.walk(argument))
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return [(node.lineno, node.value) for node in strings if node not in spared and CHINESE.search(node.value)]


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _is_pattern(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "re"


def test_every_sentence_of_a_source_can_be_translated():
    def bare(path, text):
        return [(line, said) for line, said in bare_chinese(text) if not data(path, said)]

    assert broken(SOURCES, bare) == {}


def test_the_search_for_bare_sentences_in_sources():
    assert bare_chinese('def f():\n    """说明"""\n    return _("转办") + gettext("甲 %s") % x + pgettext("动词", "转办")') == []
    assert bare_chinese('re.sub("（[^）]*转）", "", x)') == []
    assert bare_chinese('_(f"转办 {n} 件")') == [(1, "转办 "), (1, " 件")]
    assert bare_chinese('a = "转办"\nb = f"{n} 件"\nc = _("甲").join(["、"])') == [(1, "转办"), (2, " 件")]


def test_scripts_take_their_sentences_from_the_page():
    def bare(path, text):
        code = re.sub(r"/\*.*?\*/|(?m:(?<!:)//.*$)", "", text, flags=re.S)
        return [line.strip() for line in code.splitlines() if CHINESE.search(line)]

    assert broken(SCRIPTS, bare) == {}


# The stair --------------------------------------------------------------------------------------------------------------


# As script/test calls it: the command itself breaks when the folder is moved.
CONTRACTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def test_imports_go_down_only():
    """The contracts of pyproject.toml; they see imports inside functions too. In a process of its own: it loads no Django."""
    done = subprocess.run([sys.executable, "-c", CONTRACTS], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_room_is_called_for_what_it_is_not():
    """A shared thing gets a named module on the lowest floor that can own it."""
    barrels = {"utils", "util", "common", "helpers", "core", "services", "misc"}
    assert [name(path) for path in SOURCES if barrels & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}] == []


# The project speaks of itself alone -------------------------------------------------------------------------------------

# Put together here, so that this file does not hold what it looks for.
ELSEWHERE = [
    re.compile(pattern)
    for pattern in (
        r"(?<![\w.])/" + r"work/",
        r"(?<![\w.])/" + r"root/",
        r"(?<![\w.])/home/" + r"[a-z]",
        r"\.\./" + r"shared",
        r"files\.python" + r"hosted",
        r"pypi\." + r"org",
        r"registry\.npm" + r"js",
        r"deb\.debian\." + r"org",
    )
]


BINARY = {".png", ".jpg", ".ico", ".woff2", ".xlsx", ".docx", ".pdf", ".eml"}


def test_no_file_names_a_machine_or_a_registry():
    def elsewhere(path, text):
        return [found.group() for pattern in ELSEWHERE for found in pattern.finditer(text)]

    assert broken([path for path in tracked() if path.suffix not in BINARY], elsewhere) == {}


# Shell scripts ----------------------------------------------------------------------------------------------------------


SHELL = [path for path in tracked("script/*", ".ci/*") if path.read_bytes().startswith((b"#!/usr/bin/env bash", b"# shellcheck"))]


@pytest.mark.parametrize("path", SHELL, ids=name)
def test_shell_scripts_can_be_read_by_bash(path):
    done = subprocess.run([shutil.which("bash"), "-n", path], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
