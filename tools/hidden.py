"""Text that a page carries but nobody sees: it is dropped before anything reads it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tools.colours import BLACK, CLEAR, FAINT, LINK, WHITE, Colour, colour
from tools.styles import Declaration, Element, Styles, element_of

# Text of this height in pixels is a line to the eye.
TINY = 3.0
# What lies this many pixels beside the page is not on it.
FAR = 500.0
_TAGS = "\U000e0000"
_FLAGS = "|".join(
    "\U0001f3f4" + "".join(chr(ord(_TAGS) + ord(letter)) for letter in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
# Default_Ignorable_Code_Point of Unicode, and the marks of interlinear annotation.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"{_FLAGS}|[{_IGNORABLE}]")
# Scripts that write with joiners: Arabic to Mandaic, the Indic ones, Myanmar, Khmer, Mongolian.
_JOINING = re.compile(
    "[\u0620-\u08ff\u0900-\u0dff\u0f00-\u0fff\u1000-\u109f\u1780-\u18af\u1a20-\u1bff\ua840-\ua87f"
    "\ua8e0-\ua8ff\ua980-\ua9df\uaa00-\uaa7f\U00011000-\U000114ff]"
)
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|pt|pc|cm|mm|in|q|r?em|ex|ch|vw|vh|%)?")
_PIXELS = {
    "": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "cm": 37.8, "mm": 3.78, "in": 96.0, "q": 0.945,
    "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "vw": 12.8, "vh": 7.2,
}  # fmt: skip
_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0,
    "x-large": 24.0, "xx-large": 32.0, "initial": 16.0,
}  # fmt: skip
_FONT = re.compile(r"(?:^|\s)((?:\d+\.?\d*|\.\d+)(?:px|pt|pc|cm|mm|in|r?em|%)?)(?:\s|/|$)")
_MOVED = re.compile(r"translate(?:x|y|3d)?\(([^()]*)\)")
_SHRUNK = re.compile(r"scale(?:x|y|3d)?\(\s*(?:[^(),]*,)?\s*0*\.?0*\s*[,)]")
_SIDES = ("left", "right", "top", "bottom", "text-indent", "margin-left", "margin-top")
_NEVER = frozenset(
    ("template", "script", "style", "svg", "noscript", "noembed", "noframes", "iframe", "canvas",
     "audio", "video", "datalist")
)  # fmt: skip
_PAGE = frozenset(("html", "body"))


def visible(text: str) -> str:
    """Strip the characters of a text that nobody sees.

    Joiners and variation selectors stay where a script or an emoji needs them.
    """
    return text if text.isascii() else _INVISIBLE.sub(_kept, text)


def _kept(found: re.Match[str]) -> str:
    """Return what stays of an invisible character: itself where its neighbours need it."""
    mark = found[0]
    if len(mark) > 1:  # the flag of a country's part
        return mark
    text, at = found.string, found.start()
    before = text[at - 1] if at else ""
    after = text[at + 1] if at + 1 < len(text) else ""
    if mark in "\u200c\u200d" and before and _JOINING.match(before):
        return mark
    if mark == "\u200d":
        joined = before == "\ufe0f" or _pictured(before)
        return mark if joined and _pictured(after) else ""
    if "\u180b" <= mark <= "\u180f":
        return mark if "\u1820" <= before <= "\u18af" else ""
    return mark if before and _varies(before, mark) else ""


def _pictured(letter: str) -> bool:
    """Tell whether a character can be part of an emoji."""
    return bool(letter) and (
        unicodedata.category(letter) in ("So", "Sm") or "\U0001f3fb" <= letter <= "\U0001f3ff"
    )


def _varies(letter: str, mark: str) -> bool:
    """Tell whether a variation selector can follow a character."""
    if _IDEOGRAPH.match(letter):
        return "\ufe00" <= mark <= "\ufe02" or "\U000e0100" <= mark <= "\U000e01ef"
    if mark in "\ufe0e\ufe0f":
        return _pictured(letter) or letter in "0123456789#*‼⁉〰〽"
    return mark == "\ufe00" and ("\u1000" <= letter <= "\u109f" or _pictured(letter))


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks at one place of a page.

    Args:
        ink: Its colour; None where that is not known.
        paper: The colour behind it; None where that is a picture or not known.
        size: The height of its letters in pixels.
        shown: Whether it is not made invisible.
    """

    ink: Colour | None = BLACK
    paper: Colour | None = WHITE
    size: float = 16.0
    shown: bool = True

    def unseen(self) -> bool:
        """Tell whether text that looks like this is not seen."""
        if not self.shown or self.size <= TINY:
            return True
        if self.ink is None:
            return False
        if self.ink.alpha < FAINT:
            return True
        return self.paper is not None and self.ink.over(self.paper).like(self.paper)


