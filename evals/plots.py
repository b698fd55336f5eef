"""The plots of a report as inline SVG, drawn for a width that a telephone can show. Everything is escaped.

Colours come from the page's style sheet, through classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 360
LEFT, RIGHT, TOP, BOTTOM = 38, 12, 12, 34


@dataclass(frozen=True, slots=True)
class Bar:
    """A share with its interval. ``note``: what stands after the value."""

    label: str
    value: float
    low: float | None
    high: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a scatter or line; ``low`` and ``high`` end its whisker, ``tip`` is shown on hovering."""

    x: float
    y: float
    tip: str
    low: float | None = None
    high: float | None = None
    size: float = 4.0


def tag(name: str, content: str = "", **attributes: object) -> str:
    """An element. ``content`` is markup already; attributes are escaped here, ``_`` stands for ``-``."""
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{pairs}>{content}</{name}>" if content else f"<{name}{pairs}/>"


def _number(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def label(x: float, y: float, words: str, anchor: str = "start", kind: str = "label") -> str:
    """Words at a place."""
    return tag("text", escape(words), x=x, y=y, text_anchor=anchor, class_=kind)


def svg(height: float, content: str, about: str) -> str:
    """The drawing; ``about`` says in words what it shows."""
    return tag(
        "svg",
        tag("title", escape(about)) + content,
        viewBox=f"0 0 {WIDTH} {_number(float(height))}",
        role="img",
        class_="plot",
    )


def bars(rows: Sequence[Bar], about: str) -> str:
    """Horizontal bars of shares, 0 to 1, with whiskers."""
    step, names, right = 24, 108, 74
    span = WIDTH - names - right
    drawn = []
    for n, row in enumerate(rows):
        y = n * step + 6
        middle = y + 8
        drawn.append(label(names - 8, middle + 4, row.label, "end"))
        drawn.append(tag("rect", x=names, y=y, width=span, height=16, class_="track"))
        drawn.append(tag("rect", x=names, y=y, width=row.value * span, height=16, class_="bar"))
        if row.low is not None and row.high is not None:
            low, high = names + row.low * span, names + row.high * span
            drawn.append(tag("line", x1=low, x2=high, y1=middle, y2=middle, class_="whisker"))
            drawn += [
                tag("line", x1=x, x2=x, y1=middle - 4, y2=middle + 4, class_="whisker") for x in (low, high)
            ]
        drawn.append(label(names + span + 8, middle + 4, f"{row.value:.2f}", kind="value"))
        drawn.append(label(WIDTH - 2, middle + 4, row.note, "end", "tick"))
    return svg(len(rows) * step + 8, "".join(drawn), about)


@dataclass(frozen=True, slots=True)
class Axes:
    """The frame of a plot: data from (0, 0) to (``x_max``, ``y_max``) to places in the drawing."""

    x_max: float
    y_max: float
    height: float = 230.0

    def x(self, value: float) -> float:
        """Where a value lies from left to right."""
        return LEFT + (WIDTH - LEFT - RIGHT) * value / self.x_max

    def y(self, value: float) -> float:
        """Where a value lies from top to bottom."""
        return self.height - BOTTOM - (self.height - TOP - BOTTOM) * value / self.y_max

    def frame(self, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]]) -> str:
        """Grid lines and their labels."""
        drawn = []
        for value, words in y_ticks:
            at = self.y(value)
            drawn.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=at, y2=at, class_="grid"))
            drawn.append(label(LEFT - 6, at + 4, words, "end", "tick"))
        for n, (value, words) in enumerate(x_ticks):
            last = n == len(x_ticks) - 1 and value > 0.9 * self.x_max
            anchor = "end" if last else "middle"
            drawn.append(
                label(self.x(value) + (RIGHT - 2 if last else 0), self.height - 18, words, anchor, "tick")
            )
        return "".join(drawn)

    def names(self, x: str, y: str) -> str:
        """What the axes show."""
        across = label((LEFT + WIDTH - RIGHT) / 2, self.height - 3, x, "middle", "axis")
        up = tag(
            "text",
            escape(y),
            x=0,
            y=0,
            text_anchor="middle",
            class_="axis",
            transform=f"translate(9 {self.height / 2 - 8:.0f}) rotate(-90)",
        )
        return across + up

    def dot(self, point: Point, kind: str) -> str:
        """A point with its whisker."""
        x, whisker = self.x(point.x), ""
        if point.low is not None and point.high is not None:
            low, high = self.y(point.low), self.y(point.high)
            whisker = tag("line", x1=x, x2=x, y1=low, y2=high, class_="whisker")
        tip = tag("title", escape(point.tip))
        return whisker + tag("circle", tip, cx=x, cy=self.y(point.y), r=point.size, class_=kind)

    def line(self, points: Sequence[Point], kind: str) -> str:
        """Points joined in their order."""
        path = " ".join(f"{self.x(one.x):.1f},{self.y(one.y):.1f}" for one in points)
        return tag("polyline", points=path, class_=kind)


