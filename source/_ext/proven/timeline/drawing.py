"""Timelines: a trace as an SVG figure.

The picture has a lane for each actor and time to the right.  The same drawing
takes its colours from the site's style sheet or carries its greys itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from proven.stage.trace import Trace
from proven.timeline.canvas import Canvas, Theme, cut_name, width_of
from proven.timeline.flags import Flag, flags_of
from proven.timeline.lanes import Arrow, Lane, Scene, Span, scene
from proven.timeline.scale import Scale
from proven.timeline.words import Words, ending, tell

WIDTHS = (328, 480, 600, 720)
"""Widths in pixels, from that of a phone to that of the page; the first that will do is taken."""
MOST_LANES = 24
MOST_MARKS = 200
"""More don't fit a page of print."""

_ROW = 15.0
_BAR = 12.0
_GAP = 9.0
_LABEL = 20  # letters of a lane's name that are shown


def draw(
    traces: Mapping[str, Trace],
    words: Words,
    *,
    title: str,
    name: str,
    theme: Theme = "page",
    width: int = 0,
) -> str:
    """Return the timelines of `traces` as one SVG, one under the other on the same scale.

    traces: by the title of each, which shows if there are several; words: in which it is
    labelled; title: what the picture is called; name: makes its ids unique on a page; theme:
    page or print; width: one of WIDTHS, 0 for the narrowest that will do.
    ValueError if there is nothing to draw or too much.
    """
    scenes = {head: scene(trace) for head, trace in traces.items()}
    lanes = sum(len(shown.lanes) for shown in scenes.values())
    if lanes > MOST_LANES:
        raise ValueError(f"{lanes} lanes, at most {MOST_LANES} can be told apart")
    marks = sum(len(trace.events) for trace in traces.values())
    if marks > MOST_MARKS:
        raise ValueError(f"{marks} lines, at most {MOST_MARKS} find room: draw a shorter program")
    if len({shown.timed for shown in scenes.values()}) > 1:
        raise ValueError("seconds and the order of events don't share a scale")
    drawings = [_Drawing(scenes, words, theme, size) for size in ([width] if width else WIDTHS)]
    widest = drawings[-1]
    enough = 1.25 * widest.height + 3 * _ROW
    best = next(d for d in drawings if d.height <= enough and d.scale.cut <= widest.scale.cut)
    body = "\n".join([*_head(traces, words, title, name, theme), *best.canvas.pieces])
    size = f'width="{best.width}" height="{best.height:.0f}"'
    look = 'font-family="DejaVu Sans Mono" font-size="12"'
    if theme == "page":
        look = f'class="timeline" role="img" aria-labelledby="{name}-title {name}-words"'
        look += f' style="min-width:{best.width}px;max-width:{1.3 * best.width:.0f}px"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {best.width} {best.height:.0f}" {look}>\n{body}\n</svg>'
    )


def _head(
    traces: Mapping[str, Trace], words: Words, title: str, name: str, theme: Theme
) -> Iterator[str]:
    """Yield what a screen reader says; in print the figure's alternative text does."""
    if theme == "page":
        yield f'<title id="{name}-title">{escape(title)}</title>'
        yield f'<desc id="{name}-words">{escape(tell(traces, words))}</desc>'


