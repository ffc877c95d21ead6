// How a panel, a variable and a dashboard are written; what they show is in dashboards.mjs.
const source = { type: 'grafana-postgresql-datasource', uid: 'TeslaMate' };

/** The arguments car, since, until of the functions. */
export const W = '$car_id, $__timeFrom()::timestamp, $__timeTo()::timestamp';
export const NOW = "now() at time zone 'utc'";
export const ZONE = "'$__timezone'";
/** Conversions to the owner's units. */
export const length = (sql) => `teslamate.to_length(${sql}, '$length_unit')`;
export const temperature = (sql) => `teslamate.to_temperature(${sql}, '$temp_unit')`;
export const pressure = (sql) => `teslamate.to_pressure(${sql}, '$pressure_unit')`;
export const consumption = (sql) => `teslamate.to_consumption(${sql}, '$length_unit')`;

/** Units of Grafana, and ours that have no name there. */
export const unit = {
  length: 'suffix: $length_unit', speed: 'suffix: $length_unit/h', consumption: 'suffix: Wh/$length_unit', temperature: 'suffix: °$temp_unit', pressure: 'suffix: $pressure_unit',
  kwh: 'kwatth', kw: 'kwatt', w: 'watt', percent: 'percent', share: 'percentunit', seconds: 'dtdurations', bytes: 'bytes', volts: 'volt', amps: 'amp', metres: 'lengthm',
};

const target = (sql, format, index = 0) => ({
  datasource: source, editorMode: 'code', format, rawQuery: true, rawSql: sql.replace(/\s+/g, ' ').trim(), refId: String.fromCharCode(65 + index),
});

function panel(type, title, sql, { format = 'table', unit: shown, decimals, w = 6, h = 4, options = {}, defaults = {}, custom, overrides = [], description, links, transformations } = {}) {
  const queries = Array.isArray(sql) ? sql : [sql];
  return {
    type, title, ...(description && { description }), datasource: source, gridPos: { w, h },
    targets: queries.map((query, index) => target(query, format, index)),
    fieldConfig: {
      defaults: { ...(shown && { unit: shown }), ...(decimals !== undefined && { decimals }), ...(custom && { custom }), ...defaults },
      overrides,
    },
    options, ...(links && { links }), ...(transformations && { transformations }),
  };
}

/** What a column is called and shown as: { column: [title, unit, decimals, links] }. */
export const columns = (all) => Object.entries(all).map(([name, [title, shown, decimals, url]]) => ({
  matcher: { id: 'byName', options: name },
  properties: [
    ...(title === null ? [{ id: 'custom.hidden', value: true }] : [{ id: 'displayName', value: title }]),
    ...(shown ? [{ id: 'unit', value: shown }] : []),
    ...(decimals !== undefined && decimals !== null ? [{ id: 'decimals', value: decimals }] : []),
    ...(url ? [{ id: 'links', value: [{ title: '', url }] }] : []),
  ],
}));

const reduce = { calcs: ['lastNotNull'], fields: '/.*/', values: true, limit: 30 };

