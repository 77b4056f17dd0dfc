"use strict";
// What the views show of the data in a state. Nothing here touches the page.

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"; // numbers_as_text.py
const isMissing = (value) => value === null || value === undefined;
const idOf = (seed) => `${seed.run}/${seed.seed}`;
const valueAsText = (value) => (value === undefined ? "" : JSON.stringify(value));

function recipeOf(seed) {
  return { run: seed.run, seed: seed.seed, ...seed.recipe };
}

// Return the seeds that pass all filters. Filters of one key are alternatives.
function shownSeeds(data, state) {
  const wanted = new Map();
  for (const [key, value] of state.filters.map(partsOf)) wanted.set(key, [...(wanted.get(key) ?? []), value]);
  const passes = (seed) =>
    [...wanted].every(([key, values]) => values.includes(valueAsText(recipeOf(seed)[key])));
  return data.seeds.filter(passes);
}

function chosenSeeds(data, state) {
  const chosen = new Set(state.rows);
  return shownSeeds(data, state).filter((seed) => chosen.has(idOf(seed)));
}

// Return the seed whose details are shown: the one in focus if it is chosen, else the first that is.
function focusSeed(data, state) {
  const chosen = chosenSeeds(data, state);
  return chosen.find((seed) => idOf(seed) === state.focus) ?? chosen[0] ?? null;
}

// Return the keys in which recipes differ, and the run. They are found once for each data.
function recipeKeys(data) {
  if (!KEYS_OF.has(data)) {
    const keys = new Set(data.seeds.flatMap((seed) => Object.keys(recipeOf(seed))));
    const differs = (key) => recipeValues(data, key).length > 1 || key === "run";
    KEYS_OF.set(data, [...keys].filter(differs));
  }
  return KEYS_OF.get(data);
}

const KEYS_OF = new WeakMap();

function recipeValues(data, key) {
  return [...new Set(data.seeds.map((seed) => valueAsText(recipeOf(seed)[key])))];
}

// Return all steps at which the chosen seeds have a value or an event, ascending: those of the cursor.
function cursorSteps(data, state) {
  const steps = new Set();
  for (const seed of chosenSeeds(data, state)) {
    for (const table of Object.values(seed.tables)) for (const step of table.steps) steps.add(step);
  }
  return [...steps].sort((a, b) => a - b);
}

function nearest(steps, wanted) {
  let best = 0;
  steps.forEach((step, i) => {
    if (Math.abs(step - wanted) < Math.abs(steps[best] - wanted)) best = i;
  });
  return best;
}

// Return the place of the last step that is not after `step`, or -1.
function lastUpTo(steps, step) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function seriesOf(seed, name) {
  const [table, layer, metric] = partsOf(name);
  const found = seed.tables[table]?.series.find((each) => each.layer === layer && each.metric === metric);
  return found ? { steps: seed.tables[table].steps, values: found.values } : null;
}

// Return a name of several parts in words: the table with its options, then layer and metric.
function titled(data, name) {
  const [table, ...rest] = partsOf(name);
  const said = data.options[table] ? `${table} (${data.options[table]})` : table;
  return [said, ...rest].filter(Boolean).join(" · ");
}

// Return {step, value} at the cursor: of the last step measured up to it. Null before the first.
function atCursor(series, step) {
  const i = series ? lastUpTo(series.steps, step) : -1;
  return i < 0 ? null : { step: series.steps[i], value: series.values[i] };
}

function measuresOf(seeds) {
  const names = new Set();
  for (const seed of seeds) {
    for (const [table, { series }] of Object.entries(seed.tables)) {
      for (const each of series) names.add(nameOf(table, each.layer, each.metric));
    }
  }
  return [...names];
}

// Return the lines of a measure: one a seed, or one a run with the lowest and highest value of its seeds.
function linesOf(data, state, measure) {
  const line = (seed) => ({ id: idOf(seed), run: seed.run, ...seriesOf(seed, measure) });
  const lines = chosenSeeds(data, state).map(line).filter((each) => each.steps);
  if (state.seeds !== "band") return lines;
  const runs = [...new Set(lines.map((each) => each.run))];
  return runs.map((run) => band(run, lines.filter((each) => each.run === run)));
}

