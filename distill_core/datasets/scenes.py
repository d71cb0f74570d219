"""How the images of the procedural set are drawn: signed distances for shapes, color and texture around them.

All functions work on a batch: coordinates and fields are (n, h, w) float32, colors (n, 3). Images span [-1, 1] on
both axes, y downwards. A distance is negative inside a shape; its unit is the shape's radius.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Random = np.random.RandomState
F = np.float32


def draw(name: str, count: int, size: int, rng: Random) -> np.ndarray:
    """`count` images of one class: (count, 3, size, size) uint8."""
    grid = ((np.arange(size) + 0.5) / size * 2 - 1).astype(F)
    x, y = np.broadcast_to(grid, (count, size, size)), np.broadcast_to(grid[:, None], (count, size, size))
    front, back, other = _colors(count, rng)
    scene = _background(x, y, back, other, rng)
    radius = _uniform(rng, count, 0.56, 0.86)
    cx, cy = (_uniform(rng, count, -1, 1) * (1.0 - radius) for _ in range(2))
    turn = _uniform(rng, count, -1, 1) * TURNS[name]
    squeeze = _uniform(rng, count, 0.86, 1.0)
    u, v = _turned(x - cx, y - cy, turn)
    u, v = u / (radius * squeeze), v / radius
    distance = SHAPES[name](u, v)
    pixel = (2.0 / size) / radius
    scene = _shadow(scene, distance, rng)
    fill = _texture(x, y, front, back, rng)
    scene = _over(scene, fill, np.clip(0.5 - distance / pixel, 0, 1))
    scene = _light(scene, x, y, rng)
    scene += rng.uniform(-1, 1, (count, 3, size, size)).astype(F) * _uniform(rng, count, 0.0, 0.08)[:, None]
    return np.rint(np.clip(scene, 0, 1) * 255).astype(np.uint8)


# Shapes


def _circle(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.sqrt(u * u + v * v) - F(0.92)


def _ring(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.abs(np.sqrt(u * u + v * v) - F(0.72)) - F(0.23)


def _square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return np.maximum(np.abs(u), np.abs(v)) - F(0.76)


def _polygon(u: np.ndarray, v: np.ndarray, corners: int, inner: float) -> np.ndarray:
    angles = np.pi / 2 + np.arange(corners) * 2 * np.pi / corners
    return np.max(np.stack([u * F(np.cos(a)) + v * F(np.sin(a)) for a in angles]), axis=0) - F(inner)


def _triangle(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return _polygon(u, v - F(0.18), 3, 0.54)


def _hexagon(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    return _polygon(u, v, 6, 0.82)


def _star(u: np.ndarray, v: np.ndarray, points: int = 5, outer: float = 1.08, inner: float = 0.44) -> np.ndarray:
    """Each point is one wedge folded onto half of itself, where its edge is one straight line."""
    half = np.pi / points
    angle = np.abs(np.mod(np.arctan2(u, -v) + half, 2 * half) - half).astype(F)
    r = np.sqrt(u * u + v * v)
    px, py = r * np.cos(angle), r * np.sin(angle)
    ex, ey = inner * np.cos(half) - outer, inner * np.sin(half)
    length = np.hypot(ex, ey)
    return (ey * (px - outer) - ex * py).astype(F) / F(length)


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    a, b, arm = np.abs(u), np.abs(v), F(0.29)
    return np.minimum(np.maximum(a - arm, b - F(0.96)), np.maximum(b - arm, a - F(0.96)))


def _heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A square on its corner with a disc on each of its upper sides."""
    side = F(0.52)
    w = v - F(0.16)
    p, q = (u - w) * F(np.sqrt(0.5)), (-u - w) * F(np.sqrt(0.5))
    square = np.maximum(np.abs(p), np.abs(q)) - side
    discs = np.minimum(np.sqrt((p - side) ** 2 + q * q), np.sqrt(p * p + (q - side) ** 2)) - side
    return np.minimum(square, discs)


