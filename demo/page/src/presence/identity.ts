// Who this page is: one user for all tabs of this browser, and one connection for each tab.

/** The user, the same in all tabs of this browser. */
export const user = kept(localStorage, "demo-user");

/** The connection of this tab. It stays through a reload, so that nobody sees one as a leave. */
export const connection = kept(sessionStorage, "demo-connection");

/** The name that others see. */
export function ownName(): string {
  return localStorage.getItem("demo-name") ?? `Visitor ${user.slice(0, 4)}`;
}

/** Takes another name, for all tabs that open from now on. */
export function takeName(name: string): void {
  localStorage.setItem("demo-name", name);
}

function kept(storage: Storage, key: string): string {
  const value = storage.getItem(key) ?? crypto.randomUUID();
  storage.setItem(key, value);
  return value;
}
