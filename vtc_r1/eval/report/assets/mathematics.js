// LaTeX to MathML, element by element. What is not understood throws, and the caller shows the source.

const MATHML = "http://www.w3.org/1998/Math/MathML";
const LONGEST_FORMULA = 4000;
const DEEPEST = 40;
const { symbols: SYMBOLS, delimiters: DELIMITERS, negated: NEGATED } = embedded("symbols");

const TOKEN = /\\[a-zA-Z]+|\\[^]|[0-9]+(?:\.[0-9]+)?|[^]/gu;
const STOPS = new Set(["", "}", "&", "\\\\", "\\cr", "\\right", "\\end", "\\middle"]);
const UNDER = new Set(["lim", "limsup", "liminf", "max", "min", "sup", "inf", "gcd", "det", "Pr", "argmax", "argmin"]);
const ACCENTS = {
  hat: "^", widehat: "^", check: "ˇ", tilde: "~", widetilde: "~", acute: "´", grave: "`", dot: "˙", ddot: "¨",
  breve: "˘", bar: "‾", overline: "‾", vec: "→", overrightarrow: "→", overleftarrow: "←", overleftrightarrow: "↔",
  mathring: "˚", overarc: "⌒", wideparen: "⌒", overparen: "⌒", overbrace: "⏞",
};
const BELOW = { underline: "_", underbar: "_", underbrace: "⏟", underrightarrow: "→" };
const FONTS = { mathbb: "blackboard", mathcal: "script", mathscr: "script", mathfrak: "fraktur", mathbf: "bold", boldsymbol: "bold", bm: "bold", bold: "bold", pmb: "bold", mathsf: "upright", mathtt: "upright", mathrm: "upright", operatorname: "upright", mathit: "italic", mathnormal: "italic" };
const LETTERS = { blackboard: [0x1d538, 0x1d552, "C ℂ H ℍ N ℕ P ℙ Q ℚ R ℝ Z ℤ"], script: [0x1d49c, 0x1d4b6, "B ℬ E ℰ F ℱ H ℋ I ℐ L ℒ M ℳ R ℛ e ℯ g ℊ o ℴ"], fraktur: [0x1d504, 0x1d51e, "C ℭ H ℌ I ℑ R ℜ Z ℨ"], bold: [0x1d400, 0x1d41a, ""] };
const TEXTS = new Set("text mbox hbox textrm textbf textit textsf texttt textnormal textup emph".split(" "));
const FRACTIONS = new Set(["frac", "dfrac", "tfrac", "cfrac"]);
const BINOMIALS = new Set(["binom", "dbinom", "tbinom"]);
const SILENT = new Set("displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber notag rm bf it sf tt cal mathstrut strut noindent centering small large normalsize allowbreak nobreak ! / -".split(" "));
const SIZES = new Set("big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm".split(" "));
const SPACES = { ",": "0.17em", ":": "0.22em", ">": "0.22em", ";": "0.28em", " ": "0.3em", "\n": "0.3em", space: "0.3em", thinspace: "0.17em", medspace: "0.22em", thickspace: "0.28em", enspace: "0.5em", quad: "1em", qquad: "2em" };
const SKIPPED = new Set(["label", "vspace", "vphantom", "color"]);
const FENCES = { matrix: "", smallmatrix: "", pmatrix: "()", bmatrix: "[]", Bmatrix: "{}", vmatrix: "||", Vmatrix: "‖‖", cases: "{", dcases: "{", rcases: " }", array: "", align: "", aligned: "", alignat: "", alignedat: "", flalign: "", eqnarray: "", split: "", gather: "", gathered: "", equation: "", multline: "", displaymath: "", math: "", subarray: "" };
const ALIGNED = /^(align|split|eqnarray|flalign)/;

class Unsound extends Error {}