// Return the mean, lowest and highest value at the steps at which all seeds have a value.
function band(run, lines) {
  const at = lines.map((line) => new Map(line.steps.map((step, i) => [step, line.values[i]])));
  const steps = lines[0].steps.filter((step) => at.every((values) => Number.isFinite(values.get(step))));
  const each = steps.map((step) => at.map((values) => values.get(step)));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    id: run, run, steps, values: each.map(mean),
    low: each.map((values) => Math.min(...values)), high: each.map((values) => Math.max(...values)),
  };
}

function phaseSources(seeds) {
  const found = seeds.flatMap((seed) => seed.events).filter((event) => event.event.endsWith(".start"));
  return [...new Set(found.map((event) => nameOf(event.source, event.layer)))];
}

// Return {name, start, end} of the phases of a seed in a source; an end that is not reached is the last step.
function phasesOf(seed, source) {
  if (!seed || !source) return [];
  const own = seed.events.filter((event) => nameOf(event.source, event.layer) === source);
  const step = (name) => own.find((event) => event.event === name)?.step ?? null;
  const last = Math.max(0, ...(seed.tables.curves?.steps ?? []));
  return own.filter((event) => event.event.endsWith(".start") && event.step !== null).map((event) => {
    const name = event.event.slice(0, -".start".length);
    return { name, start: event.step, end: step(`${name}.end`) ?? last };
  });
}

// Return the events that are marked beside values of a layer of a table: when the seed memorised and
// generalised, and those that a rule finds in these values. Phases are bands instead.
function marksOf(seed, table, layer) {
  const isOf = (event) =>
    event.source === "curves" || ((event.source ?? "curves") === table && event.layer === layer);
  const isPhase = (event) => /\.(start|end)$/.test(event.event);
  const marks = (seed?.events ?? []).filter((event) => event.step !== null && isOf(event) && !isPhase(event));
  return [...new Map(marks.map((mark) => [nameOf(mark.event, mark.step), mark])).values()];
}

function placesWith(seeds, ...metrics) {
  const places = new Set();
  for (const seed of seeds) {
    for (const [table, { series }] of Object.entries(seed.tables)) {
      for (const { layer } of series) {
        const has = (metric) => series.some((each) => each.layer === layer && each.metric === metric);
        if (metrics.every(has)) places.add(nameOf(table, layer));
      }
    }
  }
  return [...places];
}

// Return the trail of each chosen seed in a plane, its point at the cursor (null without one), and the events
// of the seed in focus with the point at which each is.
function planeOf(data, state, place, metrics) {
  if (!place) return [];
  const [table, layer] = partsOf(place);
  return chosenSeeds(data, state).flatMap((seed) => {
    const [x, y] = metrics.map((metric) => seriesOf(seed, nameOf(table, layer, metric)));
    if (!x || !y) return [];
    const points = x.steps.map((step, i) => ({ step, x: x.values[i], y: y.values[i] }));
    const pointAt = (step) => points[lastUpTo(x.steps, step)] ?? null;
    const marked = seed === focusSeed(data, state) ? marksOf(seed, table, layer) : [];
    const events = marked.map((event) => ({ ...event, point: pointAt(event.step) }))
      .filter(({ point }) => point && !isMissing(point.x) && !isMissing(point.y));
    return [{ id: idOf(seed), run: seed.run, points, point: pointAt(state.step), events }];
  });
}

// Return the units in hexadecimal bytes, the lowest unit's bit first.
function unitsIn(hexadecimal) {
  const units = [];
  for (let i = 0; i < hexadecimal.length; i += 2) {
    const byte = parseInt(hexadecimal.slice(i, i + 2), 16);
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) units.push(4 * i + bit);
  }
  return units;
}

// analysis/verdicts.py
const KINDS = ["holds", "depends on", "does not hold", "cannot tell", "not measured"];

// Return which of the kinds a verdict is; "depends on ties: …" is "depends on".
const kindOf = (verdict) => KINDS.find((kind) => (verdict ?? "").startsWith(kind)) ?? "";

function shownClaims(data, state) {
  const fits = (key, wanted) => (claim) => !wanted || claim[key] === wanted;
  return data.claims.filter(fits("paper", state.paper))
    .filter((claim) => !state.verdict || kindOf(claim.verdict) === state.verdict);
}

// Return the claims as lists of the variants of one claim, in their order.
function grouped(claims) {
  const groups = new Map();
  for (const claim of claims) {
    const name = nameOf(claim.paper, claim.claim);
    groups.set(name, [...(groups.get(name) ?? []), claim]);
  }
  return [...groups.values()];
}

