/* Line numbers beside the inputs for scripts, colours behind their text, and Tab for an indentation there (Escape, then
 * Tab leaves the input). The input itself stays a textarea: what is typed is what is sent. */
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
    const edit = document.createElement("div");
    const colours = document.createElement("pre");
    edit.className = "sync-edit";
    colours.className = "sync-colours";
    colours.setAttribute("aria-hidden", "true");
    area.before(box);
    edit.append(colours, area);
    box.append(numbers, edit);
    area.dataset.numbered = "yes";
    const follow = () => {
      numbers.scrollTop = area.scrollTop;
      colours.scrollTop = area.scrollTop;
      colours.scrollLeft = area.scrollLeft;
    };
    const count = () => {
      const lines = area.value.split("\n").length;
      numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
      numbers.style.height = `${area.clientHeight}px`;
      colours.replaceChildren(window.syncHighlight(area.value));
      colours.style.height = `${area.clientHeight}px`;
      colours.style.width = `${area.clientWidth}px`;
      follow();
    };
    area.addEventListener("input", count);
    area.addEventListener("scroll", follow);
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
