// Schedules: what an expression means while it is typed, and moments where the reader is.

function local() {
  for (const each of document.querySelectorAll("time[data-local]")) {
    const at = new Date(Number(each.dataset.local));
    const text = at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    if (each.textContent !== text) each.textContent = text;
  }
}
local();
document.addEventListener("htmx:afterSettle", local);

for (const box of document.querySelectorAll("[data-preview]")) {
  const form = box.closest("form");
  const expression = form.querySelector("[name=expression]");
  const zone = form.querySelector("[name=timezone]");
  let asked = 0;
  let timer = 0;

  const look = async () => {
    const number = ++asked;
    const text = expression.value.trim();
    if (!text) return;
    const query = new URLSearchParams({ expression: text, timezone: zone.value.trim() || "UTC" });
    const reply = await fetch(`${box.dataset.preview}?${query}`);
    if (!reply.ok || number !== asked) return;
    const said = await reply.json();
    const parts = (said.fault ? [[said.fault.message, "bad"]]
      : said.next.length ? said.next.map((each) => [each.at.replace("T", " ").slice(0, 19), ""])
        : [["It is never due.", "bad"]]);
    expression.setCustomValidity(said.fault ? said.fault.message : "");
    box.replaceChildren(...parts.map(([words, kind]) => {
      const part = document.createElement("span");
      part.textContent = words;
      if (kind) part.className = kind;
      return part;
    }));
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(look, 180); };
  expression.addEventListener("input", soon);
  zone.addEventListener("input", soon);
  look();
}