const mathElement = (tag, ...children) => {
  const made = document.createElementNS(MATHML, tag);
  made.append(...children);
  return made;
};
const row = (nodes) => (nodes.length === 1 ? nodes[0] : mathElement("mrow", ...nodes));
const operator = (text, form) => {
  const made = mathElement("mo", text);
  for (const [name, value] of Object.entries(form || {})) made.setAttribute(name, value);
  return made;
};
const space = (width) => {
  const made = mathElement("mspace");
  made.setAttribute("width", width);
  return made;
};

class Formula {
  constructor(source) {
    this.tokens = source.match(TOKEN) || [];
    this.at = 0;
    this.depth = 0;
    this.font = null;
  }

  get token() {
    return this.at < this.tokens.length ? this.tokens[this.at] : "";
  }

  next() {
    this.blanks();
    return this.tokens[this.at++] ?? "";
  }

  blanks() {
    while (/^\s$/.test(this.token)) this.at++;
    if (this.token === "%") throw new Unsound("comment");
  }

  peek() {
    this.blanks();
    return this.token;
  }

  expect(token) {
    if (this.next() !== token) throw new Unsound(`expected ${token}`);
  }

  whole() {
    const lines = this.table("gathered");
    if (this.peek() !== "") throw new Unsound(`unexpected ${this.token}`);
    return lines;
  }

  // Everything up to a token that ends a row.
  row(closing) {
    if (++this.depth > DEEPEST) throw new Unsound("nested too deep");
    let items = [];
    for (let token = this.peek(); !STOPS.has(token) && token !== closing; token = this.peek()) {
      if (token === "\\over" || token === "\\choose") {
        this.next();
        const fraction = mathElement("mfrac", mathElement("mrow", ...items), this.row(closing));
        if (token === "\\choose") fraction.setAttribute("linethickness", "0");
        items = token === "\\over" ? [fraction] : [operator("("), fraction, operator(")")];
        break;
      }
      const item = this.item();
      if (item) items.push(item);
    }
    this.depth--;
    return row(items);
  }

  item() {
    const base = "^_'’".includes(this.peek()) ? mathElement("mrow") : this.nucleus();
    return this.scripts(base);
  }

  scripts(base) {
    let below = null;
    let above = null;
    let primes = "";
    for (let mark = this.peek(); mark === "^" || mark === "_" || mark === "'" || mark === "’" || mark === "\\limits" || mark === "\\nolimits"; mark = this.peek()) {
      this.next();
      if (mark === "'" || mark === "’") primes += "′";
      else if (mark === "_" && !below) below = this.argument();
      else if (mark === "^" && !above) above = this.argument();
      else if (mark === "^" || mark === "_") throw new Unsound("double script");
    }
    if (primes) above = above ? mathElement("mrow", operator(primes), above) : operator(primes);
    if (!below && !above) return base;
    const target = base || mathElement("mrow");
    const isUnder = target.hasAttribute("data-under");
    if (below && above) return mathElement(isUnder ? "munderover" : "msubsup", target, below, above);
    if (below) return mathElement(isUnder ? "munder" : "msub", target, below);
    return mathElement(isUnder ? "mover" : "msup", target, above);
  }

  argument() {
    if (++this.depth > DEEPEST) throw new Unsound("nested too deep");
    const token = this.peek();
    if (STOPS.has(token) || "^_".includes(token)) throw new Unsound("no argument");
    let made;
    if (/^[0-9]/.test(token)) {
      made = mathElement("mn", token[0]);
      if (token.length > 1) this.tokens[this.at] = token.slice(1);
      else this.at++;
    } else made = this.nucleus() || this.argument();
    this.depth--;
    return made;
  }

  group() {
    this.expect("{");
    const inner = this.row();
    this.expect("}");
    return inner;
  }

  // The source of a brace group.
  raw() {
    this.expect("{");
    let text = "";
    for (let level = 1; ; ) {
      if (this.at >= this.tokens.length) throw new Unsound("unbalanced braces");
      const token = this.tokens[this.at++];
      level += (token === "{") - (token === "}");
      if (!level) return text;
      text += token;
    }
  }

