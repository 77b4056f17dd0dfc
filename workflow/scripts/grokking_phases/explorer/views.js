"use strict";
// The views. Each `draw…` makes a view anew; each `move…` changes only what depends on the cursor.

const byId = (id) => document.getElementById(id);
const named = (data, names) => names.map((name) => [name, titled(data, name)]);
const orNaN = (value, place) => (isMissing(value) ? NaN : place(value));

function fillSelect(id, options, chosen) {
  const many = Array.isArray(chosen);
  byId(id).replaceChildren(...options.map(([value, text]) => {
    const option = make("option", { value }, text);
    option.selected = many ? chosen.includes(value) : value === chosen;
    return option;
  }));
}

function cell(value) {
  if (value instanceof Node) return make("td", {}, value);
  const attributes = typeof value === "number" ? { class: "number" } : {};
  return make("td", attributes, isMissing(value) ? "–" : String(value));
}

// Fill a table, and return the elements of its rows.
function fillTable(id, header, rows) {
  byId(id).replaceChildren(...tableOf(header, rows).children);
  return [...byId(id).tBodies[0].rows];
}

function tableOf(header, rows) {
  const body = rows.map((row) => make("tr", {}, ...row.map(cell)));
  const names = header.map((name) => make("th", { scope: "col" }, name));
  return make("table", {}, make("thead", {}, make("tr", {}, ...names)), make("tbody", {}, ...body));
}

// Return a button that moves the cursor to a step; nothing without a step.
function stepButton(step) {
  const attributes = { "data-step": step, title: "Move to this step" };
  return isMissing(step) ? null : make("button", attributes, String(step));
}

const SPARK = 45; // points of a sparkline, which is 90 pixels wide

function sparkline(seed) {
  const size = { viewBox: "0 0 90 20", style: "width:90px;height:20px", "aria-hidden": "true" };
  const svg = draw("svg", size);
  for (const [metric, stroke] of [["train_accuracy", COLOURS[1]], ["test_accuracy", COLOURS[0]]]) {
    const series = seriesOf(seed, nameOf("curves", "", metric));
    if (!series) continue;
    const x = scale([0, series.steps.at(-1)], [1, 89], logPlace);
    const y = scale([0, 1], [19, 1]);
    const every = Math.ceil(series.steps.length / SPARK);
    const points = series.steps.map((step, i) => [x(step), orNaN(series.values[i], y)])
      .filter((_, i) => i % every === 0 || i === series.steps.length - 1);
    svg.append(draw("path", { class: "line", d: pathOf(points), stroke }));
  }
  return svg;
}

function chooser(seed) {
  const id = idOf(seed);
  return make("input", { type: "checkbox", "data-id": id, "aria-label": `Choose ${id}` });
}

// Draw the table of runs, unless it has these rows already, and mark those that are chosen.
function drawRuns(data, state) {
  const filters = JSON.stringify(state.filters);
  if (byId("runs-table").dataset.filters !== filters) fillRuns(data, state);
  byId("runs-table").dataset.filters = filters;
  for (const line of byId("runs-table").tBodies[0].rows) {
    const isChosen = state.rows.includes(line.dataset.id);
    line.classList.toggle("chosen", isChosen);
    line.querySelector("input").checked = isChosen;
  }
}

function fillRuns(data, state) {
  const [header, ...rows] = TABLES.runs(data, state);
  const seeds = shownSeeds(data, state);
  const events = ["memorised", "generalised"].map((event) => header.indexOf(event));
  const filledRows = seeds.map((seed, i) => {
    const finished = Object.keys(seed.tables).length > 0;
    const cells = rows[i].map((value, place) => (events.includes(place) ? stepButton(value) : value));
    return [chooser(seed), finished ? sparkline(seed) : "no table yet", ...cells];
  });
  fillTable("runs-table", ["", "accuracy", ...header], filledRows).forEach((line, i) => {
    line.dataset.id = idOf(seeds[i]);
  });
  byId("filters").replaceChildren(...state.filters.map(chip));
}