SHARES = tuple((n / 4, f"{n / 4:.2f}".rstrip("0").rstrip(".")) for n in range(5))


def reliability(
    right: Sequence[Point], answerable: Sequence[Point], threshold: float | None, about: str
) -> str:
    """Observed shares over the probability that was given; on the diagonal it means what it says."""
    axes = Axes(1.0, 1.0)
    drawn = [axes.frame(SHARES, SHARES)]
    drawn.append(axes.line([Point(0, 0, ""), Point(1, 1, "")], "diagonal"))
    if threshold is not None:
        at = axes.x(threshold)
        drawn.append(tag("line", x1=at, x2=at, y1=axes.y(0), y2=axes.y(1), class_="threshold"))
    drawn += [axes.line(answerable, "second-line"), *(axes.dot(one, "second") for one in answerable)]
    drawn += [axes.line(right, "first-line"), *(axes.dot(one, "first") for one in right)]
    drawn.append(axes.names("probability that the articles answer", "share"))
    return svg(axes.height, "".join(drawn), about)


def histogram(values: Sequence[float], marks: Sequence[tuple[float, str]], about: str, bins: int = 20) -> str:
    """How many values lie where, from 0 to the greatest; ``marks`` are lines with words."""
    most = max(max(values), 1e-9)
    counts = [0] * bins
    for value in values:
        counts[min(int(value / most * bins), bins - 1)] += 1
    # Room above the highest bar for the words of the marks.
    axes = Axes(most, max(counts) * (1.1 + 0.1 * len(marks)))
    ticks = [(most * n / 4, f"{most * n / 4:.1f}") for n in range(5)]
    up = sorted({0, max(counts) // 2, max(counts)})
    drawn = [axes.frame(ticks, [(float(one), str(one)) for one in up])]
    for n, count in enumerate(counts):
        x, y = axes.x(most * n / bins), axes.y(count)
        width = axes.x(most / bins) - LEFT - 1
        tip = tag("title", f"{most * n / bins:.2f} to {most * (n + 1) / bins:.2f}: {count}")
        if count:
            drawn.append(tag("rect", tip, x=x, y=y, width=width, height=axes.y(0) - y, class_="bar"))
    for n, (value, words) in enumerate(marks):
        at = axes.x(value)
        drawn.append(tag("line", x1=at, x2=at, y1=TOP, y2=axes.y(0), class_="threshold"))
        near_edge = at > WIDTH * 0.7
        drawn.append(
            label(
                at + (-4 if near_edge else 4),
                TOP + 10 + 14 * n,
                words,
                "end" if near_edge else "start",
                "value",
            )
        )
    drawn.append(axes.names("seconds", "questions"))
    return svg(axes.height, "".join(drawn), about)


def over_time(series: Sequence[Sequence[Point]], names: Sequence[str], about: str) -> str:
    """Shares over the runs, one line a series; the first has whiskers. ``names`` are those of the runs."""
    axes = Axes(max(1.0, len(names) - 1.0), 1.0)
    shown = sorted({0, len(names) - 1})
    ticks = [(float(n), names[n][-16:]) for n in shown]
    # A label at the left edge would be cut off if it were centred.
    first = label(LEFT, axes.height - 18, ticks[0][1], "start", "tick")
    drawn = [axes.frame(ticks[1:], SHARES), first]
    for points, kind in zip(series, ("first", "second"), strict=False):
        drawn += [axes.line(points, f"{kind}-line"), *(axes.dot(one, kind) for one in points)]
    drawn.append(axes.names("runs, the oldest first", "share"))
    return svg(axes.height, "".join(drawn), about)
