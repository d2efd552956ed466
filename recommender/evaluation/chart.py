"""The exam's result as a picture: one bar a system, with its interval (SVG, no dependency)."""

from xml.sax.saxutils import escape

from recommender.evaluation.evaluate import MAIN, Report

_WIDTH, _LEFT, _RIGHT, _BAR, _GAP, _TOP = 760, 170, 90, 26, 14, 96
_PLAIN, _OURS = "#9aa5b1", "#0b6e5f"
_ABOUT = {
    "newest in section": "the section's latest",
    "title vectors": "headlines alone",
    "plain vectors": "an embedding index",
    "BM25": "a search engine",
    "hybrid": "both together",
    "default": "this service, untrained",
    "tuned": "this service, tuned",
}


def draw(report: Report) -> str:
    """The chart as an SVG document."""
    values = {run.name: run.mean(MAIN) for run in report.runs}
    top = max((interval.high for interval in values.values()), default=1.0)
    scale = (_WIDTH - _LEFT - _RIGHT) / max(top, 0.1)
    height = _TOP + len(values) * (_BAR + _GAP) + 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" role="img">',
        "<title>How often each system recommends what editors linked to</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="24" y="38" font-size="20" font-weight="600" fill="#1b1f24">Would an editor have picked it?</text>',
        f'<text x="24" y="62" font-size="13" fill="#57606a">nDCG@10 on {report.links:,} links that editors made from '
        f"{report.queries:,} stories; the line is the 95 % interval</text>",
    ]
    for place, (name, interval) in enumerate(values.items()):
        y = _TOP + place * (_BAR + _GAP)
        ours = name in ("default", "tuned")
        middle = y + _BAR / 2
        parts += [
            f'<text x="{_LEFT - 12}" y="{middle - 1}" font-size="13" text-anchor="end" fill="#1b1f24" '
            f'font-weight="{600 if ours else 400}">{escape(name)}</text>',
            f'<text x="{_LEFT - 12}" y="{middle + 12}" font-size="10.5" text-anchor="end" fill="#6e7781">'
            f"{escape(_ABOUT.get(name, ''))}</text>",
            f'<rect x="{_LEFT}" y="{y}" width="{interval.mean * scale:.1f}" height="{_BAR}" rx="3" '
            f'fill="{_OURS if ours else _PLAIN}"/>',
            f'<line x1="{_LEFT + interval.low * scale:.1f}" x2="{_LEFT + interval.high * scale:.1f}" y1="{middle}" '
            f'y2="{middle}" stroke="#1b1f24" stroke-width="1.5"/>',
            f'<text x="{_LEFT + interval.high * scale + 8:.1f}" y="{middle + 5}" font-size="14" font-weight="600" '
            f'fill="#1b1f24">{interval.mean:.3f}</text>',
        ]
    parts += [
        f'<text x="24" y="{height - 16}" font-size="11" fill="#6e7781">Index {escape(report.generation)}; '
        "measured on the newer half of the links, fitted on the older half.</text>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
