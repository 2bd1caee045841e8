// What a form says while files are on their way. Nothing here is needed: without it the browser says so.
"use strict";

document.addEventListener("submit", (event) => {
  const said = event.target.querySelector(".sending");
  const files = Array.from(event.target.querySelectorAll("input[type=file]"));
  if (!said || !files.some((input) => input.files.length > 0)) return;
  said.hidden = false;
  const words = said.querySelector("span");
  words.textContent = said.dataset.now;
  setTimeout(() => { words.textContent = said.dataset.still; }, 10_000);
});
