"use strict";
// Elements and charts from data. Text is always set as text: what a record holds is never read as markup.

const ACTIONS = ["block", "rewrite", "log", "allow", "none"];
const ACTION_WORDS = { none: "not judged" };
const SVG = "http://www.w3.org/2000/svg";

/// An element with attributes and children; strings become text.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  return filled(element, attributes, children);
}

function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
}

function table(header, rows, numbers = []) {
  const cell = (kind, content, index) =>
    make(kind, { class: numbers.includes(index) ? "number" : null, scope: kind === "th" ? "col" : null }, content ?? "");
  return make("table", {},
    make("thead", {}, make("tr", {}, header.map((content, index) => cell("th", content, index)))),
    make("tbody", {}, rows.map((row) => make("tr", {}, row.map((content, index) => cell("td", content, index))))));
}

function word(action) {
  return make("span", { class: `word ${action ?? "none"}` }, ACTION_WORDS[action] ?? action ?? "–");
}

/// Bars of one colour, the longest first.
function bars(counts, kind) {
  const entries = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  if (entries.length === 0) return make("p", { class: "quiet" }, "nothing");
  const most = entries[0][1];
  const rows = entries.map(([name, count]) => [
    name.replaceAll("_", " "),
    drawn("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
      drawn("rect", { class: kind, width: Math.max(0.5, 100 * count / most), height: 10 })),
    count.toLocaleString(),
  ]);
  const made = table(["category", "", "exchanges"], rows, [2]);
  made.classList.add("bars");
  return made;
}

/// Stacked columns of exchanges by action over time, `width` pixels wide.
function timeline(overview, now, width) {
  const height = 170, left = 44, bottom = 22;
  const count = Math.max(1, Math.ceil((now - overview.since) / overview.step));
  const totals = overview.steps.map((step) => Object.values(step.actions).reduce((sum, value) => sum + value, 0));
  const most = Math.max(1, ...totals);
  const wide = (width - left) / count;
  const y = (value) => (height - bottom) * (1 - value / most);
  const columns = overview.steps.flatMap((step) => {
    const x = left + (step.time - overview.since) / overview.step * wide;
    let below = 0;
    return ACTIONS.filter((action) => step.actions[action]).map((action) => {
      const value = step.actions[action];
      const rect = drawn("rect", {
        class: action, x: Math.max(left, x).toFixed(1), y: y(below + value).toFixed(1),
        width: Math.max(1, wide - 1).toFixed(1), height: Math.max(1, y(below) - y(below + value)).toFixed(1),
      }, drawn("title", {}, `${clock(step.time)}: ${value} ${ACTION_WORDS[action] ?? action}`));
      below += value;
      return rect;
    });
  });
  const marks = (width < 600 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1]).map((share) => {
    const time = overview.since + share * (now - overview.since);
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    return drawn("text", { x: left + share * (width - left), y: height - 5, "text-anchor": anchor }, clock(time));
  });
  const levels = [0, most].map((value) =>
    drawn("text", { x: left - 6, y: y(value) + (value ? 10 : 0), "text-anchor": "end" }, value.toLocaleString()));
  const sum = totals.reduce((total, value) => total + value, 0);
  const chart = drawn("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${sum} exchanges by action over time` },
    drawn("line", { class: "axis", x1: left, x2: width, y1: height - bottom, y2: height - bottom }), columns, marks, levels);
  const legend = make("ul", { class: "legend" }, ACTIONS.map((action) =>
    make("li", {}, drawn("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, drawn("rect", { class: action, width: 10, height: 10 })),
      ACTION_WORDS[action] ?? action)));
  return [chart, legend];
}

/// How many scores lie where, with the threshold: the height is the root of the count, so that a few can be seen beside many.
function histogram(scores, threshold) {
  const bins = new Array(50).fill(0);
  for (const score of scores) bins[Math.min(49, Math.floor(score * 50))] += 1;
  const most = Math.sqrt(Math.max(1, ...bins));
  return drawn("svg", { viewBox: "0 0 100 20", preserveAspectRatio: "none", "aria-hidden": "true" },
    bins.map((count, index) => {
      const high = count ? Math.max(1, 20 * Math.sqrt(count) / most) : 0;
      return drawn("rect", { class: index / 50 >= threshold ? "block" : "allow", x: index * 2, width: 1.8, y: 20 - high, height: high });
    }));
}

function clock(time) {
  const date = new Date(time);
  const day = Date.now() - time > 20 * 3600e3 ? date.toLocaleDateString([], { month: "short", day: "numeric" }) + " " : "";
  return day + date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/// A moment that does not break into lines.
function moment(time) {
  const words = new Date(time).toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return make("time", { class: "time", datetime: time }, words);
}

function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
