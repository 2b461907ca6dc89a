// What the page knows: every sample in a line, and its trace from this page or from the files beside it.

const INDEX = embedded("index");
const OUTCOMES = ["failed", "wrong", "no answer", "ungraded", "right"];
const SIGNS = { right: "✓", wrong: "✗", "no answer": "∅", failed: "!", ungraded: "?" };
const MOST_CHUNKS = 32;

const TRUSTED = window.trustedTypes
  ? trustedTypes.createPolicy("vtc", {
      createScriptURL: (address) => {
        if (/^data\/[0-9]{4,6}\.js$/.test(address)) return address;
        throw new TypeError("not a file of this report");
      },
    })
  : { createScriptURL: (address) => address };

const samples = INDEX.run.map((run, at) => ({
  at,
  run,
  problem: INDEX.problem[at],
  sample: INDEX.sample[at],
  outcome: OUTCOMES[INDEX.outcome[at]],
  iterations: INDEX.iterations[at],
  tokens: INDEX.tokens[at],
  seconds: INDEX.seconds[at],
  answer: INDEX.answer[at],
  doubtful: INDEX.doubtful[at] === 1,
  verdict: INDEX.verdict[at],
  chunk: INDEX.chunk[at],
}));
const problems = INDEX.problems.map(([id, benchmark, question, gold, level, subject]) => ({
  id, benchmark, question, gold, level, subject,
}));

const siblings = new Map();
for (const sample of samples) {
  if (!siblings.has(sample.problem)) siblings.set(sample.problem, []);
  siblings.get(sample.problem).push(sample);
}
for (const group of siblings.values()) group.sort((a, b) => a.run - b.run || a.sample - b.sample);

// Words by which a sample is found.
const searchable = (sample) => {
  const problem = problems[sample.problem];
  problem.words ??= `${problem.id}\n${problem.question}\n${problem.gold}\n${problem.subject || ""}`.toLowerCase();
  return sample.answer ? `${problem.words}\n${sample.answer.toLowerCase()}` : problem.words;
};

const chunks = new Map();
window.vtcChunk = (number, traces) => chunks.set(number, traces);

const fetched = new Map();
const chunk = (number) => {
  if (chunks.has(number)) return Promise.resolve(chunks.get(number));
  if (fetched.has(number)) return fetched.get(number);
  const address = `data/${String(number).padStart(4, "0")}.js`;
  const promise = new Promise((resolve, reject) => {
    const script = element("script");
    script.src = TRUSTED.createScriptURL(address);
    const finish = () => {
      script.remove();
      fetched.delete(number);
      if (!chunks.has(number)) return reject(new Error(`${address} is missing: keep the report's folder together`));
      if (chunks.size > MOST_CHUNKS) chunks.delete(chunks.keys().next().value);
      return resolve(chunks.get(number));
    };
    script.addEventListener("load", finish);
    script.addEventListener("error", finish);
    document.head.append(script);
  });
  fetched.set(number, promise);
  return promise;
};

const traceOf = async (sample) => {
  if (sample.chunk === 0) return embedded(`trace-${sample.at}`);
  return (await chunk(sample.chunk))[sample.at];
};

// The address of a page image: in this page, or beside it.
const pageAddress = (sha256) => {
  if (!/^[0-9a-f]{64}$/.test(sha256)) return null;
  const stored = byId(`page-${sha256}`);
  return stored ? `data:image/png;base64,${stored.textContent}` : `pages/${sha256.slice(0, 2)}/${sha256}.png`;
};
