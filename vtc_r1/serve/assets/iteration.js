// One iteration: what the model sees, what it writes, what becomes of it.

const column = (name, title) => {
  const heading = element("h3", {}, title);
  const body = element("div", { class: "body" });
  return { heading, body, node: element("div", { class: `column ${name}` }, heading, body) };
};

const COUNTED = { stop: "stopped by itself", length: "ended at its token limit", abort: "cut off", content_filter: "filtered", cut: "ended by the loop" };
Object.setPrototypeOf(COUNTED, null);

class IterationView {
  constructor(book, index, isForced) {
    this.book = book;
    this.text = "";
    this.pending = "";
    this.tokens = 0;
    this.read = [];
    this.doubts = [];
    this.checks = null;
    this.isStreamed = false;
    this.onWritten = () => {};
    this.sees = column("sees", "Sees");
    this.writes = column("writes", "Writes");
    this.becomes = column("becomes", "Becomes");
    this.stream = new Stream();
    this.writes.body.append(this.stream.node);
    this.writes.body.tabIndex = 0;
    this.writes.body.setAttribute("role", "group");
    this.writes.body.setAttribute("aria-label", `segment ${index + 1}`);
    this.note = element("p", { class: "note quiet" });
    this.writes.node.append(this.note);
    const title = element("h2", { class: "number" }, `Iteration ${index + 1}`, isForced ? element("span", { class: "badge" }, "the budget is spent: answer demanded") : null);
    this.node = element("li", { class: "iteration is-live", tabIndex: -1 }, title, element("div", { class: "columns" }, this.sees.node, this.writes.node, this.becomes.node));
  }

  see(pages, memory, isFirst, fresh) {
    const { body } = this.sees;
    this.read = pages;
    const nodes = [element("span", { class: "chip" }, "the question")];
    if (pages.length) {
      const stack = element("div", { class: "stack", tabIndex: 0, role: "group", "aria-label": "pages that it sees" });
      pages.forEach((page) => stack.append(thumbnail(this.book, page, fresh.has(page.sha256))));
      const vision = pages.reduce((sum, page) => sum + page.tokens, 0);
      nodes.push(stack, element("p", { class: "note quiet" }, `${count(pages.length, "page")}, ${count(vision, "vision token")}`));
    } else if (!isFirst) nodes.push(element("span", { class: "chip" }, SEEN[nameOf(memory)] || "what the memory kept, as text"));
    body.replaceChildren(...nodes);
  }

  // The pictures of pages that stand in its prompt, by hash.
  thumbnails(column) {
    return new Map([...column.body.querySelectorAll("button.page")].map((button) => [button.dataset.sha256, button]));
  }

  write(text) {
    this.isStreamed = true;
    this.pending += text;
    if (this.pending.length === text.length) requestAnimationFrame(() => this.flush());
  }

  flush() {
    if (!this.pending) return;
    this.text += this.pending;
    const pending = this.pending;
    this.pending = "";
    this.stream.add(pending);
    this.onWritten(this.stream.cursor, this.text.length);
  }

  restart(reason) {
    this.pending = this.text = "";
    this.stream.clear();
    this.note.textContent = `The server failed (${oneLine(reason, 200)}); the segment begins again.`;
  }

  finish(event) {
    this.pending = "";
    this.text = event.text;
    this.tokens = event.usage.completion_tokens;
    this.node.classList.remove("is-live");
    const at = this.writes.body.scrollTop;
    this.show();
    if (this.isStreamed) this.writes.body.scrollTop = at;
    const cached = event.usage.cached_tokens ? `, ${grouped(event.usage.cached_tokens)} cached` : "";
    const read = event.usage.prompt_tokens ? ` · read ${grouped(event.usage.prompt_tokens)}${cached}` : "";
    this.said = `${count(this.tokens, "token")}, ${COUNTED[event.finish] || event.finish}${read}`;
    this.note.textContent = this.said;
  }

