"""The part of style sheets that decides whether text is seen.

Understood are rules by tag, class and id, with descendants and children, their order and weight,
`@media` for a screen, and inline styles. Sheets on other servers are not loaded, and selectors of
other kinds (`:hover`, `[data-x]`) are passed over.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, NamedTuple

_PROPERTIES = (
    "display visibility opacity color background background-color background-image "
    "background-clip -webkit-background-clip font font-size position left right top bottom "
    "text-indent margin-left margin-top clip clip-path width height max-width max-height overflow "
    "overflow-x overflow-y transform scale filter content-visibility"
)
PROPERTIES = frozenset(re.findall(r"\S+", _PROPERTIES))
# Rules that are kept, and steps of matching: beyond these a page is made to be slow.
MOST_RULES = 20_000
MOST_STEPS = 2_000_000
SCREEN_WIDTH = 1280
# Read from left to right, because each can hold what looks like the start of another; none needs
# an end, so that a sheet of openings is not searched again and again.
_OPAQUE = re.compile(
    r"/\*.*?(?:\*/|\Z)|<!--|-->"
    r"|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?"
    r"|url\((?!\s*[\"'])[^)]*\)?",
    re.DOTALL | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_BRACE = re.compile(r"[{};]")
_STEP = re.compile(r"\s*(>|\s)\s*")
_COMPOUND = re.compile(r"([\w-]+|\*)?((?:[.#](?:[\w-]|[^\x00-\x7f]|\\.)+)*)")
_PART = re.compile(r"([.#])((?:[\w-]|[^\x00-\x7f]|\\.)+)")
_WIDTH = re.compile(r"(min|max)-width\s*:\s*([\d.]+)(px|r?em)")
_ELSEWHERE = re.compile(
    r"\b(print|speech|not|dark|reduce|portrait)\b|forced-colors|prefers-contrast"
)


class TangledStyles(ValueError):
    """Say that a page's styles are too many to tell what it shows."""


class Declaration(NamedTuple):
    """One property with its value."""

    name: str
    value: str
    important: bool


class Compound(NamedTuple):
    """What one element must be: a tag, an id, and classes; empty parts are free."""

    tag: str
    id: str
    classes: frozenset[str]

    def fits(self, element: Element) -> bool:
        """Tell whether an element is what is asked for."""
        return (
            (not self.tag or self.tag == element.tag)
            and (not self.id or self.id == element.id)
            and self.classes <= element.classes
        )


