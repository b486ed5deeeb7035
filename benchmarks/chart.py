"""A bar chart as SVG, readable on light and dark ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH = 760
_LABELS = 330
_ROW = 30
_TOP = 44
_BAR = 18
_VALUES = 70
_STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-weight: 600; font-size: 15px }
  .bar { fill: #8c959f }
  .ours { fill: #1f6feb }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }
"""


@dataclass(frozen=True)
class Bar:
    """A value with its label; ours are in colour."""

    label: str
    value: float
    is_ours: bool


def bar_chart(title: str, bars: Sequence[Bar]) -> str:
    """Horizontal bars on one linear scale, each with its value."""
    largest = max(bar.value for bar in bars)
    height = _TOP + _ROW * len(bars) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        f'<text class="title" x="10" y="24">{escape(title)}</text>',
    ]
    for place, bar in enumerate(bars):
        lines += _drawn(bar, _TOP + place * _ROW, largest)
    return "\n".join([*lines, "</svg>", ""])


def _drawn(bar: Bar, top: int, largest: float) -> list[str]:
    length = max(1.0, bar.value / largest * (_WIDTH - _LABELS - _VALUES))
    kind = "bar ours" if bar.is_ours else "bar"
    base = top + _BAR - 4
    return [
        f'<text x="{_LABELS - 8}" y="{base}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect class="{kind}" x="{_LABELS}" y="{top}" width="{length:.1f}" height="{_BAR}" rx="2"/>',
        f'<text x="{_LABELS + length + 6:.1f}" y="{base}">{bar.value:,.0f}</text>',
    ]
