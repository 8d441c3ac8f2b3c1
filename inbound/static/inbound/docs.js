"use strict";
// Reads openapi.json with the reader's own credentials, shows it, and sends what the reader wants to try.
const main = document.getElementById("endpoints");
const who = document.getElementById("who");

function credentials() {
  const value = who.value.value.trim();
  return value ? { [who.header.value.trim()]: value } : {};
}

function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function shown(parent, title, value) {
  element("h4", title, parent);
  element("pre", typeof value === "string" ? value : JSON.stringify(value, null, 2), parent);
}

function schemaOf(document_, schema) {
  const name = schema && schema.$ref && schema.$ref.split("/").pop();
  return name ? document_.components.schemas[name] : schema;
}

function operation(document_, path, method, told, shared) {
  const box = element("details");
  const head = element("summary", undefined, box);
  element("b", method.toUpperCase(), head);
  head.append(` ${path} – ${told.summary}`);
  const parameters = [...shared, ...(told.parameters || [])];
  const form = element("form", undefined, box);
  const table = element("table", undefined, form);
  const inputs = parameters.map((parameter) => {
    const row = element("tr", undefined, table);
    element("td", parameter.name, row);
    const input = element("input", undefined, element("td", undefined, row));
    element("td", parameter.description || "", row);
    return [parameter, input];
  });
  let body = null;
  if (told.requestBody) {
    const media = told.requestBody.content["application/json"];
    body = element("textarea", undefined, box);
    body.value = JSON.stringify(media.example || {}, null, 2);
    const variants = media.schema.oneOf || [media.schema];
    shown(box, "What it takes", schemaOf(document_, variants[0]));
  }
  const send = element("button", "Send", box);
  const answer = element("div", undefined, box);
  send.addEventListener("click", async () => {
    let address = path;
    const query = new URLSearchParams();
    const headers = credentials();
    for (const [parameter, input] of inputs) {
      if (!input.value) continue;
      if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (parameter.in === "query") query.set(parameter.name, input.value);
      else headers[parameter.name] = input.value;
    }
    if (body) headers["Content-Type"] = "application/json";
    const url = address + (query.size ? `?${query}` : "");
    answer.replaceChildren();
    try {
      const got = await fetch(url, { method: method.toUpperCase(), headers, body: body ? body.value : undefined });
      const text = await got.text();
      let value = text;
      try { value = JSON.parse(text); } catch { /* shown as it is */ }
      shown(answer, `${got.status} ${got.statusText}`, value);
    } catch (error) {
      shown(answer, "No answer", String(error));
    }
  });
  return box;
}

async function show() {
  main.textContent = "…";
  const got = await fetch("openapi.json", { headers: credentials() });
  const document_ = await got.json();
  main.replaceChildren();
  if (!got.ok) { element("p", document_.message, main); return; }
  const byTag = new Map();
  for (const [path, item] of Object.entries(document_.paths)) {
    for (const [method, told] of Object.entries(item)) {
      if (method === "parameters") continue;
      const tag = told.tags[0];
      if (!byTag.has(tag)) byTag.set(tag, []);
      byTag.get(tag).push(operation(document_, path, method, told, item.parameters || []));
    }
  }
  if (!byTag.size) element("p", "Nothing is open without credentials. Enter yours above.", main);
  for (const [tag, boxes] of byTag) {
    element("h2", tag, main);
    main.append(...boxes);
  }
}

who.addEventListener("submit", (event) => { event.preventDefault(); show(); });
show();
