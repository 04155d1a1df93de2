"""The picture agrees with its trace, reads well, and is the same each time."""

import asyncio
import re
import runpy
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from handbook.output import TIMELINE
from proven.book import Book
from proven.shown.recording import record
from proven.shown.text import Terms
from proven.stage import perform, play
from proven.stage.trace import Trace
from proven.timeline.drawing import MOST_LANES, WIDTHS, draw
from proven.timeline.lanes import scene
from proven.timeline.words import tell

from tests.handbook.conftest import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def picture(*traces: Trace, theme: str = "page", width: int = 0) -> str:
    titled = {f"{number}.py": trace for number, trace in enumerate(traces)}
    return draw(titled, TIMELINE, title="Заголовок", name="timeline-x", theme=theme, width=width)


def brewing() -> Trace:
    async def brew(drink: str, seconds: float) -> None:
        print(f"{drink}: start")
        await asyncio.sleep(seconds)
        print(f"{drink}: ready")

    async def main() -> None:
        await asyncio.gather(brew("tea", 2), brew("coffee", 1))
        print("main: all ready")

    return perform(main, watch=True)


def drawn(svg: str, kind: str) -> list[ElementTree.Element]:
    return [part for part in ElementTree.fromstring(svg).iter() if part.get("class") == kind]


def texts(svg: str, kind: str) -> list[str]:
    return [part.text or "" for part in drawn(svg, kind)]


@pytest.mark.parametrize("theme", ["page", "print"])
def test_the_same_bytes_each_time(theme: str) -> None:
    assert picture(brewing(), theme=theme) == picture(brewing(), theme=theme)
    forced = play("threads/order_forced"), play("threads/order_forced")
    assert picture(forced[0], theme=theme) == picture(forced[1], theme=theme)


def test_the_books_timelines_are_the_same_each_time() -> None:
    """What threads do in no promised order must not change the picture from build to build."""
    options = re.compile(r"^:(\w+): ?(.*)$", re.M)
    for page in Book.at(ROOT).settings.page_files():
        for block in re.finditer(r"\{output\} (\S+)\n((?::.*\n)*)", page.read_text("utf-8")):
            given = dict(options.findall(block[2]))
            if "timeline" not in given:
                continue
            ordered, compared = "order" not in given, given.get("compare", "").split()
            for name, terms in ((block[1], Terms.of(given)), *((one, None) for one in compared)):
                first, again = (record(name, terms, ordered=ordered) for _ in range(2))
                assert picture(first) == picture(again), name


@pytest.mark.parametrize("width", [0, *WIDTHS])
def test_lanes_and_marks_agree_with_the_trace(width: int) -> None:
    trace = brewing()
    svg = picture(trace, width=width)
    shown = scene(trace)
    assert texts(svg, "label") == [lane.label for lane in shown.lanes] == ["main", "tea", "coffee"]
    marks = [(lane.label, at, text) for lane in shown.lanes for at, text in lane.marks]
    assert sorted((at, f"{label}: {text}") for label, at, text in marks) == sorted(
        (event.time, event.text) for event in trace.events
    )
    dots, lines = drawn(svg, "mark"), drawn(svg, "line")
    assert [line.text for line in lines] == [text for _, _, text in marks]
    # Time to the right on one scale: the axis shows which.
    ticks = {float(tick.text or ""): float(tick.get("x", "")) for tick in ticks_of(svg)}
    scale = (ticks[2] - ticks[0]) / 2
    lanes_y = {label.text: float(label.get("y", "")) for label in drawn(svg, "label")}
    above = dict(zip(lanes_y, [0.0, *lanes_y.values()], strict=False))
    for dot, line, (label, at, _) in zip(dots, lines, marks, strict=True):
        assert float(dot.get("cx", "")) == pytest.approx(ticks[0] + at * scale, abs=0.2)
        assert float(line.get("x", "")) == pytest.approx(float(dot.get("cx", "")) + 6, abs=0.2)
        assert above[label] < float(dot.get("cy", "")) < lanes_y[label]


def ticks_of(svg: str) -> list[ElementTree.Element]:
    return [part for part in drawn(svg, "small") if re.fullmatch(r"[\d.]+", part.text or "")]


