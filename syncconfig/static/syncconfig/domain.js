/* Under the filter domain: how many records of Odoo match it, and a few of them. Asked for by a button, and again a
 * moment after the filter was changed. What is shown comes from the template #sync-domain. */
(function () {
  "use strict";

  const WAIT_MS = 900;

  function begin() {
    const area = document.querySelector('textarea[name="domain"]');
    const template = document.getElementById("sync-domain");
    if (!area || !template || area.readOnly) return;
    const words = template.dataset;
    const box = template.content.cloneNode(true).firstElementChild;
    const button = box.querySelector("button");
    const told = box.querySelector("[data-told]");
    const value = (name) => (document.querySelector(`[name="${name}"]`) || {}).value || "";
    let timer = 0;
    let asked = 0;

    function show(answer) {
      told.replaceChildren();
      told.className = answer.error ? "sync-bad" : "";
      if (answer.error) {
        told.textContent = answer.error;
        if (answer.position && document.activeElement !== area) {
          area.setSelectionRange(answer.position - 1, answer.position);
        }
        return;
      }
      told.textContent = words[answer.count === 0 ? "none" : answer.count === 1 ? "one" : "many"].replace("%s", answer.count);
      if (!answer.examples.length) return;
      const list = document.createElement("ul");
      list.className = "sync-lines";
      for (const each of answer.examples) {
        const item = document.createElement("li");
        item.textContent = `${each.name} (${each.id})`;
        list.append(item);
      }
      told.append(list);
    }

    async function ask() {
      const mine = (asked += 1);
      if (!value("model").trim() || !value("connection")) {
        show({ error: words.first });
        return;
      }
      told.className = "";
      told.textContent = words.asking;
      let answer;
      try {
        const response = await fetch(words.url, {
          method: "POST",
          body: new URLSearchParams({
            connection: value("connection"),
            model: value("model"),
            domain: area.value,
            csrfmiddlewaretoken: value("csrfmiddlewaretoken"),
          }),
          headers: { Accept: "application/json" },
          credentials: "same-origin",
        });
        answer = await response.json();
      } catch {
        answer = { error: words.failed };
      }
      if (mine === asked) show(answer); // an older answer says nothing of what stands there now
    }

    button.addEventListener("click", ask);
    area.addEventListener("input", () => {
      window.clearTimeout(timer);
      if (value("model").trim() && value("connection")) timer = window.setTimeout(ask, WAIT_MS);
    });
    (area.closest(".sync-numbered") || area).after(box);
  }

  document.addEventListener("DOMContentLoaded", begin);
})();
