// What the reader does: ask, watch, cancel, come back. The address keeps the place, the server keeps the solve.

let view = null;
let leave = () => {};
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
    if (asked === listing) drawSolveList(solves, view && view.id);
  } catch (error) {
    notify(error.message);
  }
};

const watch = (id) => {
  leave();
  view = new SolveView(id, say);
  const mine = view;
  byId("intro").hidden = byId("examples").hidden = true;
  byId("solve").hidden = false;
  byId("solve").replaceChildren(view.node);
  view.cancel.addEventListener("click", cancel);
  leave = follow(
    id,
    (event) => {
      mine.take(event);
      if (event.type === "started" || event.type === "finished") refresh();
    },
    async (kind) => {
      if (mine !== view || mine.isOver) return;
      if (kind === null) return notify("");
      if (kind === "lost") return notify("The connection is lost; trying again. The solve goes on.");
      await refresh();
      const isKnown = byId("solves").querySelector("[aria-current]");
      notify(isKnown ? "The connection is lost. Reload to try again." : "This solve is no longer on the server.");
      mine.isOver = true;
      mine.cancel.hidden = true;
      mine.stand("Gone", "failed");
    },
  );
};

const route = () => {
  notify("");
  const found = /^#([0-9a-f]{32})$/.exec(location.hash);
  if (found) {
    if (!view || view.id !== found[1]) watch(found[1]);
  } else {
    leave();
    view = null;
    document.title = "vtc-r1";
    byId("intro").hidden = byId("examples").hidden = false;
    byId("solve").hidden = true;
    byId("solve").replaceChildren();
  }
  refresh();
};

const submit = async (event) => {
  event.preventDefault();
  const question = byId("question").value;
  if (!question.trim()) return byId("question").focus();
  notify("");
  byId("go").disabled = true;
  try {
    const solve = await ask("POST", "api/solves", { question, memory: byId("memory").value });
    byId("question").blur();
    location.hash = solve.id;
  } catch (error) {
    notify(error.message);
  } finally {
    byId("go").disabled = false;
  }
};

const cancel = async () => {
  if (!view || view.isOver) return;
  view.cancel.disabled = true;
  try {
    await ask("DELETE", `api/solves/${view.id}`);
  } catch (error) {
    view.cancel.disabled = false;
    notify(error.message);
  }
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
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "start" });
};

const THEMES = { auto: ["◐", "colours: as the system has them"], light: ["☀", "colours: light"], dark: ["☾", "colours: dark"] };
const wear = (name) => {
  const theme = name in THEMES ? name : "auto";
  document.documentElement.dataset.theme = theme;
  byId("theme").textContent = THEMES[theme][0];
  byId("theme").setAttribute("aria-label", THEMES[theme][1]);
  byId("theme").title = THEMES[theme][1];
  return theme;
};
const remembered = (value) => {
  try {
    if (value) localStorage.setItem("vtc-theme", value);
    return localStorage.getItem("vtc-theme") || "auto";
  } catch {
    return "auto";
  }
};

const KEYS = {
  "/": () => byId("question").focus(),
  "?": () => byId("keys").showModal(),
  j: () => step(1),
  k: () => step(-1),
  x: cancel,
  s: () => view && view.toggle(),
};
Object.setPrototypeOf(KEYS, null);

const typed = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const isTyping = event.target.matches("input, select, textarea");
  if (event.target === byId("question") && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId("ask").requestSubmit();
  } else if (event.key === "Escape" && isTyping) event.target.blur();
  else if (!isTyping && KEYS[event.key]) {
    KEYS[event.key]();
    event.preventDefault();
  }
};

const POLICY = { optical: "pages (optical)", blank: "white pages (blank)", text: "plain text (text)", hybrid: "pages and text (hybrid)", summary: "its own summary (summary)", tail: "the end, as text (tail)", delethink: "the beginning and the end, as text (delethink)", forget: "nothing (forget)", single: "one long segment (single)" };
Object.setPrototypeOf(POLICY, null);

const furnish = (about) => {
  byId("model").textContent = about.model;
  for (const name of about.policies) byId("memory").append(element("option", { value: name, selected: name === about.memory }, POLICY[name] || name));
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
  let theme = wear(remembered());
  byId("theme").addEventListener("click", () => {
    const names = Object.keys(THEMES);
    theme = wear(remembered(names[(names.indexOf(theme) + 1) % names.length]));
  });
  byId("help").addEventListener("click", KEYS["?"]);
  byId("keys").querySelector(".close").addEventListener("click", () => byId("keys").close());
  byId("ask").addEventListener("submit", submit);
  byId("question").addEventListener("input", fit);
  document.addEventListener("keydown", typed);
  for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"])
    document.addEventListener(kind, () => view && (view.isFollowed = false), { passive: true });
  setInterval(() => view && view.tick(), 100);
  try {
    furnish(await ask("GET", "api/about"));
  } catch (error) {
    notify(error.message);
  }
  window.addEventListener("hashchange", route);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
  route();
  if (!view) byId("question").focus();
  document.documentElement.dataset.ready = "true";
};

begin();
