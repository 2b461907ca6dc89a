// Two runs beside each other: the problems on which they differ, both ways, with both traces.

const compared = { first: "", second: "", side: "" };

const isComparing = () => compared.first !== "" && compared.second !== "" && compared.first !== compared.second;

const byProblem = (run) => {
  const groups = new Map();
  for (const sample of samples) {
    if (sample.run !== run) continue;
    if (!groups.has(sample.problem)) groups.set(sample.problem, []);
    groups.get(sample.problem).push(sample);
  }
  return groups;
};

const shareRight = (group) => group.filter((sample) => sample.outcome === "right").length / group.length;

// The sample that shows best how a run did: a right one of the better run, one that is not of the other.
const telling = (group, isBetter) => group.find((sample) => (sample.outcome === "right") === isBetter) || group[0];

const pairOf = (first, second, gap) => ({ isPair: true, first, second, problem: first.problem, gap });

const differing = (one, other) => {
  const theirs = byProblem(other);
  const found = [];
  let common = 0;
  for (const [problem, ours] of byProblem(one)) {
    if (!theirs.has(problem)) continue;
    common += 1;
    const gap = shareRight(ours) - shareRight(theirs.get(problem));
    if (gap) found.push(pairOf(telling(ours, gap > 0), telling(theirs.get(problem), gap < 0), gap));
  }
  found.sort((a, b) => (b.gap > 0) - (a.gap > 0) || Math.abs(b.gap) - Math.abs(a.gap) || a.problem - b.problem);
  return { found, common };
};

const differences = (words) => {
  const { found, common } = differing(Number(compared.first), Number(compared.second));
  const matching = found.filter((pair) => {
    const problem = problems[pair.problem];
    return (
      (!filters.level || problem.level === filters.level) &&
      (!filters.subject || problem.subject === filters.subject) &&
      words.every((word) => searchable(pair.first).includes(word) || searchable(pair.second).includes(word))
    );
  });
  const sides = { first: matching.filter((pair) => pair.gap > 0), second: matching.filter((pair) => pair.gap < 0) };
  for (const chip of byId("sides").children) {
    const side = chip.dataset.side;
    chip.firstChild.textContent = `better: ${INDEX.runs[Number(compared[side])].label} `;
    chip.lastChild.textContent = grouped(sides[side].length);
  }
  const names = [compared.first, compared.second].map((run) => element("span", {}, INDEX.runs[Number(run)].label));
  byId("pair-head").replaceChildren(element("span", {}, "problem"), ...names, element("span", {}, "gold answer"));
  byId("found").textContent = `${grouped(found.length)} of ${count(common, "common problem")} differ`;
  return compared.side ? sides[compared.side] : matching;
};

const pairView = (pair, position) => {
  const problem = problems[pair.problem];
  const side = (sample) => {
    const mark = element("span", { class: "mark", title: sample.outcome }, SIGNS[sample.outcome]);
    mark.dataset.outcome = sample.outcome;
    const said = sample.answer === null ? element("span", { class: "none" }, sample.outcome === "failed" ? "failed" : "no answer") : shortAnswer(sample.answer);
    return element("span", { class: "answers", title: INDEX.runs[sample.run].label }, mark, said);
  };
  const better = INDEX.runs[(pair.gap > 0 ? pair.first : pair.second).run].label;
  const made = element(
    "a",
    { class: "row pair", href: `#${addressOf(pair)}`, "aria-label": `${oneLine(problem.id, 60)}: ${better} is better` },
    element("span", { class: "problem" }, element("bdi", {}, line(problem.question, 300))),
    side(pair.first),
    side(pair.second),
    element("span", { class: "answers gold-only" }, problem.gold === null ? null : shortAnswer(problem.gold)),
  );
  made.style.top = `${position * rowHeight()}px`;
  if (position === selected) made.setAttribute("aria-current", "true");
  return made;
};

const addressOf = (item) => (item.isPair ? `d${item.first.at}-${item.second.at}` : `s${item.at}`);

// What an address names: a sample, or a pair of them over one problem.
const itemAt = (address) => {
  const found = /^#([sd])([0-9]{1,9})(?:-([0-9]{1,9}))?$/.exec(address);
  if (!found) return undefined;
  const first = samples[Number(found[2])];
  if (found[1] === "s") return found[3] === undefined ? first : undefined;
  const second = samples[Number(found[3])];
  if (!first || !second || first.problem !== second.problem) return undefined;
  const known = listed.find((item) => item.isPair && item.first === first && item.second === second);
  return known || pairOf(first, second, 0);
};

const besideView = (pair, stored, open) =>
  element(
    "div",
    { class: "beside" },
    ...[pair.first, pair.second].map((sample, at) => element("section", { "aria-label": INDEX.runs[sample.run].label }, element("h2", {}, INDEX.runs[sample.run].label), traceView(sample, stored[at], open))),
  );

const buildComparison = () => {
  const groups = INDEX.runs.map((_, at) => byProblem(at));
  const isComparable = (one, other) => one !== other && [...groups[one].keys()].some((problem) => groups[other].has(problem));
  const runs = groups.map((_, at) => at).filter((at) => groups.some((_, other) => isComparable(at, other)));
  if (!runs.length) return;
  const first = element("select", { "aria-label": "compare" }, element("option", { value: "" }, "compare two runs…"));
  for (const at of runs) first.append(element("option", { value: String(at) }, runName(at)));
  const second = element("select", { "aria-label": "with" });
  const offer = () => {
    const chosen = compared.first === "" ? [] : runs.filter((at) => isComparable(Number(compared.first), at));
    second.replaceChildren(...chosen.map((at) => element("option", { value: String(at) }, `with ${runName(at)}`)));
    second.hidden = !chosen.length;
    if (compared.second === "" || !chosen.includes(Number(compared.second))) compared.second = chosen.length ? String(chosen[0]) : "";
    second.value = compared.second;
  };
  first.addEventListener("change", () => {
    compared.first = first.value;
    offer();
    applyFilters();
  });
  second.addEventListener("change", () => {
    compared.second = second.value;
    applyFilters();
  });
  for (const side of ["first", "second"]) {
    const chip = element("button", { type: "button", class: "chip", "aria-pressed": "false" }, element("span", {}), element("span", { class: "quiet" }));
    chip.dataset.side = side;
    chip.addEventListener("click", () => {
      compared.side = compared.side === side ? "" : side;
      for (const other of byId("sides").children) other.setAttribute("aria-pressed", String(other.dataset.side === compared.side));
      applyFilters();
    });
    byId("sides").append(chip);
  }
  byId("comparison").append(first, second);
  const [asked] = INDEX.compared;
  if (asked) [compared.first, compared.second] = asked.map(String);
  first.value = compared.first;
  offer();
};