function chip(name) {
  const [key, value] = partsOf(name);
  const attributes = { class: "chip", "data-filter": name, title: "Remove this filter" };
  return make("button", attributes, `${key} = ${value || "not set"} ×`);
}

function drawControls(data, state) {
  const chosen = chosenSeeds(data, state);
  fillSelect("measures", named(data, measuresOf(chosen)), state.measures);
  fillSelect("phases", [[nameOf("", ""), "none"], ...named(data, phaseSources(chosen))], state.phases);
  fillSelect("plane", named(data, placesWith(chosen, "information_x", "information_y")), state.plane);
  fillSelect("multiplet", named(data, placesWith(chosen, "synergy", "redundancy")), state.multiplet);
  const id = focusSeed(data, state) ? idOf(focusSeed(data, state)) : "";
  fillSelect("focus", chosen.map((seed) => [idOf(seed), idOf(seed)]), id);
  for (const key of ["x", "seeds"]) byId(key).value = state[key];
  for (const element of document.querySelectorAll(".focus-name")) element.textContent = id || "no run";
}

function drawTraining(data, state) {
  const looks = looksOf(chosenSeeds(data, state));
  const entry = ([run, look]) =>
    make("li", {}, make("span", { class: "swatch", style: `background:${look.stroke}` }), run);
  byId("legend").replaceChildren(...[...looks].map(entry));
  const hint = looks.size ? "No measure is chosen." : "No run is chosen: click one above.";
  byId("training-said").textContent = looks.size && state.measures.length ? "" : hint;
  const measures = looks.size ? state.measures : [];
  byId("panels").replaceChildren(...measures.map((measure) => panel(data, state, measure, looks)));
  drawEvents(data, state);
}

// Return the chart of one measure, which can also move its hair and say which steps are where.
function panel(data, state, measure, looks) {
  const lines = linesOf(data, state, measure);
  const steps = cursorSteps(data, state);
  const range = [steps[0] ?? 0, steps.at(-1) ?? 1];
  const values = lines.flatMap((line) => [...line.values, ...(line.low ?? []), ...(line.high ?? [])]);
  const { svg, x, y } = chart(range, rangeOf(values), state.x, ["step", partsOf(measure)[2]]);
  const phases = phasesOf(focusSeed(data, state), state.phases);
  svg.append(...phases.map((phase, i) => phaseBand(phase, i, x)));
  const events = marksOf(focusSeed(data, state), ...partsOf(measure));
  svg.append(...events.map((event, i) => eventLine(event, i, x)));
  for (const line of lines) svg.append(...drawnLine(line, x, y, looks.get(line.run)));
  const hair = draw("line", { class: "hair", y1: SIZE.top, y2: SIZE.height - SIZE.bottom });
  svg.append(hair);
  const figure = make("figure", { "data-measure": measure }, make("figcaption", {}, titled(data, measure)), svg);
  const moveHair = (step) => filled(hair, { x1: x(step), x2: x(step), "data-step": step }, []);
  return Object.assign(figure, { moveHair, steps, kind: state.x, range });
}

function drawnLine(line, x, y, look) {
  const edge = (values) => line.steps.map((step, i) => [x(step), orNaN(values[i], y)]);
  const title = draw("title", {}, line.id);
  const middle = draw("path", { class: "line", d: pathOf(edge(line.values)), ...look }, title);
  if (!line.low) return [middle];
  const outline = pathOf([...edge(line.high), ...edge(line.low).reverse()]);
  return [draw("path", { class: "range", d: outline, fill: look.stroke }), middle];
}

function phaseBand(phase, i, x) {
  const name = phase.name.replaceAll("_", " ");
  const place = {
    x: x(phase.start), width: Math.max(0, x(phase.end) - x(phase.start)),
    y: SIZE.top, height: SIZE.height - SIZE.top - SIZE.bottom,
  };
  const title = draw("title", {}, `${name}: step ${phase.start} to ${phase.end}`);
  return draw("g", { "data-phase": phase.name },
    draw("rect", { class: i % 2 ? "phase odd" : "phase", ...place }, title),
    draw("text", { x: place.x + 2, y: SIZE.top + 11 + 11 * (i % 3) }, name));
}

