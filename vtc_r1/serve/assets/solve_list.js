// The solves that this server knows, the newest first.

const MARKS = { answered: "✓", exhausted: "∅", stalled: "∅", cancelled: "–", failed: "!", running: "…", waiting: "…" };
Object.setPrototypeOf(MARKS, null);

const ago = (began) => {
  const passed = Math.max(0, Date.now() / 1000 - began);
  if (passed < 60) return "now";
  if (passed < 3600) return `${Math.floor(passed / 60)} min`;
  if (passed < 86400) return `${Math.floor(passed / 3600)} h`;
  return new Date(began * 1000).toISOString().slice(0, 10);
};

const shortAnswer = (text) => {
  const formula = text.length < 80 && /[\\^_{}]/.test(text) && !text.includes("$") ? mathematics(text, false) : null;
  return formula ? element("span", {}, formula) : line(text, 80);
};

const solveLine = (solve, current) => {
  const answer = solve.answer === null ? element("span", { class: "quiet" }, solve.exhausted ? `out of ${solve.exhausted}` : solve.status) : shortAnswer(solve.answer);
  answer.classList.add("given");
  const mark = element("span", { class: "mark", title: solve.status }, MARKS[solve.status] || "?");
  mark.dataset.kind = solve.status;
  const question = line(solve.question, 160);
  question.classList.add("asked");
  const figures = [solve.iterations === null ? null : count(solve.iterations, "iteration"), solve.compression === null ? null : times(solve.compression)].filter(Boolean);
  const link = element("a", { href: `#${solve.id}` }, mark, question, answer, element("span", { class: "quiet taken" }, figures.join(" · ")), element("span", { class: "quiet when" }, ago(solve.began)));
  if (current.includes(solve.id)) link.setAttribute("aria-current", "true");
  return element("li", {}, link);
};

const FILTERS = { all: () => true, "under way": ({ status }) => status === "running" || status === "waiting", answered: ({ answer }) => answer !== null, "without an answer": ({ answer, status }) => answer === null && status !== "running" && status !== "waiting" };
const FEW = 4;

class SolveList {
  constructor() {
    this.solves = [];
    this.current = [];
    this.words = element("input", { type: "search", "aria-label": "words in question or answer", placeholder: "filter" });
    this.kind = element("select", { "aria-label": "which solves" }, ...Object.keys(FILTERS).map((name) => element("option", { value: name }, name)));
    this.lines = element("ol", { class: "lines" });
    this.found = element("span", { class: "quiet", role: "status" });
    this.filters = element("div", { class: "filters" }, this.words, this.kind, this.found);
    this.node = element("div", { hidden: true }, element("h2", {}, "Solves"), this.filters, this.lines);
    this.words.addEventListener("input", () => this.draw());
    this.kind.addEventListener("change", () => this.draw());
    byId("solves").replaceChildren(this.node);
  }

  show(solves, current) {
    this.solves = solves;
    this.current = current;
    this.draw();
  }

  has(id) {
    return this.solves.some((solve) => solve.id === id);
  }

  draw() {
    const words = this.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const isMeant = (solve) => words.every((word) => `${solve.question}\n${solve.answer || ""}`.toLowerCase().includes(word)) && FILTERS[this.kind.value](solve);
    const found = this.solves.filter(isMeant);
    this.node.hidden = !this.solves.length;
    this.filters.hidden = this.solves.length < FEW;
    this.found.textContent = found.length === this.solves.length ? "" : `${found.length} of ${this.solves.length}`;
    this.lines.replaceChildren(...found.map((solve) => solveLine(solve, this.current)));
  }
}
