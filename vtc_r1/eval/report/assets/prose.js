// What a model wrote, as nodes: formulas as MathML, headings, bold, code and tags set apart, the rest as it stands.

const MARK = /\$\$?|\\[[(]|\\(?:boxed|fbox)\s*\{|\\begin\{([a-zA-Z]+\*?)\}|```|`|\*\*|<\/?(?:think|answer)>|^#{1,6} |\\[^]/gm;
const LONGEST_SPAN = 4000;
const LONGEST_TEXT = 60000;
const CLOSERS = { $: "$", $$: "$$", "\\[": "\\]", "\\(": "\\)", "`": "`", "**": "**" };
Object.setPrototypeOf(CLOSERS, null);

// Whether what stands between two single dollars is a formula, and not two sums of money.
const isFormula = (inside, after) => {
  if (!inside.trim() || /\n[ \t]*\n/.test(inside) || /^[0-9]/.test(after)) return false;
  if (/[\\^_={}<>+|]/.test(inside)) return true;
  return !/(^|\s)[A-Za-z]{3,}(\s|$)/.test(inside) && !/\s$/.test(inside);
};

const sourceOf = (text) => element("code", { class: "formula-source" }, ...revealed(text));

const formula = (text, inner, isDisplay) => {
  const sign = gravest(text);
  const made = mathematics(undoubted(inner), isDisplay) || sourceOf(undoubted(text));
  return sign ? doubt(sign, made) : made;
};
const isBlock = (node) => (node.localName === "mark" ? isBlock(node.firstChild) : node.localName === "math" && node.getAttribute("display") === "block");

// Where the span that opens at `start` with `mark` closes; -1 where it does not.
const closing = (text, mark, start) => {
  const near = text.slice(start, start + LONGEST_SPAN);
  const closer = CLOSERS[mark];
  for (let at = near.indexOf(closer); at >= 0; at = near.indexOf(closer, at + 1))
    if (mark[0] !== "$" || near[at - 1] !== "\\" || near[at - 2] === "\\") return start + at;
  return -1;
};

// Where the brace closes that opens just before `start`; -1 where it does not.
const closingBrace = (text, start) => {
  let depth = 1;
  for (let at = start; at < Math.min(text.length, start + LONGEST_SPAN); at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "{") depth++;
    else if (text[at] === "}" && !--depth) return at;
  }
  return -1;
};

// A box that stands outside of any formula: a formula, or words in a frame.
const boxed = (text, found, start) => {
  const end = closingBrace(text, start);
  if (end < 0) return null;
  const inside = text.slice(start, end);
  const whole = text.slice(found.index, end + 1);
  const isWords = !inside.includes("\\") && (inside.includes("$") || /[A-Za-z]{3,}\s+[A-Za-z]{2,}/.test(inside));
  return [isWords ? element("span", { class: "boxed-words" }, prose(inside, true)) : formula(whole, `\\boxed{${inside}}`, false), end + 1];
};

const span = (text, found, isInner) => {
  const mark = found[0];
  if (/^\\(?:boxed|fbox)/.test(mark)) return boxed(text, found, found.index + mark.length);
  if (isInner && (mark === "**" || mark[0] === "#")) return null;
  const start = found.index + mark.length;
  if (mark === "```") {
    const end = text.indexOf("```", start);
    const stop = end < 0 ? text.length : end;
    return [element("pre", { class: "code" }, ...revealed(text.slice(start, stop).replace(/^[a-z]*\n/, ""))), stop + 3];
  }
  if (mark[0] === "#") {
    const end = text.indexOf("\n", start);
    const stop = end < 0 ? text.length : end;
    return [element("b", { class: "heading" }, prose(text.slice(start, stop), true)), stop];
  }
  if (mark[0] === "<") return [element("span", { class: "tag" }, mark), start];
  if (found[1]) {
    const ending = `\\end{${found[1]}}`;
    const end = text.slice(start, start + LONGEST_SPAN).indexOf(ending);
    if (end < 0) return null;
    const whole = text.slice(found.index, start + end + ending.length);
    return [formula(whole, whole, true), found.index + whole.length];
  }
  const end = mark in CLOSERS ? closing(text, mark, start) : -1;
  if (end <= start) return null;
  const inside = text.slice(start, end);
  const after = end + CLOSERS[mark].length;
  if (mark === "`") return inside.includes("\n") ? null : [element("code", {}, ...revealed(inside)), after];
  if (mark === "**") return inside.includes("\n") || inside.includes("**") ? null : [element("b", {}, prose(inside, true)), after];
  if (mark === "$" && !isFormula(inside, text[after] || "")) return null;
  return [formula(text.slice(found.index, after), inside, mark === "$$" || mark === "\\["), after];
};

// The text with its formulas and marks; inside a heading or bold text there is no other.
const prose = (text, isInner) => {
  const nodes = document.createDocumentFragment();
  let at = 0;
  MARK.lastIndex = 0;
  for (;;) {
    const found = MARK.exec(text);
    if (!found) break;
    const resume = MARK.lastIndex;
    const isEscape = found[0][0] === "\\" && !found[1] && found[0].length === 2 && !"[(".includes(found[0][1]);
    const made = isEscape ? null : span(text, found, isInner);
    MARK.lastIndex = made ? made[1] : resume;
    if (!made) continue;
    const before = text.slice(at, found.index);
    nodes.append(...revealed(isBlock(made[0]) ? before.replace(/[ \t]*\n?$/, "") : before), made[0]);
    at = made[1];
    if (isBlock(made[0])) MARK.lastIndex = at += /^[ \t]*\n?/.exec(text.slice(at, at + 80))[0].length;
  }
  nodes.append(...revealed(text.slice(at)));
  return nodes;
};

// One line of text with its formulas; those that need more than a line stay as they are written.
const line = (text, most) => {
  const short = oneLine(text, most);
  const made = element("span", {});
  let at = 0;
  for (const found of short.matchAll(/\$\$?([^$]+)\$\$?|\\\(((?:[^\\]|\\[^)])+)\\\)|\\\[((?:[^\\]|\\[^\]])+)\\\]/g)) {
    const inner = found[1] ?? found[2] ?? found[3];
    const isMoney = found[1] !== undefined && !isFormula(inner, short[found.index + found[0].length] || "");
    const shown = isMoney || /\\begin|\\\\/.test(inner) ? null : mathematics(inner, false);
    if (!shown) continue;
    made.append(short.slice(at, found.index), shown);
    at = found.index + found[0].length;
  }
  made.append(short.slice(at));
  return made;
};

// A long text: its beginning at once, the rest when it is asked for.
const passage = (text, isSource) => {
  const show = (part) => (isSource ? revealed(part) : [prose(part)]);
  if (text.length <= LONGEST_TEXT) return element("div", { class: "passage" }, ...show(text));
  const more = element("button", { class: "more", type: "button" }, `show all ${grouped(text.length)} characters`);
  const made = element("div", { class: "passage" }, ...show(text.slice(0, LONGEST_TEXT)), more);
  more.addEventListener("click", () => made.replaceChildren(...show(text)));
  return made;
};
