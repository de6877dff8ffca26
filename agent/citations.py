"""Put the marks of an answer right while it streams: [1] stands for the first source."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agent.attribution import Checker, Citation, Verdict
from agent.claims import fold
from agent.conflicts import Conflict, conflicts
from agent.languages import guess_language
from tools.passages import segments

__all__ = ["Checker", "Citation", "Citer", "Conflict", "Verdict", "conflicts"]

_WORDS = ("source", "sources", "quelle", "quellen", "fuente", "fuentes", "ref", "refs")
_LIST = r"\^?[1-9]\d?(?:\s*(?:[,;&–-]|and|und|y|et)\s*\^?[1-9]\d?)*"
_NAMED = rf"(?:{'|'.join(_WORDS)})\.?\s*#?{_LIST}"
_MARK = rf"(?:\[(?:{_NAMED}|{_LIST})\](?!\()|【(?:{_NAMED}|{_LIST})[^】\d]*】|\({_NAMED}\))"
_ONE = re.compile(_MARK, re.I)
_PARTIAL = re.compile(
    r"[\[【(]\s*([a-z]*)([\s\d,;&^#.–-]*(?:and|an|a|und|un|u|y|et|e)?\s*[\])】]?)", re.I
)
_END = re.compile(
    rf"(?P<punct>[.!?…]+|[。！？])(?P<close>[\"'”’»)*_]*)"
    rf"(?P<marks>(?:[ \t]*{_MARK}(?:[ \t]*[,;][ \t]*(?=\[))?)*)(?P<space>[ \t]*)(?P<next>\S|\n|$)",
    re.I,
)
_BETWEEN = re.compile(r"[,;][ \t]*")
_PLAIN = re.compile(r"[^\s\[【(.!?…。！？`|]+")
_SPACE = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINE = re.compile(
    r"[ \t]*(?:(?P<fence>`{3,}|~{3,})|(?P<head>#{1,6}\s)|(?P<row>\|)"
    r"|(?P<item>[-*+•]\s+|\d{1,3}[.)]\s+|>\s*))"
)
_LINE_PARTIAL = re.compile(r"[ \t]*(?:`{1,3}|~{1,3}|#{1,6}|[-*+•]\s*|\d{1,3}[.)]?\s*|>\s*)?")
_ROW_END = re.compile(r"[ \t]*\|[ \t]*(?=\n|$)")
_LEADS = re.compile(
    r"(?:^|\b(?:to|in|by|from|of|see|per|with|source|laut|in|nach|segun|en|selon|dans|d'apres))$"
)
_ORDINAL = re.compile(r"\b(?:am|dem|vom|bis|der|den|seit|im|zum|die|das) \d{1,2}$", re.I)
_MOST_HELD = 48


@dataclass(slots=True)
class _Sentence:
    text: str = ""
    given: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)


class Citer:
    """Gives an answer back with its marks put right; everything else comes out as it went in.

    Marks are written in one form, before the last punctuation of their sentence. What may be a
    mark or the end of a sentence is held back until it is known to be one; code is left alone.

    Args:
        checker: Checks the sentences.
        question: What the user asked.
    """

    def __init__(self, checker: Checker, question: str) -> None:
        self._checker = checker
        self._question = " ".join(question.split())
        self._language = guess_language(question)
        self._rest = ""
        self._now = _Sentence()
        self._before = ""
        self._mode = ""
        self._fence = ""
        self._begins = True
        self._rows = 0
        self._after_mark = False
        self.citations: list[Citation] = []

    def feed(self, text: str) -> str:
        """Take a piece, and return what can be shown by now."""
        self._rest += text
        return self._take(final=False)

    def finish(self) -> str:
        """Return what was held back."""
        return self._take(final=True) + self._close("")

    def _take(self, *, final: bool) -> str:
        shown: list[str] = []
        while self._rest:
            length = len(self._rest)
            piece = self._step(final)
            shown.append(piece)
            if len(self._rest) == length:
                break
        return "".join(shown)

    def _step(self, final: bool) -> str:
        """Take the next piece off what is held; take nothing where it is not known yet."""
        if self._begins:
            return self._line(final)
        if self._mode in ("code", "whole"):
            return self._verbatim()
        rest = self._rest
        if self._after_mark and self._between(final):
            return ""
        if rest[0] == "\n":
            return self._newline(final)
        if found := _SPACE.match(rest):
            return self._space(found.end(), final)
        if rest[0] in "[【(":
            return self._mark("", final)
        if rest[0] == "`":
            return self._code(final)
        if self._mode == "row" and rest[0] == "|":
            return self._cell(final)
        if self._mode != "row" and rest[0] in ".!?…。！？":
            return self._punctuation(final)
        found = _PLAIN.match(rest)
        return self._say(found.end() if found else 1)

    def _line(self, final: bool) -> str:
        """Look at how a line begins."""
        rest = self._rest
        if self._mode == "code":
            held = rest.lstrip(" \t")
            if (
                not final
                and "\n" not in rest
                and self._fence.startswith(held[:3])
                and (len(held) < len(self._fence))
            ):
                return ""
            self._begins = False
            if held.startswith(self._fence):
                self._mode = "whole"
            return "" if not rest else self._verbatim()
        if not final and _LINE_PARTIAL.fullmatch(rest):
            return ""
        self._begins = False
        found = _LINE.match(rest)
        if not found:
            return self._prose(final)
        if found["row"] is None:
            self._rows = 0
        return self._marked_line(found)

    def _prose(self, final: bool) -> str:
        """Begin a line of text; one that begins with a mark is an entry in a list of sources."""
        held = self._rest.lstrip(" \t")
        mark = _ONE.match(held)
        if not final and (_may_be_mark(held) or (mark and mark.end() == len(held))):
            self._begins = True
            return ""
        self._rows = 0
        self._mode = "whole" if mark else ""
        return self._step(final)

    def _marked_line(self, found: re.Match[str]) -> str:
        if found["fence"]:
            self._mode, self._fence = "code", found["fence"][:3]
        elif found["head"]:
            self._mode = "whole"
        elif found["row"]:
            self._mode = "row"
            self._rows += 1
        else:
            self._mode = "item"
        return self._cut(found.end())

    def _verbatim(self) -> str:
        end = self._rest.find("\n") + 1
        if not end:
            return self._cut(len(self._rest))
        self._begins = True
        if self._mode == "whole":
            self._mode = ""
        return self._cut(end)

    def _newline(self, final: bool) -> str:
        """End a sentence at the end of its line, unless the line was only wrapped."""
        if len(self._rest) < 2 and not final:
            return ""
        following = self._rest[1:2]
        if self._mode == "" and self._now.text.strip() and following.islower():
            return self._say(1)
        shown = self._close("")
        self._begins = True
        if self._rest[1:2] == "\n":
            self._mode = ""
        return shown + self._cut(1)

    def _space(self, end: int, final: bool) -> str:
        """Hold white space back until it is known that no mark follows."""
        rest = self._rest
        if end == len(rest):
            if not final:
                return ""
            shown = self._close("")
            return shown + self._cut(end)
        if rest[end] == "\n" and self._now.text.strip():
            if end + 1 == len(rest) and not final:
                return ""
            if not (self._mode == "" and rest[end + 1 : end + 2].islower()):
                return self._close("") + self._cut(end)
        if rest[end] in "[【(":
            space = self._cut(end)
            shown = self._mark(space, final)
            if not shown and self._rest == rest[end:]:
                self._rest = rest
            return shown
        if self._mode == "row" and rest[end] == "|":
            return self._cell(final)
        return self._say(end)

    def _mark(self, space: str, final: bool) -> str:
        """Take a mark out, or give back what only looks like one."""
        rest = self._rest
        found = _ONE.match(rest)
        if found and found.end() == len(rest) and not final:
            return ""
        if not found:
            if not final and _may_be_mark(rest):
                return ""
            return self._add(space) + self._say(1)
        numbers = _numbers(found[0])
        text = fold(self._now.text).rstrip()
        within = "://" in text.split(" ")[-1]
        if not space and (within or (not self._checker.sources and text[-1:].isalnum())):
            return self._say(found.end())
        self._cut(found.end())
        self._after_mark = True
        self._now.given += numbers
        if _LEADS.search(text.split("\n")[-1]) and all(map(self._exists, numbers)):
            self._now.kept += numbers
            return f"{self._add(space)}{found[0]}"
        return ""

    def _between(self, final: bool) -> bool:
        """Drop a comma that stands between two marks; say whether there is, or may be, one."""
        gap = _BETWEEN.match(self._rest)
        if gap and _ONE.match(self._rest, gap.end()):
            self._cut(gap.end())
            return True
        self._after_mark = not final and _undecided(self._rest)
        return self._after_mark

    def _code(self, final: bool) -> str:
        """Pass code within a line as it is."""
        ticks = re.match(r"`+", self._rest)
        count = ticks.end() if ticks else 1
        end = self._rest.find("`" * count, count)
        newline = self._rest.find("\n")
        if end < 0 or 0 <= newline < end:
            return self._say(count) if final or newline >= 0 else ""
        if end + count == len(self._rest) and not final:
            return ""
        return self._say(end + count)

    def _cell(self, final: bool) -> str:
        """End a row of a table at its last bar."""
        found = _ROW_END.match(self._rest)
        if found is None:
            end = self._rest.index("|") + 1
            return self._say(end)
        if found.end() == len(self._rest) and not final:
            return ""
        return self._close("") + self._cut(found.end())

    def _punctuation(self, final: bool) -> str:
        """Tell the end of a sentence from a point within it."""
        found = _END.match(self._rest)
        if found is None:
            return self._say(1)
        at = found.start("next")
        rest = self._rest[at:]
        if not final and (not rest or _may_be_mark(rest) or (found["marks"] and _undecided(rest))):
            return ""
        ended = found["punct"] + found["close"]
        if not self._ends(found):
            return self._say(len(ended))
        self._cut(len(ended))
        for mark in _ONE.finditer(found["marks"]):
            self._now.given += _numbers(mark[0])
        self._cut(len(found["marks"]))
        return self._close(ended)

    def _ends(self, found: re.Match[str]) -> bool:
        following = found["next"]
        if following in ("", "\n") or found["punct"] in "。！？":
            return True
        if found["marks"]:
            return (not following.islower() and not following.isdigit()) or bool(
                found["space"] and not following.islower()
            )
        if not found["space"] or following.islower():
            return False
        if following in ",;:":
            return False
        if self._language == "de" and _ORDINAL.search(self._now.text):
            return False
        text = f"{self._now.text.strip()[-200:]}{found['punct']}{found['close']}"
        parts = segments(f"{text} {following}{'a' if following.isalpha() else ''}", self._language)
        return len(parts) > 1 and len(parts[-1].strip()) <= 2

    def _exists(self, number: int) -> bool:
        return 1 <= number <= len(self._checker.sources)

    def _close(self, ended: str) -> str:
        """Check the sentence that has ended, and return its marks and its last punctuation."""
        now, self._now = self._now, _Sentence()
        sentence = (now.text + ended).strip()
        bare = sentence.replace("|", " ").strip()
        if not now.given and (
            not any(map(str.isalnum, bare)) or (self._mode == "row" and self._rows == 1)
        ):
            return ended
        context = f"{self._question}\n{self._before}"
        citation = self._checker.check(" ".join(bare.split()), now.given, context=context)
        self.citations.append(citation)
        self._before = f"{self._before}\n{bare}"[-600:].lstrip("\n")
        numbers = list(citation.sources)
        if citation.verdict in ("unsupported", "uncited"):
            numbers = [one for one in dict.fromkeys(now.given) if self._exists(one)]
        numbers = [one for one in numbers if one not in now.kept]
        marks = "".join(f"[{one}]" for one in numbers)
        space = "" if not marks or not now.text or now.text[-1].isspace() else " "
        return f"{space}{marks}{ended}"

    def _add(self, text: str) -> str:
        self._now.text += text
        return text

    def _say(self, end: int) -> str:
        return self._add(self._cut(end))

    def _cut(self, end: int) -> str:
        piece, self._rest = self._rest[:end], self._rest[end:]
        return piece


def _undecided(text: str) -> bool:
    """Say whether a comma behind a mark may still turn out to stand between two marks."""
    gap = _BETWEEN.match(text)
    return gap is not None and (gap.end() == len(text) or _may_be_mark(text[gap.end() :]))


def _numbers(mark: str) -> list[int]:
    """Return the numbers of a mark, with ranges written out."""
    found: list[int] = []
    for first, last in re.findall(r"(\d+)(?:\s*[–-]\s*\^?(\d+))?", mark):
        end = int(last or first)
        found += range(int(first), min(end, int(first) + 9) + 1) if end >= int(first) else [end]
    return found


def _may_be_mark(text: str) -> bool:
    """Say whether what begins with a bracket may still become a mark, or is one."""
    if not text or text[0] not in "[【(" or len(text) > _MOST_HELD:
        return False
    found = _PARTIAL.fullmatch(text)
    if found is None:
        return False
    letters = found[1].lower()
    if not letters:
        return text[0] != "(" or len(text) == 1
    open_ended = len(text.rstrip()) == found.end(1)
    return letters in _WORDS or (open_ended and any(one.startswith(letters) for one in _WORDS))
