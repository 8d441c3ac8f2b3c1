/* Lets people use the admin without a mouse, and with a screen reader.
 *
 * The theme opens tabs, rows and menus by clicks on elements that take no focus, shows symbols whose names are read
 * aloud as words ("dock_to_right"), and opens dialogs that nobody is told about. Here they become buttons that Enter
 * and Space press, symbols are named or passed over, and a dialog takes the focus and gives it back.
 */
(function () {
  "use strict";

  const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  let names = {};
  let opener = null;

  function reach(element) {
    if (element.matches(FOCUSABLE) || element.matches("label, form")) return;
    // A row's title holds other buttons too: its words are the button then.
    const target = element.querySelector(FOCUSABLE) ? element.querySelector("strong") : element;
    if (!target || target.matches(FOCUSABLE)) return;
    target.tabIndex = 0;
    target.setAttribute("role", "button");
    target.dataset.syncKey = "";
  }

  function name(symbol) {
    const owner = symbol.closest("a, button, [role=button], [x-on\\:click]");
    if (owner !== symbol) symbol.setAttribute("aria-hidden", "true");
    if (!owner || owner.title || owner.hasAttribute("aria-label")) return;
    const words = owner !== symbol && [...owner.childNodes].map((node) => (node === symbol ? "" : node.textContent)).join("").trim();
    if (words) return;
    const word = symbol.textContent.trim();
    owner.setAttribute("aria-label", names[word] || word.replaceAll("_", " "));
  }

  /** What is wider or higher than its place, as a table on a phone is, can be scrolled by keys. */
  function scrolls() {
    document.querySelectorAll(".sync-table, .sync-health, .sync-body, .sync-code, .home-wide, .sync-wide-table").forEach((part) => {
      const isCut = part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 1;
      if (isCut && getComputedStyle(part).overflowX !== "visible" && !part.querySelector(FOCUSABLE)) part.tabIndex = 0;
    });
  }

  function mend(root) {
    if (!(root instanceof Element)) return;
    const all = (selector) => [...(root.matches(selector) ? [root] : []), ...root.querySelectorAll(selector)];
    all("[x-on\\:click]").forEach(reach);
    all(".material-symbols-outlined").forEach(name);
    // Django's two lists of permissions name their search symbol, which only an image may be.
    all("span.help-tooltip[aria-label]").forEach((symbol) => symbol.setAttribute("role", "img"));
  }

  function start() {
    // Only now: the script runs before there is a body, where the names are.
    names = JSON.parse(document.getElementById("sync-names")?.textContent || "{}");
    mend(document.body);
    document.getElementById("content")?.setAttribute("role", "main");
    scrolls();
    window.addEventListener("resize", scrolls);
    window.addEventListener("load", scrolls);
    new MutationObserver((changes) => {
      changes.forEach((change) => change.addedNodes.forEach(mend));
    }).observe(document.body, { childList: true, subtree: true });
    dialogs();
  }

  document.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && "syncKey" in (event.target.dataset || {})) {
      event.preventDefault();
      event.target.click();
    }
  });

  function dialogs() {
    const box = document.getElementById("modal-content");
    if (!box) return;
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-modal", "true");
    const frame = box.parentElement;
    const isOpen = () => frame.style.display !== "none";
    const inside = () => [...box.querySelectorAll(FOCUSABLE)].filter((each) => each.offsetParent !== null);
    let wasOpen = isOpen();

    function settle() {
      if (isOpen() === wasOpen) return;
      wasOpen = isOpen();
      if (wasOpen) {
        opener = document.activeElement;
        box.setAttribute("aria-label", box.querySelector("h1")?.textContent.trim() || "");
        const first = inside().find((each) => !("syncKey" in each.dataset));
        if (first) first.focus();
      } else if (opener) {
        opener.focus();
      }
    }

    new MutationObserver(settle).observe(frame, { attributes: true, attributeFilter: ["style"] });
    document.addEventListener("htmx:afterSettle", settle);
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Tab") return;
      const order = inside();
      const edge = event.shiftKey ? order[0] : order[order.length - 1];
      if (document.activeElement === edge) {
        event.preventDefault();
        order[event.shiftKey ? order.length - 1 : 0].focus();
      }
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
