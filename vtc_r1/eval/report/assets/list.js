// The list of samples: filters above, and of the rows only those in sight.

const filters = { words: "", outcome: new Set(), doubtful: false, benchmark: "", model: "", memory: "", run: "", verdict: "", level: "", subject: "", order: "failures" };
let listed = [];
let selected = 0;

const FEWEST = 20;

const ORDERS = {
  failures: (a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome) || a.at - b.at,
  problem: (a, b) => a.problem - b.problem || a.run - b.run || a.sample - b.sample,
  tokens: (a, b) => b.tokens - a.tokens || a.at - b.at,
  seconds: (a, b) => b.seconds - a.seconds || a.at - b.at,
};

const passes = (sample, words) => {
  const run = INDEX.runs[sample.run];
  const problem = problems[sample.problem];
  return (
    (!filters.benchmark || run.benchmark === filters.benchmark) &&
    (!filters.model || run.model === filters.model) &&
    (!filters.memory || run.memory === filters.memory) &&
    (!filters.run || String(sample.run) === filters.run) &&
    (!filters.verdict || sample.verdict === filters.verdict) &&
    (!filters.doubtful || sample.doubtful) &&
    (!filters.level || problem.level === filters.level) &&
    (!filters.subject || problem.subject === filters.subject) &&
    words.every((word) => searchable(sample).includes(word))
  );
};

const applyFilters = () => {
  const words = filters.words.toLowerCase().split(/\s+/).filter(Boolean);
  const before = listed[selected];
  document.body.classList.toggle("comparing", isComparing());
  if (isComparing()) listed = differences(words);
  else {
    const found = samples.filter((sample) => passes(sample, words));
    const counts = {};
    for (const sample of found) counts[sample.outcome] = (counts[sample.outcome] || 0) + 1;
    for (const chip of byId("outcomes").querySelectorAll("[data-outcome]")) chip.lastChild.textContent = grouped(counts[chip.dataset.outcome] || 0);
    listed = (filters.outcome.size ? found.filter((sample) => filters.outcome.has(sample.outcome)) : found).sort(ORDERS[filters.order]);
    byId("found").textContent = listed.length === samples.length ? count(samples.length, "sample") : `${grouped(listed.length)} of ${count(samples.length, "sample")}`;
  }
  selected = Math.max(0, listed.indexOf(before));
  byId("nothing").hidden = listed.length > 0;
  drawn.clear();
  byId("rows").replaceChildren();
  drawList();
};

const shortAnswer = (text) => {
  const shown = text.length > 80 || /\\begin|\\\\/.test(text) || !/[\\^_{}]/.test(text) ? null : mathematics(text.replace(/^\$|\$$/g, ""), false);
  return shown || element("span", { class: "given" }, oneLine(text, 40));
};

const rowView = (sample, position) => {
  if (sample.isPair) return pairView(sample, position);
  const problem = problems[sample.problem];
  const run = INDEX.runs[sample.run];
  const given = sample.answer === null ? element("span", { class: "none" }, sample.outcome === "failed" ? "failed" : "no answer") : shortAnswer(sample.answer);
  const gold = sample.outcome === "right" || problem.gold === null ? null : element("span", { class: "gold" }, shortAnswer(problem.gold));
  const answers = element("span", { class: "answers" }, given, gold);
  const mark = element("span", { class: "mark", title: sample.outcome }, SIGNS[sample.outcome]);
  mark.dataset.outcome = sample.outcome;
  const made = element(
    "a",
    { class: "row", href: `#s${sample.at}`, "aria-label": `${sample.outcome}: ${oneLine(problem.id, 60)}` },
    mark,
    element("span", { class: "memory", title: run.label }, element("span", {}, run.label), sample.doubtful ? element("span", { class: "doubt", title: "another extraction rule finds an answer with the other verdict" }, " doubtful") : null),
    element("span", { class: "problem" }, element("bdi", {}, line(problem.question, 300))),
    answers,
    element("span", { class: "number" }, `${sample.iterations} it`),
    element("span", { class: "number" }, grouped(sample.tokens)),
    element("span", { class: "number" }, seconds(sample.seconds)),
  );
  made.style.top = `${position * rowHeight()}px`;
  if (position === selected) made.setAttribute("aria-current", "true");
  return made;
};

const drawn = new Map();
const rowHeight = () => (window.innerWidth < 720 ? 64 : 40);

