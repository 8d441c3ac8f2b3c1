/* “Try it” under each script: the variables it has, a sample, and a run under the real limits, nothing stored.
 *
 * What is shown comes from the template #sync-bench, which is there for those who may write scripts.
 */
(function () {
  "use strict";

  const SELECTOR = 'textarea[name$="script"], textarea[name$="script_reverse"]';
  let number = 0;
  let last = null; // the sample that was used last is the one for the next script too

  const value = (name) => (document.querySelector(`[name="${name}"]`) || {}).value || "";
  const token = () => value("csrfmiddlewaretoken");
  const template = () => document.getElementById("sync-bench");

  async function post(url, values) {
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams({ ...values, csrfmiddlewaretoken: token() }),
      headers: { Accept: "application/json" },
      credentials: "same-origin",
    });
    if (response.status === 403) return { error: template().dataset.forbidden };
    return response.json();
  }

  /** Where the script stands, and which way it works. */
  function placeOf(area) {
    const way = value("request_type") === "out" ? "out" : "in";
    if (area.name === "before_script" || area.name === "after_script") {
      const limits = value(area.name.replace("script", "limits"));
      return { place: area.name, direction: way, key: "", limits };
    }
    const line = area.name.replace(/script(_reverse)?$/, "");
    const direction = area.name.endsWith("_reverse") || value(`${line}direction`) === "out" ? "out" : way;
    const key = direction === "out" ? value(`${line}field`) : value(`${line}key`);
    const limits = value(`${line}opt_limits`);
    return { place: value(`${line}opt_script_mode`) || "evaluate", direction, key, limits };
  }

  function show(area, box, answer) {
    const told = (name) => box.querySelector(`[data-told="${name}"]`);
    const words = template().dataset;
    const kind = answer.error ? "error" : answer.kind;
    const head = told("head");
    const at = answer.line ? ` (${words.line} ${answer.line})` : "";
    head.className = kind === "result" ? "sync-good" : kind === "skipped" ? "sync-warn" : "sync-bad";
    head.textContent = answer.error || `${words[kind]}${answer.message ? `: ${answer.message}` : ""}${at}`;
    told("value").textContent = kind === "result" ? answer.value : "";
    told("value").hidden = kind !== "result";
    told("printed").textContent = answer.printed || "";
    told("printed").parentElement.hidden = !answer.printed;
    told("time").textContent = answer.duration_ms === undefined ? "" : `${answer.duration_ms} ms`;
    box.querySelector("[data-told-all]").hidden = false;
    if (answer.line) mark(area, answer.line);
  }

  /** Put the cursor's line to where the script broke off. */
  function mark(area, line) {
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.setSelectionRange(start, start + (lines[line - 1] || "").length);
    area.scrollTop = Math.max(0, (line - 3) * 20);
  }

  function add(area) {
    const made = template().content.cloneNode(true);
    const box = made.querySelector(".sync-bench");
    number += 1;
    for (const labelled of box.querySelectorAll("[data-for]")) {
      labelled.htmlFor = `sync-bench-${number}-${labelled.dataset.for}`;
      box.querySelector(`[data-input="${labelled.dataset.for}"]`).id = labelled.htmlFor;
    }
    const sample = box.querySelector('[data-input="sample"]');
    const values = box.querySelector('[data-input="values"]');
    box.addEventListener("toggle", () => {
      if (box.open && !sample.value) sample.value = last === null ? template().dataset.sample : last;
      box.querySelector("[data-values]").hidden = !/\bvalues\b/.test(area.value);
    });
    const asked = () => ({ connection: value("connection"), model: value("model"), domain: value("domain") });
    box.querySelector('[data-do="record"]').addEventListener("click", async () => {
      const answer = await post(template().dataset.recordUrl, asked());
      if (answer.record) sample.value = last = answer.record;
      else show(area, box, answer);
    });
    const run = box.querySelector('[data-do="run"]');
    run.addEventListener("click", async () => {
      last = sample.value;
      run.disabled = true;
      try {
        const given = { ...asked(), ...placeOf(area), script: area.value, sample: sample.value, values: values.value };
        show(area, box, await post(template().dataset.url, { ...given, config: template().dataset.config }));
      } catch {
        show(area, box, { error: template().dataset.failed });
      } finally {
        run.disabled = false;
      }
    });
    area.closest(".sync-numbered").after(made);
    area.dataset.bench = "yes";
  }

  const all = () => {
    if (!template()) return;
    document.querySelectorAll(SELECTOR).forEach((area) => {
      const isReady = area.dataset.numbered && !area.dataset.bench && !area.readOnly;
      if (isReady && !area.name.includes("__prefix__") && area.closest(".sync-numbered")) add(area);
    });
  };

  document.addEventListener("DOMContentLoaded", () => {
    all();
    new MutationObserver(all).observe(document.body, { childList: true, subtree: true });
  });
})();
