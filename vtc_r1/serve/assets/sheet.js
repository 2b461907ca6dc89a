// Pages: small ones beside the text, and one at a time at its own size.

const pageAddress = (solve, page) => `api/solves/${solve}/pages/${page.sha256}.png`;
const pageLabel = (page, position, of) => `page ${position + 1} of ${of}: ${page.width} by ${page.height} pixels, ${count(page.tokens, "vision token")}`;

const THUMB = 172;

// A page as a button; a small one is enlarged by whole pixels, so that it can be read.
const thumbnail = (solve, pages, position, isNew) => {
  const page = pages[position];
  const label = pageLabel(page, position, pages.length);
  const image = element("img", { alt: "", decoding: "async", src: pageAddress(solve, page) });
  const scale = page.width < THUMB ? Math.max(1, Math.floor(THUMB / page.width)) : THUMB / page.width;
  image.style.width = `${Math.round(page.width * scale)}px`;
  image.style.aspectRatio = `${page.width} / ${page.height}`;
  if (scale >= 1) image.style.imageRendering = "pixelated";
  const button = element("button", { type: "button", class: isNew ? "page is-new" : "page", "aria-label": `${label}; show it at its own size`, title: `${page.width} × ${page.height} px` }, image);
  image.addEventListener("error", () => button.replaceChildren(element("span", { class: "missing" }, "page missing")));
  button.addEventListener("click", () => openSheet(solve, pages, position));
  return button;
};

const openSheet = (solve, pages, start) => {
  const dialog = byId("sheet");
  let position = start;
  let zoom = 1;
  const show = (to) => {
    position = Math.max(0, Math.min(pages.length - 1, to));
    const page = pages[position];
    const image = element("img", { alt: pageLabel(page, position, pages.length), src: pageAddress(solve, page), width: page.width * zoom, height: page.height * zoom });
    if (zoom > 1) image.style.imageRendering = "pixelated";
    const step = (name, label, by) => {
      const button = element("button", { type: "button", "aria-label": label, disabled: !pages[position + by] }, name);
      button.addEventListener("click", () => show(position + by));
      return button;
    };
    const enlarge = element("button", { type: "button", "aria-pressed": String(zoom > 1) }, "4×");
    enlarge.addEventListener("click", () => {
      zoom = zoom > 1 ? 1 : 4;
      show(position);
    });
    const close = element("button", { type: "button" }, "Close");
    close.addEventListener("click", () => dialog.close());
    const about = `${page.width} × ${page.height} px · ${count(page.tokens, "vision token")}`;
    const place = pages.length > 1 ? `${position + 1} of ${pages.length} · ` : "";
    dialog.replaceChildren(
      element("div", { class: "sheet-bar" }, step("‹", "previous page", -1), step("›", "next page", 1), element("span", { class: "quiet" }, place + about), enlarge, close),
      element("div", { class: "sheet-paper", tabIndex: 0, role: "group", "aria-label": "the page as the model sees it" }, image),
      page.text ? element("details", {}, element("summary", {}, "the text that it carries"), element("pre", {}, ...revealed(page.text))) : element("p", { class: "quiet" }, "It carries no text."),
    );
    close.focus();
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
