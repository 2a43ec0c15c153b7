// Another file here, run where some packages are not installed: node without.mjs <packages,…> <file> <arguments …>
import { register } from "node:module";

const [packages, file] = process.argv.splice(2, 2);
const hook = `
  const absent = ${JSON.stringify(packages.split(","))};
  export function resolve(name, context, next) {
    if (!absent.includes(name)) return next(name, context);
    throw Object.assign(new Error("Cannot find package " + name), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
await import(new URL(file, import.meta.url));
