"""Reads sums as people and models write them: `17.5% of 2340`, `2 × (3+4)²`, `1,234.5 / 3`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

MAX_CHARS = 2000
MAX_DEPTH = 60
# Larger exponents make numbers that nobody can read and that take minutes to compute.
MAX_EXPONENT = 3000


class CalculationError(ValueError):
    """Say what is wrong with an expression and what would be right."""


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """A constant, such as `pi`."""

    name: str


@dataclass(frozen=True, slots=True)
class Postfix:
    """A value with signs behind it, each one of `%`, `!` and `°`."""

    operand: Node
    signs: str


@dataclass(frozen=True, slots=True)
class Negative:
    """A value with a minus in front."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Chain:
    """Values of one level of binding, worked off from the left.

    The signs are `+ -`, or `* / // mod`.
    """

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Power:
    """A base and its exponent."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[Node, ...]


Node = Number | Name | Postfix | Negative | Chain | Power | Call

_SIGNS = str.maketrans(
    {
        "×": "*", "·": "*", "⋅": "*", "∙": "*", "✕": "*", "✖": "*",
        "÷": "/", "∕": "/", "⁄": "/", "−": "-", "–": "-", "—": "-",
        "％": "%", "（": "(", "）": ")", "，": ",", "［": "(", "］": ")",
        "[": "(", "]": ")", "{": "(", "}": ")",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ",
        "²": "^2", "³": "^3", "π": "pi", "τ": "tau", "º": "°",
        "½": "(1/2)", "¼": "(1/4)", "¾": "(3/4)",
        "$": " ", "€": " ", "£": " ", "¥": " ",
    }
)  # fmt: skip
_WORDS = {
    "plus": "+", "minus": "-", "times": "*", "multiplied": "*", "divided": "/", "over": "/",
    "percent": "%", "mod": "mod", "modulo": "mod", "of": "of", "squared": "^2", "cubed": "^3",
    "deg": "°", "degree": "°", "degrees": "°",
}  # fmt: skip
_TERM_SIGNS = {
    "*": "*", "x": "*", "X": "*", "of": "*", "/": "/", "//": "//", "mod": "mod", "%": "mod",
}  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<based>0[xX][0-9a-fA-F]+|0[bB][01]+)
  | (?P<number>(?:\d[\d_]*(?:,\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<times>[xX](?![A-Za-z_]))
  | (?P<name>[A-Za-z_][A-Za-z_.]*(?:10|2(?!\d))?)
  | (?P<sign>\*\*|//|[-+*/^%!()°√,])
  )""",
    re.VERBOSE,
)
_OPENING = re.compile(r"\s*(?:what(?:'s| is)|how much is|calculate|compute|evaluate)\b[: ]*", re.I)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?([eE][+-]?\d+)?")

Token = tuple[str, str]


def parse(text: str) -> Node:
    """Parse an expression.

    Raises:
        CalculationError: It cannot be read; the message says where and what would be right.
    """
    if len(text) > MAX_CHARS:
        raise CalculationError(f"The expression is longer than {MAX_CHARS} characters.")
    return _Parser(_tokens(_tidy(text))).whole()


def _tidy(text: str) -> str:
    """Take off what stands around a sum, as in `What is 2+2?`, and unify its signs."""
    text = _OPENING.sub("", text.translate(_SIGNS)).strip().rstrip("=?;. \t\n")
    text = re.sub(r"\b(multiplied|divided) by\b", r"\1", text, flags=re.IGNORECASE)
    if not text:
        raise CalculationError("The expression is empty. Write a sum such as 17.5% of 2340.")
    if found := re.search(r"[<>=]|\b(?:and|or|if)\b", text):
        raise CalculationError(
            f"{found.group()!r} is not arithmetic. To compare two numbers, take one from the "
            "other, such as 9.11 - 9.9; for several sums, call once for each."
        )
    return text


def _tokens(text: str) -> list[Token]:
    """Split a text into (kind, text) pairs.

    Inside a function's brackets a comma parts arguments; elsewhere it groups thousands.
    """
    tokens: list[Token] = []
    brackets: list[bool] = []  # whether each open bracket belongs to a function
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise CalculationError(
                f"{text[position:].strip()[:1]!r} cannot be calculated with. Write only numbers, "
                "operators such as + - * / ^ %, brackets, and functions such as sqrt(2)."
            )
        kind, value = found.lastgroup, found.group(found.lastgroup)
        position = found.end()
        if kind == "number" and "," in value and brackets and brackets[-1]:
            head, _, _ = value.partition(",")
            position -= len(value) - len(head)
            value = head
        if value == "(":
            brackets.append(bool(tokens) and tokens[-1][0] == "name")
        elif value == ")" and brackets:
            brackets.pop()
        tokens += _word(value) if kind == "name" else [(kind, value)]
    return tokens


def _word(word: str) -> list[Token]:
    """Return the tokens that a word stands for."""
    sign = _WORDS.get(word.lower(), "")
    if sign.startswith("^"):
        return [("sign", "^"), ("number", sign[1:])]
    return [("sign", sign)] if sign else [("name", word)]


