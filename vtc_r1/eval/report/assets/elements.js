// Elements of the page. Text enters through text nodes only; nothing here parses HTML.

const element = (tag, properties, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null) continue;
    if (name === "class") made.className = value;
    else if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

const byId = (id) => document.getElementById(id);
const embedded = (id) => JSON.parse(byId(id).textContent);

const HIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const MOST_REVEALED = 500;

// One line of text without the characters that are not seen or that turn what is around them.
const oneLine = (text, most) => {
  const flat = text.slice(0, most * 2).replace(HIDDEN, "\ufffd").replace(/\s+/g, " ").trim();
  return flat.length > most ? flat.slice(0, most - 1) + "…" : flat;
};

// Parts of a text that are doubtful stand between two characters of private use: the first says which doubt.
const DOUBTS = [];
const DOUBT_ENDS = "\ue0ff";
const DOUBTFUL = /([\ue100-\uf8ff])([^]*?)\ue0ff/g;
const STRAY = /[\ue0ff-\uf8ff]/g;

// The part of a text from `from` to `to`, with its doubtful parts marked; each is [start, end, why], and may
// have the kind of another mark, which is its class then.
const doubted = (text, doubts, from = 0, to = text.length) => {
  const inside = (doubts || []).filter(([start, end]) => start >= from && end <= to);
  if (!inside.length) return text.slice(from, to);
  const parts = [];
  let at = from;
  for (const [start, end, why, kind] of inside) {
    DOUBTS.push([why, kind || "doubt"]);
    const sign = String.fromCharCode(0xe100 + ((DOUBTS.length - 1) % 0x1700));
    parts.push(text.slice(at, start).replace(STRAY, "\ufffd"), sign, text.slice(start, end).replace(STRAY, "\ufffd"), DOUBT_ENDS);
    at = end;
  }
  return parts.join("") + text.slice(at, to).replace(STRAY, "\ufffd");
};

const isDoubted = (text) => text.includes(DOUBT_ENDS);
const undoubted = (text) => (isDoubted(text) ? text.replace(STRAY, "") : text);
const told = (sign) => {
  const code = sign.charCodeAt(0) - 0xe100;
  const [why, kind] = DOUBTS[code + Math.floor((DOUBTS.length - 1 - code) / 0x1700) * 0x1700] || ["", "doubt"];
  return { why, kind };
};
const doubt = (sign, ...nodes) => {
  const { why, kind } = told(sign);
  return element("mark", { class: kind, title: why }, ...nodes);
};

// The sign of the mark that a formula gets as a whole: what is doubtful in it goes before what is not.
const gravest = (text) => {
  const signs = isDoubted(text) ? text.match(/[\ue100-\uf8ff]/g) || [] : [];
  return signs.find((sign) => told(sign).kind === "doubt") || signs[0] || null;
};

// Text as nodes, with every character that is not seen shown by its number, and what is doubtful marked.
const revealed = (text) => {
  if (!isDoubted(text)) return uncovered(text);
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(DOUBTFUL)) {
    nodes.push(...uncovered(undoubted(text.slice(at, found.index))), doubt(found[1], ...uncovered(found[2])));
    at = found.index + found[0].length;
  }
  return [...nodes, ...uncovered(text.slice(at).replace(STRAY, ""))];
};

const uncovered = (text) => {
  let at = 0;
  let shown = 0;
  const nodes = [];
  for (const found of text.matchAll(HIDDEN)) {
    if (++shown > MOST_REVEALED) break;
    if (found.index > at) nodes.push(text.slice(at, found.index));
    const code = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    nodes.push(element("span", { class: "hidden-character", title: "an invisible character" }, `U+${code}`));
    at = found.index + found[0].length;
  }
  nodes.push(at ? text.slice(at).replace(HIDDEN, "\ufffd") : text);
  return nodes;
};

const grouped = (number) => Math.round(number).toLocaleString("en-US");
const seconds = (value) => (value >= 100 ? grouped(value) : value.toFixed(value >= 10 ? 1 : 2)) + " s";
// A compression ratio as the terminal writes it, `2.13×`; where pages carry nothing there is none.
const times = (ratio) => (ratio === null || ratio === undefined ? "–" : `${ratio.toFixed(2)}×`);
const count = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;
