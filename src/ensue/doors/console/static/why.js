// The tree of why: fold and unfold, walk by the arrow keys, and look at one thing of it.

const tree = () => document.querySelector("#tree");
const rows = () => [...(tree()?.querySelectorAll(".row") ?? [])];
const level = (row) => Number(row.getAttribute("aria-level"));
const folded = new Set();

// Rows stand one after the other; those below a folded one are hidden.
function show() {
  let hiddenBelow = Infinity;
  for (const row of rows()) {
    const hides = level(row) > hiddenBelow;
    if (!hides) hiddenBelow = Infinity;
    row.hidden = hides;
    if (row.hasAttribute("aria-expanded")) {
      const isFolded = folded.has(row.dataset.id);
      row.setAttribute("aria-expanded", String(!isFolded));
      if (isFolded && !hides) hiddenBelow = level(row);
    }
  }
}

function fold(row, wanted) {
  if (!row.hasAttribute("aria-expanded")) return;
  if (wanted) folded.add(row.dataset.id);
  else folded.delete(row.dataset.id);
  show();
}

function focus(row) {
  if (!row) return;
  for (const each of rows()) each.tabIndex = each === row ? 0 : -1;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

function select(row) {
  for (const each of rows()) {
    each.setAttribute("aria-selected", String(each === row));
    each.classList.toggle("at", each === row);
  }
  document.querySelector(".why")?.classList.add("asked");
}

const above = (row) => {
  let each = row.previousElementSibling;
  while (each && level(each) >= level(row)) each = each.previousElementSibling;
  return each;
};

document.addEventListener("click", (event) => {
  const row = event.target.closest?.("#tree .row");
  if (!row) return;
  if (event.target.closest(".twist:not(.none)")) fold(row, row.getAttribute("aria-expanded") === "true");
  else if (event.target.closest("a.name")) select(row);
  else if (!event.target.closest("a")) row.querySelector("a")?.click();
  focus(row);
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("#tree .row");
  if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
  const seen = rows().filter((each) => !each.hidden);
  const at = seen.indexOf(row);
  const isFolded = row.getAttribute("aria-expanded") === "false";
  const does = {
    ArrowDown: () => focus(seen[at + 1]),
    ArrowUp: () => focus(seen[at - 1]),
    Home: () => focus(seen[0]),
    End: () => focus(seen.at(-1)),
    ArrowRight: () => (isFolded ? fold(row, false) : level(seen[at + 1] ?? row) > level(row) && focus(seen[at + 1])),
    ArrowLeft: () => (row.hasAttribute("aria-expanded") && !isFolded ? fold(row, true) : focus(above(row))),
    Enter: () => row.querySelector("a")?.click(),
    " ": () => row.querySelector("a")?.click(),
  }[event.key];
  if (does) {
    event.preventDefault();
    does();
  }
});

// What was unfolded by hand is kept: a tree with more than the server shows is not brought up to date.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "live" && document.querySelector("#tree[data-grown]")) event.preventDefault();
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.requestConfig?.path?.includes("/branch/")) tree()?.setAttribute("data-grown", "");
});
document.addEventListener("htmx:afterSettle", (event) => {
  show();
  const panel = document.querySelector(".panel");
  const isAbove = panel && panel.getBoundingClientRect().bottom < 60;
  if (event.target.id === "detail" && isAbove) panel.scrollIntoView({ block: "start" });
});

// The node that is sought is in sight, unless one looks at it above the tree.
const sought = document.querySelector("#tree .row.at") ?? document.querySelector("#tree .row.sought");
const isBeside = matchMedia("(min-width: 1320px)").matches || !document.querySelector(".why.asked");
if (sought && isBeside && sought.getBoundingClientRect().bottom > innerHeight) {
  sought.scrollIntoView({ block: "center" });
}