class Element(NamedTuple):
    """What selectors see of an element."""

    tag: str
    id: str
    classes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector with what it declares.

    Args:
        subject: The element that it is about.
        above: What must stand above, the nearest first, and whether directly above.
        weight: Its specificity, and its place among all rules.
        declared: Its declarations.
    """

    subject: Compound
    above: Sequence[tuple[bool, Compound]]
    weight: tuple[int, int, int, int]
    declared: Sequence[Declaration]


def element_of(node: Any) -> Element:
    """Return what selectors see of a node of lxml."""
    classes = frozenset(node.get("class", "").lower().split())
    return Element(str(node.tag).lower(), node.get("id", "").strip().lower(), classes)


class Styles:
    """The rules of a page.

    Args:
        sheet: The text of all its style elements.

    Raises:
        TangledStyles: There are too many.
    """

    def __init__(self, sheet: str) -> None:
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        self._steps = 0
        order = count()
        for selectors, block in _blocks(_OPAQUE.sub(_emptied, sheet)):
            if not (declared := declarations(block)):
                continue
            for selector in selectors.split(","):
                if rule := _rule(selector, declared, place := next(order)):
                    self._rules[_key(rule.subject)].append(rule)
                if place > MOST_RULES:
                    raise TangledStyles

    def of(
        self, path: Sequence[Element], hints: Sequence[Declaration], inline: str
    ) -> dict[str, str]:
        """Return what is declared for an element, each property with the value that wins.

        Args:
            path: The element and all above it, the outermost first.
            hints: What its attributes say, such as `bgcolor`; it yields to all else.
            inline: Its style attribute.

        Raises:
            TangledStyles: Matching takes too long.
        """
        element = path[-1]
        keys = ("", element.tag, f"#{element.id}", *(f".{name}" for name in element.classes))
        found = [
            rule
            for key in keys
            for rule in self._rules.get(key, ())
            if rule.subject.fits(element) and self._stands(rule, path)
        ]
        self._steps += sum(len(self._rules.get(key, ())) for key in keys) + 1
        if self._steps > MOST_STEPS:
            raise TangledStyles
        found.sort(key=lambda rule: rule.weight)
        all_of = [*hints, *(each for rule in found for each in rule.declared)]
        all_of += declarations(inline) if inline else ()
        won: dict[str, Declaration] = {}
        for each in all_of:
            if each.important or each.name not in won or not won[each.name].important:
                won.pop(each.name, None)  # so that the order is that of the last word
                won[each.name] = each
        return {name: each.value for name, each in won.items()}

    def _stands(self, rule: Rule, path: Sequence[Element]) -> bool:
        """Tell whether what a rule wants above an element is there."""
        at = len(path) - 2
        for directly, wanted in rule.above:
            self._steps += 1
            while at >= 0 and not wanted.fits(path[at]):
                if directly:
                    return False
                at -= 1
                self._steps += 1
            if at < 0:
                return False
            at -= 1
        return True


def declarations(block: str) -> list[Declaration]:
    """Read the declarations of a block or a style attribute that decide what is seen."""
    block = _unescaped(_OPAQUE.sub(_emptied, block))
    found = []
    for line in block.lower().split(";"):
        name, colon, value = line.partition(":")
        if colon and (name := name.strip()) in PROPERTIES:
            value, mark, _ = value.partition("!")
            found.append(Declaration(name, value.strip(), bool(mark)))
    return found


def _emptied(found: re.Match[str]) -> str:
    """Return what stands for a comment, a string or an address."""
    start = found[0][:1].lower()
    return "url()" if start == "u" else '""' if start in "\"'" else " "


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text

    def plain(found: re.Match[str]) -> str:
        code = int(found[1], 16) if found[1] else 0
        return found[2] or (chr(code) if 0 < code < 0x110000 else "\ufffd")

    return _ESCAPE.sub(plain, text)


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield each selector list with its block, those in `@media` for a screen too."""
    start, skipped = 0, 0  # skipped: how deep within a block that does not concern us
    opened: list[str] = []
    for brace in _BRACE.finditer(sheet):
        text = sheet[start : brace.start()].strip()
        if brace[0] == ";":
            if not opened or opened[-1].startswith("@"):
                start = brace.end()  # @import and its like
            continue
        start = brace.end()
        if brace[0] == "{":
            opened.append(text)
            skipped += bool(skipped) or not _concerns(text)
        elif opened:
            selectors = opened.pop()
            if not skipped and not selectors.startswith("@"):
                yield selectors, text
            skipped -= bool(skipped)
    if opened and not skipped and not opened[-1].startswith("@"):
        yield opened[-1], sheet[start:]  # the end closes what is open


def _concerns(prelude: str) -> bool:
    """Tell whether the rules in a block count for somebody who reads at a screen."""
    if not prelude.startswith("@"):
        return True
    name, _, query = prelude[1:].lower().partition(" ")
    name, paren, rest = name.partition("(")
    if name != "media":
        return name in ("layer", "supports", "container", "scope")
    query = f"{paren}{rest} {query}"
    if _ELSEWHERE.search(query):
        return False
    return all(
        (float(size or 0) * (1 if unit == "px" else 16) <= SCREEN_WIDTH) == (bound == "min")
        for bound, size, unit in _WIDTH.findall(query)
        if size.count(".") <= 1 and size != "."
    )


def _rule(selector: str, declared: Sequence[Declaration], place: int) -> Rule | None:
    """Read a selector, or return None where it is of a kind that is passed over."""
    pieces = _STEP.split(selector.strip().lower())
    compounds = []
    for piece in pieces[::2]:
        found = _COMPOUND.fullmatch(piece)
        if not piece or not found:
            return None
        parts = _PART.findall(found[2])
        ids = [_unescaped(name) for mark, name in parts if mark == "#"]
        classes = frozenset(_unescaped(name) for mark, name in parts if mark == ".")
        tag = "" if found[1] in (None, "*") else found[1]
        compounds.append(Compound(tag, ids[-1] if ids else "", classes))
    weight = (
        sum(bool(each.id) for each in compounds),
        sum(len(each.classes) for each in compounds),
        sum(bool(each.tag) for each in compounds),
        place,
    )
    joints = [mark == ">" for mark in pieces[1::2]]
    above = list(zip(joints, compounds, strict=False))[::-1]
    return Rule(compounds[-1], above, weight, declared)


def _key(subject: Compound) -> str:
    """Return the word by which a rule is found: an id, a class, a tag, or nothing."""
    if subject.id:
        return f"#{subject.id}"
    return f".{min(subject.classes)}" if subject.classes else subject.tag
