// The context of each iteration in tokens: with pages it falls back after each segment, as text it would only grow.

const SVG = "http://www.w3.org/2000/svg";
const drawn = (tag, attributes, ...children) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

const LEFT = 46;
const RIGHT = 78;
const TOP = 8;
const BOTTOM = 20;
const ROUND = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

const ceilingOf = (value) => {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return unit * ROUND.find((factor) => factor * unit >= value);
};

class Chart {
  constructor() {
    this.steps = [];
    this.least = 4;
    this.isDue = false;
    this.picture = drawn("svg", { role: "img" });
    this.table = element("tbody", {});
    const head = ["iteration", "read as text", "read with pages", "written"].map((name) => element("th", { scope: "col" }, name));
    this.numbers = element("details", {}, element("summary", {}, "the numbers"), element("table", {}, element("thead", {}, element("tr", {}, ...head)), this.table));
    this.numbers.addEventListener("toggle", () => this.draw());
    const title = element("figcaption", {}, "Context in tokens, read and written");
    this.node = element("figure", { class: "chart", hidden: true }, title, this.picture, this.numbers);
  }

  // A segment under way: what its prompt holds, as far as that is known before it is counted.
  begin(index, pages) {
    const last = this.steps[index - 1];
    const base = last ? last.pages - last.vision : 0;
    this.steps[index] = { text: last ? last.text + last.written : 0, pages: base + pages, vision: pages, written: 0 };
    this.steps.length = index + 1;
    this.draw();
  }

  write(index, characters) {
    const step = this.steps[index];
    if (!step || step.isCounted) return;
    const last = this.steps[index - 1];
    step.written = characters * (last?.rate || 0.4);
    this.draw();
  }

  count(index, usage, characters) {
    if (!usage.prompt_tokens) return;
    const step = { vision: usage.vision_tokens, pages: usage.prompt_tokens, text: usage.prompt_tokens, written: usage.completion_tokens, isCounted: true };
    step.rate = characters ? step.written / characters : 0.4;
    const carried = this.steps[index]?.text;
    if (usage.vision_tokens && carried) step.text = carried;
    this.steps[index] = step;
    this.draw();
  }

  // What the pages of the prompt carry as text, as the trace counts it.
  carry(index, text) {
    const step = this.steps[index];
    if (!step?.isCounted) return;
    step.text = step.pages - (text ? step.vision : 0) + text;
    this.draw();
  }

  draw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.show();
    });
  }

  show() {
    const steps = this.steps.filter(Boolean);
    this.node.hidden = !steps.some((step) => step.isCounted);
    if (this.node.hidden) return;
    const wide = Math.max(260, Math.round(this.picture.clientWidth) || 480);
    const high = Math.max(80, Math.round(this.picture.clientHeight) || 120);
    this.picture.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    const hasPages = steps.some((step) => step.vision);
    const most = ceilingOf(Math.max(1, ...steps.map((step) => Math.max(step.text, step.pages) + step.written)));
    const across = Math.max(this.least, steps.length);
    const x = (at) => LEFT + (at * (wide - LEFT - RIGHT)) / across;
    const y = (value) => high - BOTTOM - (value * (high - TOP - BOTTOM)) / most;
    const line = (name) => steps.map((step, at) => `${at ? "L" : "M"}${x(at)} ${y(step[name])}L${x(at + 1)} ${y(step[name] + step.written)}`).join("");
    const nodes = [0, 0.5, 1].flatMap((part) => [
      drawn("path", { class: "grid", d: `M${LEFT} ${y(part * most)}H${wide - RIGHT}` }),
      drawn("text", { class: "tick", x: LEFT - 8, y: y(part * most) + 4, "text-anchor": "end" }, grouped(part * most)),
    ]);
    const every = Math.ceil(across / 16);
    for (let at = 0; at < across; at += every) nodes.push(drawn("text", { class: "tick", x: x(at + 0.5), y: high - 5, "text-anchor": "middle" }, String(at + 1)));
    const end = steps[steps.length - 1];
    const isNear = hasPages && y(end.pages) - y(end.text) < 15;
    const label = (name, words) => drawn("text", { class: `end ${name}`, x: x(steps.length) + 6, y: y(end[name] + end.written) + (isNear && name === "text" ? -9 : 4) }, words);
    if (hasPages) {
      const under = `${line("pages")}L${x(steps.length)} ${y(0)}L${x(0)} ${y(0)}Z`;
      nodes.push(drawn("path", { class: "line text", d: line("text") }), drawn("path", { class: "under", d: under }), label("text", "as text"));
    }
    nodes.push(drawn("path", { class: "line pages", d: line("pages") }), label("pages", hasPages ? "with pages" : "read"));
    this.picture.replaceChildren(...nodes);
    const last = steps.filter((step) => step.isCounted).pop() || end;
    const said = hasPages ? `${grouped(last.pages)} tokens with pages, ${grouped(last.text)} as text` : `${grouped(last.pages)} tokens`;
    this.picture.setAttribute("aria-label", `Context of ${count(steps.length, "iteration")}; the last prompt has ${said}`);
    if (this.numbers.open) this.tabulate(steps);
  }

  tabulate(steps) {
    const cells = (step, at) => [at + 1, step.text, step.pages, step.written].map((value, place) => element(place ? "td" : "th", place ? {} : { scope: "row" }, grouped(value)));
    this.table.replaceChildren(...steps.map((step, at) => element("tr", {}, ...cells(step, at))));
  }
}
