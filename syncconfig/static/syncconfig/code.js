/* Line numbers beside the inputs for scripts, and Tab for an indentation there (Escape, then Tab leaves the input). */
(function () {
  "use strict";

  const SELECTOR = 'textarea[name$="script"], textarea[name$="script_reverse"]';
  const INDENT = "    ";
  let leaves = false;

  function number(area) {
    const box = document.createElement("div");
    const numbers = document.createElement("div");
    box.className = "sync-numbered";
    numbers.className = "sync-numbers";
    numbers.setAttribute("aria-hidden", "true");
    area.before(box);
    box.append(numbers, area);
    area.dataset.numbered = "yes";
    const count = () => {
      const lines = area.value.split("\n").length;
      numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
      numbers.style.height = `${area.clientHeight}px`;
      numbers.scrollTop = area.scrollTop;
    };
    area.addEventListener("input", count);
    area.addEventListener("scroll", () => (numbers.scrollTop = area.scrollTop));
    new ResizeObserver(count).observe(area);
    count();
  }

  const all = () => document.querySelectorAll(SELECTOR).forEach((area) => {
    // The template of new lines is copied; a copy brings the mark without the listeners.
    if (!area.name.includes("__prefix__") && !area.dataset.numbered) number(area);
  });

  document.addEventListener("DOMContentLoaded", () => {
    all();
    new MutationObserver(all).observe(document.body, { childList: true, subtree: true });
  });

  document.addEventListener("keydown", (event) => {
    const area = event.target;
    if (!(area instanceof HTMLTextAreaElement) || !area.matches(SELECTOR) || area.readOnly) return;
    if (event.key === "Escape") leaves = true;
    else if (event.key === "Tab" && !leaves && !event.shiftKey) {
      event.preventDefault();
      area.setRangeText(INDENT, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    } else leaves = false;
  });
})();
