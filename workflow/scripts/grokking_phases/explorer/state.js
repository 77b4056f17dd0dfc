"use strict";
// The state of the page: what is chosen, and where the cursor is. The address holds all of it.

const LISTS = ["rows", "filters", "measures"];
const WORDS = ["focus", "x", "seeds", "phases", "plane", "multiplet", "square", "paper", "verdict"];

// Names of several parts, such as [table, layer, metric], as one text.
const nameOf = (...parts) => JSON.stringify(parts);
const partsOf = (name) => JSON.parse(name);

function formatState(state) {
  const words = new URLSearchParams();
  for (const key of LISTS) {
    if (!state[key].length && key !== "filters") words.append(key, "");
    for (const value of state[key]) words.append(key, value);
  }
  for (const key of WORDS) if (state[key]) words.set(key, state[key]);
  words.set("step", state.step);
  return `#${words}`;
}

// Return the state in an address. What the address lacks, or says wrongly, is that of `start`.
function parseState(hash, start) {
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const state = { ...start };
  for (const key of LISTS) if (words.has(key)) state[key] = words.getAll(key).filter(Boolean);
  for (const key of WORDS) if (words.has(key)) state[key] = words.get(key);
  if (Number.isFinite(parseFloat(words.get("step")))) state.step = parseFloat(words.get("step"));
  state.filters = state.filters.filter((name) => isName(name, 2));
  state.measures = state.measures.filter((name) => isName(name, 3));
  for (const key of ["phases", "plane", "multiplet", "square"]) if (!isName(state[key], 2)) state[key] = start[key];
  return state;
}

function isName(text, n) {
  try {
    const parts = JSON.parse(text);
    return Array.isArray(parts) && parts.length === n;
  } catch {
    return false;
  }
}

// Return rows of cells as CSV (RFC 4180).
function csv(rows) {
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
