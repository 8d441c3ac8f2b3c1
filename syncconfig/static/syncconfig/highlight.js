/* Colours for Python: `syncHighlight(text)` gives a fragment of spans with the same text. Knows words, texts, numbers
 * and comments, which is what the eye needs; it reads nothing and refuses nothing. */
(function () {
  "use strict";

  const KEYWORDS = new Set(
    ("False None True and as assert async await break class continue def del elif else except finally for from " +
      "global if import in is lambda nonlocal not or pass raise return try while with yield match case").split(" "),
  );
  const GIVEN = new Set(
    ("request_data record records item value values params model direction env result datetime date timedelta " +
      "timezone b64encode b64decode Command UserError skip").split(" "),
  );
  const TOKEN = new RegExp(
    [
      "(#[^\\n]*)",
      "([rRbBfFuU]{0,2}(?:\"\"\"[\\s\\S]*?(?:\"\"\"|$)|'''[\\s\\S]*?(?:'''|$)" +
        "|\"(?:\\\\.|[^\"\\\\\\n])*\"?|'(?:\\\\.|[^'\\\\\\n])*'?))",
      "((?:\\d[\\d_]*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)",
      "([A-Za-z_][A-Za-z0-9_]*)",
    ].join("|"),
    "g",
  );

  function span(kind, text) {
    const made = document.createElement("span");
    made.className = `sync-tok-${kind}`;
    made.textContent = text;
    return made;
  }

  function kindOf(match) {
    if (match[1]) return "comment";
    if (match[2]) return "text";
    if (match[3]) return "number";
    if (KEYWORDS.has(match[4])) return "keyword";
    return GIVEN.has(match[4]) ? "given" : "";
  }

  window.syncHighlight = function (text) {
    const made = document.createDocumentFragment();
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
      const kind = kindOf(match);
      if (!kind) continue;
      made.append(text.slice(end, match.index), span(kind, match[0]));
      end = match.index + match[0].length;
    }
    made.append(text.slice(end), "\n"); // a last empty line has its height
    return made;
  };
})();
