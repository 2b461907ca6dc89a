// What a solve has taken so far: what its pages carried and cost, tokens, time.

const figure = (name) => {
  const value = element("dd", {}, "–");
  return { value, node: element("div", { class: "figure" }, element("dt", {}, name), value) };
};

// A figure with words beside it, apart also for those who copy it or have it read aloud.
const valued = (value, ...words) => (words.length ? [value, " ", element("small", {}, `(${words.join(", ")})`)] : [value]);

class Meter {
  constructor() {
    this.iterations = figure("iterations");
    this.written = figure("tokens written");
    this.read = figure("tokens read");
    this.time = figure("time");
    this.asText = element("i", { class: "bar" });
    this.asPages = element("i", { class: "bar is-pages" });
    this.textValue = element("b", {});
    this.pagesValue = element("b", {});
    this.ratio = element("strong", {});
    this.balance = element(
      "div",
      { class: "balance", hidden: true },
      element("div", { class: "scale" }, element("span", {}, "as text"), " ", element("span", { class: "track" }, this.asText), this.textValue, element("span", { class: "unseen" }, " tokens")),
      element("div", { class: "scale" }, element("span", {}, "as pages"), " ", element("span", { class: "track" }, this.asPages), this.pagesValue, element("span", { class: "unseen" }, " tokens")),
      this.ratio,
    );
    const figures = [this.iterations, this.written, this.read, this.time].map((one) => one.node);
    this.node = element("div", { class: "meter" }, element("dl", { class: "figures" }, ...figures), this.balance);
    this.total = { written: 0, prompt: 0, vision: 0, cached: 0 };
  }

  spend(usage) {
    this.total.written += usage.completion_tokens;
    this.total.prompt += usage.prompt_tokens;
    this.total.vision += usage.vision_tokens;
    this.total.cached += usage.cached_tokens;
    this.written.value.textContent = grouped(this.total.written);
    const { prompt, vision, cached } = this.total;
    const parts = [vision ? `${grouped(vision)} vision` : null, cached ? `${grouped(cached)} cached` : null].filter(Boolean);
    this.read.value.replaceChildren(...valued(grouped(prompt), ...parts));
  }

  iterate(number, most) {
    this.iterations.value.replaceChildren(...valued(String(number), ...(most ? [`of at most ${most}`] : [])));
  }

  // What the pages of all prompts so far carried and cost, as the server sums it up for the trace.
  weigh(text, pages, ratio) {
    if (pages <= 0) return;
    this.balance.hidden = false;
    const most = Math.max(text, pages);
    this.asText.style.width = `${(100 * text) / most}%`;
    this.asPages.style.width = `${(100 * pages) / most}%`;
    this.textValue.textContent = grouped(text);
    this.pagesValue.textContent = grouped(pages);
    this.ratio.replaceChildren(times(ratio), " ", element("small", {}, ratio === null ? "the pages carry no text" : "compression"));
  }

  tick(passed) {
    const told = passed >= 100 ? `${Math.round(passed)} s` : `${passed.toFixed(1)} s`;
    if (this.time.value.textContent !== told) this.time.value.textContent = told;
  }
}
