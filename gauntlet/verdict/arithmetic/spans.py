"""What printed digits leave open: a number as the interval of values that would be printed like it."""

from dataclasses import dataclass

from gauntlet.paper.numbers import scan
from gauntlet.paper.quantities import Quantity
from gauntlet.verdict.policy import Policy


@dataclass(frozen=True)
class Span:
    """A positive number known to lie between two ends, `value` as printed or computed."""

    low: float
    value: float
    high: float

    def __mul__(self, other: "Span") -> "Span":
        return Span(self.low * other.low, self.value * other.value, self.high * other.high)

    def __truediv__(self, other: "Span") -> "Span":
        return Span(self.low / other.high, self.value / other.value, self.high / other.low)

    def meets(self, other: "Span") -> bool:
        """True where one value lies in both."""
        return self.low <= other.high and other.low <= self.high

    def exceeds(self, other: "Span") -> bool:
        """True where every value is above every value of `other`."""
        return self.low > other.high

    def widened(self, relative: float) -> "Span":
        """Wider by `relative` of the value on both sides."""
        return Span(max(self.low - relative * self.value, 0.0), self.value, self.high + relative * self.value)

    def minus(self, amount: float) -> "Span":
        """Lower by a constant, not below zero."""
        return Span(max(self.low - amount, 0.0), max(self.value - amount, 0.0), max(self.high - amount, 0.0))

    def scaled(self, factor: float) -> "Span":
        """Times a positive constant."""
        return Span(factor * self.low, factor * self.value, factor * self.high)

    @property
    def slack(self) -> float:
        """Half its width, relative."""
        return (self.high - self.low) / (2 * self.value) if self.value else 0.0


def exact(value: float, error: float = 0.0) -> Span:
    """A value with a relative error."""
    return Span(value * (1 - error), value, value * (1 + error))


def printed(quantity: Quantity, policy: Policy, value: float | None = None) -> Span:
    """A quantity of a text (or one end of its range): from half a unit of its last digit below to a whole unit above.

    Digits are rounded, or cut: '2.3' may be 2.25 to 2.4. Zeros at the end of a whole number need not count: '20 times'
    may be 19.3; `arithmetic_tolerance` stands for them, and `about_error` for 'about'.
    """
    round_ = policy.arithmetic_tolerance if _is_round(quantity.text) else 0.0
    about = policy.about_error if quantity.relation == "about" else 0.0
    below, above = (max(units * quantity.rounding, round_) + about for units in (1, 2))
    middle = quantity.value if value is None else value
    return Span(middle * max(1 - below, 0.01), middle, middle * (1 + above))


def setting(quantity: Quantity, policy: Policy) -> Span:
    """A quantity that was chosen and not measured: '1 KiB' and '64 clients' are exact, '1.5 KiB' is as printed."""
    return printed(quantity, policy) if "." in quantity.text else exact(quantity.value)


def _is_round(text: str) -> bool:
    number = next(scan(text), None)
    if number is None:
        return False
    digits = text[number.start : number.digits_end]
    return "." not in digits and digits.endswith("0") and len(digits) > 1