def drop_hidden(root: Any, sheet: str) -> None:
    """Remove from a page of lxml what a reader at a screen does not see.

    A colour is judged by what is behind it according to the page itself; where the page says
    nothing, that is white.

    Args:
        root: The root element; it is changed.
        sheet: The text of the page's style elements.

    Raises:
        TangledStyles: The page's styles are too many to tell.
    """
    styles = Styles(sheet)
    gone: list[Any] = []
    blank: list[Any] = []
    waiting: list[tuple[Any, tuple[Element, ...], Look]] = [(root, (), Look())]
    while waiting:
        node, above, look = waiting.pop()
        if not isinstance(node.tag, str):
            continue
        path = (*above, element_of(node))
        tag = path[-1].tag
        style = styles.of(path, tuple(_hints(node, tag)), node.get("style") or "")
        if tag in _NEVER or (tag not in _PAGE and _removed(node, tag, style)):
            gone.append(node)
            continue
        look = _look(look, tag, node, style)
        if look.unseen():
            blank.append(node)
        waiting.extend((child, path, look) for child in node)
    for node in blank:
        node.text = None
        for child in node:
            child.tail = None
    for node in gone:
        if node.getparent() is not None:
            node.drop_tree()


def _hints(node: Any, tag: str) -> Iterator[Declaration]:
    """Yield what the attributes of older pages say about looks."""
    if ground := node.get("bgcolor"):
        yield Declaration("background-color", _older(ground), False)
    if node.get("background"):
        yield Declaration("background-image", "url()", False)
    ink = node.get("color") if tag in ("font", "basefont") else None
    if ink := ink or (node.get("text") if tag == "body" else None):
        yield Declaration("color", _older(ink), False)


def _older(text: str) -> str:
    """Return a colour of an attribute as a style sheet would write it."""
    text = text.strip().lower()
    return f"#{text}" if re.fullmatch(r"[0-9a-f]{3}|[0-9a-f]{6}", text) else text


def _removed(node: Any, tag: str, style: Mapping[str, str]) -> bool:
    """Tell whether an element with all that is in it is not on the page."""
    return (
        ("hidden" in node.attrib and style.get("display", "none") == "none")
        or node.get("aria-hidden", "").strip().lower() == "true"
        or (tag == "dialog" and "open" not in node.attrib)
        or style.get("display") == "none"
        or style.get("content-visibility") == "hidden"
        or _number(style.get("opacity", ""), 1.0) < FAINT
        or "opacity(0" in style.get("filter", "").replace(" ", "").replace("(0.", "(.")
        or _beside(style)
        or _clipped(style)
    )


def _beside(style: Mapping[str, str]) -> bool:
    """Tell whether an element is moved off the page, or shrunk to nothing."""
    if any(_pixels(style[side]) <= -FAR for side in _SIDES if side in style):
        return True
    if _pixels(style.get("left", "")) >= 4 * FAR:
        return True
    moves = _MOVED.findall(style.get("transform", ""))
    return (
        any(abs(_pixels(part)) >= FAR for move in moves for part in move.split(","))
        or bool(_SHRUNK.search(style.get("transform", "")))
        or style.get("scale") in ("0", "0%")
    )


