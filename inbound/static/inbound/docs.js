"use strict";
// Reads openapi.json with the reader's own credentials, shows it, and sends what the reader wants to try. What is typed
// here stays in this page: nothing is stored, and nothing goes anywhere but to the endpoints themselves.
const main = document.getElementById("endpoints");
const contents = document.getElementById("contents");
const who = document.getElementById("who");
const TOLD = ["x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "retry-after", "idempotent-replayed", "location", "etag"];
let spec = null;

function credentials() {
  const value = who.value.value.trim();
  return value ? { [who.header.value.trim()]: value } : {};
}

function make(name, { text, parent, ...attributes } = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (parent) parent.append(made);
  return made;
}

function code(parent, title, value) {
  make("h4", { text: title, parent });
  return make("pre", { text: typeof value === "string" ? value : JSON.stringify(value, null, 2), parent });
}

function resolved(schema) {
  return schema && schema.$ref ? spec.components.schemas[schema.$ref.split("/").pop()] : schema || {};
}

function typeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const types = [schema.type].flat().filter((type) => type && type !== "null");
  if (types[0] === "array") return `list of ${typeOf(resolved(schema.items))}`;
  return [types.join(" or ") || "any", schema.format && `(${schema.format})`].filter(Boolean).join(" ");
}

// The keys of a record, one a row, with the objects and lists around them as callers write them.
function rows(schema, prefix = "", depth = 0) {
  const found = [];
  for (const [name, inner] of Object.entries(resolved(schema).properties || {})) {
    const key = prefix + name;
    const is = resolved(inner);
    const item = resolved(is.items);
    const required = (resolved(schema).required || []).includes(name);
    if (is.properties && depth < 6) found.push(...rows(is, `${key}.`, depth + 1));
    else if (item.properties && depth < 6) found.push([`${key}[]`, "list", required, is.description || ""], ...rows(item, `${key}[].`, depth + 1));
    else {
      const choices = is.enum && `One of ${is.enum.filter((each) => each !== null).join(", ")}.`;

      found.push([key, typeOf(is), required, [is.description, choices].filter(Boolean).join(" – ")]);
    }
  }
  return found;
}

function table(parent, heads, lines) {
  const made = make("table", { parent: make("div", { class: "wide", parent }) });
  const head = make("tr", { parent: make("thead", { parent: made }) });
  for (const text of heads) make("th", { text, parent: head });
  const body = make("tbody", { parent: made });
  for (const cells of lines) {
    const row = make("tr", { parent: body });
    cells.forEach((cell, at) => {
      const place = make("td", { parent: row });
      if (cell instanceof Node) place.append(cell);
      else if (at === 0) make("code", { text: cell, parent: place });
      else place.textContent = cell === true ? "required" : cell || "";
    });
  }
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function curlOf(method, url, headers, body) {
  const parts = ["curl", ...(method === "GET" ? [] : ["-X", method]), quoted(location.origin + url)];
  for (const [name, value] of Object.entries(headers)) {
    const shown = credentials()[name] === value ? value.replace(/\S+$/, "…") : value;
    parts.push("\\\n  -H", quoted(`${name}: ${shown}`));
  }
  if (body) parts.push("\\\n  -d", quoted(body));
  return parts.join(" ");
}

function answered(parent, got, text, tookMs) {
  parent.replaceChildren();
  const line = make("p", { class: "status", parent });
  make("b", { text: `${got.status} ${got.statusText}`, class: got.ok ? "good" : "bad", parent: line });
  line.append(` in ${tookMs} ms`);
  const told = TOLD.filter((name) => got.headers.has(name)).map((name) => `${name}: ${got.headers.get(name)}`);
  if (told.length) make("pre", { text: told.join("\n"), class: "headers", parent });
  let value = text;
  try { value = JSON.parse(text); } catch { /* shown as it is */ }
  if (text) make("pre", { text: typeof value === "string" ? value : JSON.stringify(value, null, 2), parent });
}

function trying(box, path, method, parameters, example) {
  const form = make("form", { class: "try", parent: box });
  make("h4", { text: "Try it", parent: form });
  const inputs = parameters.map((parameter) => {
    const input = make("input", { "aria-label": parameter.name, autocomplete: "off" });
    if (parameter.in === "path") input.required = true;
    return [parameter, input];
  });
  table(form, ["Parameter", "Value", ""], inputs.map(([parameter, input]) => [parameter.name, input, parameter.description]));
  let body = null;
  if (example !== undefined) {
    body = make("textarea", { "aria-label": "Body", spellcheck: "false", parent: form });
    body.value = JSON.stringify(example, null, 2);
    body.rows = Math.min(24, body.value.split("\n").length + 1);
  }
  const request = () => {
    let url = path;
    const query = new URLSearchParams();
    const headers = credentials();
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, input.value ? encodeURIComponent(input.value) : `{${parameter.name}}`);
      else if (input.value && parameter.in === "query") query.set(parameter.name, input.value);
      else if (input.value) headers[parameter.name] = input.value;
    }
    if (body) headers["Content-Type"] = "application/json";
    return { url: url + (query.size ? `?${query}` : ""), headers, body: body ? body.value : undefined };
  };
  make("button", { text: "Send", class: "main", parent: form });
  const command = make("pre", { class: "curl", parent: form });
  const answer = make("div", { class: "answer", parent: form });
  const refresh = () => {
    const { url, headers, body: sent } = request();
    command.textContent = curlOf(method, url, headers, sent);
  };
  form.addEventListener("input", refresh);
  who.addEventListener("input", refresh);
  refresh();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.textContent = "…";
    const { url, headers, body: sent } = request();
    const began = performance.now();
    try {
      const got = await fetch(url, { method, headers, body: sent, credentials: "omit" });
      answered(answer, got, await got.text(), Math.round(performance.now() - began));
    } catch (error) {
      answer.textContent = `No answer: ${error}`;
    }
  });
}