function lastValue(seed, metric) {
  const series = seriesOf(seed, nameOf("curves", "", metric));
  return series ? series.values.at(-1) : null;
}

function eventStep(seed, name) {
  return seed.events.find((event) => event.source === "curves" && event.event === name)?.step ?? null;
}

// Return the rows, a header first, of what a view shows.
const TABLES = {
  runs(data, state) {
    const keys = recipeKeys(data).filter((key) => key !== "run" && key !== "seed");
    const header = ["run", "seed", "memorised", "generalised", "train_accuracy", "test_accuracy", ...keys];
    return [header, ...shownSeeds(data, state).map((seed) => [
      seed.run, seed.seed, eventStep(seed, "memorised"), eventStep(seed, "generalised"),
      lastValue(seed, "train_accuracy"), lastValue(seed, "test_accuracy"),
      ...keys.map((key) => valueAsText(seed.recipe[key])),
    ])];
  },
  training(data, state) {
    const points = (measure) => ({ id, steps, values, low, high }) =>
      steps.map((step, i) => [id, ...partsOf(measure), step, values[i], low?.[i], high?.[i]]);
    const rows = state.measures.flatMap((measure) => linesOf(data, state, measure).flatMap(points(measure)));
    return [["run", "table", "layer", "metric", "step", "value", "low", "high"], ...rows];
  },
  planes(data, state) {
    const rows = PLANES.flatMap(({ metrics, place }) => planeOf(data, state, place(data, state), metrics)
      .flatMap((trail) => trail.points.map((point) => [trail.id, ...metrics, point.step, point.x, point.y])));
    return [["run", "x_is", "y_is", "step", "x", "y"], ...rows];
  },
  multiplets(data, state) {
    const id = focusSeed(data, state) ? idOf(focusSeed(data, state)) : "";
    const none = [{ bin: null, units: [] }];
    const rowsAt = ({ metric, at }, step, i) => (at(i).length ? at(i) : none)
      .map(({ bin, units }) => [id, metric, step, bin, units.join(" ")]);
    const rows = multipletsOf(data, state).flatMap((each) =>
      each.steps.flatMap((step, i) => rowsAt(each, step, i)));
    return [["run", "metric", "step", "bin", "units"], ...rows];
  },
  regions(data, state) {
    const counts = countsOf(data, state);
    return [Object.keys(counts[0] ?? {}), ...counts.map(Object.values)];
  },
  claims(data, state) {
    const header = Object.keys(data.claims[0] ?? {});
    return [header, ...shownClaims(data, state).map((claim) => header.map((key) => claim[key]))];
  },
};

const PLANES = [
  { id: "information", metrics: ["information_x", "information_y"], labels: ["I(T;X), nats", "I(T;Y), nats"],
    place: (data, state) => state.plane },
  { id: "synergy", metrics: ["redundancy", "synergy"], labels: ["redundancy, bits", "synergy, bits"],
    place: (data, state) => state.multiplet },
];

// Return the state with which the page opens: the first finished seed, its accuracies and its synergy.
function startState(data) {
  const first = data.seeds.find((seed) => seed.tables.curves) ?? data.seeds[0];
  const seeds = first ? [first] : [];
  const place = multipletPlaces(seeds).find((name) => partsOf(name)[0] === "o_information")
    ?? placesWith(seeds, "synergy", "redundancy")[0] ?? nameOf("", "");
  const wanted = [nameOf("curves", "", "train_accuracy"), nameOf("curves", "", "test_accuracy"),
    nameOf(...partsOf(place), "synergy"), nameOf(...partsOf(place), "redundancy")];
  return {
    rows: seeds.map(idOf), filters: [], measures: wanted.filter((name) => first && seriesOf(first, name)),
    focus: first ? idOf(first) : "", x: "log", seeds: "lines",
    phases: phaseSources(seeds).find((name) => name === place) ?? phaseSources(seeds)[0] ?? nameOf("", ""),
    multiplet: place,
    plane: placesWith(data.seeds, "information_x", "information_y")[0] ?? nameOf("", ""),
    square: placesWith(seedsWithRegions(data), "regions").at(-1) ?? nameOf("", ""),
    paper: "", verdict: "", step: first ? eventStep(first, "generalised") ?? 0 : 0,
  };
}
