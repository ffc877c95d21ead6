// Makes the folder of files that the program serves: node build.mjs <node_modules> <target folder>
// The libraries come from npm, the icons from a list; Bulma's style sheet loses every rule and variable that no page uses.
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [modules, target] = process.argv.slice(2);
if (!modules || !target) throw new Error("usage: node build.mjs <node_modules> <target folder>");
const here = dirname(fileURLToPath(import.meta.url));
const sources = dirname(here);
const npm = (path) => readFileSync(join(modules, path), "utf8");

rmSync(target, { recursive: true, force: true });
cpSync(join(here, "static"), target, { recursive: true });
mkdirSync(join(target, "assets/images"), { recursive: true });

for (const name of ["layers.png", "layers-2x.png"]) cpSync(join(modules, "leaflet/dist/images", name), join(target, "assets/images", name));
write("assets/htmx.js", npm("htmx.org/dist/htmx.min.js"));
write("assets/leaflet.js", npm("leaflet/dist/leaflet.js").replace(/\/\/# sourceMappingURL=.*\s*$/, ""));
write("assets/uplot.js", npm("uplot/dist/uPlot.iife.min.js"));
for (const file of readdirSync(join(here, "scripts"))) write(`assets/${file}`, readFileSync(join(here, "scripts", file), "utf8"));
write("assets/icons.svg", sprite());
write("assets/app.css", [
  trim(npm("bulma/css/bulma.css")), minify(leafletStyle()), minify(npm("uplot/dist/uPlot.min.css")), minify(dark(readFileSync(join(here, "app.css"), "utf8"))),
].join("\n"));
compress(target);

/** Without the picture of its own markers, which no map here has. */
function leafletStyle() {
  return npm("leaflet/dist/leaflet.css").replace(/\.leaflet-default-icon-path\s*\{[^}]*\}/, "");
}

/** What stands below `@dark` counts where the stored setting asks for it, and where the visitor's system does and the setting leaves it to that: two rules in CSS. */
function dark(css) {
  return css.replace(/@dark\s*(\{[^{}]*\})/g, ':root[data-theme="dark"] $1 @media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) $1 }');
}

function write(path, text) {
  writeFileSync(join(target, path), text);
}

/** One symbol per name in icons.txt, drawn with `<use href="icons.svg#name">`. */
function sprite() {
  const paths = new Map([...npm("@mdi/js/mdi.js").matchAll(/export var mdi(\w+) = "([^"]+)"/g)].map(([, name, path]) => [name, path]));
  const symbols = readFileSync(join(here, "icons.txt"), "utf8").split("\n").filter(Boolean).map((name) => {
    const path = paths.get(name.split("-").map((word) => word[0].toUpperCase() + word.slice(1)).join(""));
    if (!path) throw new Error(`icons.txt: Material Design Icons has no ${name}`);
    return `<symbol id="${name}" viewBox="0 0 24 24"><path d="${path}"/></symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

/** Every word of the pages' sources; a class whose name is not among them cannot be in a page. */
function words(folder, found = new Set()) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (["bin", "obj", "node_modules", "static"].includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) words(path, found);
    else if ([".razor", ".cs", ".js"].includes(extname(entry.name)))
      for (const [word] of readFileSync(path, "utf8").matchAll(/[A-Za-z_][\w-]*/g)) found.add(word);
  }
  return found;
}

/** The rules of a style sheet whose classes are all used, without the custom properties that nothing reads any more. */
function trim(css) {
  const used = words(sources);
  const isUsed = (selector) => [...selector.replace(/:not\([^)]*\)/g, "").matchAll(/\.(-?[A-Za-z_][\w-]*)/g)].every(([, name]) => used.has(name));
  const keep = (rules) => rules.flatMap((rule) => {
    if (!rule.body) return [rule];
    if (rule.children) {
      const children = keep(rule.children);
      return children.length > 0 ? [{ ...rule, children }] : [];
    }
    if (rule.head.startsWith("@")) return [rule];
    const selectors = rule.head.split(/,(?![^()]*\))/).filter(isUsed);
    return selectors.length > 0 ? [{ ...rule, head: selectors.join(",") }] : [];
  });
  let text = print(keep(parse(css.replace(/\/\*[^]*?\*\//g, ""))));
  for (let before = 0; before !== text.length;) {
    before = text.length;
    const read = new Set([...text.matchAll(/var\(\s*(--[\w-]+)/g)].map(([, name]) => name));
    text = text.replace(/(--[\w-]+)\s*:[^;{}]*;?/g, (declaration, name, at) => (/[{;\s]/.test(text[at - 1] ?? " ") && !read.has(name) ? "" : declaration));
  }
  return `/*! bulma.io | MIT License */\n${minify(text)}`;
}

function parse(css) {
  const rules = [];
  for (let at = 0; at < css.length;) {
    const open = css.indexOf("{", at);
    const end = css.indexOf(";", at);
    if (open < 0) break;
    if (end >= 0 && end < open) {
      rules.push({ head: css.slice(at, end + 1).trim() });
      at = end + 1;
      continue;
    }
    let close = open + 1;
    for (let depth = 1; depth > 0; close++) depth += css[close] === "{" ? 1 : css[close] === "}" ? -1 : 0;
    const head = css.slice(at, open).trim();
    const body = css.slice(open + 1, close - 1);
    const nests = /^@(media|supports|container|layer)/.test(head);
    rules.push(nests ? { head, body, children: parse(body) } : { head, body });
    at = close;
  }
  return rules;
}

function print(rules) {
  return rules.map((rule) => (!rule.body ? (rule.head.startsWith("@charset") ? "" : rule.head) : `${rule.head}{${rule.children ? print(rule.children) : rule.body}}`)).join("\n");
}

function minify(css) {
  return css.replace(/\/\*(?!!)[^]*?\*\//g, "").replace(/\s+/g, " ").replace(/\s*([{};,])\s*/g, "$1").replace(/;}/g, "}").replace(/[^{}]+\{\}/g, "").trim();
}

/** Compressed twins of everything that gains by it; the program sends them as they are. */
function compress(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) compress(path);
    else if ([".css", ".js", ".svg", ".webmanifest", ".xml", ".txt"].includes(extname(entry.name))) {
      const bytes = readFileSync(path);
      writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
      writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    }
  }
}
