"use strict";
// The dashboard: asks the API of the listener that served it, and shows what came back.

const byID = (id) => document.getElementById(id);
const NO_CANDIDATE = "None is tried. The policy that 'candidate' names is tried on live traffic once its file is there, and decides nothing.";
const pages = ["now", "decisions", "tuning", "system"];
let token = sessionStorage.getItem("token");
let page = null;
let timer = null;

class Refused extends Error {}

async function ask(path, body) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(`/api/${path}`, {
    method: body === undefined ? "GET" : "POST", headers, cache: "no-store",
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (path === "corrections" && response.ok) return response.text();
  const answer = await response.json();
  if (response.status === 401) throw new Refused(answer.error);
  if (!response.ok) throw new Error(answer.error ?? `status ${response.status}`);
  return answer;
}

/// Runs something that asks the API. What went wrong stands in `place`, where its result would; without one it is said in the header,
/// whose words change every few seconds.
async function attempt(work, place = null) {
  try {
    await work();
  } catch (problem) {
    if (problem instanceof Refused) return askToken(problem.message);
    if (place) place.replaceChildren(make("p", { class: "problem", role: "alert" }, problem.message));
    else say(problem.message, true);
  }
}

function say(words, isProblem = false) {
  byID("state").textContent = words;
  byID("state").classList.toggle("problem", isProblem);
}

function askToken(words) {
  for (const name of pages) byID(`page-${name}`).hidden = true;
  byID("record").close();
  // The API refuses every few seconds: who is elsewhere on the page by now stays there.
  if (!byID("page-token").hidden) return;
  byID("page-token").hidden = false;
  byID("token-problem").textContent = token ? words : "";
  byID("token").focus();
}

byID("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  token = byID("token").value;
  sessionStorage.setItem("token", token);
  byID("token").value = "";
  byID("page-token").hidden = true;
  show();
});

// Pages

