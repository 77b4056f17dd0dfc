"use strict";
// The view of the claims: one entry a claim, with its variants folded beneath.

const VARIANT = ["variant", "outcome", "value", "95 % interval", "unit", "seeds", "published", "power"];

function drawClaims(data, state) {
  const papers = [...new Set(data.claims.map((claim) => claim.paper))].filter(Boolean);
  fillSelect("paper", [["", "all"], ...papers.map((paper) => [paper, paper])], state.paper);
  const ofPaper = grouped(shownClaims(data, { ...state, verdict: "" }));
  const count = (kind) => ofPaper.filter(([first]) => kindOf(first.verdict) === kind).length;
  const options = KINDS.map((kind) => [kind, `${kind} (${count(kind)})`]);
  fillSelect("verdict", [["", `all (${ofPaper.length})`], ...options], state.verdict);
  const shown = grouped(shownClaims(data, state));
  byId("claims-said").textContent = shown.length ? "" : "No claim has this verdict.";
  byId("claim-list").replaceChildren(...shown.map((variants) => claimEntry(data, variants)));
}

function claimEntry(data, variants) {
  const [claim] = variants;
  const figure = figureOf(data, claim.figure);
  const quotation = claim.quotation ? `“${claim.quotation}” ` : "";
  const section = claim.section ? ` (section ${claim.section})` : "";
  return make("details", { "data-claim": claim.claim },
    make("summary", {}, make("b", {}, claim.verdict ?? "–"), ` ${quotation}`, claim.claim, section),
    make("p", {}, measured(claim)),
    make("p", { class: "links" }, "Figure: ", ...figurePlace(claim.figure, figure)),
    make("div", { class: "scroll" }, tableOf(VARIANT, variants.map(variantCells))));
}

// Return in words what was measured, and where its interval must lie.
function measured({ quantity, direction, margin, unit }) {
  const said = `${quantity ?? "Not described"}.`;
  return isMissing(direction) ? said : `${said} The whole interval must lie ${direction} ${margin} (${unit}).`;
}

function figurePlace(name, figure) {
  if (!figure) return [name ? `${name}, which is not finished` : "none"];
  return [...figureLinks(figure), " ", notesButton(figure)];
}

function variantCells(claim) {
  const number = (value) => (isMissing(value) ? null : rounded(value));
  const interval = isMissing(claim.low) ? null : `${number(claim.low)} to ${number(claim.high)}`;
  return [claim.variant, claim.outcome, number(claim.value), interval, claim.unit, claim.n_seeds,
    claim.published, claim.power];
}

const figureOf = (data, name) => data.figures.find((figure) => figure.name === name);

function figureLinks({ name, links }) {
  return Object.entries(links).flatMap(([format, href], i) => {
    const text = i ? format.toUpperCase() : `${name} ${format.toUpperCase()}`;
    return [i ? " " : "", make("a", { href, target: "_blank", rel: "noopener" }, text)];
  });
}

function notesButton({ name, notes }) {
  return notes === null ? "" : make("button", { "data-notes": name }, "Notes");
}