def _moon(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    bite = np.sqrt((u - F(0.48)) ** 2 + v * v) - F(0.72)
    return np.maximum(np.sqrt(u * u + v * v) - F(0.98), -bite)


def _bars(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Three parallel bars."""
    nearest = np.clip(np.rint(v / F(0.66)), -1, 1) * F(0.66)
    return np.maximum(np.abs(v - nearest) - F(0.185), np.abs(u) - F(0.92))


SHAPES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "cross": _cross,
    "ring": _ring,
    "heart": _heart,
    "moon": _moon,
    "hexagon": _hexagon,
    "bars": _bars,
}
CLASSES = tuple(SHAPES)
TURNS = {  # largest turn either way, in radians
    **dict.fromkeys(("circle", "ring", "hexagon"), np.pi),
    **dict.fromkeys(("square", "triangle", "star", "cross"), 0.4),
    **dict.fromkeys(("heart", "moon", "bars"), 0.6),
}


# Color, texture, background


def _uniform(rng: Random, count: int, low: float, high: float) -> np.ndarray:
    """(count, 1, 1), one number for each image."""
    return rng.uniform(low, high, (count, 1, 1)).astype(F)


def _turned(x: np.ndarray, y: np.ndarray, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    c, s = np.cos(angle), np.sin(angle)
    return x * c + y * s, y * c - x * s


def _hsv(h: np.ndarray, s: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Hue, saturation and value, each (n,) in [0, 1] → (n, 3) RGB."""
    k = (np.array([5, 3, 1]) + h[:, None] * 6) % 6
    return (v[:, None] * (1 - s[:, None] * np.clip(np.minimum(k, 4 - k), 0, 1))).astype(F)


def _colors(count: int, rng: Random) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Front, back, and a second back color near the first. Front and back differ in hue and in lightness; the shape
    is the brighter one in nine of ten images.
    """
    hue = rng.uniform(0, 1, count)
    bright = rng.uniform(0, 1, count) < 0.9
    far = (hue + rng.uniform(0.2, 0.8, count)) % 1
    front = _hsv(
        hue,
        rng.uniform(0.35, 0.95, count),
        np.where(bright, rng.uniform(0.78, 1, count), rng.uniform(0.22, 0.5, count)),
    )
    value = np.where(bright, rng.uniform(0.15, 0.55, count), rng.uniform(0.65, 1, count))
    back = _hsv(far, rng.uniform(0.2, 0.8, count), value)
    shift = rng.uniform(-0.12, 0.12, count)
    other = _hsv(
        (far + shift) % 1, rng.uniform(0.2, 0.8, count), np.clip(value + rng.uniform(-0.25, 0.25, count), 0, 1)
    )
    return front, back, other


def _over(scene: np.ndarray, color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return scene + (color - scene) * alpha[:, None].astype(F)


def _cloud(x: np.ndarray, y: np.ndarray, rng: Random, cells: int = 4) -> np.ndarray:
    """Smooth random field in [0, 1]: numbers on a lattice, blended with a smooth step."""
    n = len(x)
    lattice = rng.uniform(0, 1, (n, cells + 1, cells + 1)).astype(F)
    gx, gy = (x[:1] + 1) * F(cells / 2), (y[:1] + 1) * F(cells / 2)
    ix, iy = np.minimum(gx.astype(int), cells - 1)[0], np.minimum(gy.astype(int), cells - 1)[0]
    fx, fy = gx - ix, gy - iy
    fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
    top = lattice[:, iy, ix] * (1 - fx) + lattice[:, iy, ix + 1] * fx
    bottom = lattice[:, iy + 1, ix] * (1 - fx) + lattice[:, iy + 1, ix + 1] * fx
    return top * (1 - fy) + bottom * fy


def _stripes(x: np.ndarray, y: np.ndarray, rng: Random) -> np.ndarray:
    n = len(x)
    u, v = _turned(x, y, _uniform(rng, n, 0, np.pi))
    waves, phase = _uniform(rng, n, 5, 11), _uniform(rng, n, 0, 6.3)
    lines = np.sin(u * waves + phase)
    checks = lines * np.sin(v * waves + phase)
    return np.clip(np.where(_uniform(rng, n, 0, 1) < 0.5, lines, checks) * 2 + 0.5, 0, 1)


def _choose(rng: Random, fields: list[np.ndarray]) -> np.ndarray:
    which = rng.randint(0, len(fields), (len(fields[0]), 1, 1))
    return np.choose(which, fields)


def _gradient(x: np.ndarray, y: np.ndarray, rng: Random) -> np.ndarray:
    u, _ = _turned(x, y, _uniform(rng, len(x), 0, 2 * np.pi))
    return np.clip(u * F(0.5) + F(0.5), 0, 1)


def _background(x: np.ndarray, y: np.ndarray, back: np.ndarray, other: np.ndarray, rng: Random) -> np.ndarray:
    fields = [_gradient(x, y, rng), _cloud(x, y, rng), F(0.6) * _stripes(x, y, rng), _cloud(x, y, rng, 9)]
    mix = _choose(rng, fields)
    scene = back[:, :, None, None] + (other - back)[:, :, None, None] * mix[:, None]
    return _clutter(scene, x, y, other, rng)


def _clutter(
    scene: np.ndarray, x: np.ndarray, y: np.ndarray, other: np.ndarray, rng: Random, things: int = 3
) -> np.ndarray:
    """Up to three small discs and sticks in colors near the background's, in half of the images."""
    n = len(x)
    busy = _uniform(rng, n, 0, 1) < 0.5
    for _ in range(things):
        u, v = x - _uniform(rng, n, -1, 1), y - _uniform(rng, n, -1, 1)
        u, v = _turned(u, v, _uniform(rng, n, 0, np.pi))
        long, thin = _uniform(rng, n, 0.08, 0.45), _uniform(rng, n, 0.05, 0.12)
        stick = np.maximum(np.abs(u) - long, np.abs(v) - thin)
        disc = np.sqrt(u * u + v * v) - thin * 2
        distance = np.where(_uniform(rng, n, 0, 1) < 0.5, stick, disc)
        color = np.clip(other + rng.uniform(-0.25, 0.25, (n, 3)).astype(F), 0, 1)
        scene = _over(scene, color[:, :, None, None], np.clip(0.5 - distance * 16, 0, 1) * busy * F(0.85))
    return scene


def _texture(x: np.ndarray, y: np.ndarray, front: np.ndarray, back: np.ndarray, rng: Random) -> np.ndarray:
    """The shape's surface: its color, going some way towards its darker or lighter self along a field."""
    n = len(x)
    field = _choose(rng, [np.zeros_like(x), _gradient(x, y, rng), _cloud(x, y, rng, 6), _stripes(x, y, rng)])
    toward = np.clip(front + (front - back) * F(0.1) + rng.uniform(-0.22, 0.22, (n, 3)).astype(F), 0, 1)
    return front[:, :, None, None] + (toward - front)[:, :, None, None] * field[:, None]


def _shadow(scene: np.ndarray, distance: np.ndarray, rng: Random) -> np.ndarray:
    depth = _uniform(rng, len(distance), -0.3, 0.45).clip(0)
    return scene * (1 - depth * np.clip(1 - distance / F(0.25), 0, 1))[:, None]


def _light(scene: np.ndarray, x: np.ndarray, y: np.ndarray, rng: Random) -> np.ndarray:
    """A soft light from one side, and a brighter or darker exposure."""
    n = len(x)
    fall = 1 + (_gradient(x, y, rng) - F(0.5)) * _uniform(rng, n, 0, 0.4)
    return scene * (fall * _uniform(rng, n, 0.85, 1.12))[:, None]
