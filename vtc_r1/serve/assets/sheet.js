// Pages: small ones beside the text, and one at a time at its own size.

const pageAddress = (solve, page) => `api/solves/${solve}/pages/${page.sha256}.png`;
const sizeOf = (page) => `${page.width} × ${page.height} px, ${count(page.tokens, "vision token")}`;

const THUMB = 172;

// All pages of a solve in the order in which they were made, whatever shows them.
class Book {
  constructor(solve) {
    this.solve = solve;
    this.pages = [];
    this.places = new Map();
  }

  // Take in a page; `made` is the iteration that made it, from 0.
  add(page, made) {
    if (this.places.has(page.sha256)) return;
    this.places.set(page.sha256, this.pages.length);
    this.pages.push({ ...page, made });
  }

  place(page) {
    return this.places.get(page.sha256) ?? 0;
  }
}

// A page as a button; a small one is enlarged by whole pixels, so that it can be read.
const thumbnail = (book, page, isNew) => {
  const image = element("img", { alt: "", decoding: "async", src: pageAddress(book.solve, page) });
  const scale = page.width < THUMB ? Math.max(1, Math.floor(THUMB / page.width)) : THUMB / page.width;
  image.style.width = `${Math.round(page.width * scale)}px`;
  image.style.aspectRatio = `${page.width} / ${page.height}`;
  if (scale >= 1) image.style.imageRendering = "pixelated";
  const label = `page ${book.place(page) + 1}: ${sizeOf(page)}; show it at its own size`;
  const button = element("button", { type: "button", class: isNew ? "page is-new" : "page", "aria-label": label, title: `page ${book.place(page) + 1} · ${sizeOf(page)}` }, image);
  button.dataset.sha256 = page.sha256;
  image.addEventListener("error", () => button.replaceChildren(element("span", { class: "missing" }, "page missing")));
  button.addEventListener("click", () => openSheet(book, book.place(page)));
  return button;
};

const openSheet = (book, start) => {
  const dialog = byId("sheet");
  const { pages } = book;
  let position = start;
  let zoom = 1;
  const show = (to, focused) => {
    position = Math.max(0, Math.min(pages.length - 1, to));
    const page = pages[position];
    const image = element("img", { alt: `page ${position + 1} as the model sees it`, src: pageAddress(book.solve, page), width: page.width * zoom, height: page.height * zoom });
    if (zoom > 1) image.style.imageRendering = "pixelated";
    const step = (name, label, by) => {
      const button = element("button", { type: "button", "aria-label": label, disabled: !pages[position + by] }, name);
      button.addEventListener("click", () => show(position + by, by));
      return button;
    };
    const enlarge = element("button", { type: "button", "aria-pressed": String(zoom > 1) }, "4×");
    enlarge.addEventListener("click", () => {
      zoom = zoom > 1 ? 1 : 4;
      show(position, 0);
    });
    const close = element("button", { type: "button" }, "Close");
    close.addEventListener("click", () => dialog.close());
    const made = page.made === undefined ? "" : `made in iteration ${page.made + 1} · `;
    const about = element("span", { class: "quiet", role: "status" }, `page ${position + 1} of ${pages.length} · ${made}${sizeOf(page)}`);
    const [back, on] = [step("‹", "previous page", -1), step("›", "next page", 1)];
    dialog.replaceChildren(
      element("div", { class: "sheet-bar" }, back, on, about, enlarge, close),
      element("div", { class: "sheet-paper", tabIndex: 0, role: "group", "aria-label": "the page as the model sees it" }, image),
      page.text ? element("details", {}, element("summary", {}, "the text that it carries"), element("pre", {}, ...revealed(page.text))) : element("p", { class: "quiet" }, "It carries no text."),
    );
    const wanted = { [-1]: back, 0: enlarge, 1: on }[focused] || close;
    (wanted.disabled ? close : wanted).focus();
  };
  dialog.onkeydown = (event) => {
    if (event.key === "ArrowRight") show(position + 1);
    else if (event.key === "ArrowLeft") show(position - 1);
    else return;
    event.preventDefault();
  };
  show(start);
  dialog.showModal();
};
