// One solve, drawn from its events; it does not matter whether they come now, came before or are played again.

let showsSource = false;

const ENDS = {
  answered: "Answered",
  exhausted: "Out of its budget",
  stalled: "The model repeats itself",
  cancelled: "Cancelled",
  failed: "The model failed",
};
const SPENT = { iterations: "Out of iterations", tokens: "Out of tokens", seconds: "Out of time" };
Object.setPrototypeOf(ENDS, null);
Object.setPrototypeOf(SPENT, null);

const endOf = (event) => {
  if (event.status !== "exhausted") return ENDS[event.status] || event.status;
  const spent = SPENT[event.exhausted] || ENDS.exhausted;
  return `${spent}: ${event.answer === null ? "no answer" : "asked for the answer, and got one"}`;
};

class SolveView {
  // `follower` keeps the writing in view; without one the page stays where it is.
  constructor(id, say, follower = null) {
    this.id = id;
    this.say = say;
    this.follower = follower;
    this.views = [];
    this.book = new Book(id);
    this.memory = "optical";
    this.isOver = false;
    this.isReplayed = false;
    this.isLost = false;
    this.began = performance.now();
    this.waited = 0;
    this.passed = 0;
    this.meter = new Meter();
    this.chart = new Chart();
    this.question = element("h1", { class: "question" });
    this.settings = element("p", { class: "quiet settings" });
    this.state = element("span", { class: "state" }, "Connecting");
    this.cancel = element("button", { type: "button", class: "cancel" }, "Cancel");
    this.source = element("button", { type: "button", class: "source", "aria-pressed": String(showsSource) }, "As generated");
    this.again = element("a", { class: "button", hidden: true, href: `#replay-${id}` }, "Replay");
    this.record = element("a", { class: "button", hidden: true, href: `api/solves/${id}`, download: `${id}.json` }, "Trace as JSON");
    this.list = element("ol", { class: "iterations" });
    this.result = element("div", { class: "result", hidden: true });
    this.warning = element("p", { class: "warning", hidden: true });
    const bar = element("div", { class: "state-bar" }, this.state, this.cancel, this.source, this.again, this.record);
    this.node = element("article", {}, this.question, this.settings, element("div", { class: "status" }, bar, this.meter.node, this.chart.node), this.warning, this.result, this.list);
    this.source.addEventListener("click", () => this.toggle());
  }

  take(event) {
    if (!this.isReplayed) this.began = Math.min(this.began, performance.now() - event.at * 1000);
    const handler = `on_${event.type}`;
    if (typeof this[handler] === "function") this[handler](event);
  }

  tick() {
    if (this.isOver || this.isReplayed || this.isLost) return;
    this.passed = Math.max(0, (performance.now() - this.began) / 1000 - this.waited);
    this.meter.tick(this.passed);
  }

  stand(text, kind) {
    this.state.textContent = text;
    this.state.dataset.kind = kind;
    this.follower?.live(kind === "live");
  }

  toggle() {
    showsSource = !showsSource;
    this.source.setAttribute("aria-pressed", String(showsSource));
    this.views.forEach((view) => view && view.show());
  }

  warn(sentences) {
    this.warning.hidden = !sentences.length;
    this.warning.replaceChildren(...revealed(`Warning: ${sentences.join("; ")}.`));
  }

  on_waiting(event) {
    this.stand(event.ahead ? `Waiting behind ${event.ahead}` : "Waiting for a free place", "live");
  }

  on_held(event) {
    this.stand(event.why ? `Waiting: ${event.why}` : "Thinking", "live");
  }

  on_started(event) {
    this.waited = event.at;
    this.memory = event.memory;
    this.most = event.budget.iterations;
    this.question.replaceChildren(event.question.length > 2000 ? passage(event.question, true) : prose(event.question));
    document.title = `${oneLine(event.question, 60)} · vtc-r1`;
    const parts = [`${event.memory} memory`, `pages “${event.profile}”`, `segments up to ${count(event.budget.segment_tokens, "token")}`];
    if (event.seed !== null) parts.push(`seed ${event.seed}`);
    if (this.isReplayed) parts.unshift(event.source);
    this.settings.textContent = parts.join(" · ");
    this.warn(event.warnings);
    this.stand("Thinking", "live");
  }

