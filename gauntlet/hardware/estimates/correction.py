"""Smooth features of sizes, from which a small linear correction of a physical model is learnt.

Each size, and the value in units (time in launch overheads, power in idle powers), becomes a coordinate in [-1, 1] on
its logarithmic range, held at the ends; the features are all products of Chebyshev polynomials up to a total degree.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from gauntlet.hardware.estimates.records import Floats

_MOST_UNITS = 1000.0
"""Kernels that take a thousand launch overheads and more are all alike."""


def features(
    sizes: Mapping[str, Floats], ranges: Mapping[str, tuple[float, float]], units: Floats, degree: int
) -> Floats:
    """Matrix with a row a kernel and a column a product of polynomials."""
    columns = [_coordinate(sizes[name], *ends) for name, ends in ranges.items()]
    columns.append(_coordinate(units, 1.0, _MOST_UNITS))
    powers = [np.polynomial.chebyshev.chebvander(column, degree) for column in columns]
    products = []
    for exponents in _exponents(len(columns), degree):
        product = np.ones_like(columns[0])
        for power, exponent in zip(powers, exponents, strict=True):
            if exponent:
                product = product * power[:, exponent]
        products.append(product)
    return np.stack(products, axis=1)


def _coordinate(values: Floats, low: float, high: float) -> Floats:
    if high <= low:
        return np.zeros_like(values)
    return np.asarray(np.clip(2 * np.log(values / low) / np.log(high / low) - 1, -1, 1))


def _exponents(coordinates: int, degree: int) -> Iterator[tuple[int, ...]]:
    """Every tuple of that many exponents with a sum up to `degree`, in a fixed order."""
    if coordinates == 0:
        yield ()
        return
    for first in range(degree + 1):
        for rest in _exponents(coordinates - 1, degree - first):
            yield (first, *rest)
