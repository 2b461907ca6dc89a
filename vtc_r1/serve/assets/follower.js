// Keeps what is being written in view, until the reader scrolls; a button takes it up again.

const SCROLLING = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown", " "]);
const CLEARANCE = 84;

class Follower {
  constructor() {
    this.isOn = true;
    this.isLive = false;
    this.target = null;
    this.button = element("button", { type: "button", class: "follow", hidden: true }, "↓ Follow the writing");
    this.button.addEventListener("click", () => this.resume());
  }

  // The place from which on a page can be seen: below what sticks to its top.
  top() {
    const stuck = [...document.querySelectorAll(".status, .chart")].filter((bar) => getComputedStyle(bar).position === "sticky");
    return Math.max(0, ...stuck.map((bar) => bar.getBoundingClientRect().bottom));
  }

  live(isLive) {
    this.isLive = isLive;
    this.show();
  }

  pause() {
    this.isOn = false;
    this.show();
  }

  resume() {
    this.isOn = true;
    this.show();
    if (this.target) this.see(this.target);
  }

  show() {
    this.button.hidden = this.isOn || !this.isLive;
  }

  // Bring a node into view, with its box's own scrolling.
  see(target) {
    this.target = target;
    if (!this.isOn || !target.isConnected) return;
    const box = target.closest(".body");
    if (box && box.contains(target)) box.scrollTop = box.scrollHeight;
    const { top, bottom } = target.getBoundingClientRect();
    const first = this.top() + 8;
    const last = window.innerHeight - CLEARANCE;
    if (bottom > last || top < first) window.scrollBy(0, Math.round(top - Math.max(first, window.innerHeight * 0.62)));
  }

  // What the reader does with the page; only what scrolls it matters.
  watch(event) {
    if (!this.isOn || !this.isLive) return;
    const isKey = event.type === "keydown" && SCROLLING.has(event.key) && !event.target.matches("input, select, textarea, button, [role=slider]");
    const isBar = event.type === "pointerdown" && event.target === document.documentElement;
    if (isKey || isBar || event.type === "wheel" || event.type === "touchmove") this.pause();
  }
}
