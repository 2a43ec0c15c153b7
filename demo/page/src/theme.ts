// Light or dark: the system's choice until the visitor makes another.
import { element } from "./page.js";

const system = matchMedia("(prefers-color-scheme: dark)");

const listeners: (() => void)[] = [];

/** Calls `listener` whenever the colours change. */
export function onThemeChange(listener: () => void): void {
  listeners.push(listener);
}

/** Makes the toggle work. */
export function startTheme(): void {
  const button = element("theme", HTMLButtonElement);
  const changed = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Use the ${isDark() ? "light" : "dark"} theme`);
    for (const listener of listeners) listener();
  };
  button.addEventListener("click", () => {
    choose(isDark() ? "light" : "dark");
    changed();
  });
  system.addEventListener("change", changed);
  changed();
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? system.matches : theme === "dark";
}

function choose(theme: string): void {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}
