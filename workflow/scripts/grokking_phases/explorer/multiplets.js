"use strict";
// Multiplets of the seed in focus: what the view shows of the data in a state.

const DISAGREE = -1; // multiplet_packing.py

function multipletPlaces(seeds) {
  const places = new Set();
  for (const seed of seeds) {
    for (const [table, { units }] of Object.entries(seed.tables)) {
      for (const each of units ?? []) places.add(nameOf(table, each.layer));
    }
  }
  return [...places];
}

// Return {bin, units} of each bin of a multiplet at the i-th step. Without known bins: all units, in bin null.
function groupsAt(seed, table, { layer, members }, i) {
  const found = unitsIn(members[i] ?? "");
  const letters = seed.bins[numberOfBins(seed, table, layer, i)];
  if (letters !== undefined) return found.map((bin) => ({ bin, units: unitsOfBin(letters, bin) }));
  return found.length ? [{ bin: null, units: found }] : [];
}

// Return the number of the text of a layer's bins at the i-th step; DISAGREE, null or undefined without one.
function numberOfBins(seed, table, layer, i) {
  return seed.tables[table].bins?.[layer]?.[i];
}

// Return the units of a bin, from a text with a letter for each unit.
function unitsOfBin(letters, bin) {
  return [...letters].flatMap((letter, unit) => (letter === LETTERS[bin] ? [unit] : []));
}

// Return the multiplets of the seed in focus: all steps, and the bins, units and value at the cursor.
function multipletsOf(data, state) {
  const seed = focusSeed(data, state);
  if (!seed || !state.multiplet) return [];
  const [table, layer] = partsOf(state.multiplet);
  const { steps, units } = seed.tables[table] ?? { steps: [], units: [] };
  const i = lastUpTo(steps, state.step);
  return (units ?? []).filter((each) => each.layer === layer).map((each) => {
    const at = (k) => groupsAt(seed, table, each, k);
    return {
      ...each, steps, i, step: steps[i] ?? null, at, groups: at(i), units: unitsOfGroups(at(i)),
      disagree: numberOfBins(seed, table, layer, i) === DISAGREE,
      value: atCursor(seriesOf(seed, nameOf(table, layer, each.metric)), state.step)?.value ?? null,
    };
  });
}

function unitsOfGroups(groups) {
  return groups.flatMap((group) => group.units).sort((a, b) => a - b);
}

// Return in words what a multiplet at the cursor is.
function saidOfMultiplet({ groups, units, value }) {
  if (!groups.length) return "not measured";
  const bins = groups[0].bin === null ? "" : ` in ${groups.length} bins`;
  return `${rounded(value)} bits, ${units.length} units${bins}`;
}

// Return in words why the bins of a multiplet at the cursor are not shown; nothing if they are.
function saidWithoutBins({ groups, disagree }) {
  if (groups[0]?.bin !== null) return "";
  return disagree ? "Its bins are left out: those that are stored do not form these units."
    : "Its bins are not stored.";
}
