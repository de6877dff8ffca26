"""The calculator: exact where the result is a fraction, to 15 digits where it is not."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING

from tools.arithmetic import CONSTANTS, FUNCTIONS, MANY, Value, combine, factorial, power, show
from tools.declared import declare
from tools.expressions import (
    CalculationError,
    Call,
    Chain,
    Name,
    Negative,
    Node,
    Number,
    Postfix,
    Power,
    parse,
)

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

DIGITS = 15
# An exact decimal or whole number is written out up to this many digits.
LONGEST_DECIMAL = 25
LONGEST_WHOLE = 100
_TURNS = frozenset(("sin", "cos", "tan"))


def calculator_tool() -> BaseTool:
    """Return the calculator as a tool."""
    from langchain_core.tools import StructuredTool, ToolException

    def calculator(expression: str) -> str:
        """Calculate a sum exactly. Use it for every calculation; never calculate in your head.

        Args:
            expression: Numbers, operators and functions only, such as "17.5% of 2340",
                "(3 + 4)^2 / 5", "sqrt(2)" or "round(10/3, 2)".
        """
        try:
            return answer(expression)
        except CalculationError as error:
            raise ToolException(str(error)) from error

    async def at_once(expression: str) -> str:
        return calculator(expression)  # too quick to be worth a thread

    tool = StructuredTool.from_function(calculator, at_once, parse_docstring=True)
    examples = ("What is 17.5% of 2340?", "How much is 12 times 49 plus 3?", "The root of 2")
    return declare(tool, risk="reads", output="trusted", examples=examples, core=True)


def answer(expression: str) -> str:
    """Return an expression with its result, such as `17.5% of 2340 = 409.5`.

    Raises:
        CalculationError: It cannot be read or has no result; the message says what would be right.
    """
    value, notes = calculate(expression)
    shown = " ".join(expression.split()).rstrip("=? ")
    remark = f"\n({'; '.join(dict.fromkeys(notes))})" if notes else ""
    return f"{shown} {written(value)}{remark}"


def calculate(expression: str) -> tuple[Value, list[str]]:
    """Work out an expression.

    Returns:
        A `Fraction` where the result is exact and a float where it is rounded; and notes on how
        the expression was understood.

    Raises:
        CalculationError: It cannot be read or has no result; the message says what would be right.
    """
    notes: list[str] = []
    try:
        value = _evaluate(parse(expression), notes)
    except OverflowError as error:
        raise CalculationError("The numbers are too large to calculate with.") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise CalculationError("The numbers are too large to calculate with.")
    return value, notes


def written(value: Value) -> str:
    """Write a result with its sign: `= 409.5`, `≈ 0.333333333333333 (exactly 1/3)`."""
    if isinstance(value, float):
        return f"≈ {_rounded(Decimal(value))}"
    top, bottom = value.numerator, value.denominator
    if bottom == 1 and abs(top) < 10**LONGEST_WHOLE:
        return f"= {top}"
    if (short := _short_decimal(value)) is not None:
        return f"= {short}"
    quotient = Context(prec=DIGITS).divide(Decimal(top), Decimal(bottom))
    if bottom == 1:
        return f"≈ {_rounded(quotient)} ({Decimal(top).adjusted() + 1:,} digits)"
    exactly = f" (exactly {value})" if max(abs(top), bottom) < 10**6 else ""
    return f"≈ {_rounded(quotient)}{exactly}"


def _short_decimal(value: Fraction) -> str | None:
    """Write a fraction as a decimal where that ends after a few digits."""
    if value.denominator.bit_length() > 90 or value.numerator.bit_length() > 400:
        return None
    # An endless decimal fills the whole precision, and so is not short.
    exact = Context(prec=150).divide(Decimal(value.numerator), Decimal(value.denominator))
    return _plain(exact) if len(exact.as_tuple().digits) <= LONGEST_DECIMAL else None


def _rounded(number: Decimal) -> str:
    return _plain(Context(prec=DIGITS).plus(number))


def _plain(number: Decimal) -> str:
    """Write a decimal without needless zeros, with an exponent only where it is very long."""
    number = number.normalize(Context(prec=200))
    return f"{number:f}" if -10 <= number.adjusted() <= DIGITS else f"{number:e}".replace("e+", "e")


def _evaluate(node: Node, notes: list[str]) -> Value:
    match node:
        case Number(value):
            return value
        case Name(name):
            return _constant(name)
        case Negative(operand):
            return -_evaluate(operand, notes)
        case Postfix(operand, signs):
            return reduce(_signed, signs, _evaluate(operand, notes))
        case Power(base, exponent):
            return power(_evaluate(base, notes), _evaluate(exponent, notes))
        case Chain():
            return _chain(node, notes)
        case Call():
            return _call(node, notes)


def _constant(name: str) -> float:
    if name in FUNCTIONS:
        raise CalculationError(f"{name} needs brackets, such as {name}(2).")
    if name not in CONSTANTS:
        raise CalculationError(_unknown(name))
    return CONSTANTS[name]


def _unknown(name: str) -> str:
    close = get_close_matches(name, [*FUNCTIONS, *CONSTANTS], n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return (
        f"{name[:40]!r} is not known.{hint} Write only numbers, operators, brackets, pi, e and "
        "functions such as sqrt, round, log10, sin or comb."
    )


def _signed(value: Value, sign: str) -> Value:
    if sign == "%":
        return value / 100
    return math.radians(value) if sign == "°" else factorial(value)


def _chain(node: Chain, notes: list[str]) -> Value:
    value = _evaluate(node.first, notes)
    for sign, operand in node.rest:
        right = _evaluate(operand, notes)
        if sign in "+-" and _is_percent(operand) and not _is_percent(node.first):
            # 200 + 10% is a tenth of 200 more, to people and to their pocket calculators.
            notes.append(f"{show(right * 100)}% was taken of {show(value)}")
            right = combine("*", value, right)
        value = combine(sign, value, right)
    return value


def _is_percent(node: Node) -> bool:
    return isinstance(node, Postfix) and node.signs.endswith("%")


def _call(node: Call, notes: list[str]) -> Value:
    if node.name not in FUNCTIONS:
        raise CalculationError(_unknown(node.name))
    function, least, most = FUNCTIONS[node.name]
    values = [_evaluate(argument, notes) for argument in node.arguments]
    if not least <= len(values) <= most:
        wanted = (
            f"{least} or more" if most == MANY else " or ".join(map(str, sorted({least, most})))
        )
        raise CalculationError(
            f"{node.name} takes {wanted} argument{'' if most == 1 else 's'}, not {len(values)}. "
            "Inside its brackets a comma parts arguments: write 1234 rather than 1,234."
        )
    if node.name == "log" and len(values) == 1:
        notes.append("log has base 10; ln is the natural logarithm")
    if node.name in _TURNS and isinstance(values[0], Fraction) and values[0]:
        notes.append("the angle was taken in radians; write 30° for degrees")
    return function(*values)
