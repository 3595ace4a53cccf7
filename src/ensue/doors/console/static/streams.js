// The slider through time says where it is while it moves.

const slider = document.querySelector("[data-moment]");
const said = document.querySelector("#at-said");

function tell() {
  said.textContent = new Date(Number(slider.value)).toISOString().slice(0, 19).replace("T", " ");
  slider.setAttribute("aria-valuetext", said.textContent);
}
if (slider) {
  slider.addEventListener("input", tell);
  tell();
}
