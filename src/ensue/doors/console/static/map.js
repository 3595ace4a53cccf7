// The map: figures are brought to the picture, which stays as it is; it is moved, and looked into.

const SVG = "http://www.w3.org/2000/svg";
const frame = document.querySelector("[data-map]");
const svg = frame?.querySelector("svg.map");
const live = document.querySelector("#live");
const tip = document.querySelector("#map-tip");
let figures = { nodes: {}, ways: {} };

const short = (value) => {
  if (value >= 1000) return `${(value / 1000).toFixed(value >= 10000 ? 0 : 1)}k`;
  if (value < 0.1) return "<0.1";
  return value >= 10 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
};

const spent = (ms) => {
  if (ms < 1000) return `${ms} ms`;
  const s = Math.round(ms / 1000);
  return s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
};

// Figures

function texted(within, name, text, make) {
  let found = within.querySelector(`:scope > .${name}`);
  if (!found && text) found = within.appendChild(make());
  if (!found) return;
  found.classList.toggle("none", !text);
  const label = found.tagName === "text" ? found : found.querySelector("text");
  if (text && label.textContent !== text) label.textContent = text;
}

const textAt = (name, x, y) => {
  const made = document.createElementNS(SVG, "text");
  made.setAttribute("class", name);
  made.setAttribute("x", x);
  made.setAttribute("y", y);
  return made;
};

function badge(box) {
  const made = document.createElementNS(SVG, "g");
  made.setAttribute("class", "b");
  made.setAttribute("transform", `translate(${box.width.baseVal.value - 10},0)`);
  const plate = document.createElementNS(SVG, "rect");
  for (const [name, value] of [["x", -15], ["y", -8.5], ["width", 30], ["height", 17], ["rx", 8.5]]) plate.setAttribute(name, value);
  made.append(plate, textAt("", 0, 3.8));
  return made;
}

function bring() {
  const said = document.querySelector("#map-figures")?.dataset.figures;
  if (!said || !svg) return;
  figures = JSON.parse(said);
  for (const node of svg.querySelectorAll(".n")) {
    const figure = figures.nodes[node.id.slice(1)] ?? {};
    const box = node.querySelector(":scope > .box");
    const how = figure.how ?? "ok";
    node.classList.toggle("on", (figure.per_s ?? 0) > 0);
    node.classList.toggle("is-bad", how === "fails" || how === "alarm");
    node.classList.toggle("is-warn", how === "waits");
    node.classList.toggle("is-paused", how === "paused");
    const rate = figure.per_s ? `${short(figure.per_s)}/s` : "";
    const low = node.dataset.k === "route" ? box.height.baseVal.value / 2 + 4 : box.height.baseVal.value / 2 + 13;
    texted(node, "r", rate, () => textAt("r", box.width.baseVal.value - 9, low));
    const count = figure.dead || figure.waiting || 0;
    texted(node, "b", count ? short(count) : "", () => badge(box));
    const plate = node.querySelector(":scope > .b");
    plate?.classList.toggle("bad", Boolean(figure.dead) || how === "fails");
    plate?.classList.toggle("warn", !figure.dead && how === "waits");
  }
  const going = new Set();
  for (const [ends, rate] of Object.entries(figures.ways)) {
    const [source, target] = ends.split("-");
    const forth = svg.querySelector(`#e${source}-${target}`);
    const line = forth ?? svg.querySelector(`#e${target}-${source}`);
    if (!line) continue;
    going.add(line);
    line.classList.add("on");
    line.classList.toggle("back", !forth);
    line.classList.toggle("fast", rate >= 5);
    line.classList.toggle("fails", figures.nodes[target]?.how === "fails");
  }
  for (const line of svg.querySelectorAll(".e.on")) {
    if (!going.has(line)) line.classList.remove("on", "fast", "back", "fails");
  }
  if (tip && !tip.hidden && looked) tell(looked);
}
if (live) new MutationObserver(bring).observe(live, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-figures"] });
bring();

// What somebody points at: its figures, and what it is tied to

let looked = null;

function tell(node) {
  const figure = figures.nodes[node.id.slice(1)] ?? {};
  const name = [...node.querySelectorAll(":scope > .m, :scope > .t")].map((each) => each.textContent).join(" ");
  const rows = [
    ["a second", figure.per_s ? String(Number(figure.per_s.toPrecision(2))) : "0"],
    ["failures a second", figure.errors_per_s ? short(figure.errors_per_s) : ""],
    ["waiting", figure.waiting ? String(figure.waiting) : ""],
    ["oldest", figure.oldest_ms ? spent(figure.oldest_ms) : ""],
    ["dead letters", figure.dead ? String(figure.dead) : ""],
    ["19 of 20 within", figure.p95_ms ? `${short(figure.p95_ms)} ms` : ""],
    ["", figure.how && figure.how !== "ok" ? figure.how : ""],
  ].filter(([, value]) => value);
  const title = document.createElement("strong");
  title.textContent = name;
  const list = document.createElement("dl");
  for (const [label, value] of rows) {
    const term = document.createElement("dt");
    const said = document.createElement("dd");
    term.textContent = label;
    said.textContent = value;
    list.append(term, said);
  }
  tip.replaceChildren(title, list);
  const at = node.getBoundingClientRect();
  tip.hidden = false;
  const size = tip.getBoundingClientRect();
  const below = at.bottom + 8 + size.height < innerHeight;
  tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - size.width - 8))}px`;
  tip.style.top = `${below ? at.bottom + 8 : Math.max(8, at.top - size.height - 8)}px`;
}

function look(node) {
  if (looked === node) return;
  looked = node;
  for (const each of svg.querySelectorAll(".lit, .near")) each.classList.remove("lit", "near");
  svg.classList.toggle("looking", Boolean(node));
  if (!node) {
    if (tip) tip.hidden = true;
    return;
  }
  const number = node.id.slice(1);
  node.classList.add("lit");
  for (const line of svg.querySelectorAll(".e")) {
    const ends = line.id.slice(1).split("-");
    if (!ends.includes(number)) continue;
    line.classList.add("near");
    for (const end of ends) svg.querySelector(`#n${end}`)?.classList.add("lit");
  }
  if (tip) tell(node);
}
svg?.addEventListener("pointerover", (event) => { if (!dragging) look(event.target.closest(".n")); });
svg?.addEventListener("pointerleave", () => look(null));
svg?.addEventListener("focusin", (event) => look(event.target.closest(".n")));
svg?.addEventListener("focusout", () => look(null));