// Return a line at the step of an event, with its name at the foot, in one of three rows.
function eventLine({ event, step }, i, x) {
  const foot = SIZE.height - SIZE.bottom;
  const isRight = x(step) > SIZE.width / 2;
  const place = { x: x(step) + (isRight ? -3 : 3), y: foot - 4 - 11 * (i % 3) };
  return draw("g", { "data-event": event, "data-step": step },
    draw("line", { class: "event", x1: x(step), x2: x(step), y1: SIZE.top, y2: foot },
      draw("title", {}, `${event}: step ${step}`)),
    draw("text", { ...place, "text-anchor": isRight ? "end" : "start" }, event.replaceAll("_", " ")));
}

function drawEvents(data, state) {
  const columns = ["source", "layer", "event", "step", "status"];
  const events = focusSeed(data, state)?.events ?? [];
  const cells = (event) =>
    columns.map((column) => (column === "step" ? stepButton(event.step) : event[column]));
  const isFound = (event) => !isMissing(event.step);
  const sorted = [...events].sort((a, b) => isFound(b) - isFound(a) || a.step - b.step);
  fillTable("events", columns, sorted.map(cells));
}

function drawPlanes(data, state) {
  byId("plane-charts").replaceChildren(...PLANES.map((plane) => planeFigure(data, state, plane)));
}

function planeFigure(data, state, plane) {
  const looks = looksOf(chosenSeeds(data, state));
  const trails = planeOf(data, state, plane.place(data, state), plane.metrics);
  const points = trails.flatMap((trail) => trail.points);
  const caption = make("figcaption", {}, `${plane.labels[1]}, against ${plane.labels[0]}`);
  const figure = make("figure", { "data-plane": plane.id }, caption);
  if (!trails.length) {
    figure.append(make("p", { class: "notes" }, "Not measured for the runs that are chosen."));
    return Object.assign(figure, { plane, marks: [] });
  }
  const [xRange, yRange] = ["x", "y"].map((axis) => rangeOf(points.map((point) => point[axis])));
  const { svg, x, y } = chart(xRange, yRange, "linear", plane.labels);
  const path = (trail) => pathOf(trail.map((point) => [orNaN(point.x, x), orNaN(point.y, y)]));
  const marks = trails.map((trail) => {
    const look = looks.get(trail.run);
    const past = draw("path", { class: "line", ...look });
    const dot = draw("circle", { r: 5, fill: look.stroke, "data-id": trail.id });
    svg.append(draw("path", { class: "trail", d: path(trail.points), ...look }), past, dot);
    svg.append(...trail.events.map((event, i) => eventPoint(event, i, x, y)));
    return { past, dot, path, x, y };
  });
  figure.append(svg);
  return Object.assign(figure, { plane, marks });
}

// Return a diamond where the trail is at the step of an event, with its name above or below, by turns.
function eventPoint({ event, step, point }, i, x, y) {
  const [left, top] = [x(point.x), y(point.y)];
  const isRight = left > SIZE.width / 2;
  const place = { x: left, y: top + (i % 2 ? 17 : -8), "text-anchor": isRight ? "end" : "start" };
  return draw("g", { "data-event": event, "data-step": step },
    draw("path", { class: "mark", d: `M${left} ${top - 5}l5 5l-5 5l-5 -5z` },
      draw("title", {}, `${event}: step ${step}`)),
    draw("text", place, event.replaceAll("_", " ")));
}

function movePlanes(data, state) {
  for (const { plane, marks } of byId("plane-charts").children) {
    const trails = planeOf(data, state, plane.place(data, state), plane.metrics);
    trails.forEach((trail, i) => movePoint(marks[i], trail));
  }
}

