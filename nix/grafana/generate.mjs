// Writes the dashboards of dashboards.mjs as JSON for Grafana 11 to 13: node generate.mjs [--check]. With --check nothing is written; it fails when a file is not current.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dashboards } from './dashboards.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'dashboards');
const files = new Map(dashboards.map(({ path, json }) => [join(folder, path), `${JSON.stringify(json, null, 2)}\n`]));
const present = list(folder);
if (process.argv.includes('--check')) {
  const stale = [...files].filter(([path, text]) => !present.includes(path) || readFileSync(path, 'utf8') !== text).map(([path]) => path);
  const wrong = [...stale, ...present.filter((path) => !files.has(path))].map((path) => relative(folder, path));
  if (wrong.length > 0) {
    console.error(`Not current, run node nix/grafana/generate.mjs: ${wrong.join(', ')}`);
    process.exit(1);
  }
} else {
  present.filter((path) => !files.has(path)).forEach((path) => rmSync(path));
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function list(path) {
  try {
    return readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
