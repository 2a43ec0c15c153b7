"use strict";
// The native engine for this platform. Loaded by both module systems, so that a process has one engine.

const { existsSync } = require("node:fs");
const { join } = require("node:path");

const isMusl = () => !process.report.getReport().header.glibcVersionRuntime;
const libc = process.platform === "linux" ? (isMusl() ? "-musl" : "-gnu") : "";
const name = `tollgate.${process.platform}-${process.arch}${libc}.node`;
const path = join(__dirname, name);

if (!existsSync(path)) {
  throw new Error(
    `tollgate has no native engine for ${process.platform}-${process.arch}${libc}: ${name} is not in the package. ` +
      "Build it from the repository with `npm run build`.",
  );
}

module.exports = require(path);
