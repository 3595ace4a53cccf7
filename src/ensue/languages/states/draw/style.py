"""How a picture looks: colours for light and dark, chosen by what the reader's system prefers."""

from __future__ import annotations

# Contrast of texts with their ground is at least 4.5 to 1 in both (WCAG 2.2, 1.4.3).
STYLE = """
.es{--ground:#fff;--panel:#f6f8fa;--box:#fff;--edge:#d0d7de;--line:#6e7781;--text:#1f2328;
--soft:#57606a;--task:#0969da;--choice:#8250df;--wait:#9a6700;--fork:#1b7c83;--good:#1a7f37;
--bad:#cf222e;--warn:#bc4c00;--goodbox:#dafbe1;--badbox:#ffebe9;--warnbox:#fff1e5;
--runbox:#ddf4ff;font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Helvetica,Arial,
sans-serif;background:var(--ground)}
@media (prefers-color-scheme:dark){.es{--ground:#0d1117;--panel:#161b22;--box:#1c2128;
--edge:#444c56;--line:#8b949e;--text:#e6edf3;--soft:#9aa4af;--task:#58a6ff;--choice:#bc8cff;
--wait:#d29922;--fork:#56d4dd;--good:#3fb950;--bad:#f85149;--warn:#f0883e;--goodbox:#12261e;
--badbox:#2d1517;--warnbox:#2b1d0e;--runbox:#0c2d4d}}
.es .ground{fill:var(--ground)}
.es .box{fill:var(--box);stroke:var(--edge);stroke-width:1.2}
.es .panel{fill:var(--ground);stroke:var(--edge);stroke-width:1;stroke-dasharray:2 3}
.es .holds{fill:var(--panel)}
.es .stack{fill:var(--panel);stroke:var(--edge)}
.es .name{fill:var(--text);font-size:13px;font-weight:600}
.es .detail{fill:var(--soft);font-size:11px}
.es .label{fill:var(--text);font-size:11px;text-anchor:middle}
.es .way{fill:var(--text);font-size:11px}
.es .label.otherwise,.es .way.otherwise{fill:var(--soft);font-style:italic}
.es .label.catch,.es .way.catch{fill:var(--warn)}
.es .plate{fill:var(--ground)}
.es .line{fill:none;stroke:var(--line);stroke-width:1.4}
.es .line.catch{stroke:var(--warn);stroke-dasharray:5 4}
.es .arrow{fill:var(--line)}
.es .arrow.catch{fill:var(--warn)}
.es .icon{fill:none;stroke:var(--task);stroke-width:1.6;stroke-linecap:round;
stroke-linejoin:round}
.es .Choice>.icon{stroke:var(--choice)}.es .Wait>.icon{stroke:var(--wait)}
.es .Pass>.icon{stroke:var(--soft)}.es .Parallel>.icon,.es .Map>.icon{stroke:var(--fork)}
.es .Succeed>.icon{stroke:var(--good)}.es .Fail>.icon{stroke:var(--bad)}
.es .Succeed>.box{stroke:var(--good)}.es .Fail>.box{stroke:var(--bad)}
.es .dot{fill:var(--text)}
.es .ring{fill:none;stroke:var(--text);stroke-width:1.4}
.es .badge{fill:var(--soft);font-size:11px;text-anchor:end}
.es .succeeded>.box{fill:var(--goodbox);stroke:var(--good)}
.es .failed>.box{fill:var(--badbox);stroke:var(--bad);stroke-width:2}
.es .caught>.box{fill:var(--warnbox);stroke:var(--warn)}
.es .running>.box{fill:var(--runbox);stroke:var(--task);stroke-width:2}
.es .aborted>.box{fill:var(--panel);stroke:var(--soft);stroke-dasharray:4 3}
.es .untouched{opacity:.5}
.es .untaken{opacity:.4}
.es .taken{stroke-width:2.2}
""".strip()

# Each 14 by 14, from its top left corner.
ICONS = {
    "Task": "M8 .5 3 8h4l-1 5.5L11.5 6h-4z",
    "Choice": "M7 1 13 7 7 13 1 7z",
    "Wait": "M7 1a6 6 0 1 0 .01 0M7 3.5V7l2.5 1.8",
    "Pass": "M1 7h11M8.5 3.5 12 7l-3.5 3.5",
    "Parallel": "M2 1v12M7 1v12M12 1v12",
    "Map": "M4 4h9v9H4zM1 10V1h9",
    "Succeed": "M1.5 7.5 5.5 11.5 12.5 3",
    "Fail": "M2.5 2.5l9 9M11.5 2.5l-9 9",
    "Step": "M8 .5 3 8h4l-1 5.5L11.5 6h-4z",
}
