// A finished solve once more, as fast as the reader likes: its events, at the times that its trace records.

const SPEEDS = [1, 2, 5, 10, 20];
const PER_SECOND = 100; // tokens, where a trace does not say how long a segment took
let speed = 5;

// What happens when, in recorded seconds: an event, or a text that is written between two times.
const timeline = (events) => {
  const taken = new Map(events.filter((event) => event.type === "remembered").map((event) => [event.index, event.seconds]));
  const cues = [];
  let at = 0;
  for (const event of events) {
    if (event.type === "segment") {
      const { generate, first_token: first } = taken.get(event.index) || { generate: 0, first_token: null };
      const lasts = generate || event.usage.completion_tokens / PER_SECOND || 1;
      const wait = Math.min(first || 0, lasts / 2);
      if (event.text) cues.push({ at: at + wait, until: at + lasts, event: { type: "text", index: event.index, text: event.text } });
      at += lasts;
    }
    if (!["text", "waiting", "held", "restarted"].includes(event.type)) cues.push({ at, event });
  }
  return cues;
};

class Player {
  // `begin` makes an empty view and shows it.
  constructor(events, begin) {
    this.cues = timeline(events);
    this.begin = begin;
    this.count = events.filter((event) => event.type === "iteration").length;
    this.isPlaying = false;
    this.frame = 0;
    this.toggle = element("button", { type: "button", class: "play" });
    this.toggle.addEventListener("click", () => this.pause(this.isPlaying));
    this.slider = element("input", { type: "range", min: 1, max: Math.max(1, this.count), value: 1, "aria-label": "iteration" });
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value) - 1));
    const choices = SPEEDS.map((one) => element("option", { value: one, selected: one === speed }, `${one}×`));
    this.speeds = element("select", { "aria-label": "speed" }, ...choices);
    this.speeds.addEventListener("change", () => (speed = Number(this.speeds.value)));
    this.place = element("span", { class: "quiet place" });
    const step = (name, label, by) => {
      const button = element("button", { type: "button", "aria-label": label }, name);
      button.addEventListener("click", () => this.seek(this.index + by));
      return button;
    };
    this.node = element("div", { class: "player", role: "group", "aria-label": "replay" }, this.toggle, step("‹", "previous iteration", -1), this.slider, step("›", "next iteration", 1), this.speeds, this.place);
    this.seek(0);
    this.pause(false);
  }

  pause(isPaused) {
    if (!isPaused && this.next >= this.cues.length) this.seek(0);
    this.isPlaying = !isPaused;
    cancelAnimationFrame(this.frame);
    if (this.isPlaying) {
      this.last = performance.now();
      this.frame = requestAnimationFrame((now) => this.run(now));
    }
    this.tell();
  }

  stop() {
    this.isPlaying = false;
    cancelAnimationFrame(this.frame);
  }

  // Show everything before an iteration at once, and go on from there.
  seek(index) {
    const wanted = Math.max(0, Math.min(this.count - 1, index));
    this.index = wanted;
    this.view = this.begin();
    this.view.isReplayed = this.view.isSkipping = true;
    this.view.cancel.hidden = true;
    this.next = this.hold = this.written = this.at = 0;
    const isThere = ({ event }) => event.type === "iteration" && event.index === wanted;
    while (this.next < this.cues.length && !isThere(this.cues[this.next])) this.play(this.cues[this.next++]);
    this.view.isSkipping = false;
    this.at = this.cues[this.next]?.at || 0;
    if (this.next < this.cues.length) this.play(this.cues[this.next++]);
    this.last = performance.now();
    this.view.meter.tick(this.at);
    this.tell();
  }

  play({ event, until }) {
    if (until !== undefined) return;
    this.view.take(event);
    if (event.type === "iteration") this.index = event.index;
  }

  run(now) {
    const passed = Math.max(0, Math.min(100, now - this.last)); // a frame may have begun before it was asked for
    this.last = Math.max(now, this.last);
    if (this.hold > 0) this.hold -= passed;
    else this.advance((passed / 1000) * speed);
    if (!this.view.isOver) this.view.meter.tick(this.at);
    this.tell();
    if (this.next >= this.cues.length) return this.pause(true);
    if (this.isPlaying) this.frame = requestAnimationFrame((after) => this.run(after));
    return undefined;
  }

  advance(by) {
    this.at += by;
    while (this.next < this.cues.length && this.cues[this.next].at <= this.at && this.hold <= 0) {
      const cue = this.cues[this.next];
      if (cue.until !== undefined) {
        if (!this.write(cue)) return;
      } else this.play(cue);
      this.next += 1;
      this.written = 0;
      if (cue.event.type === "pages" && cue.event.pages.length && !isCalm()) {
        this.hold = speed > 5 ? 600 : SHRINKS;
        const rest = this.cues[this.next];
        if (rest?.event.type === "remembered") this.play(this.cues[this.next++]);
        this.at = cue.at;
      }
    }
  }

  // Write as much of a text as has its time; returns whether that is all.
  write({ at, until, event }) {
    const part = Math.min(1, (this.at - at) / Math.max(0.001, until - at));
    let end = Math.floor(part * event.text.length);
    if (end < event.text.length && /[\ud800-\udbff]/.test(event.text[end - 1] || "")) end -= 1;
    if (end > this.written) this.view.take({ type: "text", index: event.index, text: event.text.slice(this.written, end) });
    this.written = Math.max(this.written, end);
    return part >= 1;
  }

  tell() {
    const isOver = this.next >= this.cues.length;
    const name = this.isPlaying ? "Pause" : isOver ? "Again" : "Play";
    if (this.toggle.textContent !== name) this.toggle.textContent = name;
    const place = `iteration ${this.index + 1} of ${this.count}`;
    if (this.place.textContent !== place) this.place.textContent = place;
    this.slider.setAttribute("aria-valuetext", place);
    if (document.activeElement !== this.slider) this.slider.value = this.index + 1;
  }
}
