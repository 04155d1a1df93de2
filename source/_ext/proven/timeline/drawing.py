"""Timelines: a trace as an SVG figure and in words.

The picture has a lane for each actor and time to the right.  The same drawing
takes its colours from the site's style sheet (theme "page") or carries its greys
itself (theme "print").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from unicodedata import east_asian_width

from proven.stage.trace import Trace
from proven.timeline.lanes import Arrow, Lane, Scene, Span, scene

WIDTHS = (328, 480, 600, 720)
"""Widths in pixels, from that of a phone to that of the page; the first that will do is taken."""
MOST_LANES = 24
MOST_MARKS = 200
"""More don't fit a page of print."""

_PITCH = 7.23  # of a letter of DejaVu Sans Mono at 12 px
_ROW = 15.0
_BAR = 12.0
_GAP = 9.0
_STAIRS = 5  # rows of lines above a lane that are still easy to follow
_LABEL = 20  # letters of a lane's name that are shown
_TEXTS = (44, 34, 26, 20, 15)  # letters of a line that are shown, as the room allows

_PRINT = {
    "grid": 'stroke="#ccc" stroke-width=".6"',
    "axis": 'stroke="#555" stroke-width=".8"',
    "small": 'fill="#444" font-size="11"',
    "label": 'fill="#000" font-weight="bold"',
    "line": 'fill="#000" stroke="#fff" stroke-width="3" paint-order="stroke"',
    "end": 'fill="#000" font-style="italic" stroke="#fff" stroke-width="3" paint-order="stroke"',
    "pole": 'stroke="#000" stroke-width=".8"',
    "mark": 'fill="#000"',
    "works": 'fill="#222"',
    "waits": 'fill="#999"',
    "hosts": 'fill="#ddd"',
    "queues": 'fill="none" stroke="#222" stroke-width="2" stroke-dasharray="2 3"',
    "ready": 'fill="#fff" stroke="#222" stroke-width="1" stroke-dasharray="3 2"',
    "holds": 'fill="#ccc" stroke="#555" stroke-width="1"',
    "created": 'fill="none" stroke="#888" stroke-width="1"',
    "wakes": 'fill="none" stroke="#333" stroke-width="1"',
    "cancels": 'fill="none" stroke="#000" stroke-width="1.2" stroke-dasharray="5 2"',
    "head created": 'fill="#888"',
    "head wakes": 'fill="#333"',
    "head cancels": 'fill="#000"',
    "cap": 'stroke="#222" stroke-width="2"',
    "cut": 'stroke="#000" stroke-width="2.5"',
    "cross": 'stroke="#000" stroke-width="2" fill="none"',
}
_LEGEND = {
    "works": "работает",
    "ready": "готова, но ждёт цикла",
    "waits": "ждёт",
    "queues": "ждёт {}",
    "holds": "держит {}",
    "wakes": "будит",
    "cancels": "отменяет",
    "cut": "пришла отмена",
}
_CAUSES = {"created": "запуск из {}", "wakes": "сигнал от {}", "cancels": "отмена от {}"}
_ENDS = {"cancel": "отмена", "collected": "исчезла"}


def draw(
    traces: Mapping[str, Trace], *, title: str, name: str, theme: str = "page", width: int = 0
) -> str:
    """Return the timelines of `traces` as one SVG, one under the other on the same scale.

    traces: by the title of each, which shows if there are several; title: what
    the picture is called; name: makes its ids unique on a page; theme: page or
    print; width: one of WIDTHS, 0 for the narrowest that will do.
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
    drawings = [_Drawing(scenes, theme, size) for size in ([width] if width else WIDTHS)]
    widest = drawings[-1]
    enough = 1.25 * widest.height + 3 * _ROW
    best = next(d for d in drawings if d.height <= enough and d.cut <= widest.cut)
    body = "\n".join([*_head(traces, title, name, theme), *best.parts])
    size = f'width="{best.width}" height="{best.height:.0f}"'
    look = 'font-family="DejaVu Sans Mono" font-size="12"'
    if theme == "page":
        look = f'class="timeline" role="img" aria-labelledby="{name}-title {name}-words"'
        look += f' style="min-width:{best.width}px;max-width:{1.3 * best.width:.0f}px"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {best.width} {best.height:.0f}" {look}>\n{body}\n</svg>'
    )


def _head(traces: Mapping[str, Trace], title: str, name: str, theme: str) -> Iterator[str]:
    """Yield what a screen reader says; in print the figure's alternative text does."""
    if theme == "page":
        yield f'<title id="{name}-title">{escape(title)}</title>'
        yield f'<desc id="{name}-words">{escape(tell(traces))}</desc>'


