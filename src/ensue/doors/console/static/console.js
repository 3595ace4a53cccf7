// What every page of the console does: stays live, goes to places by keys, asks before it changes.

const body = document.body;
const find = (selector, within = document) => within.querySelector(selector);

// Time: what the server said it is, and how long ago that was.
const heldClock = "held" in body.dataset;
let serverMs = Number(body.dataset.now);
let saidAt = performance.now();
export const nowMs = () => (heldClock ? serverMs : serverMs + performance.now() - saidAt);

export function duration(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

function tellTimes() {
  const now = nowMs();
  for (const each of document.querySelectorAll("time.ago")) {
    const ms = Number(each.dataset.ms);
    const text = ms <= now ? `${duration(now - ms)} ago` : `in ${duration(ms - now)}`;
    if (each.textContent !== text) each.textContent = text;
  }
}
if (!heldClock) setInterval(tellTimes, 1000);

// Live: the server says when its store has moved; the page asks for what it shows.
let source = null;
let paused = sessionStorage.getItem("ensue-paused") === "yes";
const button = find("[data-live]");

function follow() {
  const wanted = !paused && document.visibilityState === "visible";
  if (wanted && !source) {
    source = new EventSource("/console/live");
    source.addEventListener("moved", (event) => {
      serverMs = JSON.parse(event.data).now_ms;
      saidAt = performance.now();
      if (!body.contains(find("dialog[open]"))) htmx.trigger(body, "moved");
    });
  } else if (!wanted && source) {
    source.close();
    source = null;
  }
  if (button) {
    button.setAttribute("aria-pressed", String(!paused));
    find(".live-word", button).textContent = paused ? "paused" : "live";
  }
}
document.addEventListener("visibilitychange", follow);
addEventListener("pagehide", () => source?.close());
button?.addEventListener("click", () => {
  paused = !paused;
  sessionStorage.setItem("ensue-paused", paused ? "yes" : "no");
  follow();
});
follow();

// What somebody opened, typed or looks at stays as it is when the page is brought up to date.
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
  !(name === "open" && (node.tagName === "DETAILS" || node.tagName === "DIALOG"));
Idiomorph.defaults.callbacks.beforeNodeMorphed = (node) =>
  !(node.nodeType === 1 && (node.matches("input, textarea, select") || node.hasAttribute("data-keep")));

// Theme
find("[data-theme-button]")?.addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
    || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  const chosen = dark ? "light" : "dark";
  document.documentElement.dataset.theme = chosen;
  localStorage.setItem("ensue-theme", chosen);
});

// Copy
document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (!copy) return;
  await navigator.clipboard.writeText(copy.dataset.copy);
  copy.textContent = "copied";
  setTimeout(() => { copy.textContent = "copy"; }, 1500);
});

// Ask before what cannot be taken back
const confirming = find("#confirm");
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.dataset.agreed) return;
  event.preventDefault();
  find("#confirm-text").textContent = form.dataset.confirm;
  confirming.returnValue = "";
  confirming.showModal();
  confirming.addEventListener("close", () => {
    if (confirming.returnValue !== "yes") return;
    form.dataset.agreed = "yes";
    form.requestSubmit(event.submitter);
    delete form.dataset.agreed;
  }, { once: true });
});

// Palette
const palette = find("#palette");
const text = find("#palette-text");
const list = find("#palette-found");
let places = null;
let searches = false;
let shown = [];
let at = 0;
let asked = 0;

function score(place, words) {
  const title = place.title.toLowerCase();
  const all = `${title} ${place.kind} ${place.where}`.toLowerCase();
  if (!words.every((word) => all.includes(word))) return -1;
  const first = words[0] ?? "";
  return (title === first ? 4 : 0) + (title.startsWith(first) ? 2 : 0) + (place.kind === "section" ? 1 : 0);
}

function draw(found) {
  shown = found.slice(0, 30);
  at = Math.min(at, Math.max(0, shown.length - 1));
  list.replaceChildren(...shown.map((place, number) => {
    const item = document.createElement("li");
    item.role = "option";
    item.id = `palette-${number}`;
    item.setAttribute("aria-selected", String(number === at));
    const link = document.createElement("a");
    link.href = place.address;
    link.tabIndex = -1;
    for (const [kind, words] of [["title", place.title], ["soft", [place.kind, place.where].filter(Boolean).join(" · ")]]) {
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = words;
      link.append(part);
    }
    item.append(link);
    return item;
  }));
  text.setAttribute("aria-activedescendant", shown.length ? `palette-${at}` : "");
  find(`#palette-${at}`)?.scrollIntoView({ block: "nearest" });
}

async function look() {
  const said = text.value.trim();
  const words = said.toLowerCase().split(/\s+/).filter(Boolean);
  const near = (places ?? [])
    .map((place) => [score(place, words), place])
    .filter(([points]) => points >= 0)
    .sort(([a], [b]) => b - a)
    .map(([, place]) => place);
  const number = ++asked;
  draw(near);
  if (said.length < 4 || !searches) return;
  const reply = await fetch(`/console/search.json?q=${encodeURIComponent(said)}`);
  if (!reply.ok || number !== asked) return;
  const found = (await reply.json()).found;
  const known = new Set(found.map((each) => each.address));
  draw([...found, ...near.filter((each) => !known.has(each.address))]);
}

async function openPalette() {
  palette.showModal();
  text.value = "";
  at = 0;
  text.focus();
  if (!places) {
    const known = await (await fetch("/console/palette.json")).json();
    places = known.found;
    searches = known.searches;
  }
  look();
}
text?.addEventListener("input", () => { at = 0; look(); });
text?.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    at = (at + step + shown.length) % Math.max(1, shown.length);
    draw(shown);
  } else if (event.key === "Enter" && shown[at]) {
    event.preventDefault();
    location.href = shown[at].address;
  }
});
palette?.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
for (const each of document.querySelectorAll("[data-palette]")) each.addEventListener("click", openPalette);

// Keys
let pending = false;
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (pending) {
    pending = false;
    const there = find(`.side a[data-key="${CSS.escape(event.key)}"]`);
    if (there) { event.preventDefault(); there.click(); }
    return;
  }
  const does = {
    "/": openPalette,
    "?": () => find("#keys").showModal(),
    ".": () => button?.click(),
    g: () => { pending = true; setTimeout(() => { pending = false; }, 1500); },
  }[event.key];
  if (does) { event.preventDefault(); does(); }
});
