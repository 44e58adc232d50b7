// Renders a Vega-Lite specification to SVG: node render.mjs SPEC.json OUT.svg
//
// The data stand in the specification: nothing is loaded, from disk or from elsewhere. What is
// warned of is an error, since it means that part of the picture is missing; but a layer may have
// nothing to show.

import { readFileSync, writeFileSync } from "node:fs";

import * as vega from "vega";
import * as lite from "vega-lite";

const warnings = [];
const note = (...text) => {
  const line = text.join(" ");
  if (!line.startsWith("Infinite extent for field")) warnings.push(line);
  return logger;
};
const logger = {
  level: () => logger,
  error: note,
  warn: note,
  info: () => logger,
  debug: () => logger,
};
const loader = vega.loader();
loader.load = () => Promise.reject(new Error("a specification brings its data"));

const [, , from, to] = process.argv;
const spec = JSON.parse(readFileSync(from, "utf8"));
const compiled = lite.compile(spec, { logger }).spec;
const view = new vega.View(vega.parse(compiled), { renderer: "none", loader, logger });
const svg = await view.toSVG();
if (warnings.length > 0) {
  console.error(warnings.join("\n"));
  process.exit(1);
}
writeFileSync(to, svg + "\n");