// Zoom, and moving about

const wide = svg ? svg.viewBox.baseVal.width : 1;
const tall = svg ? svg.viewBox.baseVal.height : 1;
let scale = 0;

function zoom(next, x = frame.clientWidth / 2, y = frame.clientHeight / 2) {
  const now = svg.getBoundingClientRect().width / wide;
  const fit = Math.min(1, frame.clientWidth / wide);
  scale = next && next > fit * 1.001 ? Math.min(3, next) : 0;
  frame.classList.toggle("zoomed", scale > 0);
  svg.setAttribute("width", Math.round((scale || 1) * wide));
  svg.setAttribute("height", Math.round((scale || 1) * tall));
  if (!scale) return;
  const by = scale / now;
  frame.scrollLeft = (frame.scrollLeft + x) * by - x;
  frame.scrollTop = (frame.scrollTop + y) * by - y;
}
const shown = () => svg.getBoundingClientRect().width / wide;
for (const each of document.querySelectorAll("[data-zoom]")) {
  each.addEventListener("click", () => zoom({ in: shown() * 1.3, out: shown() / 1.3, fit: 0 }[each.dataset.zoom]));
}
frame?.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  const at = frame.getBoundingClientRect();
  zoom(shown() * Math.exp(-event.deltaY / 300), event.clientX - at.left, event.clientY - at.top);
}, { passive: false });
frame?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const next = { "+": shown() * 1.3, "-": shown() / 1.3, 0: 0 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  zoom(next);
});

let dragging = null;
frame?.addEventListener("pointerdown", (event) => {
  if (scale && event.button === 0) dragging = { x: event.clientX, y: event.clientY, moved: false };
});
addEventListener("pointermove", (event) => {
  if (!dragging) return;
  const [x, y] = [event.clientX - dragging.x, event.clientY - dragging.y];
  if (!dragging.moved && Math.abs(x) + Math.abs(y) < 5) return;
  dragging.moved = true;
  look(null);
  frame.classList.add("dragged");
  frame.scrollLeft -= x;
  frame.scrollTop -= y;
  Object.assign(dragging, { x: event.clientX, y: event.clientY });
});
addEventListener("pointerup", () => {
  const was = dragging;
  dragging = null;
  frame?.classList.remove("dragged");
  if (was?.moved) addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); }, { capture: true, once: true });
});
svg?.addEventListener("dragstart", (event) => event.preventDefault());

// The filter, while it is typed

const filter = document.querySelector("[data-map-filter]");
filter?.addEventListener("input", (event) => {
  if (event.target.name === "app") { filter.requestSubmit(); return; }
  const text = (filter.elements.text?.value ?? "").trim().toLowerCase();
  const kind = filter.elements.kind?.value ?? "";
  const dimmed = new Set();
  for (const node of svg?.querySelectorAll(".n") ?? []) {
    const name = [...node.querySelectorAll(":scope > .m, :scope > .t")].map((each) => each.textContent).join(" ").toLowerCase();
    const dim = !name.includes(text) || (kind !== "" && node.dataset.k !== kind);
    node.classList.toggle("dim", dim);
    if (dim) dimmed.add(node.id.slice(1));
  }
  for (const line of svg?.querySelectorAll(".e") ?? []) {
    line.classList.toggle("dim", line.id.slice(1).split("-").some((end) => dimmed.has(end)));
  }
  const asked = new URLSearchParams([...new FormData(filter)].filter(([, value]) => value));
  history.replaceState(history.state, "", `${location.pathname}${asked.size ? `?${asked}` : ""}`);
});