def test_bars_agree_with_the_trace() -> None:
    async def fetch(page: int, limit: asyncio.Semaphore) -> None:
        async with limit:
            time.sleep(0.5)  # noqa: ASYNC251 - a task that blocks its loop
            await asyncio.sleep(1)

    async def main() -> None:
        limit = asyncio.Semaphore(1)
        await asyncio.gather(fetch(1, limit), fetch(2, limit))

    svg = picture(perform(main, watch=True))
    ticks = {float(tick.text or ""): float(tick.get("x", "")) for tick in ticks_of(svg)}
    second = ticks[1] - ticks[0]

    def seconds(kind: str) -> list[tuple[float, float]]:
        bars = [bar for bar in drawn(svg, kind) if float(bar.get("x", "0")) >= ticks[0] - 2]
        found = [(float(bar.get("x", "")), float(bar.get("width", ""))) for bar in bars]
        return [(round((x - ticks[0]) / second, 1), round(w / second, 1)) for x, w in found]

    assert seconds("holds")[:2] == [(0.0, 1.5), (1.5, 1.5)]
    works = [bar for bar in seconds("works") if bar[1] > 0.1]
    assert works[:2] == [(0.0, 0.5), (1.5, 0.5)]
    axis = float(ticks_of(svg)[0].get("y", ""))
    (queued,) = [line for line in drawn(svg, "queues") if float(line.get("y1", "")) < axis]
    assert float(queued.get("x2", "")) == pytest.approx(ticks[0] + 1.5 * second, abs=0.2)


def test_arrows_and_ends_are_drawn() -> None:
    async def fail() -> None:
        await asyncio.sleep(1)
        raise ValueError

    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                group.create_task(asyncio.sleep(5))
        except* ValueError:
            pass

    svg = picture(perform(main, watch=True))
    assert texts(svg, "end") == ["ValueError", "отмена"]
    assert len(drawn(svg, "cross")) == 2
    assert len(drawn(svg, "created")) == 2
    # Two arrows and the legend's sample.
    assert len(drawn(svg, "head cancels")) == 3


def test_traces_share_a_scale() -> None:
    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)
        print("end")

    short, long = (perform(lambda s=s: wait(s), watch=True) for s in (1, 4))
    svg = picture(short, long)
    assert texts(svg, "label") == ["0.py", "wait", "1.py", "wait"]
    ends = [float(dot.get("cx", "")) for dot in drawn(svg, "mark")]
    zero = float(next(tick for tick in ticks_of(svg) if tick.text == "0").get("x", ""))
    assert (ends[1] - zero) == pytest.approx(4 * (ends[0] - zero), abs=1)


def test_title_and_description_are_told() -> None:
    svg = picture(brewing())
    root = ElementTree.fromstring(svg)
    ids = {part.get("id"): part.text for part in root if part.get("id")}
    assert root.get("role") == "img"
    assert [ids[id] for id in root.get("aria-labelledby", "").split()] == [
        "Заголовок",
        tell({"0.py": brewing()}, TIMELINE),
    ]
    assert "coffee: 0 с — запуск из main; 0 с — «start»; с 0 до 1 с ждёт; 1 с — «ready»" in tell(
        {"0.py": brewing()}, TIMELINE
    )


def test_print_is_grey_and_needs_no_style_sheet() -> None:
    svg = picture(brewing(), theme="print")
    assert "class=" not in svg
    colours = set(re.findall(r"#(\w+)", svg))
    assert colours
    assert all(len(set(colour)) == 1 for colour in colours), colours


@pytest.mark.parametrize("seconds", [0, 3])
def test_a_play_without_a_line(seconds: float) -> None:
    svg = picture(perform(lambda: asyncio.sleep(seconds), watch=True))
    assert texts(svg, "label") == ["sleep"]
    assert not drawn(svg, "mark")


def test_a_single_line() -> None:
    async def main() -> None:
        print("hello")

    trace = perform(main, watch=True)
    svg = picture(trace)
    assert texts(svg, "line") == ["hello"]
    assert "порядок событий" in svg, "all in one second: there is no use in an axis of seconds"


