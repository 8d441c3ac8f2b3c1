/* Offers names of models and fields while somebody types them into the config form.
 *
 * A combobox after the ARIA pattern "editable with list autocomplete": typing filters, arrows choose, Enter takes,
 * Escape closes. What is typed is never refused here: the server checks it. Inputs are known by their names, so lines
 * that are added later work as well.
 */
(function () {
  "use strict";

  const MAX_SHOWN = 50;
  const KINDS = [
    [/^(target_)?model$/, "model"],
    [/^lines-\d+-field$/, "field"],
    [/^lines-\d+-match_field$/, "match"],
    [/^lines-\d+-match_key$/, "key"],
    [/^params-\d+-field$/, "field"],
    // Where another Odoo is the target, keys are the names of its fields.
    [/^lines-\d+-key$/, "there"],
  ];
  const words = () => (document.getElementById("sync-lookup") || { dataset: {} }).dataset;
  const pseudo = () => [
    { name: "xml_id", label: words().xmlId, type: "" },
    { name: "display_name", label: words().displayName, type: "" },
  ];
  const answers = new Map();
  let list = null;
  let input = null;
  let shown = [];
  let active = -1;

  const kindOf = (element) => {
    if (!(element instanceof HTMLInputElement) || element.type !== "text") return null;
    const found = KINDS.find(([pattern]) => pattern.test(element.name));
    if (!found || (found[1] === "there" && !value("target_connection"))) return null;
    return found[1];
  };
  const value = (name) => {
    const held = [...document.querySelectorAll(`[name="${name}"]`)];
    return (held.find((each) => each.type !== "radio" || each.checked) || {}).value || "";
  };
  const base = () => (document.querySelector("[data-lookup-url]") || { dataset: {} }).dataset.lookupUrl;

  /** Where the names for an input come from, and what of its text is only the way there. */
  function question(element) {
    const kind = kindOf(element);
    const text = element.value.trim();
    const isThere = kind === "there" || element.name === "target_model";
    if (kind === "model") return { kind, isThere, path: null, prefix: "", typed: text };
    const line = element.name.replace(/(match_field|match_key)$/, "field");
    const through = kind === "match" || kind === "key" ? value(line).trim() : "";
    const isDotted = kind === "field" || kind === "there";
    const at = isDotted ? text.lastIndexOf(".") : -1;
    const path = isDotted ? text.slice(0, Math.max(at, 0)).replaceAll("[]", "") : through;
    return { kind, isThere, path, prefix: at < 0 ? "" : text.slice(0, at + 1), typed: text.slice(at + 1) };
  }

  async function ask(asked) {
    const query = new URLSearchParams({ connection: value(asked.isThere ? "target_connection" : "connection") });
    let where = "models/";
    if (asked.kind !== "model") {
      where = "fields/";
      query.set("model", ((asked.isThere && value("target_model")) || value("model")).trim());
      query.set("path", asked.path);
    }
    const url = `${base()}${where}?${query}`;
    if (!answers.has(url)) {
      answers.set(
        url,
        fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" })
          .then((response) => response.json())
          .catch(() => ({ items: [], error: words().failed })),
      );
    }
    const answer = await answers.get(url);
    if (answer.error) answers.delete(url); // so that it is asked again once it is mended
    return answer;
  }

  function matching(items, typed) {
    const wanted = typed.toLowerCase();
    const rank = (item) => {
      const name = item.name.toLowerCase();
      if (name.startsWith(wanted)) return 0;
      if (name.includes(wanted)) return 1;
      return (item.label || "").toLowerCase().includes(wanted) ? 2 : 3;
    };
    return items
      .map((item, index) => [rank(item), index, item])
      .filter(([place]) => place < 3)
      .sort((one, other) => one[0] - other[0] || one[1] - other[1])
      .slice(0, MAX_SHOWN)
      .map(([, , item]) => item);
  }

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  function about(item) {
    const notes = [item.label];
    if (item.type) notes.push(item.relation ? `${item.type} → ${item.relation}` : item.type);
    if (item.required) notes.push(words().required);
    if (item.readonly) notes.push(words().readonly);
    return notes.filter(Boolean).join(" · ");
  }

  function close() {
    if (list) list.remove();
    list = null;
    active = -1;
    if (input) {
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
  }

  function place() {
    const box = input.getBoundingClientRect();
    list.style.left = `${box.left + window.scrollX}px`;
    list.style.top = `${box.bottom + window.scrollY + 4}px`;
    list.style.minWidth = `${box.width}px`;
  }

  function mark(index) {
    active = index;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    if (index < 0) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    input.setAttribute("aria-activedescendant", list.children[index].id);
    list.children[index].scrollIntoView({ block: "nearest" });
  }

  function take(index) {
    const asked = question(input);
    const item = shown[index];
    input.value = asked.prefix + item.name;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    close();
    hint(input, item);
  }

  /** What is known of the field that an input names, under it. */
  function hint(target, item) {
    let box = target.parentElement.querySelector(":scope > .sync-hint");
    if (!box) {
      box = element("div", "sync-hint");
      target.after(box);
    }
    box.textContent = item ? about(item) : "";
    if (item && item.selection) {
      const keys = item.selection.map(([key, label]) => `${key} (${label})`).join(", ");
      box.append(element("br"), document.createTextNode(keys));
    }
  }

  async function open() {
    const mine = input;
    const asked = question(mine);
    if (!base() || (asked.kind !== "model" && !value("model").trim())) return;
    const answer = await ask(asked);
    if (input !== mine || document.activeElement !== mine) return;
    const now = question(mine);
    if (now.path !== asked.path) return; // typed on meanwhile: a newer question is under way
    const all = asked.kind === "match" ? [...answer.items, ...pseudo()] : answer.items;
    const exact = all.find((item) => item.name === now.typed);
    if (asked.kind !== "model") hint(mine, exact);
    shown = matching(all, now.typed);
    close();
    if (!shown.length && !answer.error) return;
    list = element("ul", "sync-options");
    list.id = "sync-options";
    list.setAttribute("role", "listbox");
    shown.forEach((item, index) => {
      const option = element("li", "sync-option");
      option.id = `sync-option-${index}`;
      option.setAttribute("role", "option");
      option.append(element("code", "", asked.prefix + item.name), element("span", "", about(item)));
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(index);
      });
      list.append(option);
    });
    if (answer.error) list.append(element("li", "sync-option sync-bad", answer.error));
    document.body.append(list);
    mine.setAttribute("aria-expanded", "true");
    place();
  }

  function begin(target) {
    input = target;
    for (const [name, text] of [
      ["role", "combobox"],
      ["aria-autocomplete", "list"],
      ["aria-controls", "sync-options"],
      ["aria-expanded", "false"],
      ["autocomplete", "off"],
      ["spellcheck", "false"],
    ])
      target.setAttribute(name, text);
    open();
  }

  document.addEventListener("focusin", (event) => {
    if (event.target === input) return;
    close();
    input = null;
    if (kindOf(event.target)) begin(event.target);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === input) {
      close();
      input = null;
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target === input && !list) open();
  });
  document.addEventListener("input", (event) => {
    if (event.target === input && event.isTrusted) open();
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== input) return;
    if (!list) {
      if (event.key === "ArrowDown") open();
      return;
    }
    const last = shown.length - 1;
    if (event.key === "ArrowDown") mark(active < last ? active + 1 : 0);
    else if (event.key === "ArrowUp") mark(active > 0 ? active - 1 : last);
    else if (event.key === "Enter" && active >= 0) take(active);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  window.addEventListener("resize", () => list && place());
})();
