"""The calculator's operations: exact with fractions where possible, with floats where not."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce

from tools.expressions import CalculationError

Value = Fraction | float

# About 12,000 digits: the size up to which every operation is done in a few milliseconds.
MAX_BITS = 40_000
CONSTANTS: dict[str, float] = {"pi": math.pi, "e": math.e, "tau": math.tau}


def combine(sign: str, left: Value, right: Value) -> Value:
    """Work out `left sign right` for a sign of `+ - * / // mod`.

    Raises:
        CalculationError: The result does not exist or would be too large.
    """
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        _check_size(_bits(left) + _bits(right))
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if right == 0:
        raise CalculationError("Division by zero has no result. Check the number that divides.")
    if sign == "/":
        return left / right
    return Fraction(left // right) if sign == "//" else left % right


def power(base: Value, exponent: Value) -> Value:
    """Raise to a power: exactly for whole exponents and perfect roots.

    A negative base with an odd root takes the real root, as on a pocket calculator.

    Raises:
        CalculationError: The result does not exist or would be too large.
    """
    if base == 0 and exponent < 0:
        raise CalculationError("Zero to a negative power is a division by zero.")
    if isinstance(exponent, float):
        if base < 0:
            raise CalculationError(_no_root(base))
        return math.pow(base, exponent)
    top, bottom = exponent.numerator, exponent.denominator
    if base < 0 and bottom % 2 == 0:
        raise CalculationError(_no_root(base))
    if isinstance(base, Fraction) and (root := _exact_root(abs(base), bottom)) is not None:
        return _whole_power(root if base >= 0 else -root, top)
    sign = -1 if base < 0 and top % 2 else 1
    return sign * math.pow(-base if base < 0 else base, exponent)


def _no_root(base: Value) -> str:
    return f"{show(base)} is negative and has no real result for this root or exponent."


def _whole_power(base: Fraction, exponent: int) -> Fraction:
    if abs(base) in (0, 1):  # never grows, however large the exponent
        return base ** (exponent % 2 + (2 if exponent else 0))
    _check_size(abs(exponent) * math.log2(max(abs(base.numerator), base.denominator)))
    return base**exponent


def _exact_root(value: Fraction, degree: int) -> Fraction | None:
    """Return the root of a fraction where it is a fraction itself, else None."""
    top, bottom = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
    return None if top is None or bottom is None else Fraction(top, bottom)


def _whole_root(value: int, degree: int) -> int | None:
    if value < 2 or degree == 1:
        return value
    if degree >= value.bit_length():  # the root lies between 1 and 2
        return None
    bits = math.log2(value) / degree
    if bits < 40:  # a float finds it to the unit
        near = round(2**bits)
        return next((root for root in (near, near - 1, near + 1) if root**degree == value), None)
    # Newton's method from above: each step doubles the 40 bits that the float got right.
    shift = int(bits) - 40
    root, better = 0, (int(2 ** (bits - shift)) + 2) << shift
    while not root or better < root:
        root = better
        better = ((degree - 1) * root + value // root ** (degree - 1)) // degree
    return root if root**degree == value else None


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _check_size(bits: float) -> None:
    if bits > MAX_BITS:
        digits = bits * math.log10(2)
        size = f"about {digits:,.0f}" if digits < 1e12 else "far too many"
        raise CalculationError(
            f"The result would have {size} digits; up to {MAX_BITS * math.log10(2):,.0f} can be "
            "calculated. Use smaller numbers or exponents."
        )


def show(value: Value) -> str:
    """Show a value within a message: at most 15 digits."""
    if isinstance(value, Fraction) and value.denominator == 1 and abs(value) < 10**15:
        return str(value)
    return f"{float(value):.15g}"


def whole(value: Value, smallest: int | None = 0) -> int:
    """Return a value as an integer.

    Raises:
        CalculationError: It is not whole, or smaller than allowed.
    """
    near = round(value)
    if value != near or (smallest is not None and near < smallest):
        least = "" if smallest is None else f" of at least {smallest}"
        raise CalculationError(f"A whole number{least} is needed here, not {show(value)}.")
    return near


def factorial(value: Value) -> Fraction:
    """Return n!, for n up to a few thousand."""
    n = whole(value)
    _check_size(math.lgamma(n + 1) / math.log(2) if n < 10**15 else math.inf)
    return Fraction(math.factorial(n))


def _choose(n: Value, k: Value) -> Fraction:
    total, taken = whole(n), whole(k)
    if taken > total:
        return Fraction(0)
    _check_size(min(taken, total - taken) * math.log2(max(total, 2)))
    return Fraction(math.comb(total, taken))


def _arrange(n: Value, k: Value | None = None) -> Fraction:
    total, taken = whole(n), whole(n if k is None else k)
    if taken > total:
        return Fraction(0)
    _check_size(taken * math.log2(max(total, 2)))
    return Fraction(math.perm(total, taken))


def _round(value: Value, digits: Value = Fraction(0)) -> Fraction:
    """Round to a number of decimals, halves away from zero as at school."""
    if digits != round(digits) or digits < -300:
        raise CalculationError(
            f"round(number, decimals) needs a whole number of decimals, not {show(digits)}. "
            "Write 1234.5 rather than 1,234.5 inside its brackets."
        )
    # A float is taken at its shortest decimal form: 2.675 is meant to be 2.675.
    exact = value if isinstance(value, Fraction) else Fraction(repr(value))
    unit = Fraction(10) ** min(round(digits), 300)
    rounded = math.floor(abs(exact) * unit + Fraction(1, 2)) / unit
    return rounded if exact >= 0 else -rounded


def _log(value: Value, base: Value = Fraction(10)) -> Value:
    if value <= 0 or base <= 0 or base == 1:
        raise CalculationError("A logarithm needs a number above zero, and a base other than 1.")
    result = _natural(value) / _natural(base)
    near = round(result)
    if (
        abs(result - near) < 1e-9
        and isinstance(base, Fraction)
        and power(base, Fraction(near)) == value
    ):
        return Fraction(near)
    return result


def _natural(value: Value) -> float:
    if isinstance(value, Fraction):  # apart, for numbers that no float can hold
        return math.log(value.numerator) - math.log(value.denominator)
    return math.log(value)


def _ln(value: Value) -> Value:
    if value <= 0:
        raise CalculationError("A logarithm needs a number above zero.")
    return Fraction(0) if value == 1 else _natural(value)


def _exp(value: Value) -> Value:
    return Fraction(1) if value == 0 else math.exp(value)


def _sqrt(value: Value) -> Value:
    return power(value, Fraction(1, 2))


def _root(value: Value, degree: Value) -> Value:
    return power(value, Fraction(1, whole(degree, smallest=1)))


def _total(*values: Value) -> Value:
    return reduce(lambda left, right: combine("+", left, right), values)


def _mean(*values: Value) -> Value:
    return _total(*values) / len(values)


def _whole_numbers(function: Callable[..., int]) -> Callable[..., Value]:
    def checked(*values: Value) -> Value:
        numbers = [whole(value, None) for value in values]
        _check_size(sum(number.bit_length() for number in numbers))
        return Fraction(function(*numbers))

    return checked


def _step(function: Callable[[Value], int]) -> Callable[[Value], Value]:
    return lambda value: Fraction(function(value))


def _real(function: Callable[..., float]) -> Callable[..., Value]:
    """Make a function of floats one of values.

    What lies within a float's error of a half or a whole number is taken for it: sin(pi) is 0.
    """

    def real(*values: Value) -> Value:
        try:
            result = function(*(float(value) for value in values))
        except ValueError as error:
            given = ", ".join(show(value) for value in values)
            raise CalculationError(f"{function.__name__}({given}) does not exist.") from error
        near = round(result * 2) / 2
        return near if abs(result - near) < 4e-16 else result

    return real


def _tan(value: Value) -> Value:
    if abs(math.cos(value)) < 1e-15:
        raise CalculationError("The tangent does not exist at this angle.")
    return _real(math.tan)(value)


def _sign(value: Value) -> Value:
    return Fraction((value > 0) - (value < 0))


MANY = 99
# Each with the least and the most arguments that it takes.
FUNCTIONS: dict[str, tuple[Callable[..., Value], int, int]] = {
    "sqrt": (_sqrt, 1, 1),
    "cbrt": (lambda value: _root(value, Fraction(3)), 1, 1),
    "root": (_root, 2, 2),
    "pow": (power, 2, 2),
    "exp": (_exp, 1, 1),
    "ln": (_ln, 1, 1),
    "log": (_log, 1, 2),
    "log10": (_log, 1, 1),
    "log2": (lambda value: _log(value, Fraction(2)), 1, 1),
    "abs": (abs, 1, 1),
    "sign": (_sign, 1, 1),
    "round": (_round, 1, 2),
    "floor": (_step(math.floor), 1, 1),
    "ceil": (_step(math.ceil), 1, 1),
    "trunc": (_step(math.trunc), 1, 1),
    "int": (_step(math.trunc), 1, 1),
    "min": (min, 1, MANY),
    "max": (max, 1, MANY),
    "sum": (_total, 1, MANY),
    "mean": (_mean, 1, MANY),
    "average": (_mean, 1, MANY),
    "avg": (_mean, 1, MANY),
    "factorial": (factorial, 1, 1),
    "comb": (_choose, 2, 2),
    "perm": (_arrange, 1, 2),
    "gcd": (_whole_numbers(math.gcd), 1, MANY),
    "lcm": (_whole_numbers(math.lcm), 1, MANY),
    "mod": (lambda left, right: combine("mod", left, right), 2, 2),
    "sin": (_real(math.sin), 1, 1),
    "cos": (_real(math.cos), 1, 1),
    "tan": (_tan, 1, 1),
    "asin": (_real(math.asin), 1, 1),
    "acos": (_real(math.acos), 1, 1),
    "atan": (_real(math.atan), 1, 1),
    "atan2": (_real(math.atan2), 2, 2),
    "sinh": (_real(math.sinh), 1, 1),
    "cosh": (_real(math.cosh), 1, 1),
    "tanh": (_real(math.tanh), 1, 1),
    "hypot": (_real(math.hypot), 1, MANY),
    "radians": (_real(math.radians), 1, 1),
    "degrees": (_real(math.degrees), 1, 1),
}