export const stat = (title, sql, settings = {}) => panel('stat', title, sql, {
  ...settings,
  options: { colorMode: 'value', graphMode: 'none', justifyMode: 'auto', orientation: 'auto', reduceOptions: { ...reduce, values: false }, textMode: 'auto', ...settings.options },
});
export const gauge = (title, sql, settings = {}) => panel('gauge', title, sql, {
  ...settings,
  options: { reduceOptions: { ...reduce, values: false }, showThresholdLabels: false, showThresholdMarkers: true, orientation: 'auto', ...settings.options },
});
export const barGauge = (title, sql, settings = {}) => panel('bargauge', title, sql, {
  ...settings,
  options: { displayMode: 'lcd', orientation: 'horizontal', reduceOptions: { ...reduce, values: false }, showUnfilled: true, valueMode: 'color', ...settings.options },
});
export const table = (title, sql, settings = {}) => panel('table', title, sql, {
  w: 24, h: 12, ...settings, custom: { align: 'auto', filterable: true, ...settings.custom }, options: { cellHeight: 'sm', showHeader: true, ...settings.options },
});
export const series = (title, sql, settings = {}) => panel('timeseries', title, sql, {
  w: 24, h: 9, format: 'time_series', ...settings,
  custom: { drawStyle: 'line', lineWidth: 1, fillOpacity: 5, showPoints: 'auto', spanNulls: 3600000, lineInterpolation: 'linear', ...settings.custom },
  options: { legend: { calcs: ['min', 'max', 'mean'], displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi', sort: 'none' }, ...settings.options },
});
export const bars = (title, sql, settings = {}) => panel('barchart', title, sql, {
  w: 12, h: 9, ...settings, custom: { fillOpacity: 80, lineWidth: 1, ...settings.custom },
  options: { orientation: 'auto', showValue: 'auto', stacking: 'none', xTickLabelSpacing: 100, legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'multi', sort: 'none' }, ...settings.options },
});
export const pie = (title, sql, settings = {}) => panel('piechart', title, sql, {
  w: 6, h: 8, ...settings, options: { displayLabels: ['name', 'percent'], pieType: 'donut', reduceOptions: { ...reduce, values: false }, legend: { displayMode: 'list', placement: 'bottom', showLegend: true, values: ['value'] }, tooltip: { mode: 'single', sort: 'none' } },
});
export const states = (title, sql, settings = {}) => panel('state-timeline', title, sql, {
  w: 24, h: 5, format: 'time_series', ...settings,
  defaults: {
    mappings: [{
      type: 'value',
      options: {
        0: { index: 0, text: 'unknown', color: 'text' }, 1: { index: 1, text: 'driving', color: 'blue' }, 2: { index: 2, text: 'charging', color: 'yellow' }, 3: { index: 3, text: 'offline', color: 'orange' },
        4: { index: 4, text: 'asleep', color: 'purple' }, 5: { index: 5, text: 'online', color: 'green' }, 6: { index: 6, text: 'updating', color: 'red' },
      },
    }],
  },
  custom: { fillOpacity: 80, lineWidth: 0 }, options: { mergeValues: true, showValue: 'auto', alignValue: 'left', rowHeight: 0.9, legend: { displayMode: 'list', placement: 'bottom', showLegend: false }, tooltip: { mode: 'single', sort: 'none' } },
});
export const xy = (title, sql, x, ys, settings = {}) => panel('xychart', title, sql, {
  w: 24, h: 12, ...settings, custom: { show: 'points', pointSize: { fixed: 5 }, ...settings.custom },
  options: {
    mapping: 'manual', series: ys.map((y) => ({ x: { matcher: { id: 'byName', options: x } }, y: { matcher: { id: 'byName', options: y } } })),
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true }, tooltip: { mode: 'single', sort: 'none' },
  },
});
const basemap = { type: 'default', name: 'Basemap', config: {} };
const view = { id: 'fit', allLayers: true, lat: 0, lon: 0, zoom: 15, padding: 5 };
const location = { mode: 'coords', latitude: 'latitude', longitude: 'longitude' };
export const routeMap = (title, sql, settings = {}) => panel('geomap', title, sql, {
  w: 24, h: 16, ...settings,
  options: { basemap, view, controls: { showZoom: true, mouseWheelZoom: true, showAttribution: true }, tooltip: { mode: 'details' }, layers: [{ type: 'route', name: 'Route', location, config: { style: { color: { fixed: 'dark-blue' }, lineWidth: 2, opacity: 0.8 }, arrow: 0 }, tooltip: true }] },
});
export const pointMap = (title, sql, size, settings = {}) => panel('geomap', title, sql, {
  w: 24, h: 16, ...settings,
  options: { basemap, view, controls: { showZoom: true, mouseWheelZoom: true, showAttribution: true }, tooltip: { mode: 'details' }, layers: [{ type: 'markers', name: 'Places', location, tooltip: true, config: { showLegend: false, style: { color: { fixed: 'dark-orange' }, opacity: 0.5, size: { field: size, fixed: 5, min: 5, max: 40 }, symbol: { mode: 'fixed', fixed: 'img/icons/marker/circle.svg' } } } }] },
});
export const heatmap = (title, sql, settings = {}) => panel('heatmap', title, sql, {
  w: 24, h: 9, format: 'time_series', ...settings,
  options: { calculate: true, calculation: { yBuckets: { mode: 'size', value: '10' } }, color: { mode: 'scheme', scheme: 'Oranges', steps: 64, exponent: 0.5, fill: 'dark-orange', reverse: false, scale: 'exponential' }, cellGap: 1, filterValues: { le: 1e-9 }, legend: { show: true }, rowsFrame: { layout: 'auto' }, tooltip: { mode: 'single', showColorScale: false, yHistogram: false }, yAxis: { axisPlacement: 'left', reverse: false, unit: 'percent' } },
});
export const text = (title, content, settings = {}) => ({ type: 'text', title, gridPos: { w: 24, h: 4, ...settings }, options: { mode: 'markdown', content } });
export const dashboardList = (title, settings = {}) => ({ type: 'dashlist', title, gridPos: { w: 24, h: 20, ...settings }, options: { showSearch: true, showHeadings: true, showStarred: false, showRecentlyViewed: false, maxItems: 100, query: '', tags: ['tesla'], includeVars: false, keepTime: false } });

