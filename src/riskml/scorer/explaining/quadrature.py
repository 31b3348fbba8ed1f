"""Points and weights that make an integral over (0, 1) a sum: Gauss and Legendre's, by the standard library."""

import math
from functools import cache


@cache
def gauss(points: int) -> tuple[tuple[float, float], ...]:
    """Points of (0, 1), rising, each with its weight; exact for polynomials of degree at most 2 * points - 1.

    The points are the zeros of Legendre's polynomial, found by Newton's method from Tricomi's first guess (Abramowitz
    and Stegun 1964, 22.16.6 and 25.4.29), moved from (-1, 1) to (0, 1). Up to 64 points are asked for here.

    Args:
        points: 1 or more.

    >>> gauss(1)
    ((0.5, 1.0),)
    >>> round(sum(weight * point**3 for point, weight in gauss(2)), 15)
    0.25
    """
    upper = [_zero(points, place) for place in range(1, points // 2 + 1)]
    lower = [(1.0 - point, weight) for point, weight in upper]
    middle = [(0.5, _zero(points, points // 2 + 1)[1])] if points % 2 else []
    return (*lower, *middle, *reversed(upper))


def _zero(points: int, place: int) -> tuple[float, float]:
    """The place-th largest zero of the polynomial of degree `points` on (-1, 1), as point and weight on (0, 1)."""
    x = math.cos(math.pi * (place - 0.25) / (points + 0.5))
    slope = math.inf
    for _ in range(8):
        before, here = 1.0, x
        for degree in range(2, points + 1):
            before, here = here, ((2 * degree - 1) * x * here - (degree - 1) * before) / degree
        slope = points * (x * here - before) / (x * x - 1.0)
        x -= here / slope
    return (1.0 + x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope)
