// Tables: rows that are selected, dialogs, and the feed of changes as it comes in.

const ROWS_MAX = 200;
const find = (selector, within = document) => within.querySelector(selector);

// Dialogs
document.addEventListener("click", (event) => {
  const open = event.target.closest("[data-open]");
  if (open) document.getElementById(open.dataset.open).showModal();
  const close = event.target.closest("[data-close]");
  if (close) close.closest("dialog").close();
});

// Selection: a button is there for those that it can be done to.
function tellPicked() {
  const box = find("[data-actions]");
  if (!box) return;
  const picked = [...document.querySelectorAll("input[name=keys]:checked")];
  find("[data-picked]", box).textContent = picked.length
    ? `${picked.length} selected:` : "Select rows to act on them:";
  for (const button of box.querySelectorAll("button")) {
    const many = picked.filter((each) => each.dataset.can.split(" ").includes(button.value)).length;
    button.disabled = !many;
    button.textContent = many > 1 ? `${button.dataset.title} (${many})` : button.dataset.title;
  }
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) {
    for (const each of document.querySelectorAll("input[name=keys]")) each.checked = event.target.checked;
  }
  tellPicked();
});
document.addEventListener("htmx:afterSettle", tellPicked);
tellPicked();

// The feed
const card = find("[data-feed]");
if (card) {
  const list = find("[data-changes]", card);
  const button = find("[data-pause]", card);
  let after = Number(card.dataset.after);
  let source = null;
  let paused = false;

  const follow = () => {
    const wanted = !paused && document.visibilityState === "visible";
    if (wanted && !source) {
      const address = new URL(card.dataset.feed, location.href);
      address.searchParams.set("after", String(after));
      source = new EventSource(address);
      source.addEventListener("change", (event) => {
        const holder = document.createElement("template");
        holder.innerHTML = event.data;
        const row = holder.content.firstElementChild;
        if (!row || document.getElementById(row.id)) return;
        row.classList.add("came");
        list.prepend(row);
        find("[data-none]", card).hidden = true;
        while (list.children.length > ROWS_MAX) list.lastElementChild.remove();
      });
      source.addEventListener("position", (event) => { after = JSON.parse(event.data).position; });
      source.onerror = () => { source?.close(); source = null; setTimeout(follow, 2000); };
    } else if (!wanted && source) {
      source.close();
      source = null;
    }
  };
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "go on" : "pause";
    follow();
  });
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => source?.close());
  follow();
}
