// Comfort; nothing here is needed. Without it the browser says that it sends, and a link shows how far a job is.
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

// A running job: only the line that tells how far it is changes under the reader, until the job is over.
async function follow() {
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.ok) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("running");
    if (now) {
      document.getElementById("running").replaceWith(now);
    } else {
      document.querySelector(".content").replaceWith(page.querySelector(".content"));
      document.title = page.title;
      document.getElementById("told").textContent = page.title;
      return;
    }
  }
  setTimeout(follow, 5_000);
}
if (document.getElementById("running")) setTimeout(follow, 5_000);
