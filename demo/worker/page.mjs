// The page of the Worker: a button for each kind of limit, and what came of it.

const card = (path, title, text) => `
  <section>
    <h2>${title}</h2>
    <p>${text}</p>
    <button data-path="${path}">GET ${path}</button>
    <output aria-live="polite">Nothing was asked yet.</output>
  </section>`;

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
  body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
  main { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); }
  section { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: .5rem; padding: 1rem 1.25rem; }
  h2 { margin: 0; font-size: 1.1rem; }
  button { font: inherit; padding: .4rem .9rem; cursor: pointer; }
  output { display: block; margin-top: .75rem; font-variant-numeric: tabular-nums; }`;

const SCRIPT = `
  for (const button of document.querySelectorAll("button")) {
    button.addEventListener("click", async () => {
      const shown = button.nextElementSibling;
      try {
        const response = await fetch(button.dataset.path);
        const { left, of, source } = await response.json();
        shown.textContent = response.ok
          ? "200: " + left + " of " + of + " left, decided by: " + source
          : response.status + ": again in " + response.headers.get("Retry-After") + " s";
      } catch (error) {
        shown.textContent = "No answer: " + error.message;
      }
    });
  }`;

/** The whole of it. */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tollgate on Workers</title>
<style>${STYLE}</style>
<h1>Five in ten seconds</h1>
<p>For each address, counted in two places.</p>
<main>
${card("/isolate", "In memory", "Each isolate of the Worker counts by itself, and forgets with its end.")}
${card("/world", "For the whole world", "A Durable Object counts for each address, wherever the Worker runs.")}
</main>
<script>${SCRIPT}</script>
</html>
`;
