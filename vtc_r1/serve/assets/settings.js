// What the reader has chosen, kept in this browser where it allows that.

const remembered = (name, value) => {
  try {
    if (value !== undefined) localStorage.setItem(`vtc-${name}`, value);
    return localStorage.getItem(`vtc-${name}`);
  } catch {
    return value ?? null;
  }
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

const furnishTheme = () => {
  let theme = wear(remembered("theme") || "auto");
  byId("theme").addEventListener("click", () => {
    const names = Object.keys(THEMES);
    theme = wear(remembered("theme", names[(names.indexOf(theme) + 1) % names.length]));
  });
};

// Shortcuts of one letter can be switched off, as speech input and chance press them too.
let hasShortcuts = true;
const furnishShortcuts = () => {
  const box = byId("shortcuts");
  hasShortcuts = box.checked = remembered("shortcuts") !== "off";
  box.addEventListener("change", () => {
    hasShortcuts = box.checked;
    remembered("shortcuts", hasShortcuts ? "on" : "off");
  });
};
