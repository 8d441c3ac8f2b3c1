/* Sends a form once, and only while its reader is logged in.
 *
 * A form that is sent after the session's end would be answered by the login, and what was typed would be gone; one whose
 * button is pressed twice would be done twice. So each is held for a moment: the hub is asked whether the session is there,
 * and the form gets the token that is valid now, which a login in another tab has changed. Without this script, or without
 * an answer that can be read, forms are sent as ever.
 */
(function () {
  "use strict";

  const AGAIN_MS = 3000; // after which a form that is still there may be sent again, such as one that fetched a file
  const states = new WeakMap();

  let words = {};

  // The script runs before there is a body, where the words are.
  document.addEventListener("DOMContentLoaded", () => {
    words = JSON.parse(document.getElementById("sync-sending")?.textContent || "{}");
  });

  const isOurs = (form) =>
    words.url &&
    // By attribute: an input of the name "method" would stand in the way of the property.
    (form.getAttribute("method") || "").toLowerCase() === "post" &&
    !form.hasAttribute("target") &&
    form.querySelector("[name=csrfmiddlewaretoken]");

  function tell(form, text, link) {
    let box = document.getElementById("sync-not-sent");
    if (!box) {
      box = document.createElement("div");
      box.id = "sync-not-sent";
      box.className = "sync-not-sent";
      box.setAttribute("role", "alert");
      form.before(box);
    }
    box.replaceChildren(text);
    if (link) {
      const way = document.createElement("a");
      way.href = link;
      way.target = "_blank";
      way.className = "text-link";
      way.textContent = words.login;
      box.append(" ", way);
    }
    box.scrollIntoView({ block: "center" });
  }

  async function ask() {
    const response = await fetch(words.url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    return response.ok ? response.json() : {};
  }

  async function send(form, submitter) {
    let answer;
    try {
      answer = await ask();
    } catch {
      states.delete(form);
      tell(form, words.away);
      return;
    }
    if (answer.user === null) {
      states.delete(form);
      tell(form, words.ended, answer.login);
      return;
    }
    if (answer.csrf) {
      document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((input) => (input.value = answer.csrf));
    }
    document.getElementById("sync-not-sent")?.remove();
    states.set(form, "sent");
    form.requestSubmit(submitter);
    window.setTimeout(() => states.delete(form), AGAIN_MS);
  }

  // Before the listeners of the form's own and of the theme: they hear of it when it is really sent.
  window.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!isOurs(form)) return;
      const state = states.get(form);
      if (state === "sent") {
        states.set(form, "done");
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (state) return;
      states.set(form, "asking");
      send(form, event.submitter);
    },
    true,
  );
  // Back to this page, as the browser has kept it: its forms have not been sent.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form").forEach((form) => states.delete(form));
  });
})();
