// Holds every dashboard against the types that Grafana publishes of dashboards and panels, for each version that we support: a field, an option or a
// value that it does not know is told, with its dashboard and panel. What is left out has a default and is no fault.
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, '../../nix/grafana/dashboards');
const versions = ['grafana-11', 'grafana-12', 'grafana-13'];
// The panels' own types, by the folder they are in; a panel that has none has no options worth checking.
const kinds = {
  barchart: 'barchart', bargauge: 'bargauge', dashlist: 'dashboardlist', gauge: 'gauge', geomap: 'geomap', heatmap: 'heatmap', piechart: 'piechart',
  stat: 'stat', 'state-timeline': 'statetimeline', table: 'table', text: 'text', timeseries: 'timeseries', xychart: 'xychart',
};
const partial = 'type Part<T> = T extends (infer E)[] ? Part<E>[] : T extends object ? { [K in keyof T]?: Part<T[K]> } : T;';

const files = (root, end) => readdirSync(root, { recursive: true }).map(String).filter((name) => name.endsWith(end))
  .map((name) => join(root, name)).sort();

/** A file holds words where the types have names of enumerations. */
const withoutEnums = (text) => text.replace(/export declare (?:const )?enum (\w+) \{([\s\S]*?)\n\}/g,
  (_, name, body) => `export type ${name} = ${[...body.matchAll(/=\s*("[^"]*"|-?\d+)/g)].map((match) => match[1]).join(' | ') || 'never'};`);

function typesOf(version, work) {
  const dist = join(here, 'node_modules', version, 'dist');
  const all = files(dist, '.d.ts');
  for (const file of all) {
    const target = join(work, version, relative(dist, file));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, withoutEnums(readFileSync(file, 'utf8')));
  }
  const at = (pattern) => {
    const found = all.find((file) => pattern.test(relative(dist, file)));
    if (!found) throw new Error(`${version} has no ${pattern}`);
    return join(work, version, relative(dist, found)).replace(/\.d\.ts$/, '');
  };
  return {
    common: at(/common\/common\.gen\.d\.ts$/), dashboard: at(/raw\/dashboard\/x\/(dashboard_)?types\.gen\.d\.ts$/i),
    panel: (type) => at(new RegExp(`composable/${kinds[type]}/panelcfg/x/\\w+_types\\.gen\\.d\\.ts$`)),
  };
}

function source(types) {
  const used = new Set();
  const lines = [];
  const places = [];
  const put = (text, place) => {
    lines.push(text);
    places[lines.length] = place;
  };
  const body = [];
  const check = (type, value, place) => body.push([`export const d${body.length}: Part<${type}> = ${JSON.stringify(value)};`, place]);
  for (const file of files(folder, '.json')) {
    const json = JSON.parse(readFileSync(file, 'utf8'));
    const name = relative(folder, file);
    // One by one, since only the first fault of a value is told.
    const { panels, templating, ...rest } = json;
    check('Dashboard', rest, name);
    for (const variable of templating.list) check('VariableModel', variable, `${name}: variable ${variable.name}`);
    for (const panel of panels) check(panel.type === 'row' ? 'RowPanel' : 'Panel', panel, `${name} / ${panel.title} (${panel.type})`);
    for (const panel of json.panels.filter((one) => one.type in kinds)) {
      used.add(panel.type);
      const kind = kinds[panel.type];
      const place = `${name} / ${panel.title} (${panel.type})`;
      if (panel.options) check(`${kind}.Options`, panel.options, `${place}: options`);
      const custom = panel.fieldConfig?.defaults?.custom;
      if (custom) check(`FieldConfigOf<typeof import('${types.panel(panel.type)}')>`, custom, `${place}: custom`);
    }
  }
  put(partial, '');
  put(`import type { Dashboard, Panel, RowPanel, VariableModel } from '${types.dashboard}';`, '');
  for (const type of used) put(`import type * as ${kinds[type]} from '${types.panel(type)}';`, '');
  // Where a panel's type has no fields of its own, it takes those of all.
  put(`import type { GraphFieldConfig, TableFieldOptions } from '${types.common}';`, '');
  put('type FieldConfigOf<T> = T extends { defaultFieldConfig: infer F } ? F : GraphFieldConfig & TableFieldOptions;', '');
  for (const [text, place] of body) put(text, place);
  return { text: lines.join('\n'), places };
}

const work = mkdtempSync(join(tmpdir(), 'grafana-schema-'));
let faults = 0;
try {
  for (const version of versions) {
    const types = typesOf(version, work);
    const { text, places } = source(types);
    const file = join(work, version, 'dashboards.ts');
    writeFileSync(file, text);
    const program = ts.createProgram([file], {
      noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ESNext, types: [], paths: { '@grafana/schema': [types.common + '.d.ts'] },
    });
    const told = new Set();
    const checked = program.getSourceFile(file);
    for (const fault of [...program.getSemanticDiagnostics(checked), ...program.getSyntacticDiagnostics(checked)]) {
      const line = fault.file.getLineAndCharacterOfPosition(fault.start).line + 1;
      let message = fault.messageText;
      while (typeof message !== 'string' && message.next?.length) message = message.next[0];
      told.add(`${version}: ${places[line] || 'types'}: ${typeof message === 'string' ? message : message.messageText}`);
    }
    for (const fault of told) console.error(fault);
    faults += told.size;
  }
} finally {
  rmSync(work, { recursive: true });
}

process.exitCode = faults === 0 ? 0 : 1;
