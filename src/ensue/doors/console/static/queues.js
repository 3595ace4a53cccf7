// Messages: lease clocks that run down, letters that are chosen, bodies that must be JSON.

const page = document.body;
const beganMs = Number(page.dataset.now) - performance.now();

function runDown() {
  for (const each of document.querySelectorAll("meter[data-until]")) {
    each.value = Math.max(0, Number(each.dataset.until) - beganMs - performance.now());
  }
}
if (!("held" in page.dataset)) setInterval(runDown, 1000);

// Letters that are chosen stay chosen when the page is brought up to date.
const chosen = new Set();
const bar = () => document.querySelector("#chosen");

function tell() {
  const shown = bar();
  if (!shown) return;
  shown.hidden = chosen.size === 0;
  shown.querySelector("[data-chosen-count]").textContent = String(chosen.size);
  for (const field of shown.querySelectorAll("[data-chosen]")) field.value = [...chosen].join(",");
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.dataset.choose !== undefined) {
    if (box.checked) chosen.add(box.dataset.choose);
    else chosen.delete(box.dataset.choose);
  } else if (box.dataset.chooseAll !== undefined) {
    for (const each of document.querySelectorAll("[data-choose]")) {
      each.checked = box.checked;
      if (box.checked) chosen.add(each.dataset.choose);
      else chosen.delete(each.dataset.choose);
    }
  } else return;
  tell();
});
document.body.addEventListener("htmx:afterSettle", () => {
  const there = new Set([...document.querySelectorAll("[data-choose]")].map((each) => each.dataset.choose));
  for (const each of [...chosen]) if (!there.has(each)) chosen.delete(each);
  for (const each of document.querySelectorAll("[data-choose]")) each.checked = chosen.has(each.dataset.choose);
  tell();
});

// A body that is no JSON is told of where it is typed.
for (const button of document.querySelectorAll("[data-json-submit]")) {
  const area = button.form.querySelector("textarea");
  const said = button.form.querySelector("[data-invalid]");
  const check = () => {
    let fault = "";
    try {
      JSON.parse(area.value);
    } catch (error) {
      fault = `This is no JSON: ${error.message}`;
    }
    said.textContent = fault;
    said.hidden = fault === "";
    button.disabled = fault !== "";
    area.setAttribute("aria-invalid", String(fault !== ""));
  };
  area.addEventListener("input", check);
  check();
}
