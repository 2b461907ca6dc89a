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
  const link = element("a", { href: `#${solve.id}` }, mark, question, answer, element("span", { class: "quiet when" }, ago(solve.began)));
  if (solve.id === current) link.setAttribute("aria-current", "true");
  return element("li", {}, link);
};

const drawSolveList = (solves, current) => {
  const nodes = [];
  if (solves.length) {
    nodes.push(element("h2", {}, "Solves"));
    nodes.push(element("ol", { class: "lines" }, ...solves.map((solve) => solveLine(solve, current))));
  }
  byId("solves").replaceChildren(...nodes);
};