function operation(path, method, told, shared) {
  const box = make("details", { id: told.operationId });
  const head = make("summary", { parent: box });
  make("b", { text: method, class: `method ${method.toLowerCase()}`, parent: head });
  make("code", { text: path, parent: head });
  make("span", { text: told.summary, parent: head });
  let filled = false;
  // Only when it is looked at: an endpoint may have a hundred keys, and a site a hundred endpoints.
  box.addEventListener("toggle", () => {
    if (filled || !box.open) return;
    filled = true;
    if (told.description) make("p", { text: told.description, parent: box });
    let example;
    if (told.requestBody) {
      const media = told.requestBody.content["application/json"];
      const schema = (media.schema.oneOf || [media.schema])[0];
      example = media.example || {};
      make("h4", { text: "What it takes", parent: box });
      table(box, ["Key", "Type", "", ""], rows(schema));
    }
    const done = Object.entries(told.responses).find(([status]) => status.startsWith("2"));
    const schema = done && (done[1].content["application/json"].schema.anyOf || [done[1].content["application/json"].schema])[0];
    const data = schema && resolved((resolved(schema).properties || {}).data);
    const keys = data ? rows(data.type === "array" ? data.items : data) : [];
    if (keys.length) {
      make("h4", { text: `What it answers in data${data.type === "array" ? ", a list of" : ""}`, parent: box });
      table(box, ["Key", "Type", "", ""], keys.map(([key, type, , description]) => [key, type, "", description]));
    }
    trying(box, path, method, [...shared, ...(told.parameters || [])], example);
  });
  return box;
}

function shownBy(told) {
  const names = (told.security || []).map((each) => spec.components.securitySchemes[Object.keys(each)[0]]);
  if (!names.length) return "Open to everybody.";
  const words = names.map((scheme) => scheme.type === "http" ? `Authorization: ${scheme.scheme === "basic" ? "Basic" : "Bearer"}` : scheme.description || `the header ${scheme.name}`);
  return `Credentials: ${words.join(", or ")}.`;
}

function endpoint(tag, operations) {
  const section = make("section", { id: `endpoint-${tag}`, parent: main });
  make("h2", { text: tag, parent: section });
  make("p", { text: shownBy(operations[0].told), class: "note", parent: section });
  const list = make("ul", { parent: make("details", { parent: contents }) });
  list.parentElement.open = true;
  list.before(make("summary", { text: tag }));
  for (const { path, method, told, shared } of operations) {
    const box = operation(path, method, told, shared);
    section.append(box);
    const link = make("a", { href: `#${told.operationId}`, parent: make("li", { parent: list }) });
    make("b", { text: method, class: `method ${method.toLowerCase()}`, parent: link });
    link.append(path.split(`/v1/${tag}`)[1] || "/");
    link.addEventListener("click", () => { box.open = true; });
  }
}

async function show() {
  main.textContent = "…";
  contents.replaceChildren();
  const got = await fetch("openapi.json", { headers: credentials() });
  const answer = await got.json();
  main.replaceChildren();
  if (!got.ok) { make("p", { text: answer.message, class: "bad", parent: main }); return; }
  spec = answer;
  for (const part of spec.info.description.split("\n\n")) make("p", { text: part, class: "note", parent: main });
  const byTag = new Map();
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const [method, told] of Object.entries(item)) {
      if (method === "parameters") continue;
      const tag = told.tags[0];
      if (!byTag.has(tag)) byTag.set(tag, []);
      byTag.get(tag).push({ path, method: method.toUpperCase(), told, shared: item.parameters || [] });
    }
  }
  const given = Object.keys(credentials()).length > 0;
  if (!byTag.size) make("p", { text: given ? "These credentials open nothing here." : "Nothing is open without credentials. Enter yours above.", class: "empty", parent: main });
  for (const [tag, operations] of byTag) endpoint(tag, operations);
  const wanted = location.hash && document.getElementById(location.hash.slice(1));
  if (wanted) { wanted.open = true; wanted.scrollIntoView(); }
}

async function download(file) {
  // A plain link would not carry the credentials.
  const got = await fetch(file, { headers: credentials() });
  const link = make("a", { href: URL.createObjectURL(await got.blob()), download: file });
  link.click();
  URL.revokeObjectURL(link.href);
}

who.addEventListener("submit", (event) => { event.preventDefault(); show(); });
for (const button of document.querySelectorAll("[data-file]")) button.addEventListener("click", () => download(button.dataset.file));
show();