  on_iteration(event) {
    const view = new IterationView(this.book, event.index, event.forced);
    const fresh = new Set(event.pages.map((page) => page.sha256).filter((sha256) => !this.seen?.has(sha256)));
    this.seen = new Set([...(this.seen || []), ...event.pages.map((page) => page.sha256)]);
    event.pages.forEach((page) => this.book.add(page));
    const leaving = this.leaving();
    this.views[event.index] = view;
    view.see(event.pages, this.memory, event.index === 0, fresh);
    view.onWritten = (cursor, characters) => {
      this.chart.write(event.index, characters);
      this.follower?.see(cursor);
    };
    this.list.append(view.node);
    this.chart.begin(event.index, event.pages.reduce((sum, page) => sum + page.tokens, 0));
    if (!this.isSkipping) this.follower?.see(view.stream.cursor);
    const arrived = view.thumbnails(view.sees);
    moveTo([...leaving].filter(([sha256]) => arrived.has(sha256)).map(([sha256, [button, from]]) => [button, from, arrived.get(sha256)]));
    this.meter.iterate(event.index + 1, this.most);
    this.stand(event.index ? `Reading ${event.pages.length ? count(event.pages.length, "page") : "its memory"}, writing segment ${event.index + 1}` : "Writing segment 1", "live");
    if (!this.isSkipping) this.say(`Iteration ${event.index + 1}: sees ${count(event.pages.length, "page")}`);
  }

  // The pages that have just been made before the reader's eyes, and where they lie.
  leaving() {
    const last = this.views[this.views.length - 1];
    if (!last?.isStreamed) return new Map();
    return new Map([...last.thumbnails(last.becomes)].map(([sha256, button]) => [sha256, [button, button.getBoundingClientRect()]]));
  }

  on_text(event) {
    this.views[event.index].write(event.text);
  }

  on_restarted(event) {
    this.views[event.index].restart(event.reason);
  }

  on_overflowed(event) {
    this.views[event.index].see(event.pages, this.memory, event.index === 0, new Set());
  }

  on_segment(event) {
    const view = this.views[event.index];
    view.finish(event);
    this.meter.spend(event.usage);
    this.chart.count(event.index, event.usage, event.text.length);
    this.stand("Drawing the page", "live");
  }

  on_pages(event) {
    const view = this.views[event.index];
    event.pages.forEach((page) => this.book.add(page, event.index));
    view.become(event.pages, this.memory);
    if (!event.pages.length) return;
    if (view.isStreamed) {
      const made = [...view.thumbnails(view.becomes).values()];
      this.follower?.see(made[0]);
      shrinkInto(view.writes.body, made);
    }
    if (!this.isSkipping) this.say(`Segment ${event.index + 1} became ${count(event.pages.length, "page")}`);
  }

  on_answered(event) {
    this.views[event.index].answer(event.answer);
  }

  on_remembered(event) {
    this.views[event.index].remember(event, this.memory);
    this.meter.weigh(event.as_text, event.as_pages, event.compression);
    this.chart.carry(event.index, event.carried);
  }

  on_finished(event) {
    this.isOver = true;
    this.views.forEach((view) => view && view.end());
    this.meter.tick(event.seconds);
    this.warn(event.warnings);
    this.meter.weigh(event.as_text, event.as_pages, event.compression);
    this.cancel.hidden = true;
    this.record.hidden = false;
    this.again.hidden = this.isReplayed || !event.iterations;
    this.given = event.answer;
    const ended = endOf(event);
    this.stand([ended, ...event.told].join(" · "), event.status);
    const nodes = [];
    if (event.answer !== null) nodes.push(element("span", { class: "quiet" }, "Answer"), element("div", { class: "answer" }, shownAnswer(event.answer)));
    if (event.error) nodes.push(element("p", { class: "failure" }, ...revealed(event.error)));
    this.result.hidden = !nodes.length;
    this.result.replaceChildren(...nodes);
    if (this.follower?.isOn) window.scrollTo({ top: 0 });
    this.say(event.answer === null ? ended : `Answer: ${oneLine(event.answer, 200)}`);
  }

  // The connection to the server is lost for good, or the solve is.
  abandon(words) {
    this.isOver = true;
    this.cancel.hidden = true;
    this.views.forEach((view) => view && view.end());
    this.stand(words, "failed");
  }
}
