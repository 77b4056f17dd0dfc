"use strict";
// Join state, views and events.

let data = null;
let state = null;
let steps = [];

// Return the data in the page: JSON, compressed by gzip, as base64.
async function unpacked() {
  const text = atob(byId("data").textContent);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function drawAll() {
  drawRuns(data, state);
  drawControls(data, state);
  steps = cursorSteps(data, state);
  filled(byId("slider"), { max: Math.max(0, steps.length - 1) }, []);
  drawTraining(data, state);
  drawPlanes(data, state);
  drawMultiplets(data, state);
  drawRegions(data, state);
  drawClaims(data, state);
  moveTo(state.step);
}

// Move the cursor of all views to the step nearest to the one that is wanted.
function moveTo(wanted) {
  const i = nearest(steps, wanted);
  if (steps.length) state.step = steps[i];
  byId("slider").value = i;
  byId("step").textContent = steps.length ? steps[i] : "–";
  for (const figure of byId("panels").children) figure.moveHair(state.step);
  moveReadout(data, state);
  movePlanes(data, state);
  moveMultiplets(data, state);
  moveRegions(data, state);
  clearTimeout(writing);
  writing = setTimeout(writeAddress, PAUSE);
}

// Browsers refuse an address that changes more often than a few times a second.
const PAUSE = 150; // ms
let writing = null;

function writeAddress() {
  history.replaceState(null, "", formatState(state));
}

function change(changes) {
  state = { ...state, ...changes };
  drawAll();
}

function toggle(id) {
  const rows = state.rows.includes(id) ? state.rows.filter((each) => each !== id) : [...state.rows, id];
  change({ rows, focus: rows.includes(id) ? id : state.focus });
  document.querySelector(`input[data-id="${CSS.escape(id)}"]`)?.focus();
}

function offerValues() {
  const values = recipeValues(data, byId("filter-key").value);
  fillSelect("filter-value", values.map((value) => [value, value || "not set"]), null);
}

function save(view) {
  const link = make("a", { download: `${view}.csv` });
  link.href = URL.createObjectURL(new Blob([csv(TABLES[view](data, state))], { type: "text/csv" }));
  link.click();
  URL.revokeObjectURL(link.href);
}

function stepUnder(event, figure) {
  const box = figure.querySelector("svg").getBoundingClientRect();
  const { width, left, right } = SIZE;
  const share = (((event.clientX - box.left) / box.width) * width - left) / (width - left - right);
  const place = placeOf(figure.kind);
  const [low, high] = figure.range.map(place);
  const wanted = low + share * (high - low);
  return figure.steps[nearest(figure.steps.map(place), wanted)];
}

const KEYS = {
  ArrowLeft: (i) => i - 1,
  ArrowRight: (i) => i + 1,
  Home: () => 0,
  End: () => steps.length - 1,
};

function listen() {
  byId("runs-table").addEventListener("click", (event) => {
    const id = event.target.closest("tbody tr")?.dataset.id;
    if (id === undefined) return;
    if (event.target.closest("[data-step]")) change({ rows: [...new Set([...state.rows, id])], focus: id });
    else toggle(id);
  });
  document.addEventListener("click", (event) => {
    const step = event.target.closest("button[data-step]")?.dataset.step;
    if (step !== undefined) moveTo(Number(step));
  });
  byId("panels").addEventListener("pointermove", (event) => {
    const figure = event.target.closest("figure");
    if (figure?.steps.length && event.target.closest("svg")) moveTo(stepUnder(event, figure));
  });
  byId("slider").addEventListener("input", (event) => moveTo(steps[event.target.value]));
  document.addEventListener("keydown", (event) => {
    const move = KEYS[event.key];
    const isTaken = event.target.closest("select, input[type=range]") || event.ctrlKey || event.altKey;
    if (!move || isTaken || !steps.length) return;
    event.preventDefault();
    moveTo(steps[Math.min(steps.length - 1, Math.max(0, move(nearest(steps, state.step))))]);
  });
  for (const key of ["x", "seeds", "phases", "plane", "multiplet", "square", "focus", "paper", "verdict"]) {
    byId(key).addEventListener("change", (event) => change({ [key]: event.target.value }));
  }
  byId("measures").addEventListener("change", (event) =>
    change({ measures: [...event.target.selectedOptions].map((option) => option.value) }));
  byId("filter-key").addEventListener("change", offerValues);
  byId("filter-add").addEventListener("click", () => {
    const filter = nameOf(byId("filter-key").value, byId("filter-value").value);
    change({ filters: [...new Set([...state.filters, filter])] });
  });
  byId("filters").addEventListener("click", (event) => {
    const gone = event.target.closest("[data-filter]")?.dataset.filter;
    if (gone !== undefined) change({ filters: state.filters.filter((name) => name !== gone) });
  });
  byId("regions-choice").addEventListener("click", (event) => {
    const id = event.target.closest("[data-choose]")?.dataset.choose;
    if (id !== undefined) change({ rows: [...new Set([...state.rows, id])], focus: id });
  });
  byId("claim-list").addEventListener("click", (event) => {
    const name = event.target.closest("[data-notes]")?.dataset.notes;
    if (name !== undefined) showNotes(name);
  });
  byId("choose-all").addEventListener("click", () => change({ rows: shownSeeds(data, state).map(idOf) }));
  byId("choose-none").addEventListener("click", () => change({ rows: [] }));
  for (const button of document.querySelectorAll("[data-csv]")) {
    button.addEventListener("click", () => save(button.dataset.csv));
  }
  for (const button of document.querySelectorAll("[data-goto]")) {
    button.addEventListener("click", () => {
      byId(button.dataset.goto).scrollIntoView();
      byId(button.dataset.goto).focus();
    });
  }
  addEventListener("pagehide", writeAddress);
  addEventListener("hashchange", () => {
    state = parseState(location.hash, startState(data));
    drawAll();
  });
}

async function openPage() {
  data = await unpacked();
  state = parseState(location.hash, startState(data));
  byId("notes").textContent = [data.thinning, ...data.problems].join("\n");
  fillSelect("filter-key", recipeKeys(data).map((key) => [key, key]), null);
  offerValues();
  listen();
  drawFigures(data);
  drawAll();
  document.body.dataset.ready = "";
}

if (window.DecompressionStream) openPage();
else byId("notes").textContent = "This page needs a newer browser: Chrome 80, Firefox 113 or Safari 16.4.";
