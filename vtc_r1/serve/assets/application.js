// What the reader does: ask, watch, cancel, come back. The address keeps the place, the server keeps the solve.

let scene = null;
let solveList = null;
let listing = 0;

const say = (text) => {
  byId("said").textContent = text;
};

const notify = (text) => {
  byId("notice").hidden = !text;
  byId("notice").textContent = text || "";
};

const refresh = async () => {
  const asked = ++listing;
  try {
    const { solves } = await ask("GET", "api/solves");
    if (asked === listing) solveList.show(solves, scene ? scene.views.map((view) => view.id) : []);
  } catch (error) {
    if (error.status) notify(error.message);
    else if (!scene) notify(MOST_LOST);
  }
};

const PLACE = /^#(replay-)?([0-9a-f]{32})(?:\+([0-9a-f]{32}))?$/;

const route = () => {
  const found = PLACE.exec(location.hash);
  if (!found || scene?.key !== location.hash) {
    notify("");
    scene?.leave();
    scene = found ? new Scene(location.hash) : null;
    document.title = "vtc-r1";
    for (const id of ["intro", "examples", "watching"]) byId(id).hidden = Boolean(found);
    byId("solve").hidden = !found;
    if (!found) byId("solve").replaceChildren();
    else if (found[1]) scene.replay(found[2]);
    else if (found[3]) scene.compare([found[2], found[3]]);
    else scene.watch(found[2]);
    if (found) window.scrollTo(0, 0);
  }
  refresh();
};

const submit = async (event) => {
  event.preventDefault();
  const question = byId("question").value;
  if (!question.trim()) return byId("question").focus();
  notify("");
  const memories = event.submitter?.id === "both" ? ["optical", "text"] : [byId("memory").value];
  byId("go").disabled = byId("both").disabled = true;
  const begun = [];
  try {
    const seed = memories.length > 1 ? { seed: Math.floor(Math.random() * 2 ** 31) } : {};
    for (const memory of memories) begun.push(await ask("POST", "api/solves", { question, memory, ...seed }));
  } catch (error) {
    notify(error.message);
  } finally {
    byId("go").disabled = byId("both").disabled = false;
  }
  if (begun.length === memories.length) {
    byId("question").blur();
    location.hash = begun.map((solve) => solve.id).join("+");
  } else for (const { id } of begun) ask("DELETE", `api/solves/${id}`).catch(() => {});
};

const fit = () => {
  const box = byId("question");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 260)}px`;
};

const step = (by) => {
  const all = [...document.querySelectorAll(".iteration")];
  const at = all.indexOf(document.activeElement.closest(".iteration"));
  const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
  if (!next) return;
  scene?.follower.pause();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "start" });
};

const KEYS = {
  "/": () => byId("question").focus(),
  "?": () => byId("keys").showModal(),
  j: () => step(1),
  k: () => step(-1),
  f: () => scene?.follower.resume(),
  p: () => scene?.player?.pause(scene.player.isPlaying),
  x: () => askToCancel(scene?.view),
  s: () => scene?.views.forEach((view) => view.toggle()),
};
Object.setPrototypeOf(KEYS, null);

const typed = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const isTyping = event.target.matches("input, select, textarea");
  if (event.target === byId("question") && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId("ask").requestSubmit();
  } else if (event.key === "Escape" && isTyping) event.target.blur();
  else if (hasShortcuts && !isTyping && KEYS[event.key]) {
    KEYS[event.key]();
    event.preventDefault();
  }
};

const POLICY = {
  optical: "pages (optical)",
  text: "plain text (text)",
  hybrid: "pages and text (hybrid)",
  decay: "pages, older ones smaller (decay)",
  facts: "pages, exact values as text (facts)",
  auto: "pages or text, as is read best (auto)",
  reread: "pages, shown again when asked (reread)",
  summary: "its own summary (summary)",
  tail: "the end, as text (tail)",
  delethink: "the beginning and the end, as text (delethink)",
  blank: "white pages (blank)",
  forget: "nothing (forget)",
  single: "one long segment (single)",
};
Object.setPrototypeOf(POLICY, null);

// A recording on the first screen.
const watchLink = (recording) => {
  const figures = [`${count(recording.iterations, "iteration")}`, count(recording.pages, "page"), recording.compression === null ? null : `${times(recording.compression)} compression`, seconds(recording.seconds)].filter(Boolean);
  return element(
    "a",
    { class: "recording", href: `#replay-${recording.id}` },
    element("span", { class: "watch-mark", "aria-hidden": "true" }, "▶"),
    element("span", { class: "watch-what" }, element("strong", {}, "Watch one"), line(recording.question, 280), element("span", { class: "quiet" }, `${figures.join(" · ")} · ${recording.source}`)),
  );
};

const furnish = (about) => {
  run = about.run;
  byId("model").textContent = about.model;
  byId("can").textContent = about.can;
  byId("watching").replaceChildren(...about.recordings.map(watchLink));
  for (const name of about.policies) byId("memory").append(element("option", { value: name, selected: name === about.memory }, POLICY[name] || name));
  byId("both").hidden = !["optical", "text"].every((name) => about.policies.includes(name));
  for (const example of about.examples) {
    const button = element("button", { type: "button", class: "example" }, example);
    button.addEventListener("click", () => {
      byId("question").value = example;
      fit();
      byId("ask").requestSubmit();
    });
    byId("examples").append(button);
  }
};

const begin = async () => {
  furnishTheme();
  furnishShortcuts();
  solveList = new SolveList();
  byId("help").addEventListener("click", KEYS["?"]);
  for (const dialog of document.querySelectorAll("#keys, #sure")) dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  byId("ask").addEventListener("submit", submit);
  byId("question").addEventListener("input", fit);
  document.addEventListener("keydown", typed);
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) document.addEventListener(kind, (event) => scene?.follower.watch(event), { passive: true });
  setInterval(() => scene?.tick(), 100);
  try {
    furnish(await ask("GET", "api/about"));
  } catch (error) {
    notify(error.message);
  }
  window.addEventListener("hashchange", route);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  route();
  if (!scene) byId("question").focus({ preventScroll: true });
  document.documentElement.dataset.ready = "true";
};

begin();