def _number(text: str) -> Fraction:
    """Read a number exactly."""
    if "," in text and not _GROUPED.fullmatch(text):
        plain = text.replace(",", "")
        raise CalculationError(
            f"The comma in {text} is unclear. Write {plain}, or {text.replace(',', '.', 1)} "
            "if it stands for a decimal point."
        )
    mantissa, _, exponent = text.replace(",", "").replace("_", "").lower().partition("e")
    if len(exponent.lstrip("+-")) > 5 or abs(int(exponent or 0)) > MAX_EXPONENT:
        raise CalculationError(f"The exponent of {text[:40]} is beyond {MAX_EXPONENT}.")
    return Fraction(mantissa.rstrip(".")) * Fraction(10) ** int(exponent or 0)


class _Parser:
    """Read an expression from its tokens; each method reads one level of binding.

    sum: term (+ or - term)* — term: factor (* or / … factor)* — factor: -factor, or
    postfix ^ factor — postfix: atom followed by %, ! or ° — atom: number, name, call, bracket.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def whole(self) -> Node:
        """Read the whole expression."""
        node = self.sum()
        text = self.peek()
        if text == ")":
            raise CalculationError("There is a ) without its (.")
        if text == ",":
            raise CalculationError(
                "A comma parts only the arguments of a function, such as max(1, 2). For several "
                "sums, call once for each."
            )
        if text:
            raise CalculationError(
                f"An operator is missing between {self.before()} and {text}. Write only numbers, "
                "operators such as + - * / ^ %, brackets and functions."
            )
        return node

    def sum(self) -> Node:
        """Read terms with + and - between them."""
        first, rest = self.term(), []
        while self.peek() in ("+", "-"):
            rest.append((self.take(), self.term()))
        return Chain(first, tuple(rest)) if rest else first

    def term(self) -> Node:
        """Read factors with *, / and the like between them, or nothing, as in 2(3+4) and 2pi."""
        first, rest = self.factor(), []
        while sign := self.term_sign():
            rest.append((sign, self.factor()))
        return Chain(first, tuple(rest)) if rest else first

    def term_sign(self) -> str:
        """Take the sign before the next factor; return an empty string where there is none."""
        text = self.peek()
        if self.kind() == "name" or text in ("(", "√"):
            return "*"
        if text in _TERM_SIGNS:
            return _TERM_SIGNS[self.take()]
        return ""

    def factor(self) -> Node:
        """Read a value with its minus signs and its exponent: -2^2 is -(2^2)."""
        self.deeper()
        if self.peek() in ("-", "+"):
            sign = self.take()
            node = Negative(self.factor()) if sign == "-" else self.factor()
        else:
            node = self.postfix()
            if self.peek() in ("^", "**"):
                self.take()
                node = Power(node, self.factor())
        self.depth -= 1
        return node

    def postfix(self) -> Node:
        """Read a value with the signs behind it; the % of 17 % 5 is not one of them."""
        node, signs = self.atom(), ""
        while self.peek() in ("!", "°") or (self.peek() == "%" and not self.value_follows()):
            signs += self.take()
        return Postfix(node, signs) if signs else node

    def atom(self) -> Node:
        """Read a number, a name, a function or something in brackets."""
        kind, text = self.kind(), self.peek()
        if kind == "number":
            return Number(_number(self.take()))
        if kind == "based":
            return Number(Fraction(int(self.take(), 0)))
        if kind == "name":
            return self.name()
        if text == "√":
            self.take()
            self.deeper()
            node: Node = Call("sqrt", (self.postfix(),))
            self.depth -= 1
            return node
        if text == "(":
            self.take()
            node = self.sum()
            self.close()
            return node
        if text in ("x", "X"):
            raise CalculationError("x is not a number. Put its value in its place.")
        if text:
            raise CalculationError(f"A number is missing before {text}.")
        raise CalculationError("The expression ends too early: a number is missing at its end.")

    def name(self) -> Node:
        """Read a constant, or a function with its arguments."""
        written = self.take().lower()
        name = written.removeprefix("math.").removeprefix("np.")
        if self.peek() != "(":
            return Name(name)
        self.take()
        arguments: list[Node] = []
        while self.peek() != ")":
            arguments.append(self.sum())
            if self.peek() != ",":
                break
            self.take()
        self.close()
        # In Python's math module log is the natural logarithm; on paper it is the decimal one.
        natural = name == "log" and name != written and len(arguments) == 1
        return Call("ln" if natural else name, tuple(arguments))

    def close(self) -> None:
        """Take the bracket that closes."""
        if not self.peek():
            raise CalculationError("A ) is missing at the end.")
        if self.peek() != ")":
            raise CalculationError(
                f"An operator or a ) is missing between {self.before()} and {self.peek()}."
            )
        self.take()

    def deeper(self) -> None:
        """Count one level of nesting; what is deeper than anybody writes is refused."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CalculationError(f"The expression is nested deeper than {MAX_DEPTH} levels.")

    def value_follows(self) -> bool:
        """Say whether the token after the next begins a value without a sign."""
        if self.position + 1 >= len(self.tokens):
            return False
        kind, text = self.tokens[self.position + 1]
        return kind in ("number", "based", "name") or text in ("(", "√")

    def kind(self) -> str:
        """Return the kind of the next token."""
        return self.tokens[self.position][0] if self.position < len(self.tokens) else ""

    def peek(self) -> str:
        """Return the text of the next token."""
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def before(self) -> str:
        """Return the text of the token that was taken last."""
        return self.tokens[self.position - 1][1]

    def take(self) -> str:
        """Return the text of the next token and go on behind it."""
        text = self.peek()
        self.position += 1
        return text
