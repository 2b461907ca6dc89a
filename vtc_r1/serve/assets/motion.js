// The step that the method is about, to be seen: text shrinks into its page, the page moves to the next prompt.

const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
const isInView = ({ top, bottom, width, height }) => width > 0 && height > 0 && bottom > 0 && top < window.innerHeight;

// A copy of a node that lies over the page and is no part of it for readers.
const ghost = (node, { left, top, width, height }) => {
  const copy = node.cloneNode(true);
  copy.removeAttribute("tabindex");
  copy.removeAttribute("role");
  copy.removeAttribute("aria-label");
  const made = element("div", { class: "ghost", inert: true }, copy);
  made.setAttribute("aria-hidden", "true");
  Object.assign(made.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  document.body.append(made);
  copy.scrollTop = node.scrollTop;
  return made;
};

const between = (from, to) => `translate(${to.left - from.left}px, ${to.top - from.top}px) scale(${to.width / from.width}, ${to.height / from.height})`;

// Let a copy of `node` become what lies at `to`, which appears as it arrives.
const transform = (node, from, target, duration, fades) => {
  const to = target.getBoundingClientRect();
  if (isCalm() || !isInView(from) || !isInView(to)) return;
  const copy = ghost(node, from);
  const frames = [
    { transform: "none", opacity: 1 },
    { transform: between(from, to), opacity: fades ? 0.9 : 1, offset: 0.82 },
    { transform: between(from, to), opacity: 0 },
  ];
  target.animate([{ opacity: 0 }, { opacity: 0, offset: 0.7 }, { opacity: 1 }], { duration });
  const moving = copy.animate(frames, { duration, easing: "cubic-bezier(0.5, 0, 0.2, 1)" });
  moving.onfinish = moving.oncancel = () => copy.remove();
};

const SHRINKS = 900;
const MOVES = 650;

// The text of a segment shrinks into its pages.
const shrinkInto = (text, pages) => {
  const from = text.getBoundingClientRect();
  for (const page of pages.slice(0, 3)) transform(text, from, page, SHRINKS, true);
};

// Pages move from where they were made to the prompt that reads them: [copy, place before, page there].
const moveTo = (moves) => {
  for (const [node, from, target] of moves.slice(0, 3)) transform(node, from, target, MOVES, false);
};