def _width(text: str) -> float:
    return _PITCH * sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _cut(text: str, letters: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


@dataclass
class _Flag:
    """The lines that a lane has at one place: the first on top, `row` is that of the last."""

    x: float
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    row: int = 0

    @property
    def top(self) -> int:
        return self.row + len(self.lines) - 1

    @property
    def right(self) -> float:
        return self.x + 6 + max(_width(shown) for _kind, shown, _text in self.lines)


class _Drawing:
    """All scenes laid out in one width; `parts` are its elements from the bottom up."""

    def __init__(self, scenes: Mapping[str, Scene], theme: str, width: int) -> None:
        self.width = width
        self.theme = theme
        self.parts: list[str] = []
        labels = [lane.label for shown in scenes.values() for lane in shown.lanes]
        self.left = max(_width("секунд"), *(_width(_cut(label, _LABEL)) for label in labels)) + 18
        self.timed = all(shown.timed for shown in scenes.values())
        self.length = max(shown.length for shown in scenes.values())
        self._fit([lane for shown in scenes.values() for lane in shown.lanes])
        y = 4.0
        for head, shown in scenes.items():
            if len(scenes) > 1:
                self._text("label", 0, y + 12, head)
                y += 20
            y = self._scene(shown, y) + (14 if len(scenes) > 1 else 2)
        y = self._axis(y)
        self.height = self._legend(scenes, y) + 4

    def _fit(self, lanes: list[Lane]) -> None:
        """Find the scale at which no line passes the right edge."""
        room = self.width - self.left - 10
        for self.letters in _TEXTS:
            ends = [
                (time, _width(_cut(text, self.letters)) + 2)
                for lane in lanes
                for time, text in [*lane.marks, *([_ending(lane)] if _ending(lane)[1] else [])]
            ]
            scales = [(room - width) / time for time, width in ends if time > 0]
            self.scale = min([room / self.length, *scales])
            if self.scale * self.length >= 0.45 * room:
                break
        self.scale = max(self.scale, 0.3 * room / self.length)
        self.cut = sum(len(text) > self.letters for lane in lanes for _, text in lane.marks)

    def _x(self, time: float) -> float:
        return round(self.left + time * self.scale, 1)

    def _scene(self, shown: Scene, y: float) -> float:
        flags = [self._flags(lane) for lane in shown.lanes]
        bars = []
        for lane_flags in flags:
            rows = max((flag.top + 1 for flag in lane_flags), default=0)
            bars.append(y + rows * _ROW + _BAR / 2 + 3)
            y = bars[-1] + _BAR / 2 + _GAP
        for x, _tick in self._ticks():
            self._line("grid", x, bars[0] - _BAR, x, y - 2)
        for lane, bar in zip(shown.lanes, bars, strict=True):
            self._bar(lane, bar, shown.length)
        for arrow in shown.arrows:
            self._arrow(arrow, bars)
        for lane, bar, lane_flags in zip(shown.lanes, bars, flags, strict=True):
            self._text("label", 0, bar + 4, _cut(lane.label, _LABEL), lane.label)
            self._flags_at(lane_flags, bar)
        return y

    def _flags(self, lane: Lane) -> list[_Flag]:
        """Stand each place's lines above those of later places that they would run into."""
        flags: dict[float, _Flag] = {}
        lines = [("line", *mark) for mark in lane.marks]
        time, how = _ending(lane)
        if how:
            lines.append(("end", time, how))
        for kind, at, text in lines:
            flag = flags.setdefault(self._x(at), _Flag(self._x(at)))
            flag.lines.append((kind, _cut(text, self.letters), text))
        in_order = sorted(flags.values(), key=lambda flag: flag.x)
        for number, flag in reversed(list(enumerate(in_order))):
            below = [later for later in in_order[number + 1 :] if later.x < flag.right + 4]
            flag.row = max((later.top + 1 for later in below), default=0)
        if any(flag.top >= _STAIRS for flag in in_order):
            # Too many stairs: then poles may pass behind lines.
            for number, flag in enumerate(in_order):
                beside = [other for other in in_order[:number] if flag.x < other.right + 4]
                taken = {row for other in beside for row in range(other.row, other.top + 1)}
                flag.row = 0
                while taken & set(range(flag.row, flag.top + 1)):
                    flag.row += 1
        return in_order

    def _flags_at(self, flags: list[_Flag], bar: float) -> None:
        def height(row: int) -> float:
            return bar - _BAR / 2 - 3 - row * _ROW - _ROW / 2

        for flag in flags:
            self._line("pole", flag.x, height(flag.top), flag.x, bar)
        for flag in flags:
            for row, (kind, shown, text) in zip(range(flag.top, -1, -1), flag.lines, strict=False):
                if kind == "line":
                    dot = f'cx="{flag.x:.1f}" cy="{height(row):.1f}" r="2.5"'
                    self.parts.append(f"<circle {dot} {self._look('mark')}/>")
                self._text(kind, flag.x + 6, height(row) + 4, shown, text)

    def _bar(self, lane: Lane, y: float, length: float) -> None:
        order = ("hosts", "holds", "waits", "queues", "ready", "works")
        for span in sorted(lane.spans, key=lambda span: order.index(span.state)):
            self._span(span, y)
        for time in lane.cancels:
            self._line("cut", self._x(time), y - _BAR / 2 - 2, self._x(time), y + _BAR / 2 + 2)
        if lane.end is None:
            return
        x = self._x(lane.end[0])
        if lane.end[1]:
            self._path("cross", f"M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8")
        else:
            self._line("cap", x, y - _BAR / 2, x, y + _BAR / 2)

    def _span(self, span: Span, y: float) -> None:
        x, end = self._x(span.start), self._x(span.end)
        if span.state == "works" and end - x < 2.4:
            x, end = x - 1.2, x + 1.2
        self._stretch(span.state, x, end, y)

    def _stretch(self, kind: str, x: float, end: float, y: float) -> None:
        if kind == "queues":
            self._line(kind, x, y, end, y)
            return
        thick = {"waits": 3.0, "hosts": 3.0, "ready": 9.0, "holds": _BAR + 5}.get(kind, _BAR)
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y - thick / 2:.1f}" width="{end - x:.1f}" '
            f'height="{thick:g}" {self._look(kind)}/>'
        )

    def _arrow(self, arrow: Arrow, bars: list[float]) -> None:
        """Draw it left of the poles of its time; where it takes time, aslant."""
        down = 1 if bars[arrow.target] > bars[arrow.source] else -1
        x1, y1 = self._x(arrow.sent) - 4, bars[arrow.source]
        x2, y2 = self._x(arrow.time) - 4, bars[arrow.target]
        if arrow.what == "created":
            self._path("created", f"M{x1 - 3:.1f} {y1:.1f}V{y2:.1f}H{x2 - 2:.1f}")
            self._path("head created", f"M{x2 + 2:.1f} {y2:.1f}l-5 -3v6z")
        else:
            y2 -= down * (_BAR / 2 + 1)
            self._line(arrow.what, x1, y1, x2, y2)
            self._path(f"head {arrow.what}", f"M{x2:.1f} {y2:.1f}l-3 {-5 * down}h6z")

    def _ticks(self) -> Iterator[tuple[float, str]]:
        if not self.timed:
            return
        steps = [unit * 10.0**power for power in range(-3, 6) for unit in (1, 2, 5)]
        step = next(step for step in steps if step * self.scale >= 44)
        for number in range(int(self.length / step + 1e-9) + 1):
            yield self._x(number * step), _number(number * step)

    def _axis(self, y: float) -> float:
        self._line("axis", self.left, y, self._x(self.length), y)
        self._text("small", 0, y + 14, "секунды" if self.timed else "")
        if not self.timed:
            self._text("small", self.left, y + 14, "порядок событий →")
        for x, text in self._ticks():
            self._line("axis", x, y, x, y + 4)
            self._text("small", x, y + 15, text, middle=True)
        return y + 18

    def _legend(self, scenes: Mapping[str, Scene], y: float) -> float:
        """Explain what occurs in this picture, and only that."""
        spans = [span for s in scenes.values() for lane in s.lanes for span in lane.spans]
        arrows = [arrow for s in scenes.values() for arrow in s.arrows]
        found = {(span.state, span.text) for span in spans} | {(a.what, "") for a in arrows}
        if any(lane.cancels for s in scenes.values() for lane in s.lanes):
            found.add(("cut", ""))
        x, y = 0.0, y + 14
        for kind, words in _LEGEND.items():
            for text in sorted(text for state, text in found if state == kind):
                shown = words.format(text)
                if x and x + 28 + _width(shown) * 11 / 12 > self.width:
                    x, y = 0.0, y + 16
                self._sample(kind, x, y)
                self._text("small", x + 28, y + 4, shown)
                x += 28 + _width(shown) * 11 / 12 + 16
        return y + 8

    def _sample(self, kind: str, x: float, y: float) -> None:
        if kind in ("wakes", "cancels"):
            self._line(kind, x, y, x + 17, y)
            self._path(f"head {kind}", f"M{x + 22:.1f} {y:.1f}l-5 -3v6z")
        elif kind == "cut":
            self._line(kind, x + 11, y - _BAR / 2 - 1, x + 11, y + _BAR / 2 + 1)
        else:
            self._stretch(kind, x, x + 22, y)

    def _line(self, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
        at = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        self.parts.append(f"<line {at} {self._look(kind)}/>")

    def _path(self, kind: str, points: str) -> None:
        self.parts.append(f'<path d="{points}" {self._look(kind)}/>')

    def _text(
        self, kind: str, x: float, y: float, shown: str, full: str = "", *, middle: bool = False
    ) -> None:
        if not shown:
            return
        # What was cut off is told when the pointer rests on it.
        cut = full not in ("", shown) and self.theme == "page"
        whole = f"<title>{escape(full)}</title>" if cut else ""
        anchor = ' text-anchor="middle"' if middle else ""
        at = f'x="{x:.1f}" y="{y:.1f}"{anchor}'
        self.parts.append(f"<text {at} {self._look(kind)}>{escape(shown)}{whole}</text>")

    def _look(self, kind: str) -> str:
        return _PRINT[kind] if self.theme == "print" else f'class="{kind}"'


def _ending(lane: Lane) -> tuple[float, str]:
    """Return when the lane ended and what is written there; nothing for a result."""
    if lane.end is None:
        return 0.0, ""
    return lane.end[0], _ENDS.get(lane.end[1], lane.end[1])


def tell(traces: Mapping[str, Trace]) -> str:
    """Return the timelines in words, lane by lane: what a screen reader says."""
    told = []
    for head, trace in traces.items():
        shown = scene(trace)
        if len(traces) > 1:
            told.append(f"{head}.")
        lanes = [f"{lane.label}: {'; '.join(_told(shown, lane))}." for lane in shown.lanes]
        told += lanes
    return " ".join(told)


def _told(shown: Scene, lane: Lane) -> Iterator[str]:
    """Yield what happens on one lane, in order."""
    unit = " с" if shown.timed else ""
    own = shown.lanes.index(lane)
    done = [(time, 1, f"{_number(time)}{unit} — «{text}»") for time, text in lane.marks]
    for start, end, state, text in lane.spans:
        if end > start and state in _LEGEND:
            what = _LEGEND[state].format(text)
            done.append((start, 2, f"с {_number(start)} до {_number(end)}{unit} {what}"))
    for source, _sent, target, time, what in shown.arrows:
        if target == own:
            words = _CAUSES[what].format(shown.lanes[source].label)
            done.append((time, 0, f"{_number(time)}{unit} — {words}"))
    if lane.end:
        done.append(
            (lane.end[0], 3, f"{_number(lane.end[0])}{unit} — {_ending(lane)[1] or 'конец'}")
        )
    yield from (text for _time, _order, text in sorted(done, key=lambda item: item[:2]))


def _number(time: float) -> str:
    return f"{time:.3f}".rstrip("0").rstrip(".")
