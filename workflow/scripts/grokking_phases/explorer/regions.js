"use strict";
// Linear regions of the seed in focus: what the view shows of the data in a state.

const MECHANISMS = ["alignment", "disappearance", "merging"];
const COUNTS = ["regions", "regions_resolved", "boundaries", "crossings"];
const SO_FAR = [...MECHANISMS, "born"].map((name) => `${name}_so_far`);

// Return the points [x, y] of a text of four letters a point (square_packing.py).
function pointsIn(text) {
  const number = (i) => 64 * LETTERS.indexOf(text[i]) + LETTERS.indexOf(text[i + 1]);
  return Array.from({ length: text.length / 4 }, (_, i) => [number(4 * i), number(4 * i + 2)]);
}

const seedsWithRegions = (data) => data.seeds.filter((seed) => placesWith([seed], "regions").length);

// Return the [table, layer] whose regions are shown: the chosen one, or the seed's last layer.
function regionsPlace(seed, state) {
  const places = seed ? placesWith([seed], "regions") : [];
  return places.find((place) => place === state.square) ?? places.at(-1) ?? null;
}

// Return the regions and boundaries of a layer at its i-th snapshot. Boundaries: those of all layers up to it.
function squareAt(square, layer, i) {
  const { steps, snapshots } = square.layers[layer];
  const { sizes, active, corners, vanishing } = snapshots[i];
  const points = pointsIn(corners);
  let first = 0;
  const polygons = sizes.map((size) => points.slice(first, (first += size)));
  const names = Object.keys(square.layers);
  const pieces = names.slice(0, names.indexOf(layer) + 1)
    .flatMap((name) => piecesAt(square.layers[name], steps[i]));
  return { step: steps[i], polygons, active, vanishing: new Set(unitsIn(vanishing)), pieces };
}

// Return {neuron, ends} of each piece of a boundary that a layer draws at a step.
function piecesAt({ steps, snapshots }, step) {
  const { neurons, ends } = snapshots[steps.indexOf(step)] ?? { neurons: [], ends: "" };
  const points = pointsIn(ends);
  return neurons.map((neuron, i) => ({ neuron, ends: points.slice(2 * i, 2 * i + 2) }));
}

// Return the squares of the snapshot before the cursor's and at the cursor; null without polygons.
function squaresOf(data, state) {
  const seed = focusSeed(data, state);
  const place = regionsPlace(seed, state);
  const layer = place && partsOf(place)[1];
  const square = seed?.squares.find((each) => each.layers[layer]);
  if (!square) return null;
  const i = lastUpTo(square.layers[layer].steps, state.step);
  const at = (k) => (k < 0 ? null : squareAt(square, layer, k));
  return { grid: square.grid, before: at(i - 1), now: at(i), examples: examplesOf(seed, place, state.step) };
}

// Return {mechanism, units} of the clearest case of each mechanism in the snapshot at the cursor.
function examplesOf(seed, place, step) {
  const [table, layer] = partsOf(place);
  const { steps, units } = seed.tables[table];
  const i = lastUpTo(steps, step);
  const at = (mechanism) => (each) => each.layer === layer && each.metric === `example_${mechanism}`;
  return MECHANISMS.map((mechanism) => {
    const found = (units ?? []).find(at(mechanism));
    return { mechanism, units: i >= 0 && found ? unitsIn(found.members[i]) : [] };
  }).filter((each) => each.units.length);
}

// Return the moments at which regions are counted: the cursor, two events, and the last snapshot.
function momentsOf(seed, state) {
  const last = Math.max(0, ...(seed.tables.curves?.steps ?? []));
  return [["cursor", state.step], ["memorised", eventStep(seed, "memorised")],
    ["generalised", eventStep(seed, "generalised")], ["end", last]];
}

// Return {moment, step, and the counts} at each moment, from the last snapshot measured up to it.
function countsOf(data, state) {
  const seed = focusSeed(data, state);
  const place = regionsPlace(seed, state);
  if (!place) return [];
  const [table, layer] = partsOf(place);
  const { steps } = seed.tables[table];
  const value = (name, i) => seriesOf(seed, nameOf(table, layer, name))?.values[i] ?? null;
  return momentsOf(seed, state).map(([moment, wanted]) => {
    const i = wanted === null ? -1 : lastUpTo(steps, wanted);
    const counts = [...COUNTS, ...SO_FAR].map((name) => [name, i < 0 ? null : value(name, i)]);
    return { moment, step: steps[i] ?? null, ...Object.fromEntries(counts) };
  });
}