  optional() {
    if (this.peek() !== "[") return null;
    this.next();
    const inner = this.row("]");
    this.expect("]");
    return inner;
  }

  nucleus() {
    const token = this.peek();
    if (token === "{") return this.group();
    if (token.length > 1 && token[0] === "\\") return this.command(token.slice(1));
    this.next();
    if (/^[0-9]/.test(token)) return mathElement("mn", token);
    if (token === "~") return space("0.3em");
    if ("$#&{}".includes(token)) throw new Unsound(`stray ${token}`);
    if (/^\p{L}/u.test(token)) return this.letter(token);
    if (token === "-") return operator("−");
    if (token === "|") return operator("|", { stretchy: "false" });
    if ("([)]".includes(token)) return operator(token, { stretchy: "false" });
    if (token === "/") return operator("/", { lspace: "0", rspace: "0" });
    return operator(token);
  }

  letter(token) {
    const made = mathElement("mi", this.font ? styled(token, this.font) : token);
    if (this.font === "upright") made.setAttribute("mathvariant", "normal");
    return made;
  }

  command(name) {
    this.next();
    if (name in SPACES) return space(SPACES[name]);
    if (SILENT.has(name)) return null;
    const handler = HANDLERS[name];
    if (handler) return handler(this, name);
    if (FRACTIONS.has(name)) return this.fraction();
    if (BINOMIALS.has(name)) return this.binomial();
    if (TEXTS.has(name)) return words(this.raw());
    if (name in FONTS) return this.styledArgument(name);
    if (name in ACCENTS) return this.accent("mover", ACCENTS[name], name);
    if (name in BELOW) return this.accent("munder", BELOW[name], name);
    if (SIZES.has(name)) return operator(this.delimiter(), { stretchy: "false", symmetric: "true" });
    if (SKIPPED.has(name)) return this.raw() && null;
    if (Object.hasOwn(SYMBOLS, name)) return this.symbol(name);
    throw new Unsound(`\\${name}`);
  }

  symbol(name) {
    const [text, kind] = SYMBOLS[name];
    if (kind === "NAME" || kind === "BIG") {
      const isWord = /^[a-zA-Z]/.test(text);
      const made = isWord ? mathElement("mi", text) : operator(text, { largeop: "true", movablelimits: "true" });
      if (UNDER.has(name) || (kind === "BIG" && !isWord && !"∫∬∭∮".includes(text))) made.setAttribute("data-under", "");
      return isWord ? mathElement("mrow", ...this.applied(made)) : made;
    }
    if (kind === "LETTER") return this.letter(text);
    if (kind === "TEXT") return mathElement("mtext", text);
    if (kind === "OPEN" || kind === "CLOSE" || kind === "BAR") return operator(text, { stretchy: "false" });
    return operator(text);
  }

  // A named function with its scripts, apart from what it is applied to.
  applied(name) {
    const scripted = this.scripts(name);
    const after = this.peek();
    const isApart = after !== "" && !STOPS.has(after) && !"()[]{},.^_".includes(after);
    return isApart ? [scripted, space("0.17em")] : [scripted];
  }

  fraction() {
    if (this.peek() === "[") this.optional();
    return mathElement("mfrac", this.argument(), this.argument());
  }

  binomial() {
    const fraction = mathElement("mfrac", this.argument(), this.argument());
    fraction.setAttribute("linethickness", "0");
    return mathElement("mrow", operator("("), fraction, operator(")"));
  }

  styledArgument(name) {
    if (name === "operatorname" && this.peek() === "*") this.next();
    const before = this.font;
    this.font = FONTS[name];
    if (this.font === "upright" && this.peek() === "{") {
      const start = this.at;
      const word = this.raw();
      if (/^[A-Za-z][A-Za-z ]*$/.test(word)) {
        this.font = before;
        const made = mathElement("mi", word);
        made.setAttribute("mathvariant", "normal");
        return name === "operatorname" ? mathElement("mrow", ...this.applied(made)) : made;
      }
      this.at = start;
    }
    const inner = this.argument();
    this.font = before;
    return inner;
  }

