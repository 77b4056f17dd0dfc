"use strict";
// Charts in SVG. Text goes into the page as text nodes only.

const SIZE = { width: 460, height: 230, left: 52, right: 12, top: 10, bottom: 34 };
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const DASHES = ["", "6 3", "2 2", "8 2 2 2"];

function make(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

function draw(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function scale([low, high], [start, end], place = (value) => value) {
  const span = place(high) - place(low) || 1;
  return (value) => start + ((place(value) - place(low)) / span) * (end - start);
}

const logPlace = (step) => Math.log10(1 + Math.max(0, step));
const placeOf = (kind) => (kind === "log" ? logPlace : (step) => step);

function rangeOf(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const margin = 0.04 * (high - low) || 0.5;
  return [low - margin, high + margin];
}

function ticks([low, high], kind) {
  const inside = (step) => low <= step && step <= high;
  if (kind === "log") return [0, ...Array.from({ length: 10 }, (_, i) => 10 ** i)].filter(inside);
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  const first = Math.ceil(low / size);
  return Array.from({ length: Math.floor(high / size) - first + 1 }, (_, i) => (first + i) * size);
}

const rounded = (value) => (Number.isFinite(value) ? String(parseFloat(value.toPrecision(4))) : "–");

// Return the path through points [x, y]; it is interrupted where a value is missing.
function pathOf(points) {
  let pen = "M";
  return points.map(([x, y]) => {
    const said = Number.isFinite(y) && Number.isFinite(x) ? `${pen}${x.toFixed(1)} ${y.toFixed(1)}` : "";
    pen = said ? "L" : "M";
    return said;
  }).join("");
}

// Return an SVG with a frame, ticks and names of axes, and the scales x and y.
function chart(xRange, yRange, kind, [xName, yName]) {
  const { width, height, left, right, top, bottom } = SIZE;
  const x = scale(xRange, [left, width - right], placeOf(kind));
  const y = scale(yRange, [height - bottom, top]);
  const label = `${yName} by ${xName}`;
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  const inside = { width: width - left - right, height: height - top - bottom };
  svg.append(draw("rect", { class: "frame", x: left, y: top, ...inside }));
  for (const value of ticks(xRange, kind)) {
    const place = { x: x(value), y: height - bottom + 14, "text-anchor": "middle" };
    svg.append(draw("text", place, rounded(value)));
  }
  for (const value of ticks(yRange, "linear")) {
    svg.append(draw("text", { x: left - 5, y: y(value) + 4, "text-anchor": "end" }, rounded(value)));
  }
  svg.append(draw("text", { x: width / 2, y: height - 4, "text-anchor": "middle" }, xName));
  return { svg, x, y };
}

// Return {id: {stroke, stroke-dasharray}}: a colour for each run, and other dashes after the last colour.
function looksOf(seeds) {
  const runs = [...new Set(seeds.map((seed) => seed.run))];
  const look = (i) => ({
    stroke: COLOURS[i % COLOURS.length],
    "stroke-dasharray": DASHES[Math.floor(i / COLOURS.length) % DASHES.length],
  });
  return new Map(runs.map((run, i) => [run, look(i)]));
}
