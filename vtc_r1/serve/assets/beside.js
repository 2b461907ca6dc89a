// Two solves of one question side by side, such as pages against text, with their figures in one table.

const FIGURES = [
  ["state", (view) => view.state.textContent],
  ["answer", (view) => view.given ?? "–"],
  ["iterations", (view) => String(view.views.length || "–")],
  ["largest context", (view) => (view.chart.steps.some((step) => step.isCounted) ? count(Math.max(...view.chart.steps.map((step) => step.pages + step.written)), "token") : "–")],
  ["tokens read in all", (view) => grouped(view.meter.total.prompt)],
  ["tokens written", (view) => grouped(view.meter.total.written)],
  ["time", (view) => view.meter.time.value.textContent],
];

class Beside {
  constructor(views) {
    this.views = views;
    this.table = element("tbody", {});
    this.heads = views.map(() => element("th", { scope: "col" }));
    const head = element("thead", {}, element("tr", {}, element("td", {}), ...this.heads));
    const table = element("table", { class: "against" }, element("caption", { class: "unseen" }, "the two solves compared"), head, this.table);
    for (const other of views.slice(1)) other.question.remove();
    this.node = element("div", { class: "both" }, views[0].question, element("div", { class: "wide" }, table), element("div", { class: "beside" }, ...views.map((view) => view.node)));
    this.cells = FIGURES.map(([name, value]) => {
      const row = views.map(() => element("td", {}));
      this.table.append(element("tr", {}, element("th", { scope: "row" }, name), ...row));
      return [value, row];
    });
    this.tell();
  }

  tell() {
    this.views.forEach((view, at) => {
      this.heads[at].textContent = POLICY[nameOf(view.memory)] || view.memory;
      for (const [value, row] of this.cells) {
        const told = value(view);
        if (row[at].textContent !== told) row[at].textContent = told;
      }
    });
  }
}