def test_long_names_and_lines_stay_inside_and_are_told_in_full() -> None:
    async def work(text: str) -> None:
        await asyncio.sleep(1)
        print(text)

    async def main() -> None:
        await asyncio.create_task(work("x" * 300), name="n" * 100)

    svg = picture(perform(main, watch=True))
    width = float(ElementTree.fromstring(svg).get("width", ""))
    for part in [*drawn(svg, "line"), *drawn(svg, "label")]:
        assert float(part.get("x", "")) + 7.3 * len(part.text or "") <= width
    titles = [part.text or "" for part in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert "x" * 300 in titles
    assert "n" * 100 in titles


def test_text_of_one_lane_never_overlaps() -> None:
    async def main() -> None:
        for number in range(40):
            print(f"line number {number} is rather long")
            await asyncio.sleep(0.1)

    svg = picture(perform(main, watch=True))
    boxes = [
        (float(line.get("x", "")), float(line.get("y", "")), len(line.text or "") * 7.2)
        for line in drawn(svg, "line")
    ]
    assert len(boxes) == 40
    for number, (x, y, width) in enumerate(boxes):
        for x2, y2, _ in boxes[number + 1 :]:
            assert y != y2 or x + width < x2 or x2 + width < x


def test_too_many_lines_are_refused_before_anything_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def count(name: str) -> None:
        for number in range(500):
            print(name, number)
            await asyncio.sleep(0.01)

    async def main() -> None:
        await asyncio.gather(*map(count, "abcd"))

    trace = perform(main, watch=True)
    assert len(trace.lines) == 2000
    monkeypatch.setattr("proven.timeline.drawing._Drawing", None)
    with pytest.raises(ValueError, match="2000 lines, at most 200 find room: draw a shorter"):
        picture(trace)


def test_too_much_to_tell_apart_is_an_error() -> None:
    async def main() -> None:
        await asyncio.gather(*(asyncio.sleep(1) for _ in range(MOST_LANES)))

    with pytest.raises(ValueError, match="25 lanes, at most 24"):
        picture(perform(main, watch=True))


def test_seconds_and_order_do_not_mix() -> None:
    with pytest.raises(ValueError, match="share a scale"):
        picture(brewing(), play("threads/order_forced"))


def test_two_hundred_events_are_drawn_at_once() -> None:
    async def work(number: int) -> None:
        for step in range(20):
            print(f"{number}: step {step}")
            await asyncio.sleep(1)

    async def main() -> None:
        await asyncio.gather(*(work(number) for number in range(10)))

    trace = perform(main, watch=True)
    assert len(trace.events) == 200

    def seconds(work: Callable[[], Any]) -> float:
        began = time.process_time()
        work()
        return time.process_time() - began

    assert min(seconds(lambda: picture(trace)) for _ in range(3)) < 0.1


def palette(theme: str) -> dict[str, str]:
    """Return the values of the timelines' variables."""
    settings = runpy.run_path(str(ROOT / "conf.py"))["html_theme_options"]
    variables = settings[f"{theme}_css_variables"].items()
    prefix = "timeline-"
    return {name.removeprefix(prefix): value for name, value in variables if prefix in name}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# Behind a timeline is the page, or the box of a question; furo's own colours.
GROUNDS = {"light": ("#ffffff", "#f8f9fb"), "dark": ("#131416", "#1a1c1e")}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast(theme: str) -> None:
    css = (ROOT / "source/_static/handbook.css").read_text(encoding="utf-8")
    colours = palette(theme)
    assert colours["ground"] == GROUNDS[theme][0]
    for ground in GROUNDS[theme]:
        for text in ("text", "quiet", "error"):
            assert contrast(colours[text], ground) >= 4.5, (text, ground)
        # WCAG asks 3:1 of what has to be seen but isn't text.
        for shape in ("works", "waits", "queues", "edge"):
            assert contrast(colours[shape], ground) >= 3, (shape, ground)
    used = set(re.findall(r"svg\.timeline[^{]*\{[^}]*?fill: var\(--timeline-(\w+)\)", css))
    assert {"text", "quiet", "error"} <= used


@pytest.mark.parametrize("kind", ["line", "small", "label", "end"])
def test_contrast_in_print(kind: str) -> None:
    from proven.timeline.canvas import GREYS

    (colour,) = re.findall(r'fill="#(\w)\w\w"', GREYS[kind])
    assert contrast("#" + colour * 6, "#ffffff") >= 4.5