  accent(tag, mark, name) {
    const stretchy = /^(over|under|wide)/.test(name) ? "true" : "false";
    const made = mathElement(tag, this.argument(), operator(mark, { stretchy }));
    made.setAttribute(tag === "mover" ? "accent" : "accentunder", "true");
    if (name.endsWith("brace")) made.setAttribute("data-under", "");
    return made;
  }

  delimiter() {
    const token = this.next();
    if (!Object.hasOwn(DELIMITERS, token)) throw new Unsound(`delimiter ${token}`);
    return DELIMITERS[token];
  }

  fenced() {
    const parts = [operator(this.delimiter(), { fence: "true", stretchy: "true", form: "prefix" }), this.table("fenced")];
    while (this.peek() === "\\middle") {
      this.next();
      parts.push(operator(this.delimiter(), { stretchy: "true" }), this.table("fenced"));
    }
    this.expect("\\right");
    parts.push(operator(this.delimiter(), { fence: "true", stretchy: "true", form: "postfix" }));
    return mathElement("mrow", ...parts);
  }

  environment() {
    const written = this.raw();
    const name = written.replace(/\*$/, "");
    if (!Object.hasOwn(FENCES, name)) throw new Unsound(`environment ${name}`);
    if (this.peek() === "[") this.optional();
    if (["array", "alignat", "alignedat", "subarray"].includes(name)) this.raw();
    const table = this.table(name);
    this.expect("\\end");
    if (this.raw() !== written) throw new Unsound("another end");
    const [opening, closing] = [FENCES[name][0], FENCES[name][1]];
    if (!opening) return table;
    const around = mathElement("mrow");
    if (opening.trim()) around.append(operator(opening, { fence: "true", stretchy: "true", form: "prefix" }));
    around.append(table);
    if (closing) around.append(operator(closing, { fence: "true", stretchy: "true", form: "postfix" }));
    return around;
  }

  // Rows and cells; a single cell is just itself.
  table(name) {
    const rows = [];
    for (;;) {
      while (this.peek() === "\\hline") this.next();
      const cells = [this.row()];
      while (this.peek() === "&") {
        this.next();
        cells.push(this.row());
      }
      rows.push(cells);
      if (this.peek() !== "\\\\" && this.token !== "\\cr") break;
      this.next();
      if (this.token === "[") this.length();
    }
    const last = rows[rows.length - 1];
    if (rows.length > 1 && last.every((cell) => cell.localName === "mrow" && !cell.childNodes.length)) rows.pop();
    if (rows.length === 1 && rows[0].length === 1) return rows[0][0];
    const lines = rows.map((cells) => mathElement("mtr", ...cells.map((cell) => mathElement("mtd", cell))));
    const made = mathElement("mtable", ...lines);
    made.setAttribute("class", ALIGNED.test(name) ? "aligned" : /cases/.test(name) ? "cases" : "grid");
    if (ALIGNED.test(name) || name === "gathered") made.setAttribute("displaystyle", "true");
    return made;
  }

  // The space after a row, `[2pt]`.
  length() {
    const start = this.at;
    const written = this.tokens.slice(start, start + 8).join("");
    const found = /^\[\s*-?[0-9.]+\s*(pt|em|ex|cm|mm|in)\s*\]/.exec(written);
    if (found) for (let left = found[0].length; left > 0; ) left -= this.tokens[this.at++].length;
  }
}

const styled = (letter, font) => {
  const forms = LETTERS[font];
  const code = letter.codePointAt(0);
  if (!forms || !/^[A-Za-z]$/.test(letter)) return letter;
  const exceptions = forms[2].split(" ");
  const at = exceptions.indexOf(letter);
  if (at >= 0 && at % 2 === 0) return exceptions[at + 1];
  return String.fromCodePoint(code < 97 ? forms[0] + code - 65 : forms[1] + code - 97);
};

