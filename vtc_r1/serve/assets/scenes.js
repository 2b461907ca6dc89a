// What the page shows of solves: one as it happens, one once more, or two side by side.

const MOST_LOST = "The server does not answer: it was stopped, or cannot be reached. Trying again; what was shown stays here.";
let run = null; // of the server, another one once it was started anew

// Why a solve that was followed is not there any more, in words.
const whyGone = async (id) => {
  const about = await ask("GET", "api/about").catch(() => null);
  const before = run;
  run = about?.run || run;
  if (before && run !== before) return ["The server was started anew", "The server was stopped and started anew; this solve ended with it."];
  await refresh();
  if (solveList.has(id)) return ["Disconnected", "The connection is lost. Reload to try again."];
  return ["Gone", "This solve is no longer on the server."];
};

// Fill a view with the events of a solve; returns how to stop.
const feed = (view) =>
  follow(
    view.id,
    (event) => {
      view.take(event);
      if (event.type === "started" || event.type === "finished") refresh();
    },
    async (kind) => {
      if (view.isOver || !view.node.isConnected) return;
      if (kind === null) {
        if (!view.isLost) return;
        view.isLost = false;
        notify("");
        view.stand("Thinking", "live");
      } else if (kind === "lost") {
        view.isLost = true;
        const isUp = await isThere();
        if (view.isLost && !view.isOver) notify(isUp ? "The connection is lost; trying again. The solve goes on." : MOST_LOST);
        if (view.isLost && !view.isOver) view.stand(isUp ? "Disconnected" : "The server does not answer", "failed");
      } else {
        const [state, words] = await whyGone(view.id);
        notify(words);
        view.abandon(state);
      }
    },
  );

class Scene {
  constructor(key) {
    this.key = key;
    this.views = [];
    this.player = null;
    this.stops = [];
    this.follower = new Follower();
    this.stage = element("div", {});
    byId("solve").replaceChildren(this.stage, this.follower.button);
  }

  get view() {
    return this.views.length === 1 ? this.views[0] : null;
  }

  leave() {
    this.stops.forEach((stop) => stop());
    this.player?.stop();
  }

  tick() {
    this.views.forEach((view) => view.tick());
    this.beside?.tell();
  }

  watch(id) {
    const view = new SolveView(id, say, this.follower);
    this.views = [view];
    view.cancel.addEventListener("click", () => askToCancel(view));
    this.stage.replaceChildren(view.node);
    this.stops.push(feed(view));
  }

  compare(ids) {
    this.views = ids.map((id) => new SolveView(id, say));
    this.beside = new Beside(this.views);
    this.stage.replaceChildren(this.beside.node);
    for (const view of this.views) {
      view.cancel.addEventListener("click", () => askToCancel(view));
      this.stops.push(feed(view));
    }
  }

  async replay(id) {
    this.stage.replaceChildren(element("p", { class: "quiet", role: "status" }, "Loading the recording"));
    try {
      const events = await logOf(id);
      if (scene !== this) return;
      const begin = () => {
        this.views = [new SolveView(id, say, this.follower)];
        this.stage.replaceChildren(this.views[0].node);
        return this.views[0];
      };
      this.player = new Player(events, begin);
      byId("solve").append(this.player.node);
    } catch (error) {
      if (scene !== this) return;
      this.stage.replaceChildren();
      notify(error.message);
    }
  }
}

const LONG = 30; // seconds from which on cancelling is asked about

const askToCancel = (view) => {
  if (!view || view.isOver || view.isReplayed) return;
  if (view.passed < LONG) return cancel(view);
  const dialog = byId("sure");
  byId("sure-what").textContent = `It has run for ${view.meter.time.value.textContent}, ${count(view.views.length, "iteration")}. What it has written so far stays.`;
  byId("sure-yes").onclick = () => {
    dialog.close();
    cancel(view);
  };
  dialog.showModal();
  return undefined;
};

const cancel = async (view) => {
  view.cancel.disabled = true;
  try {
    await ask("DELETE", `api/solves/${view.id}`);
  } catch (error) {
    view.cancel.disabled = false;
    notify(error.message);
  }
};