function show() {
  const wanted = location.hash.slice(1).split("/")[0];
  page = pages.includes(wanted) ? wanted : "now";
  for (const name of pages) byID(`page-${name}`).hidden = name !== page;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === `#${page}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `Guardian: ${page}`;
  // Who comes by the link of the first page; later searches go by what is ticked then.
  if (location.hash === "#decisions/differs") byID("search").elements.differs.checked = true;
  clearTimeout(timer);
  refresh(true);
}

async function refresh(isNew = false) {
  await attempt(async () => {
    if (page === "now") await showNow();
    if (page === "system") await showSystem();
    if (page === "decisions" && isNew) await attempt(search, byID("list"));
    if (page === "tuning" && isNew) await attempt(loadScores, byID("sliders"));
    if (page === "decisions" || page === "tuning") sayState(await ask("status"));
  });
  clearTimeout(timer);
  timer = setTimeout(refresh, document.hidden ? 30000 : 3000);
}

// Its address would be taken for that of a page.
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); byID("main").focus(); });
window.addEventListener("hashchange", () => { show(); byID("main").focus(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

function sayState(status) {
  const troubles = [];
  if (!status.ready) troubles.push("draining");
  if (status.policy.failure) troubles.push("the policy file is broken; the last good one is in force");
  if (status.candidate_failure) troubles.push("the candidate's file is broken");
  if (status.upstream.some((server) => server.condition !== "up")) troubles.push("an upstream server is not up");
  if (status.records.store_failure) troubles.push("decisions cannot be stored");
  const policy = `policy ${status.policy.name}, ${status.policy.mode}`;
  say(troubles.length ? `${policy}: ${troubles.join("; ")}` : policy, troubles.length > 0);
}

// Now

byID("span").addEventListener("change", () => refresh());

async function showNow() {
  const minutes = byID("span").value;
  const [status, overview, latest] = await Promise.all([
    ask("status"), ask(`overview?minutes=${minutes}`), latestActed(),
  ]);
  sayState(status);
  const sums = {};
  for (const step of overview.steps) {
    for (const [action, count] of Object.entries(step.actions)) sums[action] = (sums[action] ?? 0) + count;
  }
  const all = Object.values(sums).reduce((total, count) => total + count, 0);
  const share = (count) => all ? `${count.toLocaleString()} (${(100 * count / all).toFixed(count / all < 0.1 ? 1 : 0)} %)` : "0";
  const failures = Object.values(overview.failures).reduce((total, count) => total + count, 0);
  const tiles = [
    ["exchanges", all.toLocaleString()], ["blocked", share(sums.block ?? 0)], ["rewritten", share(sums.rewrite ?? 0)],
    ["logged", share(sums.log ?? 0)], ["not judged by the model", failures.toLocaleString()],
    ["under way", status.exchanges.toLocaleString()],
  ];
  byID("totals").replaceChildren(...tiles.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  byID("timeline").replaceChildren(...timeline(overview, status.now, Math.max(320, byID("timeline").clientWidth)));
  byID("categories").replaceChildren(bars(overview.categories, "block"));
  byID("latency").replaceChildren(overview.latency.length
    ? table(["stage", "50 %", "95 %", "99 %"],
      overview.latency.map((row) => [row.stage, milliseconds(row.p50), milliseconds(row.p95), milliseconds(row.p99)]), [1, 2, 3])
    : make("p", { class: "quiet" }, all ? "nothing measured" : "No request has passed the gateway in this time. What passes is shown here within seconds."));
  renew(byID("candidate"), showCandidate(status, overview));
  renew(byID("latest"), latest.length
    ? table(["", "", ""], latest.map((row) => [moment(row.time), opener(row), row.categories.join(", ").replaceAll("_", " ")]))
    : make("p", { class: "quiet" }, "Nothing that is stored was blocked, rewritten or logged."));
}

/// Puts new content into a place, unless somebody is in it with the keyboard, or comes back to it from a record: they would lose it.
function renew(place, content) {
  if (!place.querySelector(":focus-visible") && !byID("record").open) place.replaceChildren(content);
}

async function latestActed() {
  const found = await Promise.all(["block", "rewrite", "log"].map((action) => ask(`decisions?action=${action}&limit=8`)));
  return found.flatMap((answer) => answer.decisions).sort(newestFirst).slice(0, 8);
}

function showCandidate(status, overview) {
  const failure = status.candidate_failure ? make("p", { class: "problem" }, status.candidate_failure) : null;
  if (!status.candidate) return failure ?? make("p", { class: "quiet" }, NO_CANDIDATE);
  const changed = overview.candidate.filter((row) => row.live !== row.candidate);
  const all = overview.candidate.reduce((total, row) => total + row.count, 0);
  const sum = changed.reduce((total, row) => total + row.count, 0);
  return make("div", {}, failure,
    make("p", {}, `${status.candidate.name}: ${sum.toLocaleString()} of ${all.toLocaleString()} would be decided otherwise. `,
      make("a", { href: "#decisions/differs" }, "Show them")),
    changed.length ? table(["live", "candidate", "exchanges"],
      changed.map((row) => [word(row.live), word(row.candidate), row.count.toLocaleString()]), [2]) : null);
}

// Decisions

let oldest = null;

byID("search").addEventListener("submit", (event) => { event.preventDefault(); attempt(search, byID("list")); });
byID("more").addEventListener("click", () => attempt(() => search(true), byID("more-problem")));

/// The names of the categories are had from the API, which may want a token first.
async function fillCategories(field) {
  if (field.options.length > 1) return;
  const { names } = await ask("scores?limit=1");
  // Another search may have been as quick.
  if (field.options.length > 1) return;
  field.append(...names.slice(1).map((name) => make("option", { value: name }, name.replaceAll("_", " "))));
}

/// A day begins where somebody asks for it: the times of the list are of there, too. What is no day is left to the API.
function sinceWhen(text) {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return text;
  const midnight = new Date(`${text}T00:00`);
  return midnight.getDate() === Number(text.slice(8)) ? midnight.toISOString() : text;
}

async function search(older = false) {
  const form = byID("search");
  byID("more-problem").replaceChildren();
  if (!older) byID("more").hidden = true;
  await fillCategories(form.elements.category);
  const wanted = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value.trim()) wanted.set(name, value.trim());
  if (wanted.has("since")) wanted.set("since", sinceWhen(wanted.get("since")));
  if (older && oldest !== null) wanted.set("before", oldest);
  const { decisions } = await ask(`decisions?${wanted}`);
  // They are numbered as they end, and shown as they began.
  if (decisions.length) oldest = decisions[decisions.length - 1].number;
  const rows = decisions.sort(newestFirst).map((row) => [
    moment(row.time), opener(row), row.input ? word(row.input) : "–", row.output ? word(row.output) : "–",
    row.categories.join(", ").replaceAll("_", " "), row.dialect ?? "", row.model ?? "", row.tenant ?? "",
    row.candidate ? word(row.candidate) : "", statusOf(row), milliseconds(row.milliseconds), marksOf(row),
  ]);
  const header = ["time", "open", "asked", "answered", "categories", "API", "model", "tenant", "candidate", "status", "ms", "marked"];
  const made = table(header, rows, [10]);
  if (older) byID("list").querySelector("tbody").append(...made.querySelectorAll("tbody tr"));
  else byID("list").replaceChildren(decisions.length ? made : make("p", { class: "quiet" },
    [...wanted].length ? "Nothing that fits is stored." : "Nothing is stored yet. Search again when requests have passed the gateway."));
  byID("more").hidden = decisions.length < 50;
}

function newestFirst(a, b) { return b.time.localeCompare(a.time) || b.number - a.number; }

/// The strictest action of both phases.
function opener(row) {
  const action = ["block", "rewrite", "log", "allow"].find((each) => [row.input, row.output].includes(each)) ?? "none";
  const label = `${ACTION_WORDS[action] ?? action}, show ${row.request_id}`;
  return make("button", { type: "button", click: () => open(row.request_id), "aria-label": label }, word(action));
}

/// Where there is little room, only what is not as usual is shown.
function statusOf(row) {
  return row.status === undefined || row.status === 200 ? String(row.status ?? "") : make("span", {}, String(row.status));
}

function marksOf(row) {
  return Object.entries(row.marks).map(([phase, right]) => `${phase === "input" ? "asked" : "answered"}: ${right ? "right" : "wrong"}`).join(", ");
}

/// Shows a record in the dialog, or why it cannot be had.
async function open(id) {
  byID("record-title").textContent = `Request ${id}`;
  await attempt(async () => showRecord(id, await ask(`decisions/${encodeURIComponent(id)}`)), byID("record-body"));
  if (byID("page-token").hidden && !byID("record").open) byID("record").showModal();
}

function showRecord(id, record) {
  const facts = [
    ["when", new Date(record.time).toLocaleString()], ["how it ended", `${record.outcome}${record.status ? `, status ${record.status}` : ""}`],
    ["asked for", [record.dialect, record.model].filter(Boolean).join(", ")],
    ["policy", `${record.policy.name} ${record.policy.digest.slice(0, 12)}, ${record.mode}`],
  ];
  if (record.error) facts.push(["error", `${record.error} (${record.fault ?? "?"})`]);
  if (record.response) facts.push(["safeguard response", `${record.response.origin}, ${record.response.category}`]);
  byID("record-body").replaceChildren(
    table(["", ""], facts),
    ...["input", "output"].filter((phase) => record[phase]).map((phase) => explained(id, phase, record[phase])),
    make("details", {}, make("summary", {}, "The record"), make("pre", { tabindex: "0" }, JSON.stringify(record, null, 2))));
}

/// Why a phase was decided as it was, and what somebody may say to it.
function explained(id, phase, judged) {
  const reasons = judged.findings.map((finding) => [
    finding.category.replaceAll("_", " "), word(finding.action),
    finding.source === "model" ? `the model: ${finding.score.toFixed(3)}, threshold ${finding.threshold}`
      : finding.source === "rule" ? `rule ${finding.rule}` : "the model could not judge",
  ]);
  const scores = Object.entries(judged.scores ?? {}).sort((a, b) => b[1] - a[1]).slice(0, 6)
    .map(([name, score]) => [name.replaceAll("_", " "), score.toFixed(3)]);
  return make("section", {},
    make("h3", {}, phase === "input" ? "The request: " : "The answer: ", word(judged.action)),
    reasons.length ? table(["because of", "action", "found by"], reasons) : make("p", { class: "quiet" }, "Nothing reached a threshold, and no rule matched."),
    judged.failure ? make("p", { class: "problem" }, `The model gave no score: ${judged.failure}`) : null,
    scores.length ? make("details", {}, make("summary", {}, "Highest scores"), table(["", "score"], scores, [1])) : null,
    make("p", { class: "quiet" }, `${judged.segments_scanned} ${judged.segments_scanned === 1 ? "text" : "texts"} read (${judged.bytes_scanned} bytes) as ${judged.views.join(", ") || "they are"}; ${judged.segments_unscanned} not read.`),
    marking(id, phase, judged));
}

function marking(id, phase, judged) {
  const missed = make("select", { "aria-label": "category that was missed" }, make("option", { value: "" }, "of no matter what category"),
    Object.keys(judged.scores ?? {}).filter((name) => name !== "harm").map((name) => make("option", { value: name }, name.replaceAll("_", " "))));
  const done = make("div", { role: "status" });
  const mark = (right) => attempt(async () => {
    await ask(`decisions/${encodeURIComponent(id)}/mark`, { phase, right, category: right === null ? null : missed.value || null });
    done.textContent = right === null ? "taken back" : `marked as ${right ? "right" : "wrong"}`;
    if (page === "decisions") await attempt(search, byID("list"));
  }, done);
  return make("div", { class: "bar" },
    make("button", { type: "button", click: () => mark(true) }, "Right"),
    make("button", { type: "button", click: () => mark(false) }, judged.action === "allow" ? "Wrong: harm was missed" : "Wrong: it is harmless"),
    judged.action === "allow" ? missed : null,
    make("button", { type: "button", click: () => mark(null) }, "Take back"), done);
}

// Tuning

let scores = null;
const changed = { input: {}, output: {} };

for (const id of ["phase", "hours"]) byID(id).addEventListener("change", () => attempt(loadScores, byID("sliders")));
byID("reset").addEventListener("click", () => { changed.input = {}; changed.output = {}; showSliders(); byID("preview-result").replaceChildren(); });
byID("preview").addEventListener("click", () => attempt(preview, byID("preview-result")));
byID("save").addEventListener("click", () => attempt(save, byID("preview-result")));
byID("corrections").addEventListener("click", (event) => {
  event.preventDefault();
  attempt(async () => {
    const url = URL.createObjectURL(new Blob([await ask("corrections")], { type: "application/x-ndjson" }));
    make("a", { href: url, download: "corrections.jsonl" }).click();
    URL.revokeObjectURL(url);
  }, byID("preview-result"));
});

async function loadScores() {
  byID("tuning-note").textContent = "";
  scores = await ask(`scores?phase=${byID("phase").value}&hours=${byID("hours").value}`);
  showSliders();
}

function showSliders() {
  const phase = byID("phase").value;
  byID("tuning-note").textContent = scores.rows.length
    ? `${scores.rows.length.toLocaleString()} scored ${phase === "input" ? "requests" : "answers"}, the newest. Moving a threshold changes nothing that is live.`
    : "Nothing was scored in this time: choose a longer one, or let requests pass that the model judges.";
  byID("sliders").replaceChildren(...scores.names.map((name, index) => slider(phase, name, index)).filter(Boolean));
}

function slider(phase, name, index) {
  const live = scores.thresholds[name];
  if (live === undefined) return null;
  const values = scores.rows.map((row) => row.scores[index]);
  const label = `${name === "overall" ? "any harm" : name.replaceAll("_", " ")}`;
  const box = make("div", { class: "slider" });
  const range = make("input", { id: `slider-${name}`, type: "range", min: 0, max: 1, step: 0.01 });
  const number = make("input", { type: "number", min: 0, max: 1, step: 0.01, "aria-label": `threshold of ${label}` });
  const counts = make("span", { class: "counts" });
  let picture = histogram(values, live);
  const update = (value) => {
    const now = values.filter((score) => score >= live).length;
    const then = values.filter((score) => score >= value).length;
    const wrong = scores.rows.filter((row, at) => row.right !== undefined && values[at] >= value && isHarmless(row)).length;
    counts.textContent = `${then.toLocaleString()} reach it` + (value === live ? "" : `, ${now.toLocaleString()} now at ${live}`)
      + (wrong ? `; ${wrong} of them marked harmless` : "");
    box.classList.toggle("changed", value !== live);
    const next = histogram(values, value);
    picture.replaceWith(next);
    picture = next;
    if (value === live) delete changed[phase][name];
    else changed[phase][name] = value;
  };
  const set = (text) => {
    // An emptied field waits for what is typed next; what is no number reads as empty, too.
    if (text === "") return;
    const value = Math.min(1, Math.max(0, Number(text)));
    if (Number.isNaN(value)) return;
    range.value = value;
    number.value = value;
    update(value);
  };
  range.addEventListener("input", () => set(range.value));
  number.addEventListener("change", () => set(number.value));
  filled(box, {}, [make("label", { for: range.id }, label, scores.actions[name] ? word(scores.actions[name]) : null), range, number, counts, picture]);
  set(changed[phase][name] ?? live);
  return box;
}

/// Whether somebody said that what was found is none, or that what was let pass rightly was.
function isHarmless(row) { return (row.action === "allow") === row.right; }

function wanted() { return { input: changed.input, output: changed.output, hours: Number(byID("hours").value) }; }

async function preview() {
  byID("preview-result").replaceChildren(make("p", {}, "deciding again ..."));
  const found = await ask("preview", wanted());
  const actions = ["allow", "log", "rewrite", "block"];
  const parts = [make("p", {}, `${found.judged.toLocaleString()} decisions made again, ${found.changed.toLocaleString()} change, ${found.undecided.toLocaleString()} have no scores to decide from.`
    + (found.marked ? ` Of ${found.marked} that were marked, ${found.right_now} are decided rightly now, ${found.right_then} then.` : ""))];
  for (const phase of ["input", "output"]) {
    const counts = found.counts.filter((row) => row.phase === phase);
    if (!counts.length) continue;
    const count = (before, after) => counts.find((row) => row.before === before && row.after === after)?.count ?? 0;
    parts.push(make("h3", {}, phase === "input" ? "Requests" : "Answers"),
      make("div", { class: "scroll" }, table(["now", ...actions.map((action) => `then ${action}`)],
        actions.map((before) => [word(before), ...actions.map((after) => count(before, after).toLocaleString())]), [1, 2, 3, 4])));
  }
  if (found.changes.length) {
    parts.push(make("h3", {}, "The newest that change"), table(["request", "now", "then"], found.changes.slice(0, 12).map((row) => [
      make("button", { type: "button", click: () => open(row.request) }, row.request), word(row.before), word(row.after)])));
  }
  parts.push(...leftOut(found.left));
  byID("preview-result").replaceChildren(...parts);
}

async function save() {
  const saved = await ask("candidate", wanted());
  byID("preview-result").replaceChildren(make("p", { class: "good" }, `Written to ${saved.file}. `
    + (saved.is_tried ? "It is tried on live traffic from now on, and decides nothing." : "Name it under 'candidate' in the configuration to have it tried on live traffic.")),
  ...leftOut(saved.left));
}

function leftOut(left) {
  return Object.entries(left).map(([name, why]) => make("p", { class: "problem" }, `${name} stays as it is: ${why}`));
}

// System

async function showSystem() {
  const status = await ask("status");
  sayState(status);
  const block = (title, rows) => make("div", {}, make("h3", {}, title), table(["", ""], rows));
  const policy = (title, value, isUsed) => block(title, [
    ["name", value.name], ["digest", make("code", {}, value.digest)], ["mode", value.mode],
    ["rules", `${value.rules}, ${value.rule_tests} tests of theirs pass`], ["overrides", String(value.overrides)],
    ["file", value.failure ? make("span", { class: "problem" }, value.failure) : make("span", { class: "good" }, isUsed)],
  ]);
  const records = status.records;
  byID("system").replaceChildren(
    policy("Policy in force", status.policy, "in force"),
    status.candidate ? policy("Candidate", status.candidate, "tried") : make("div", {}, make("h3", {}, "Candidate"),
      make("p", { class: status.candidate_failure ? "problem" : "quiet" }, status.candidate_failure ?? NO_CANDIDATE)),
    block("Model", [
      ["digest", make("code", {}, status.model.digest ?? "none")], ["requests under way", String(status.model.requests)],
      ["waiting", String(status.model.waiting)], ["refused", String(status.model.refused)],
      ["texts in a step", status.model.batch?.toFixed(2) ?? "–"],
      ["prefix cache", status.model.prefix_hits !== undefined ? `${(100 * status.model.prefix_hits).toFixed(1)} % of tokens` : "–"],
    ]),
    make("div", {}, make("h3", {}, "Upstream"), make("div", { class: "scroll" }, table(["server", "", "busy", "idle", "waiting"], status.upstream.map((server) => [
      server.name, make("span", { class: server.condition === "up" ? "good" : "problem" }, server.condition),
      String(server.busy), String(server.idle), String(server.waiting)]), [2, 3, 4]))),
    block("Records", [
      ["written to the log", records.written.toLocaleString()], ["dropped, failed", `${records.dropped}, ${records.failed}`],
      ["exchanges refused for them", String(records.refused)], ["waiting", `${records.queued}, ${records.lag_seconds.toFixed(1)} s`],
      ["kept for this page", `${records.stored.toLocaleString()} in ${records.store}`],
      ["not kept", records.store_failure ? make("span", { class: "problem" }, records.store_failure) : `${records.store_dropped} dropped, ${records.store_failed} failed`],
    ]),
    block("Process", [
      ["up since", new Date(status.started).toLocaleString()], ["wants traffic", status.ready ? "yes" : "no"],
      ["connections, exchanges", `${status.connections}, ${status.exchanges}`],
      ["memory", status.memory ? `${(status.memory / 2 ** 20).toFixed(0)} MiB` : "–"],
    ]));
}

show();
