// What the reader does: choose a sample, go on to the next, come back. The address keeps the place.

let place = 0;
let current = null;

const show = async (sample) => {
  current = sample;
  const position = listed.indexOf(sample);
  byId("position").textContent = listed.length > 1 && position >= 0 ? `${grouped(position + 1)} of ${grouped(listed.length)}` : "";
  const reader = byId("reader");
  try {
    const stored = await Promise.all((sample.isPair ? [sample.first, sample.second] : [sample]).map(traceOf));
    if (current !== sample) return;
    reader.replaceChildren(sample.isPair ? besideView(sample, stored, go) : traceView(sample, stored[0], go));
  } catch (error) {
    reader.replaceChildren(element("p", { class: "failure" }, String(error.message)));
  }
};

const go = (sample) => {
  if (sample) location.hash = addressOf(sample);
};

const route = () => {
  const sample = itemAt(location.hash);
  const wasReading = document.body.classList.contains("reading");
  if (sample && !wasReading) place = window.scrollY;
  document.body.classList.toggle("reading", Boolean(sample));
  if (sample) {
    const position = listed.indexOf(sample);
    if (position >= 0) select(position, false);
    window.scrollTo(0, 0);
    show(sample);
  } else if (wasReading) {
    current = null;
    byId("reader").replaceChildren();
    drawList();
    window.scrollTo(0, place);
    select(selected, true);
  }
};

const close = () => {
  if (INDEX.single) return;
  history.pushState(null, "", "#samples");
  route();
};

const step = (by) => {
  if (current) {
    const position = listed.indexOf(current);
    go(listed[position < 0 ? 0 : position + by]);
  } else select(selected + by, true);
};

const toggleSource = () => {
  showsSource = !showsSource;
  byId("source").setAttribute("aria-pressed", String(showsSource));
  if (current) show(current);
};

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  Enter: () => !current && go(listed[selected]),
  Escape: () => (current ? close() : byId("search").blur()),
  s: toggleSource,
  "?": () => byId("keys").showModal(),
  "/": () => {
    if (current) close();
    byId("search").focus();
    byId("search").select();
  },
};
Object.setPrototypeOf(KEYS, null);

const typed = (event) => {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const isTyping = target.matches("input, select, textarea");
  if (isTyping && event.key !== "Escape") return;
  if (event.key === "Enter" && target.matches("a, button, summary")) return;
  const act = KEYS[event.key];
  if (!act) return;
  if (isTyping) target.blur();
  else act();
  event.preventDefault();
};

const begin = () => {
  if (INDEX.single) document.body.classList.add("single");
  buildFilters();
  buildComparison();
  applyFilters();
  let waiting = 0;
  const redraw = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => !current && drawList());
  };
  let height = rowHeight();
  window.addEventListener("scroll", redraw, { passive: true });
  window.addEventListener("resize", () => {
    if (height !== rowHeight()) applyFilters();
    height = rowHeight();
    redraw();
  });
  window.addEventListener("hashchange", route);
  window.addEventListener("popstate", route);
  document.addEventListener("keydown", typed);
  byId("back").addEventListener("click", close);
  byId("previous").addEventListener("click", () => step(-1));
  byId("following").addEventListener("click", () => step(1));
  byId("source").addEventListener("click", toggleSource);
  for (const opener of document.querySelectorAll("[data-keys]")) opener.addEventListener("click", KEYS["?"]);
  byId("keys").querySelector("button").addEventListener("click", () => byId("keys").close());
  if (INDEX.single) location.replace("#s0");
  route();
  document.documentElement.dataset.ready = "true";
};

begin();