// Words in a formula, and the formulas in them.
const words = (text) => {
  const parts = text.split("$");
  if (parts.length % 2 === 0) throw new Unsound("stray $");
  const made = parts.map((part, at) => {
    if (at % 2) return new Formula(part).whole();
    const plain = part.replace(/\\([%$#&_{} ])/g, "$1").replace(/\\[,;:!]|~/g, " ").replace(/[{}]/g, "");
    return mathElement("mtext", plain.replace(/^\s|\s$/g, "\u00a0"));
  });
  return row(made.filter((node) => node.localName !== "mtext" || node.textContent));
};

const padded = (formula, before, after) => mathElement("mrow", ...before, formula.argument(), ...after);
const stacked = (tag) => (formula) => {
  const mark = formula.argument();
  return mathElement(tag, formula.argument(), mark);
};
const arrow = (sign) => (formula) => {
  const below = formula.optional();
  const above = formula.argument();
  return below ? mathElement("munderover", operator(sign), below, above) : mathElement("mover", operator(sign), above);
};
const marked = (name) => (formula) => {
  const made = mathElement("mrow", formula.argument());
  made.setAttribute("class", name);
  return made;
};

const HANDLERS = {
  sqrt: (formula) => {
    const degree = formula.optional();
    const body = formula.argument();
    return degree ? mathElement("mroot", body, degree) : mathElement("msqrt", body);
  },
  left: (formula) => formula.fenced(),
  begin: (formula) => formula.environment(),
  boxed: marked("boxed"),
  fbox: marked("boxed"),
  cancel: marked("cancelled"),
  bcancel: marked("cancelled"),
  xcancel: marked("cancelled"),
  overset: stacked("mover"),
  stackrel: stacked("mover"),
  underset: stacked("munder"),
  xrightarrow: arrow("→"),
  xleftarrow: arrow("←"),
  substack: (formula) => {
    formula.expect("{");
    const table = formula.table("gathered");
    formula.expect("}");
    return table;
  },
  not: (formula) => {
    const negated = formula.argument();
    const sign = NEGATED[negated.textContent];
    if (!sign) throw new Unsound("\\not");
    return operator(sign);
  },
  pmod: (formula) => padded(formula, [space("0.5em"), operator("("), mathElement("mi", "mod"), space("0.3em")], [operator(")")]),
  mod: (formula) => padded(formula, [space("0.5em"), mathElement("mi", "mod"), space("0.3em")], []),
  tag: (formula) => mathElement("mrow", space("2em"), mathElement("mtext", `(${formula.raw()})`)),
  hspace: (formula) => formula.raw() && space("1em"),
  phantom: (formula) => mathElement("mphantom", formula.argument()),
  hphantom: (formula) => mathElement("mphantom", formula.argument()),
  textcolor: (formula) => (formula.raw(), formula.argument()),
  mathbin: (formula) => formula.argument(),
  mathrel: (formula) => formula.argument(),
  mathop: (formula) => formula.argument(),
  mathord: (formula) => formula.argument(),
  smash: (formula) => formula.argument(),
  ensuremath: (formula) => formula.argument(),
};
Object.setPrototypeOf(HANDLERS, null);
for (const table of [FONTS, ACCENTS, BELOW, SPACES, FENCES, NEGATED]) Object.setPrototypeOf(table, null);

// One formula, given without its delimiters, as a <math> element; null where it is not understood.
const mathematics = (source, isDisplay) => {
  if (source.length > LONGEST_FORMULA) return null;
  try {
    const made = mathElement("math", new Formula(source.trim()).whole());
    if (isDisplay) made.setAttribute("display", "block");
    made.setAttribute("title", source.trim());
    return made;
  } catch (error) {
    if (error instanceof Unsound) return null;
    throw error;
  }
};
