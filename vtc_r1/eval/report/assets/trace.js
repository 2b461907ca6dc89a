// One solve: the question, every segment with the pages that the model saw, the answer and its grade.

let showsSource = false;

const fact = (name, ...value) => element("div", { class: "fact" }, element("dt", {}, name), element("dd", {}, ...value));
const answerOf = (text) => {
  if (text === null || text === undefined) return element("span", { class: "none" }, "none");
  const shown = /[\\^_{}]/.test(text) && !text.includes("$") ? mathematics(text, false) : null;
  return shown || element("span", { class: "given" }, ...(text.length > 2000 ? [passage(text, true)] : [prose(text)]));
};

const verdict = (grade, answer) => {
  if (!grade) return [fact("grade", element("span", { class: "none" }, "not graded yet"))];
  const rule = grade.rule ? `found by rule “${grade.rule}”` : "no rule found an answer";
  const method = { none: "no answer", equal: "the same string", normalised: "the same in canonical form", compared: "compared part by part", "math-verify": "decided by math-verify", "too large": "too large to be an answer" }[grade.method] || grade.method;
  const facts = grade.extracted === answer ? [] : [fact("extracted", answerOf(grade.extracted))];
  facts.push(fact("grade", `${grade.correct ? "right" : "wrong"}: ${rule}, ${method}`));
  if (grade.error) facts.push(fact("grader", element("span", { class: "warning" }, grade.error === "unreadable" ? "the answer could not be read with certainty" : `computer algebra ended with ${grade.error}`)));
  const other = grade.disagreement;
  if (other)
    facts.push(fact("disagreement", element("span", { class: "warning" }, `rule “${other.rule}” finds a ${other.correct ? "right" : "wrong"} answer: `), answerOf(other.extracted)));
  return facts;
};

const thumbnail = (page, isNew, position, open) => {
  const label = `page ${position + 1}: ${page.width}×${page.height} px, ${page.tokens} vision tokens`;
  const address = page.isMissing ? null : pageAddress(page.sha256);
  const frame = element("button", { class: isNew ? "page is-new" : "page", type: "button", title: label, "aria-label": label });
  const ratio = Math.min(4, Math.max(0.2, page.width / Math.max(1, page.height)));
  frame.style.aspectRatio = String(ratio);
  const absent = () => {
    frame.replaceChildren(element("span", { class: "missing" }, "page missing"));
    frame.disabled = true;
  };
  if (!address) absent();
  else {
    const image = element("img", { alt: label, loading: "lazy", decoding: "async" });
    image.addEventListener("error", absent);
    image.src = address;
    frame.append(image);
    frame.addEventListener("click", () => open(position));
  }
  return frame;
};

const strip = (title, pages, fresh) => {
  if (!pages.length) return null;
  const made = element("div", { class: "pages" });
  const show = (position) => openPage(pages, position);
  pages.forEach((page, position) => made.append(thumbnail(page, fresh.has(page.sha256), position, show)));
  return element("div", { class: "strip" }, element("h4", {}, title), made);
};

const kept = (iteration) => {
  const { text, kept: mark, doubts } = iteration;
  const shown = (from, to) => passage(doubted(text, doubts, from, to), showsSource);
  if (mark === null || mark === text.length) return [shown(0, text.length)];
  if (typeof mark === "string") {
    const folded = element("details", {}, element("summary", {}, "what the memory kept"), passage(mark, showsSource));
    return [shown(0, text.length), folded];
  }
  const cut = element("div", { class: "cut" }, element("span", { class: "mark" }, "cut off here; not kept"), shown(mark, text.length));
  return [shown(0, mark), cut];
};

const spent = (iteration) => {
  const { usage, seconds: took } = iteration;
  const parts = [`wrote ${count(usage.completion, "token")}`];
  if (iteration.maxTokens) parts[0] += ` of ${grouped(iteration.maxTokens)}`;
  parts.push(`prompt ${grouped(usage.prompt)}${usage.vision ? `, ${grouped(usage.vision)} vision` : ""}${usage.cached ? `, ${grouped(usage.cached)} cached` : ""}`);
  parts.push(`${seconds(took.generate)}${took.first === null ? "" : `, first token ${seconds(took.first)}`}${took.render ? `, pages ${seconds(took.render)}` : ""}`);
  parts.push(iteration.finish === "length" ? "ended at its token limit" : iteration.finish === "stop" ? "stopped by itself" : iteration.finish === "cut" ? "ended by the loop" : iteration.finish);
  const [vision, text, again] = iteration.carried;
  if (text || again) parts.push(`memory ${count(vision + text, "token")}${again ? `, ${grouped(again)} read again` : ""}`);
  if (iteration.attempts > 1) parts.push(`${iteration.attempts} attempts`);
  if (iteration.shed) parts.push(`memory shed ${count(iteration.shed, "time")}`);
  return parts.join(" · ");
};

