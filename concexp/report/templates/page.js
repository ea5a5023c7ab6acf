"use strict";

(() => {
  const words = document.body.dataset;
  const root = document.documentElement;
  const FILTERED_FROM = 6; // rows: fewer are seen at a glance
  const EMPTY = new Set(["", "–"]);
  const UNITS = new Map(Object.entries({
    "": 1, x: 1, "%": 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, k: 1e3, M: 1e6, G: 1e9,
    ns: 1e-9, us: 1e-6, "µs": 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600,
  }));
  // A figure as the page writes it: `1,234`, `−3.5 %`, `24.0 µs (22.2–25.9)`, `12.9 k †`, `200/s`.
  const FIGURE = /^([−-]?[\d,]*\.?\d+)\s*([^\s\d.(/†§‡]*)(?:\/s)?[\s†§‡]*(?:\(.*\))?$/u;

  /** The value of a figure, in units without a prefix; NaN for any other text. */
  function valueOf(text) {
    const [, digits, unit] = FIGURE.exec(text) ?? [];
    return digits && UNITS.has(unit) ? Number(digits.replaceAll(",", "").replace("−", "-")) * UNITS.get(unit) : NaN;
  }

  function textOf(row, column) {
    return row.cells[column].textContent.trim();
  }

  /** The rows by a column: by value if it has figures, else by text; rows without any are last in either direction. */
  function sorted(rows, head, descending) {
    const column = head.cellIndex;
    const known = rows.filter((row) => !EMPTY.has(textOf(row, column)));
    const values = new Map(known.map((row) => [row, valueOf(textOf(row, column))]));
    const numeric = head.classList.contains("number")
      || (!head.classList.contains("version") && [...values.values()].every((value) => !Number.isNaN(value)));
    const isLast = (row) => !values.has(row) || (numeric && Number.isNaN(values.get(row)));
    const collator = new Intl.Collator(root.lang, { numeric: true });
    const compare = numeric
      ? (one, other) => values.get(one) - values.get(other)
      : (one, other) => collator.compare(textOf(one, column), textOf(other, column));
    const placed = rows.filter((row) => !isLast(row)).sort(compare);
    return [...(descending ? placed.reverse() : placed), ...rows.filter(isLast)];
  }

  function makeSortable(table) {
    const body = table.tBodies[0];
    const asWritten = [...body.rows];
    const heads = [...table.tHead.rows[0].cells].filter((head) => head.textContent.trim());
    for (const head of heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.title = words.order;
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", next);
        body.append(...(next === "none" ? asWritten : sorted(asWritten, head, next === "descending")));
      });
    }
  }

  function makeFilterable(table) {
    const rows = [...table.tBodies[0].rows];
    const label = document.createElement("label");
    const input = document.createElement("input");
    const count = document.createElement("output");
    input.type = "search";
    label.className = "filter";
    label.append(words.filter, " ", input, " ", count);
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase().split(/\s+/);
      for (const row of rows) {
        const text = [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase();
        row.hidden = !wanted.every((word) => text.includes(word));
      }
      const shown = rows.filter((row) => !row.hidden).length;
      count.value = input.value.trim() ? words.shown.replace("{shown}", shown).replace("{all}", rows.length) : "";
    });
    table.parentElement.before(label);
  }

  for (const table of document.querySelectorAll("main table")) {
    const rows = table.tBodies[0]?.rows.length ?? 0;
    if (rows > 1) makeSortable(table);
    if (rows >= FILTERED_FROM) makeFilterable(table);
  }

  // A link to a heading opens what is folded under it.
  function unfold() {
    const heading = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const below = heading?.nextElementSibling;
    if (below?.tagName === "DETAILS") below.open = true;
  }
  addEventListener("hashchange", unfold);
  unfold();

  // On paper nothing can be opened.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((fold) => { fold.open = false; }));

  // Light or dark as the system has it, until the switch is used; where nothing may be stored, for this visit.
  const KEY = "concexp-theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const theme = document.querySelector("button.theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const show = () => theme.setAttribute("aria-pressed", String(isDark()));
  try {
    const stored = localStorage.getItem(KEY);
    if (stored === "dark" || stored === "light") root.dataset.theme = stored;
  } catch {}
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    show();
    try {
      localStorage.setItem(KEY, root.dataset.theme);
    } catch {}
  });
  system.addEventListener("change", show);
  show();
  theme.hidden = false;
})();
