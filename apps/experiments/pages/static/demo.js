"use strict";

const LOCKED_MS = 1000;
const place = document.getElementById("demo");
const button = document.getElementById("button");
const said = document.getElementById("said");
const experimentId = place.dataset.experiment;

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error.message);
  return told;
}

async function begin() {
  const { userId, variants } = await post("/assign", { experimentId });
  const variant = variants[experimentId];
  if (variant === undefined) {
    said.textContent = "The experiment is paused.";
    return;
  }
  place.dataset.variant = variant;
  document.getElementById("variant").textContent = variant;
  const log = (action) => post("/collect", { action, experimentId, userId, variant, eventId: crypto.randomUUID() });
  await log("log_impression");
  button.disabled = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, LOCKED_MS);
    try {
      await log("log_click");
      said.textContent = "Logged.";
    } catch (fault) {
      said.textContent = fault.message;
    }
  });
}

begin().catch((fault) => { said.textContent = fault.message; });
