"""The waves as a picture: the calls that a service sees in each 100 ms, without jitter and with."""

from __future__ import annotations

from experiments import SERVED_PER_S, SLOT_MS, Waves

WIDTH, PANEL, LEFT, TOP, GAP = 720, 130, 56, 34, 44
HEIGHT = TOP + 2 * PANEL + GAP + 36
SECONDS = 16
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#57606a}.head{font-weight:600;fill:#24292f}"
    ".none{fill:#cf222e}.full{fill:#1a7f37}.axis{stroke:#8c959f}.can{stroke:#8c959f;"
    "stroke-dasharray:4 3}@media(prefers-color-scheme:dark){text{fill:#9198a1}"
    ".head{fill:#e6edf3}.none{fill:#ff7b72}.full{fill:#3fb950}}"
)


def picture(none: Waves, full: Waves) -> str:
    """An SVG with both, on one scale."""
    highest = max(none.peak, full.peak)
    described = (
        "Calls in each 100 ms after 1,000 clients called at once. Without jitter up to"
        f" {none.peak} in 100 ms, {none.total:,} in all, and {none.succeeded} clients succeed."
        f" With full jitter up to {full.peak}, {full.total:,} in all, and {full.succeeded} succeed."
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Retries without jitter come in waves</title>",
        f"<desc>{described}</desc>",
        f"<style>{STYLE}</style>",
    ]
    for index, (name, label, found) in enumerate((
        ("none", "Without jitter", none),
        ("full", "With full jitter", full),
    )):
        base = TOP + PANEL + index * (PANEL + GAP)
        told = (
            f"{label}: {found.total:,} calls, {found.succeeded:,} of 1,000 clients succeed,"
            f" the last is done after {found.done_ms / 1_000:.1f} s"
        )
        parts.append(f'<text class="head" x="{LEFT}" y="{base - PANEL - 10}">{told}</text>')
        parts += _bars(found, name, base, highest)
        parts += _axis(base, highest)
    parts.append(
        f'<text x="{LEFT}" y="{HEIGHT - 6}">calls in each 100 ms, over seconds; dashed: what the'
        f" service can serve, {SERVED_PER_S} a second</text>"
    )
    return "\n".join([*parts, "</svg>", ""])


def _bars(found: Waves, name: str, base: int, highest: int) -> list[str]:
    step = (WIDTH - LEFT - 10) / (SECONDS * 1_000 / SLOT_MS)
    made = []
    for slot, many in sorted(found.calls.items()):
        tall = min(many, highest) / highest * PANEL
        x = LEFT + slot * step
        if x < WIDTH - 10:
            made.append(
                f'<rect class="{name}" x="{x:.1f}" y="{base - tall:.1f}"'
                f' width="{step * 0.8:.1f}" height="{tall:.1f}"/>'
            )
    return made


def _axis(base: int, highest: int) -> list[str]:
    can = base - SERVED_PER_S * SLOT_MS / 1_000 / highest * PANEL
    made = [
        f'<line class="axis" x1="{LEFT}" y1="{base}" x2="{WIDTH - 10}" y2="{base}"/>',
        f'<line class="can" x1="{LEFT}" y1="{can:.1f}" x2="{WIDTH - 10}" y2="{can:.1f}"/>',
        f'<text x="{LEFT - 8}" y="{base - PANEL + 10}" text-anchor="end">{highest}</text>',
        f'<text x="{LEFT - 8}" y="{base}" text-anchor="end">0</text>',
    ]
    for second in range(0, SECONDS + 1, 2):
        x = LEFT + second * 1_000 / SLOT_MS * (WIDTH - LEFT - 10) / (SECONDS * 1_000 / SLOT_MS)
        made.append(f'<text x="{x:.1f}" y="{base + 15}" text-anchor="middle">{second}</text>')
    return made