function movePoint({ past, dot, path, x, y }, { points, point }) {
  const seen = point && !isMissing(point.x) && !isMissing(point.y);
  dot.style.display = seen ? "" : "none";
  past.setAttribute("d", point ? path(points.filter((each) => each.step <= point.step)) : "");
  if (!seen) return;
  filled(dot, { cx: x(point.x), cy: y(point.y) }, []);
  Object.assign(dot.dataset, { step: point.step, x: point.x, y: point.y });
}

function drawMultiplets(data, state) {
  const multiplets = multipletsOf(data, state);
  byId("multiplets-said").textContent = multiplets.length ? "" : "Not measured for the network in “Detail of”.";
  byId("multiplet-charts").replaceChildren(...multiplets.map(multipletFigure));
}

function multipletFigure({ metric, steps, at, width }) {
  const kind = { synergy: "synergistic", redundancy: "redundant" }[metric] ?? metric;
  const bar = make("div", { class: "bar", style: `width:${100 / Math.max(1, steps.length)}%` });
  const ends = `from step ${steps[0] ?? "–"} to ${steps.at(-1) ?? "–"}`;
  const said = `Membership: unit 0 (top) to ${width - 1}, one column a snapshot, ${ends}`;
  const units = steps.map((_, i) => unitsOfGroups(at(i)));
  const figure = make("figure", { "data-metric": metric },
    make("figcaption", {}, `Most ${kind} multiplet`),
    make("p", { class: "said" }), make("div", { class: "members" }), make("p", { class: "notes" }),
    make("div", { class: "heat" }, membership(units, width, metric), bar),
    make("p", { class: "notes" }, said));
  return Object.assign(figure, { bar });
}

function membership(units, width, metric) {
  const size = { width: Math.max(1, units.length), height: Math.max(1, width) };
  const label = `Units of the multiplet of ${metric} over steps`;
  const canvas = make("canvas", { ...size, role: "img", "aria-label": label });
  const pen = canvas.getContext("2d");
  pen.fillStyle = COLOURS[metric === "synergy" ? 0 : 1];
  units.forEach((own, i) => own.forEach((unit) => pen.fillRect(i, unit, 1, 1)));
  return canvas;
}

function moveMultiplets(data, state) {
  multipletsOf(data, state).forEach((multiplet, place) => {
    const { step, i, steps, groups } = multiplet;
    const figure = byId("multiplet-charts").children[place];
    figure.querySelector(".said").textContent = `Step ${step ?? "–"}: ${saidOfMultiplet(multiplet)}`;
    figure.querySelector(".members").replaceChildren(...groups.map(lineOfBin));
    figure.querySelector(".notes").textContent = saidWithoutBins(multiplet);
    figure.bar.style.left = `${(100 * Math.max(0, i)) / Math.max(1, steps.length)}%`;
    figure.dataset.step = step;
  });
}

function lineOfBin({ bin, units }) {
  return bin === null ? make("div", {}, `Units ${units.join(" ")}`)
    : make("div", { "data-bin": bin }, `Bin ${bin}: ${units.join(" ")}`);
}

function moveReadout(data, state) {
  const said = (seed) => (measure) => {
    const found = atCursor(seriesOf(seed, measure), state.step);
    return found ? `${rounded(found.value)} (step ${found.step})` : null;
  };
  const rows = chosenSeeds(data, state).map((seed) => [idOf(seed), ...state.measures.map(said(seed))]);
  fillTable("readout", ["run", ...state.measures.map((measure) => titled(data, measure))], rows);
}

function drawFigures(data) {
  byId("figures-said").textContent = data.figures.length ? "" : "No figure is finished.";
  byId("figure-list").replaceChildren(...data.figures.map((figure) =>
    make("details", { "data-figure": figure.name },
      make("summary", {}, ...figureLinks(figure)),
      make("p", { class: "text" }, figure.notes ?? "It has no notes."))));
}

// Open the notes of a figure, and go there.
function showNotes(name) {
  const details = document.querySelector(`[data-figure="${CSS.escape(name)}"]`);
  details.open = true;
  details.scrollIntoView();
  details.querySelector("summary").focus();
}
