// Keys for the queue. Nothing here is needed: every key repeats a link or a box that is on the page.
// Off-switch: the box in the list that `?` opens (WCAG 2.1.4). Ignored in inputs and while an IME composes.
"use strict";

(() => {
  const rows = Array.from(document.querySelectorAll("table.queue tbody tr"));
  const chinese = document.documentElement.lang.startsWith("zh");
  const stored = "jiexu-keys";
  let at = -1;

  const words = chinese
    ? { title: "快捷键", j: "下一件", k: "上一件", x: "勾选", Enter: "打开", "/": "查找", "?": "显示或关闭本表", on: "启用快捷键", close: "关闭" }
    : { title: "Keys", j: "next case", k: "case before", x: "tick", Enter: "open", "/": "search", "?": "show or hide this list", on: "Keys are on", close: "Close" };

  const enabled = () => {
    try {
      return localStorage.getItem(stored) !== "off";
    } catch {
      return true; // storage is blocked: the switch then lasts for this page only
    }
  };

  const go = (to) => {
    if (!rows.length) return;
    rows[at]?.classList.remove("here");
    at = Math.max(0, Math.min(rows.length - 1, to));
    rows[at].classList.add("here");
    rows[at].querySelector("a").focus();
  };

  const list = document.createElement("dialog");
  list.className = "panel keys";
  const heading = document.createElement("h2");
  heading.textContent = words.title;
  const lines = document.createElement("dl");
  for (const key of ["j", "k", "x", "Enter", "/", "?"]) {
    const term = document.createElement("dt");
    term.textContent = key;
    const meaning = document.createElement("dd");
    meaning.textContent = words[key];
    lines.append(term, meaning);
  }
  const label = document.createElement("label");
  label.className = "choice";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = enabled();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(stored, box.checked ? "on" : "off");
    } catch {
      box.dataset.off = String(!box.checked);
    }
  });
  label.append(box, words.on);
  const close = document.createElement("button");
  close.textContent = words.close;
  close.addEventListener("click", () => list.close());
  list.append(heading, lines, label, close);
  list.setAttribute("aria-label", words.title);
  document.body.append(list);

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
    if (event.key === "?") {
      list.showModal();
      return;
    }
    if (!box.checked) return;
    if (event.key === "j") go(at + 1);
    else if (event.key === "k") go(at - 1);
    else if (event.key === "x") rows[at]?.querySelector("input[type=checkbox]")?.click();
    else if (event.key === "/") {
      event.preventDefault();
      document.getElementById("words")?.focus();
    }
  });
})();