const drawList = () => {
  const rows = byId("rows");
  const height = rowHeight();
  rows.style.height = `${listed.length * height}px`;
  const top = -rows.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(top / height) - 10);
  const last = Math.min(listed.length, Math.max(FEWEST, Math.ceil((top + window.innerHeight) / height) + 10));
  for (const [position, made] of drawn)
    if (position < first || position >= last) {
      made.remove();
      drawn.delete(position);
    }
  for (let position = first; position < last; position++)
    if (!drawn.has(position)) {
      const made = rowView(listed[position], position);
      drawn.set(position, made);
      rows.append(made);
    }
};

const select = (position, isFollowed) => {
  drawn.get(selected)?.removeAttribute("aria-current");
  selected = Math.max(0, Math.min(listed.length - 1, position));
  if (isFollowed) {
    const height = rowHeight();
    const top = byId("rows").getBoundingClientRect().top + selected * height;
    const bar = byId("filters").offsetHeight + 8;
    if (top < bar) window.scrollBy(0, top - bar);
    else if (top + height > window.innerHeight) window.scrollBy(0, top + height - window.innerHeight + 8);
    drawList();
  }
  drawn.get(selected)?.setAttribute("aria-current", "true");
};

// A run's whole name; with its benchmark where there are several.
const runName = (at) => {
  const run = INDEX.runs[at];
  return INDEX.runs.some((other) => other.benchmark !== run.benchmark) ? `${run.label} · ${run.title}` : run.label;
};

const chooser = (name, label, values, named = (value) => oneLine(value, 200)) => {
  if (values.length < 2) return null;
  const made = element("select", { "aria-label": label }, element("option", { value: "" }, `${label}: all`));
  for (const value of values) made.append(element("option", { value }, named(value)));
  made.addEventListener("change", () => {
    filters[name] = made.value;
    applyFilters();
  });
  return made;
};

const distinct = (values) => [...new Set(values.filter((value) => value !== null && value !== undefined))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));

const buildFilters = () => {
  const outcomes = byId("outcomes");
  for (const outcome of OUTCOMES) {
    if (!samples.some((sample) => sample.outcome === outcome)) continue;
    const chip = element("button", { type: "button", class: "chip", "aria-pressed": "false" }, `${SIGNS[outcome]} ${outcome} `, element("span", { class: "quiet" }));
    chip.dataset.outcome = outcome;
    chip.addEventListener("click", () => {
      if (!filters.outcome.delete(outcome)) filters.outcome.add(outcome);
      chip.setAttribute("aria-pressed", String(filters.outcome.has(outcome)));
      applyFilters();
    });
    outcomes.append(chip);
  }
  const doubtful = samples.filter((sample) => sample.doubtful).length;
  if (doubtful) {
    const chip = element("button", { type: "button", class: "chip", "aria-pressed": "false", title: "another extraction rule finds an answer with the other verdict" }, "doubtful ", element("span", { class: "quiet" }, grouped(doubtful)));
    chip.addEventListener("click", () => {
      filters.doubtful = !filters.doubtful;
      chip.setAttribute("aria-pressed", String(filters.doubtful));
      applyFilters();
    });
    outcomes.append(chip);
  }
  const choosers = [
    chooser("benchmark", "benchmark", distinct(INDEX.runs.map((run) => run.benchmark))),
    chooser("model", "model", distinct(INDEX.runs.map((run) => run.model))),
    chooser("memory", "memory", distinct(INDEX.runs.map((run) => run.memory))),
    chooser("run", "run", INDEX.runs.length > 1 ? INDEX.runs.map((_, at) => String(at)) : [], (at) => runName(Number(at))),
    chooser("verdict", "verdict", distinct(samples.map((sample) => sample.verdict))),
    chooser("level", "level", distinct(problems.map((problem) => problem.level))),
    chooser("subject", "subject", distinct(problems.map((problem) => problem.subject))),
  ];
  byId("choosers").prepend(...choosers.filter(Boolean));
  const longest = Math.max(...INDEX.runs.map((run) => run.label.length));
  byId("rows").style.setProperty("--names", `${Math.min(15, Math.max(7, 0.28 * longest + 2)).toFixed(1)}rem`);
  byId("order").addEventListener("change", (event) => {
    filters.order = event.target.value;
    applyFilters();
  });
  let waiting = 0;
  byId("search").addEventListener("input", (event) => {
    filters.words = event.target.value;
    clearTimeout(waiting);
    waiting = setTimeout(applyFilters, 120);
  });
};