// What the memory did beside adding pages.
const changed = (iteration) => {
  const lines = iteration.rereads.map(([request, outcome, tokens]) =>
    element("p", { class: "carried" }, "reread request: ", ...revealed(oneLine(request, 80)), outcome === "refused" ? " · refused" : ` · shown as ${outcome === "page" ? "page" : "text"}, ${count(tokens, "token")}`),
  );
  if (iteration.facts.length)
    lines.push(element("details", { class: "carried" }, element("summary", {}, `${count(iteration.facts.length, "exact value")} carried as text`), passage(iteration.facts.join("\n"), true)));
  for (const line of iteration.told) lines.push(element("p", { class: "carried" }, ...revealed(oneLine(line, 400))));
  if (iteration.dropped) lines.push(element("p", { class: "carried" }, `${count(iteration.dropped, "part")} of the memory dropped to stay within its budget`));
  return lines;
};

// What the prompt carried beside the pages, by memory policy.
const CARRIED = {
  text: "what the model saw: the earlier segments, as text",
  hybrid: "besides the pages: the most recent text, as text",
  summary: "what the model saw: its summary, or the segment that it was to summarise",
  tail: "what the model saw: the end of the earlier segments, as text",
  delethink: "what the model saw: their beginning and their end, as text",
  facts: "besides the pages: their exact values, as text",
  auto: "besides the pages: what is cheaper or easier to read as text",
  blank: "white pages: same size and cost, no content",
  forget: "what the model saw: nothing of the earlier iterations",
};
Object.setPrototypeOf(CARRIED, null);

const iterationView = (iteration, pages, seen, memory) => {
  const sent = iteration.sent.map((at) => pages[at]);
  const shrunk = iteration.shrunk.map((at) => pages[at]);
  const larger = iteration.redrawn.map((at) => pages[at]);
  const added = iteration.added.filter((at) => !iteration.shrunk.includes(at) && !iteration.redrawn.includes(at)).map((at) => pages[at]);
  const policy = memory.split(":")[0];
  const vision = sent.reduce((sum, page) => sum + page.tokens, 0);
  const fresh = new Set(sent.map((page) => page.sha256).filter((sha256) => !seen.has(sha256)));
  sent.forEach((page) => seen.add(page.sha256));
  const title = sent.length ? `what the model saw: ${count(sent.length, "page")}, ${grouped(vision)} vision tokens` : "";
  return element(
    "section",
    { class: "iteration" },
    element("header", {}, element("h3", {}, `Iteration ${iteration.index + 1}`, iteration.forced ? element("span", { class: "badge" }, "answer demanded") : null, iteration.isVoid ? element("span", { class: "badge" }, "void: a page was misread") : null), element("p", { class: "quiet" }, spent(iteration))),
    strip(title, sent, fresh),
    iteration.index && CARRIED[policy] ? element("p", { class: "carried" }, CARRIED[policy]) : null,
    ...kept(iteration),
    strip(`became ${count(added.length, "page")}`, added, new Set()),
    strip(`older pages, drawn smaller: ${count(shrunk.length, "page")}`, shrunk, new Set()),
    strip(`misread pages, drawn larger: ${count(larger.length, "page")}`, larger, new Set()),
    ...changed(iteration),
  );
};

const siblingsView = (sample, open) => {
  const groups = new Map();
  for (const other of siblings.get(sample.problem)) {
    if (!groups.has(other.run)) groups.set(other.run, []);
    groups.get(other.run).push(other);
  }
  if (siblings.get(sample.problem).length < 2) return null;
  const made = element("div", { class: "siblings" });
  for (const [run, others] of groups) {
    const marks = element("div", { class: "marks" });
    for (const other of others) {
      const mark = element("button", { type: "button", class: "mark", title: `sample ${other.sample}: ${other.outcome}` }, SIGNS[other.outcome]);
      mark.dataset.outcome = other.outcome;
      if (other === sample) mark.setAttribute("aria-current", "true");
      else mark.addEventListener("click", () => open(other));
      marks.append(mark);
    }
    made.append(element("div", { class: "sibling-run" }, element("span", { class: "memory" }, INDEX.runs[run].label), marks));
  }
  return element("div", { class: "strip" }, element("h4", {}, "every sample of this problem"), made);
};

