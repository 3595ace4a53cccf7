// The live stream of events: what comes is put on top, of much a sample, and nothing is lost by a pause.

const ROWS_MAX = 300;
const HELD_MAX = 1000;
const find = (selector, within = document) => within.querySelector(selector);

let stream = null;

class Stream {
  constructor(card) {
    this.card = card;
    this.list = find(".event-list", card);
    this.row = find("#event-row", card).content;
    this.gap = find("#event-gap", card).content;
    this.button = find(".stream-pause", card);
    this.word = find(".stream-word", card);
    this.said = find(".stream-said", card);
    this.withLog = "withLog" in card.dataset;
    this.positions = new Map(card.dataset.after.split(",").map((each) => {
      const colon = each.lastIndexOf(":");
      return [each.slice(0, colon), Number(each.slice(colon + 1))];
    }));
    this.paused = false;
    this.held = [];
    this.counts = { came: 0, shown: 0, left: 0 };
    this.meanwhile = 0;
    this.wait = 500;
    this.button.addEventListener("click", () => this.pause(!this.paused));
    this.connect();
  }

  connect() {
    if (this.source || document.visibilityState === "hidden") return;
    const after = [...this.positions].map(([log, position]) => `${log}:${position}`).join(",");
    const query = new URLSearchParams({ after });
    const pattern = find(".filter textarea")?.value.trim();
    if (pattern) query.set("pattern", pattern);
    this.source = new EventSource(`${this.card.dataset.feed}?${query}`);
    this.source.addEventListener("came", (event) => {
      this.wait = 500;
      for (const batch of JSON.parse(event.data)) this.take(batch);
      this.tell();
    });
    this.source.addEventListener("refused", (event) => {
      this.close();
      this.said.textContent = JSON.parse(event.data).message;
    });
    // It would ask again from where it began: asked anew, it goes on from where it is.
    this.source.onerror = () => {
      this.close();
      this.timer = setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(this.wait * 2, 10000);
    };
  }

  close() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  take(batch) {
    const log = `${batch.kind}/${batch.app}/${batch.name}`;
    if (batch.position <= this.positions.get(log)) return;
    this.positions.set(log, batch.position);
    this.counts.came += batch.came;
    if (this.paused) {
      this.meanwhile += batch.matched;
      this.held.push(batch);
      let kept = this.held.reduce((sum, each) => sum + each.events.length, 0);
      while (kept > HELD_MAX) {
        const oldest = this.held.find((each) => each.events.length);
        kept -= oldest.events.length;
        oldest.events = [];
      }
    } else {
      this.show(batch);
    }
  }

  show(batch) {
    const left = batch.came - batch.looked + batch.matched - batch.events.length;
    if (left > 0) this.put(this.gapOf(batch, left));
    for (const event of batch.events) this.put(this.rowOf(event));
    this.counts.shown += batch.events.length;
    this.counts.left += left;
    find(".stream-empty", this.card)?.remove();
  }

  put(item) {
    this.list.prepend(item);
    while (this.list.children.length > ROWS_MAX) this.list.lastElementChild.remove();
  }

  rowOf(event) {
    const item = this.row.cloneNode(true).firstElementChild;
    const path = ["events", event.app, event.name, "event", event.id].map(encodeURIComponent).join("/");
    find("a", item).href = `/console/${path}${event.kind === "bus" ? "" : `?kind=${event.kind}`}`;
    const time = find(".event-time", item);
    time.textContent = (event.time ?? "").slice(11, 19);
    time.title = event.time ?? "";
    find(".event-title", item).textContent = event.title ?? "";
    const replay = event.replay ? ` · replay ${event.replay}` : "";
    find(".event-source", item).textContent = `${this.withLog ? event.name : event.source ?? ""}${replay}`;
    find(".event-text", item).textContent = event.text;
    item.classList.toggle("replayed", Boolean(event.replay));
    item.classList.add("fresh");
    return item;
  }

  gapOf(batch, left) {
    const item = this.gap.cloneNode(true).firstElementChild;
    const link = find("a", item);
    const query = new URLSearchParams({ after: batch.before, kind: batch.kind });
    link.href = `/console/events/${encodeURIComponent(batch.app)}/${encodeURIComponent(batch.name)}?${query}`;
    const said = left.toLocaleString("en");
    link.textContent = batch.looked < batch.came
      ? `${said} of ${batch.name} were not looked at: too many at once. Read them from here`
      : `${said} of ${batch.name} are left out: too many at once. Read them from here`;
    return item;
  }

  pause(paused) {
    this.paused = paused;
    if (!paused) {
      for (const batch of this.held) this.show(batch);
      this.held = [];
      this.meanwhile = 0;
    }
    this.button.setAttribute("aria-pressed", String(paused));
    this.tell();
  }

  tell() {
    const count = (number) => number.toLocaleString("en");
    const { came, shown, left } = this.counts;
    this.word.textContent = this.paused ? (this.meanwhile ? `Go on: ${count(this.meanwhile)} came` : "Go on") : "Pause";
    const parts = [`${count(came)} came since the page was opened`, `${count(shown)} shown`];
    if (left) parts.push(`${count(left)} left out: of much a sample is shown`);
    const waiting = this.paused ? "Paused: what comes is kept." : "Waiting for what comes.";
    this.said.textContent = came ? `${parts.join(", ")}.` : waiting;
  }
}

function begin() {
  stream?.close();
  const card = find("#stream-card[data-feed]");
  stream = card ? new Stream(card) : null;
}

begin();
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "stream") begin();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") stream?.close();
  else stream?.connect();
});
addEventListener("pagehide", () => stream?.close());

// A click opens what was published below its line; the stream waits meanwhile.
document.addEventListener("click", async (event) => {
  const link = event.target.closest(".stream .event-line");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const item = link.closest("li");
  const open = find(".event-inside", item);
  if (open) {
    open.remove();
    link.setAttribute("aria-expanded", "false");
    return;
  }
  const reply = await fetch(link.href, { headers: { "HX-Target": "detail" } });
  if (!reply.ok || find(".event-inside", item)) { location.href = link.href; return; }
  if (stream && !stream.paused) stream.pause(true);
  const inside = document.createElement("div");
  inside.className = "event-inside";
  inside.innerHTML = await reply.text();
  item.append(inside);
  link.setAttribute("aria-expanded", "true");
});
