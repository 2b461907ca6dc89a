// What was checked of a segment: marks in its text, and the same in words below it.

const EXACT = /(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d{4,}|\d+\.\d+|(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z\d][A-Za-z\d_-]{2,38}[A-Za-z\d])(?![\w])/g;
const CODES = /<canary>[^<]{0,4000}<\/canary>/g;
const REQUESTS = /<reread\b[^<>]{0,256}\/>/g;
const MOST_MARKS = 400;

// The values on pages, each with the number of the first page that has it.
const valuesOn = (book, pages) => {
  const found = new Map();
  for (const page of pages)
    for (const [value] of page.text.matchAll(EXACT)) {
      const key = value.replace(/,/g, "");
      if (!found.has(key)) found.set(key, book.place(page) + 1);
    }
  return found;
};

// The parts of a text that are marked, in order and apart: [start, end, why, class].
const marksOf = (text, doubts, checks, book, pages) => {
  const marks = doubts.map(([start, end, why]) => [start, end, why, "doubt"]);
  const add = (pattern, why, kind) => {
    for (const found of text.matchAll(pattern)) {
      const told = why(found[0]);
      if (told) marks.push([found.index, found.index + found[0].length, told, kind]);
      if (marks.length >= MOST_MARKS) break;
    }
  };
  if (checks?.canaries) add(CODES, () => "the codes on its pages, as the model read them", "canary");
  if (checks?.rereads.length) add(REQUESTS, () => "asks to see part of a page again", "reread");
  if (checks?.values) {
    const known = valuesOn(book, pages);
    add(EXACT, (value) => known.has(value.replace(/,/g, "")) && `verified: stands on page ${known.get(value.replace(/,/g, ""))}`, "verified");
  }
  marks.sort((one, other) => one[0] - other[0] || (one[3] === "doubt" ? -1 : 1));
  let last = 0;
  return marks.filter(([start, end]) => start >= last && (last = end));
};

// What came of the checks, as chips.
const checkChips = (checks) => {
  if (!checks) return null;
  const { canaries, values, rereads } = checks;
  const chip = (kind, words) => element("li", { class: `check ${kind}` }, words);
  const chips = [];
  if (canaries) {
    const parts = ["right", "wrong", "missing"].filter((name) => canaries[name]).map((name) => `${canaries[name]} ${name}`);
    chips.push(chip(canaries.wrong || canaries.missing ? "doubt" : "canary", `canaries: ${parts.join(", ") || "none"}`));
  }
  if (values?.exact) chips.push(chip("verified", `${count(values.exact, "value")} verified on its pages`));
  for (const { request, outcome } of rereads) chips.push(chip("reread", `asked to see again: ${oneLine(request, 80)} (${outcome})`));
  return chips.length ? element("ul", { class: "checks", "aria-label": "checks" }, ...chips) : null;
};
