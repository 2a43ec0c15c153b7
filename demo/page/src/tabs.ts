// Which part of the page is shown: the one that the address names, else the first.

/** Shows what the address names; `begin` starts a part when it is first shown. */
export function startTabs(begin: Record<string, () => void>): void {
  const started = new Set<string>();
  const show = () => {
    const wanted = location.hash.slice(1);
    const name = document.getElementById(`tab-${wanted}`) === null ? "limits" : wanted;
    for (const part of document.querySelectorAll<HTMLElement>(".tab")) part.hidden = part.id !== `tab-${name}`;
    for (const link of document.querySelectorAll(".tabs a")) {
      if (link.getAttribute("href") === `#${name}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (started.has(name)) return;
    started.add(name);
    begin[name]?.();
  };
  window.addEventListener("hashchange", show);
  show();
}