class _Drawing:
    """All scenes laid out in one width, on one scale."""

    def __init__(self, scenes: Mapping[str, Scene], words: Words, theme: Theme, width: int) -> None:
        self.width = width
        self.words = words
        self.canvas = Canvas(theme)
        lanes = [lane for shown in scenes.values() for lane in shown.lanes]
        labels = (cut_name(lane.label, _LABEL) for lane in lanes)
        self.scale = Scale(
            # The axis' word is written smaller.
            left=max(width_of(words.axis[:-1]), *map(width_of, labels)) + 18,
            right=width - 10,
            length=max(shown.length for shown in scenes.values()),
            timed=all(shown.timed for shown in scenes.values()),
        )
        self.scale.fit([[*lane.marks, ending(lane, words)] for lane in lanes])
        y = 4.0
        for head, shown in scenes.items():
            if len(scenes) > 1:
                self.canvas.text("label", 0, y + 12, head)
                y += 20
            y = self._scene(shown, y) + (14 if len(scenes) > 1 else 2)
        y = self._axis(y)
        self.height = self._legend(scenes, y) + 4

    def _scene(self, shown: Scene, y: float) -> float:
        flags = [
            flags_of(lane, ending(lane, self.words), self.scale.letters, self.scale.x)
            for lane in shown.lanes
        ]
        bars = []
        for lane_flags in flags:
            rows = max((flag.top + 1 for flag in lane_flags), default=0)
            bars.append(y + rows * _ROW + _BAR / 2 + 3)
            y = bars[-1] + _BAR / 2 + _GAP
        for x, _tick in self.scale.ticks():
            self.canvas.line("grid", x, bars[0] - _BAR, x, y - 2)
        for lane, bar in zip(shown.lanes, bars, strict=True):
            self._bar(lane, bar)
        for arrow in shown.arrows:
            self._arrow(arrow, bars)
        for lane, bar, lane_flags in zip(shown.lanes, bars, flags, strict=True):
            self.canvas.text("label", 0, bar + 4, cut_name(lane.label, _LABEL), lane.label)
            self._flags_at(lane_flags, bar)
        return y

    def _flags_at(self, flags: list[Flag], bar: float) -> None:
        def height(row: int) -> float:
            return bar - _BAR / 2 - 3 - row * _ROW - _ROW / 2

        for flag in flags:
            self.canvas.line("pole", flag.x, height(flag.top), flag.x, bar)
        for flag in flags:
            for row, (kind, shown, text) in zip(range(flag.top, -1, -1), flag.lines, strict=False):
                if kind == "line":
                    self.canvas.dot("mark", flag.x, height(row))
                self.canvas.text(kind, flag.x + 6, height(row) + 4, shown, text)

    def _bar(self, lane: Lane, y: float) -> None:
        order = ("hosts", "holds", "waits", "queues", "ready", "works")
        for span in sorted(lane.spans, key=lambda span: order.index(span.state)):
            self._span(span, y)
        for time in lane.cancels:
            self.canvas.line(
                "cut", self.scale.x(time), y - _BAR / 2 - 2, self.scale.x(time), y + _BAR / 2 + 2
            )
        if lane.end is None:
            return
        x = self.scale.x(lane.end[0])
        if lane.end[1]:
            self.canvas.path("cross", f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8")
        else:
            self.canvas.line("cap", x, y - _BAR / 2, x, y + _BAR / 2)

    def _span(self, span: Span, y: float) -> None:
        x, end = self.scale.x(span.start), self.scale.x(span.end)
        if span.state == "works" and end - x < 2.4:
            x, end = x - 1.2, x + 1.2
        self._stretch(span.state, x, end, y)

    def _stretch(self, kind: str, x: float, end: float, y: float) -> None:
        if kind == "queues":
            self.canvas.line(kind, x, y, end, y)
            return
        thick = {"waits": 3.0, "hosts": 3.0, "ready": 9.0, "holds": _BAR + 5}.get(kind, _BAR)
        self.canvas.bar(kind, x, y, end - x, thick)

    def _arrow(self, arrow: Arrow, bars: list[float]) -> None:
        """Draw it left of the poles of its time; where it takes time, aslant."""
        down = 1 if bars[arrow.target] > bars[arrow.source] else -1
        x1, y1 = self.scale.x(arrow.sent) - 4, bars[arrow.source]
        x2, y2 = self.scale.x(arrow.time) - 4, bars[arrow.target]
        if arrow.what == "created":
            self.canvas.path("created", f"M{x1 - 3:.1f} {y1:.1f}V{y2:.1f}H{x2 - 2:.1f}")
            self.canvas.path("head created", f"M{x2 + 2:.1f} {y2:.1f}l-5 -3v6z")
        else:
            y2 -= down * (_BAR / 2 + 1)
            self.canvas.line(arrow.what, x1, y1, x2, y2)
            self.canvas.path(f"head {arrow.what}", f"M{x2:.1f} {y2:.1f}l-3 {-5 * down}h6z")

    def _axis(self, y: float) -> float:
        self.canvas.line("axis", self.scale.left, y, self.scale.x(self.scale.length), y)
        self.canvas.text("small", 0, y + 14, self.words.axis if self.scale.timed else "")
        if not self.scale.timed:
            self.canvas.text("small", self.scale.left, y + 14, self.words.order)
        for x, text in self.scale.ticks():
            self.canvas.line("axis", x, y, x, y + 4)
            self.canvas.text("small", x, y + 15, text, middle=True)
        return y + 18

    def _legend(self, scenes: Mapping[str, Scene], y: float) -> float:
        """Explain what occurs in this picture, and only that."""
        spans = [span for s in scenes.values() for lane in s.lanes for span in lane.spans]
        arrows = [arrow for s in scenes.values() for arrow in s.arrows]
        used = {(span.state, span.text) for span in spans} | {(a.what, "") for a in arrows}
        if any(lane.cancels for s in scenes.values() for lane in s.lanes):
            used.add(("cut", ""))
        x, y = 0.0, y + 14
        for kind, meaning in self.words.legend.items():
            for text in sorted(text for state, text in used if state == kind):
                shown = meaning.format(text)
                if x and x + 28 + width_of(shown) * 11 / 12 > self.width:
                    x, y = 0.0, y + 16
                self._sample(kind, x, y)
                self.canvas.text("small", x + 28, y + 4, shown)
                x += 28 + width_of(shown) * 11 / 12 + 16
        return y + 8

    def _sample(self, kind: str, x: float, y: float) -> None:
        if kind in ("wakes", "cancels"):
            self.canvas.line(kind, x, y, x + 17, y)
            self.canvas.path(f"head {kind}", f"M{x + 22:.1f} {y:.1f}l-5 -3v6z")
        elif kind == "cut":
            self.canvas.line(kind, x + 11, y - _BAR / 2 - 1, x + 11, y + _BAR / 2 + 1)
        else:
            self._stretch(kind, x, x + 22, y)