  show() {
    if (this.node.classList.contains("is-live")) return;
    const nothing = element("p", { class: "quiet" }, "It wrote nothing.");
    const marks = marksOf(this.text, this.doubts, this.checks, this.book, this.read);
    this.writes.body.replaceChildren(...(this.text.trim() ? shownSegment(doubted(this.text, marks)) : [nothing]));
    this.writes.body.scrollTop = 0;
  }

  become(pages, memory) {
    if (!pages.length) {
      this.becomes.body.replaceChildren(element("p", { class: "quiet" }, KEPT[nameOf(memory)] || "nothing was drawn"));
      return;
    }
    const stack = element("div", { class: "stack" });
    pages.forEach((page) => stack.append(thumbnail(this.book, page, true)));
    this.becomes.heading.textContent = pages.length === 1 ? "Becomes a page" : `Becomes ${pages.length} pages`;
    this.added = pages;
    this.price = element("p", { class: "price" });
    this.becomes.body.replaceChildren(stack, this.price);
  }

  answer(text) {
    this.becomes.heading.textContent = "Answers";
    this.becomes.body.replaceChildren(element("div", { class: "answer" }, shownAnswer(text)));
  }

  remember(event, memory) {
    this.doubts = event.doubts;
    this.checks = event.checks;
    const at = this.writes.body.scrollTop;
    this.show();
    if (this.isStreamed) this.writes.body.scrollTop = at;
    if (event.void) this.becomes.heading.textContent = "Void: a page was misread, and is shown anew";
    const chips = checkChips(event.checks);
    if (chips) this.node.append(chips);
    this.node.append(...event.told.map((line) => element("p", { class: "note quiet" }, ...revealed(oneLine(line, 400)))));
    if (this.price) {
      const vision = count(this.added.reduce((sum, page) => sum + page.tokens, 0), "vision token");
      const text = this.added.reduce((sum, page) => sum + (event.page_texts[page.sha256] || 0), 0);
      this.price.textContent = nameOf(memory) === "blank" ? `white, ${vision}` : `${count(text, "token")} of text → ${vision}`;
    }
    const { generate, first_token: first, render } = event.seconds;
    const parts = [`${seconds(generate)}`, first === null ? null : `first token ${seconds(first)}`, render ? `page drawn in ${Math.max(1, Math.round(render * 1000))} ms` : null];
    if (event.attempts > 1) parts.push(`${event.attempts} attempts`);
    this.note.textContent = `${this.said} · ${parts.filter(Boolean).join(", ")}`;
  }

  end() {
    this.flush();
    this.node.classList.remove("is-live");
    this.stream.cursor.remove();
    if (!this.becomes.body.childNodes.length) this.becomes.body.append(element("p", { class: "quiet" }, "nothing: the solve ended here"));
  }
}

// A policy without its options, as in `decay:after=2`.
const nameOf = (memory) => memory.split(":")[0];

const SEEN = { forget: "nothing of what came before" };
const KEPT = { text: "kept as text", hybrid: "kept as text until the next segment", summary: "kept until it is summarised, then its summary alone", tail: "kept as text, as far as it is among the last tokens", delethink: "kept as text, as far as it is among the first or the last tokens", auto: "kept as text", forget: "nothing: it is forgotten", single: "nothing: there is no second segment" };
for (const table of [SEEN, KEPT]) Object.setPrototypeOf(table, null);

// A segment without the tags around its thinking, its answer set apart.
const shownSegment = (text) => {
  if (showsSource) return [passage(text, true)];
  const parts = text.replace(/<\/?think>/g, "").split(/<answer>([^<]*)<\/answer>/);
  return parts.map((part, at) => (at % 2 ? element("div", { class: "given-answer" }, shownAnswer(part.trim())) : part.trim() && passage(part.trim(), false))).filter(Boolean);
};

const shownAnswer = (text) => {
  const formula = /[\\^_{}]/.test(text) && !text.includes("$") ? mathematics(text, false) : null;
  return formula || element("span", {}, ...(text.length > 2000 ? [passage(text, true)] : [prose(text)]));
};