const queryVariable = (name, sql, settings = {}) => ({
  name, type: 'query', datasource: source, query: sql, refresh: 1, hide: 2, includeAll: false, multi: false, options: [], current: {}, regex: '', skipUrlSync: false, sort: 0, ...settings,
});
export const geofences = queryVariable('geofence', "select name as __text, id as __value from public.geofences union all select 'without', 0 order by 1", { label: 'Geofence', hide: 0, includeAll: true, multi: true, current: { text: ['All'], value: ['$__all'] } });
export const textBox = (name, label) => ({ name, label, type: 'textbox', query: '', current: { text: '', value: '' }, options: [{ selected: true, text: '', value: '' }], hide: 0, skipUrlSync: false });
export const choice = (name, label, values, selected = values[0][1]) => ({
  name, label, type: 'custom', hide: 0, includeAll: false, multi: false, skipUrlSync: false, query: values.map(([title, value]) => `${title} : ${value}`).join(', '),
  current: { text: values.find(([, value]) => value === selected)[0], value: selected }, options: values.map(([title, value]) => ({ selected: value === selected, text: title, value })),
});
export const hidden = (name, value) => ({ ...textBox(name, name), query: value, current: { text: value, value }, options: [{ selected: true, text: value, value }], hide: 2 });

const cars = (settings) => queryVariable('car_id', 'select label as __text, car_id as __value from teslamate.car_labels()', { label: 'Car', ...settings });
const settingsOf = [
  queryVariable('length_unit', 'select unit_of_length from public.settings limit 1'),
  queryVariable('temp_unit', 'select unit_of_temperature from public.settings limit 1'),
  queryVariable('pressure_unit', 'select unit_of_pressure from public.settings limit 1'),
  queryVariable('base_url', "select coalesce(base_url, '') from public.settings limit 1"),
];

/** From left to right, then the next line. */
function arrange(panels, id = 1, top = 0) {
  let x = 0, y = top, rowHeight = 0;
  return panels.map((item) => {
    const { w, h } = item.gridPos;
    if (x + w > 24) {
      y += rowHeight;
      x = rowHeight = 0;
    }
    const placed = { ...item, id: item.id ?? id++, gridPos: { x, y, w, h } };
    x += w;
    rowHeight = Math.max(rowHeight, h);
    return placed;
  });
}

/** cars: 'one', 'all' (the panels once for each) or 'none'. */
export function dashboard(path, uid, title, from, { cars: which = 'one', variables = [], panels, refresh = '', picker = true, tags = ['tesla'] }) {
  const row = { id: 100, type: 'row', title: '$car_id', repeat: 'car_id', collapsed: false, gridPos: { x: 0, y: 0, w: 24, h: 1 }, panels: [] };
  const carVariable = which === 'none' ? [] : [which === 'all' ? cars({ multi: true, includeAll: true, current: { text: ['All'], value: ['$__all'] } }) : cars({ hide: 0 })];
  return {
    path,
    json: {
      uid, title, tags, editable: true, graphTooltip: 1, schemaVersion: 39, version: 1, timezone: 'browser', refresh, time: { from, to: 'now' }, weekStart: '',
      timepicker: { hidden: !picker }, annotations: { list: [] }, fiscalYearStartMonth: 0, liveNow: false,
      links: [
        { type: 'link', title: 'TeslaMate', url: '${base_url:raw}', icon: 'dashboard', tags: [], targetBlank: false, asDropdown: false, includeVars: false, keepTime: false, tooltip: '' },
        { type: 'dashboards', title: 'Dashboards', url: '', icon: 'external link', tags: ['tesla'], targetBlank: false, asDropdown: true, includeVars: false, keepTime: false, tooltip: '' },
      ],
      templating: { list: [...carVariable, ...settingsOf, ...variables] },
      panels: which === 'all' ? [row, ...arrange(panels, 1, 1)] : arrange(panels),
    },
  };
}