const badge = (outcome) => {
  const made = element("span", { class: "outcome" }, `${SIGNS[outcome]} ${outcome}`);
  made.dataset.outcome = outcome;
  return made;
};

const decoded = (trace) => ({
  ...trace,
  pages: trace.pages.map(([sha256, width, height, tokens, isMissing]) => ({ sha256, width, height, tokens, isMissing })),
  iterations: trace.iterations.map((part) => ({
    ...part,
    usage: { prompt: part.usage[0], vision: part.usage[1], completion: part.usage[2], cached: part.usage[3] },
    seconds: { render: part.seconds[0], first: part.seconds[1], generate: part.seconds[2] },
  })),
});

// The whole view of one sample.
const traceView = (sample, stored, open) => {
  const trace = decoded(stored);
  const problem = problems[sample.problem];
  const run = INDEX.runs[sample.run];
  const facts = element(
    "dl",
    { class: "facts" },
    fact("outcome", sample.outcome === "ungraded" && problem.gold === null ? null : badge(sample.outcome), ` ${trace.status}${trace.exhausted ? `: out of ${trace.exhausted}` : ""}`),
    fact("answer", answerOf(trace.answer)),
    trace.warnings.length ? fact("warning", element("span", { class: "warning" }, ...revealed(trace.warnings.join("; ")))) : null,
    problem.gold === null ? null : fact("gold", answerOf(problem.gold)),
    ...(problem.gold === null ? [] : verdict(trace.grade, trace.answer)),
    fact("spent", `${count(trace.iterations.length, "iteration")}, ${count(sample.tokens, "token")} written, ${seconds(sample.seconds)}${trace.loading ? ` after ${seconds(trace.loading)} of loading` : ""}`),
    trace.iterations.some((part) => part.sent.length) ? fact("compression", times(trace.ratio), element("span", { class: "quiet" }, " text tokens per vision token")) : null,
    fact("memory", run.memory),
    problem.level ? fact("level", ...revealed(problem.level)) : null,
    problem.subject ? fact("subject", ...revealed(problem.subject)) : null,
    trace.seed === null ? null : fact("seed", String(trace.seed)),
  );
  const seen = new Set();
  const failure = trace.error ? element("p", { class: "failure" }, ...revealed(trace.error)) : null;
  const made = element("details", { class: "made" }, element("summary", {}, "configuration"), element("dl", { class: "facts" }, ...run.facts.map(([name, value]) => fact(name, ...revealed(value)))));
  return element(
    "article",
    { class: "trace" },
    element("aside", {}, element("p", { class: "place" }, `${run.title} · ${run.memory} · `, ...revealed(oneLine(problem.id, 300)), siblings.get(sample.problem).length > 1 ? ` · sample ${sample.sample}` : null), element("div", { class: "question" }, passage(problem.question, showsSource)), facts, siblingsView(sample, open), made),
    element("div", { class: "iterations" }, ...trace.iterations.map((part) => iterationView(part, trace.pages, seen, run.memory)), failure, trace.iterations.length || trace.error ? null : element("p", { class: "quiet" }, "no iteration was run")),
  );
};

// Pages at their own size, one at a time.
const openPage = (pages, start) => {
  const dialog = byId("page-view");
  let position = start;
  const show = (to) => {
    position = Math.max(0, Math.min(pages.length - 1, to));
    const page = pages[position];
    const caption = `page ${position + 1} of ${pages.length} · ${page.width}×${page.height} px · ${page.tokens} vision tokens`;
    const image = element("img", { alt: caption, width: page.width, height: page.height });
    image.src = page.isMissing ? "" : pageAddress(page.sha256) || "";
    const step = (name, by) => {
      const made = element("button", { type: "button", disabled: position + by < 0 || position + by >= pages.length }, name);
      made.addEventListener("click", () => show(position + by));
      return made;
    };
    const close = element("button", { type: "button" }, "close");
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(element("div", { class: "bar" }, step("‹", -1), step("›", 1), element("span", { class: "quiet" }, caption), close), element("div", { class: "sheet" }, image));
  };
  dialog.onkeydown = (event) => {
    if (event.key === "ArrowRight" || event.key === "j") show(position + 1);
    else if (event.key === "ArrowLeft" || event.key === "k") show(position - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  show(start);
  dialog.showModal();
};
