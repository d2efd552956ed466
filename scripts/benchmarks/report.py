"""Figures as JSON, as a table and as a chart."""

import json
import math
import sys
from dataclasses import asdict, dataclass, field
from html import escape
from pathlib import Path
from typing import Any

COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a")


@dataclass(frozen=True)
class Chart:
    """Lines of figures over sizes, both logarithmic: name to points (x, y)."""

    x: str
    y: str
    lines: dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Report:
    """What a benchmark found. `rows` become the table's lines, `ratios` what is to be read from it."""

    name: str
    machine: dict[str, Any]
    rows: list[dict[str, Any]]
    ratios: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)

    def table(self) -> str:
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        lines = [f"| {' | '.join(names)} |", f"|{' --- |' * len(names)}"]
        lines += [f"| {' | '.join(_shown(row.get(name)) for name in names)} |" for row in self.rows]
        if self.ratios:
            lines += ["", *(f"{name}: {_shown(value)}" for name, value in self.ratios.items())]
        machine = self.machine
        lines += ["", f"{machine['processor']}, {machine['cpus']} cores, {machine['commit']}", *self.notes]
        return "\n".join(lines)

    def write(self, folder: Path) -> list[Path]:
        folder.mkdir(parents=True, exist_ok=True)
        content = {**asdict(self), "command": " ".join(["scripts/bench", *sys.argv[1:]])}
        paths = [folder / f"{self.name}.json"]
        paths[0].write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        for chart in self.charts:
            paths.append(folder / f"{self.name}-{chart.y}.svg")
            paths[-1].write_text(draw(chart, self.name), encoding="utf-8")
        return paths


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def draw(chart: Chart, title: str) -> str:
    """The chart as an SVG picture."""
    width, height, left, right, top, bottom = 760, 440, 70, 190, 40, 50
    points = [point for line in chart.lines.values() for point in line]
    low = [math.floor(math.log10(min(point[axis] for point in points))) for axis in (0, 1)]
    high = [math.ceil(math.log10(max(point[axis] for point in points)) + 1e-9) for axis in (0, 1)]
    high = [max(most, least + 1) for least, most in zip(low, high, strict=True)]

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - low[0]) / (high[0] - low[0])
        up = (math.log10(y) - low[1]) / (high[1] - low[1])
        return left + across * (width - left - right), height - bottom - up * (height - top - bottom)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{left}" y="22" font-size="15">{escape(title)}: {escape(chart.y)} by {escape(chart.x)}</text>',
    ]
    for power in range(low[0], high[0] + 1):
        x, y = place(10**power, 10 ** low[1])
        parts.append(f'<path d="M{x:.1f} {y:.1f}V{top}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{10**power:,.0f}</text>')
    for power in range(low[1], high[1] + 1):
        x, y = place(10 ** low[0], 10**power)
        parts.append(f'<path d="M{x:.1f} {y:.1f}H{width - right}" stroke="#ddd"/>')
        parts.append(f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{10**power:g}</text>')
    parts.append(
        f'<text x="{(left + width - right) / 2}" y="{height - 10}" text-anchor="middle">{escape(chart.x)}</text>'
    )
    for number, (name, line) in enumerate(chart.lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        drawn = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in line)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += ['<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="{}"/>'.format(*place(*point), colour) for point in line]
        parts.append(
            f'<text x="{width - right + 14}" y="{top + 14 + 20 * number}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])
