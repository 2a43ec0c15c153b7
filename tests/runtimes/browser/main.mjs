// Shows the report, or what went wrong.
const show = (made) => {
  document.querySelector("#report").textContent = JSON.stringify(made);
};

import("../program.mjs")
  .then(({ report }) => report())
  .then(show, (error) => show({ failed: `${error.code}: ${error.message}` }));