def _clipped(style: Mapping[str, str]) -> bool:
    """Tell whether an element is cut down to nothing."""
    if clip := style.get("clip", "").strip():
        sides = [float(number) for number, _ in _LENGTH.findall(clip.partition("(")[2])]
        if len(sides) == 4 and (sides[2] - sides[0] <= 1 or sides[1] - sides[3] <= 1):
            return True
    path = style.get("clip-path", "").replace(" ", "")
    if path.startswith(("inset(50%", "inset(100%", "circle(0", "ellipse(0", "polygon(00")):
        return True
    if not any("hidden" in style.get(name, "") or "clip" in style.get(name, "") for name in
               ("overflow", "overflow-x", "overflow-y")):  # fmt: skip
        return False
    sizes = ("width", "height", "max-width", "max-height")
    return any(name in style and _pixels(style[name], 100.0) <= 1.0 for name in sizes)


def _look(look: Look, tag: str, node: Any, style: Mapping[str, str]) -> Look:
    """Return how text looks in an element, after how it looks around it."""
    if tag == "a" and "href" in node.attrib:
        look = replace(look, ink=LINK)
    if "color" in style and style["color"] not in ("inherit", "currentcolor", "unset"):
        look = replace(look, ink=colour(style["color"]))
    paper = _paper(look.paper, style)
    if "text" in style.get("background-clip", style.get("-webkit-background-clip", "")):
        look = replace(look, ink=None)  # the ground shines through the letters
    shown = {"hidden": False, "collapse": False, "visible": True}.get(
        style.get("visibility", ""), look.shown
    )
    if tag in _PAGE:
        shown = True
    return Look(look.ink, paper, _size(look.size, style), shown)


def _paper(paper: Colour | None, style: Mapping[str, str]) -> Colour | None:
    """Return the colour behind an element's text, or None where it is not known."""
    for name, value in style.items():
        if name == "background-image" and value not in ("none", "initial", "unset", ""):
            return None
        if name not in ("background", "background-color"):
            continue
        if "url(" in value or "gradient(" in value or "var(" in value:
            return None
        found = [each for word in _words(value) if (each := colour(word)) is not None]
        ground = found[-1] if found else CLEAR
        if ground.alpha >= 1:
            paper = ground
        elif ground.alpha > 0:
            paper = ground.over(paper) if paper is not None else None
        elif not found and name == "background-color" and value not in _NOTHING:
            return None  # a colour of a kind that is not known
    return paper


_NOTHING = frozenset(("", "none", "inherit", "initial", "unset", "revert", "transparent"))


def _words(value: str) -> list[str]:
    """Return the words of a value, functions whole."""
    return re.findall(r"[\w#%.-]+(?:\([^()]*\))?", value)


def _size(size: float, style: Mapping[str, str]) -> float:
    """Return the height of letters in pixels."""
    for name, value in style.items():
        if name == "font" and (found := _FONT.search(value)):
            value = found[1]
        elif name != "font-size":
            continue
        if value in _SIZES:
            size = _SIZES[value]
        elif value in ("smaller", "larger"):
            size *= 0.83 if value == "smaller" else 1.2
        elif length := _LENGTH.fullmatch(value):
            number, unit = float(length[1]), length[2]
            relative = {"em": size, "%": size / 100, "ex": size / 2, "ch": size / 2}
            size = number * relative.get(unit, _PIXELS.get(unit or "", 1.0))
    return size


def _pixels(value: str, default: float = 0.0) -> float:
    """Return a length in pixels; a share of an unknown whole is the default, but 0 % is 0."""
    found = _LENGTH.fullmatch(value.strip())
    if not found:
        return default
    number, unit = float(found[1]), found[2] or ""
    if unit == "%":
        return 0.0 if number == 0 else number * 12.8 if abs(number) >= 100 else default
    return number * _PIXELS[unit]


def _number(value: str, default: float) -> float:
    found = _LENGTH.fullmatch(value.strip())
    if not found or found[2] not in (None, "", "%"):
        return default
    return float(found[1]) / (100 if found[2] == "%" else 1)
