// A segment while it is written: what is complete is set once, the last lines anew with every piece.

const LONGEST_TAIL = 4000;
const TAGS = ["<think>", "</think>", "<answer>", "</answer>"];

// Whether a text ends outside of every formula and code that spans lines.
const isSettled = (text) => {
  const bare = text.replace(/\\[\\$`]/g, "");
  const count = (pattern) => (bare.match(pattern) || []).length;
  const isOpen = count(/(?<!\$)\$(?!\$)/g) % 2 === 1;
  if (isOpen && !/\n[ \t]*\n$/.test(text)) return false;
  return count(/```/g) % 2 === 0 && count(/\$\$/g) % 2 === 0 && count(/\\\[/g) === count(/\\\]/g) && count(/\\begin\{/g) === count(/\\end\{/g);
};

// The text without the beginning of a tag at its end, which is held back until the tag is whole.
const withoutBrokenTag = (text) => {
  const at = text.lastIndexOf("<");
  if (at < 0 || text.length - at > 9) return text;
  const end = text.slice(at);
  return TAGS.some((tag) => tag !== end && tag.startsWith(end)) ? text.slice(0, at) : text;
};

const MOST_HELD = 240;

// The text without a formula at its end that is not closed yet, unless it has grown too long to be one.
const withoutOpenFormula = (text) => {
  const bare = text.replace(/\\[\\$]/g, "\ufffd\ufffd");
  const isOdd = (bare.match(/\$/g) || []).length % 2 === 1;
  const from = Math.max(isOdd ? bare.lastIndexOf("$") : -1, ...["(", "["].map((sign) => (bare.lastIndexOf(`\\${sign}`) > bare.lastIndexOf(`\\${CLOSING[sign]}`) ? bare.lastIndexOf(`\\${sign}`) : -1)));
  return from < 0 || text.length - from > MOST_HELD ? text : text.slice(0, from);
};
const CLOSING = { "(": ")", "[": "]" };

class Stream {
  constructor() {
    this.cursor = element("i", { class: "cursor" });
    this.tail = element("span", {});
    this.node = element("div", { class: "stream passage" }, this.tail, this.cursor);
    this.clear();
  }

  clear() {
    this.text = "";
    this.settled = 0;
    this.into = this.node;
    this.node.replaceChildren(this.tail, this.cursor);
    this.tail.replaceChildren();
  }

  add(text) {
    this.text += text;
    if (showsSource) {
      this.settle(this.text.length);
      return;
    }
    for (;;) {
      const end = this.ending();
      if (end < 0) break;
      this.settle(end);
    }
    this.tail.replaceChildren(prose(withoutOpenFormula(withoutBrokenTag(this.text.slice(this.settled))).replace(/<\/?think>/g, "")));
  }

  // Where the next part ends that can be set for good; -1 where there is none.
  ending() {
    const rest = this.text.slice(this.settled);
    const tag = /<\/?answer>/.exec(rest);
    const whole = tag ? rest.slice(0, tag.index) : rest;
    if (tag && tag.index === 0) return this.settled + tag[0].length;
    if (tag) return this.settled + tag.index;
    for (let at = whole.lastIndexOf("\n"); at > 0; at = whole.lastIndexOf("\n", at - 1))
      if (isSettled(whole.slice(0, at + 1))) return this.settled + at + 1;
    return rest.length > LONGEST_TAIL ? this.settled + rest.length - 16 : -1;
  }

  settle(end) {
    const part = this.text.slice(this.settled, end);
    this.settled = end;
    if (!showsSource && part === "<answer>") {
      this.into = element("div", { class: "given-answer" });
      this.node.insertBefore(this.into, this.tail);
      this.into.append(this.tail, this.cursor);
    } else if (!showsSource && part === "</answer>") {
      this.node.append(this.tail, this.cursor);
      this.into = this.node;
    } else {
      this.tail.replaceChildren();
      const nodes = showsSource ? revealed(part) : [prose(this.trimmed(part))];
      for (const node of nodes) this.into.insertBefore(typeof node === "string" ? document.createTextNode(node) : node, this.tail);
    }
  }

  trimmed(part) {
    const text = part.replace(/<\/?think>/g, "");
    return this.into.firstChild === this.tail ? text.replace(/^\s+/, "") : text;
  }
}
