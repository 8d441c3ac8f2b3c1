/* Mapping lines by keyboard: Enter or Space opens a line at its title, Alt with an arrow moves it. */
(function () {
  "use strict";

  const TITLE = "#lines-data > .form-group h3 strong";

  function ready(title) {
    const group = title.closest(".form-group");
    if (title.dataset.keys || group.classList.contains("empty-form")) return;
    title.dataset.keys = "yes";
    title.tabIndex = 0;
    title.setAttribute("role", "button");
    const told = () => {
      const body = group.querySelector('[x-show="openRow"]');
      title.setAttribute("aria-expanded", String(Boolean(body) && body.style.display !== "none"));
    };
    told();
    new MutationObserver(told).observe(group, { attributes: true, attributeFilter: ["style"], subtree: true });
    title.addEventListener("keydown", (event) => {
      // Where the admin as a whole makes titles buttons, it presses them as well.
      if ((event.key === "Enter" || event.key === " ") && !("syncKey" in title.dataset)) {
        event.preventDefault();
        title.click();
      } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        move(group, event.key === "ArrowUp");
        title.focus();
      }
    });
  }

  /** Only stored lines have places of their own; new ones come last, in their order. */
  function move(group, isUp) {
    const other = isUp ? group.previousElementSibling : group.nextElementSibling;
    const isStored = (each) => each && each.classList.contains("original");
    if (!isStored(group) || !isStored(other)) return;
    if (isUp) other.before(group);
    else other.after(group);
    group.parentElement.querySelectorAll(".form-group.original").forEach((each, index) => {
      const position = each.querySelector('input[name$="-position"]');
      if (position) position.value = index;
    });
  }

  const all = () => document.querySelectorAll(TITLE).forEach(ready);

  document.addEventListener("DOMContentLoaded", () => {
    all();
    const lines = document.getElementById("lines-data");
    if (lines) new MutationObserver(all).observe(lines, { childList: true });
  });
})();
