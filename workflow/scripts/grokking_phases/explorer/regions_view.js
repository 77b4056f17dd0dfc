"use strict";
// The view of linear regions.

const LOOKS = {
  alignment: { stroke: "#0072b2" },
  disappearance: { stroke: "#d55e00", "stroke-dasharray": "10 4" },
  merging: { stroke: "#009e73", "stroke-dasharray": "3 3" },
};

function drawRegions(data, state) {
  const seed = focusSeed(data, state);
  const place = regionsPlace(seed, state);
  fillSelect("square", seed ? named(data, placesWith([seed], "regions")) : [], place);
  byId("regions-choice").replaceChildren(...(place ? [] : choiceOfRuns(data)));
  byId("squares").replaceChildren();
  byId("regions-view").hidden = !place;
}

// Return a sentence with a button for each seed whose regions were counted.
function choiceOfRuns(data) {
  const ids = seedsWithRegions(data).map(idOf);
  if (!ids.length) return ["No run of this study has the metric linear_regions."];
  return ["This network's regions were not counted. Show those of ",
    ...ids.map((id) => make("button", { "data-choose": id }, id))];
}

function moveRegions(data, state) {
  const counts = countsOf(data, state);
  const names = Object.keys(counts[0] ?? {});
  fillTable("regions-table", names.map((name) => name.replaceAll("_", " ")), counts.map(Object.values));
  if (!counts.length) return;
  const squares = squaresOf(data, state);
  byId("regions-said").textContent = squares ? saidOfSquares(squares) : saidWithoutPolygons();
  drawSquares(squares);
}

function saidWithoutPolygons() {
  return "The polygons of this network are not stored: the metric partition draws networks of at most 100 " +
    "neurons. Its regions were counted, exactly, and so were those that vanished.";
}

function saidOfSquares({ before, now, examples }) {
  if (!now) return "Nothing was measured up to this step.";
  if (!before) return `Step ${now.step}: ${now.polygons.length} regions. This is the first snapshot.`;
  const { step, polygons, vanishing } = before;
  const cases = examples.map(({ mechanism, units }) => `${mechanism} of ${units.join(" and ")}`).join(", ");
  return `From step ${step} to step ${now.step}: ${polygons.length} regions became ${now.polygons.length}. ` +
    `Hatched: ${vanishing.size} whose active neurons no region has any more. ` +
    `Clearest cases, by neurons: ${cases || "none"}.`;
}

// Draw the squares before and at the cursor, unless they are those that are drawn.
function drawSquares(squares) {
  const wanted = JSON.stringify([squares?.before?.step, squares?.now?.step, squares?.examples]);
  if (byId("squares").dataset.steps === wanted && byId("squares").children.length) return;
  byId("squares").dataset.steps = wanted;
  if (!squares) return byId("squares").replaceChildren();
  const active = [squares.before, squares.now].flatMap((square) => square?.active ?? []);
  const shades = scale([Math.min(...active), Math.max(...active)], [96, 62]);
  const shown = [["before", squares.before], ["now", squares.now]].filter(([, square]) => square);
  byId("squares").replaceChildren(
    ...shown.map(([name, square]) => squareFigure(name, square, squares, shades)));
}

function squareFigure(name, square, { grid, examples }, shades) {
  const label = `${square.polygons.length} linear regions at step ${square.step}`;
  const svg = draw("svg", { class: "square", viewBox: `0 0 ${grid} ${grid}`, role: "img", "aria-label": label });
  svg.append(hatching(grid), ...filledRegions(square, grid, shades));
  const vanishing = square.polygons.filter((_, i) => square.vanishing.has(i));
  if (name === "before") {
    const hatched = { class: "vanishing", fill: "url(#hatching)", d: closedPath(vanishing, grid) };
    svg.append(draw("path", hatched));
  }
  const pieces = (neurons) => square.pieces.filter((piece) => neurons.includes(piece.neuron));
  for (const { mechanism, units } of examples) {
    svg.append(draw("path", { class: "example", d: openPath(pieces(units), grid), ...LOOKS[mechanism] },
      draw("title", {}, `${mechanism}: neurons ${units.join(" and ")}`)));
  }
  const caption = make("figcaption", {}, `Step ${square.step}: ${square.polygons.length} regions`);
  return make("figure", { "data-square": name, "data-step": square.step }, caption, svg);
}

function hatching(grid) {
  const size = grid / 50;
  const line = draw("path", { d: `M0 0L${size} ${size}`, stroke: "#000", "stroke-width": size / 10 });
  return draw("pattern", { id: "hatching", width: size, height: size, patternUnits: "userSpaceOnUse" }, line);
}

// Return a path for each number of active neurons. The more are active, the darker its regions are.
function filledRegions({ polygons, active }, grid, shades) {
  return [...new Set(active)].sort((a, b) => a - b).map((n) => {
    const own = polygons.filter((_, i) => active[i] === n);
    const fill = `hsl(45 20% ${Math.round(shades(n))}%)`;
    return draw("path", { class: "region", fill, d: closedPath(own, grid), "data-active": n },
      draw("title", {}, `${n} active neurons`));
  });
}

const linePath = (points, grid) => `M${points.map(([x, y]) => `${x} ${grid - y}`).join("L")}`;
const closedPath = (polygons, grid) => polygons.map((points) => `${linePath(points, grid)}Z`).join("");
const openPath = (pieces, grid) => pieces.map(({ ends }) => linePath(ends, grid)).join("");
