// The dashboards: which function of schema teslamate each panel shows. Written as JSON by generate.mjs; docs/measures.md says what the functions give.
import {
  bars, barGauge, choice, columns, consumption, dashboard, dashboardList, gauge, geofences, heatmap, hidden, length, NOW, pie, pointMap, pressure, routeMap, series, stat, states, table,
  temperature, text, textBox, unit, W, xy, ZONE,
} from './panels.mjs';

const drivePage = '/d/zm7wN6Zgz/drive-details?from=${__data.fields.from_ms}&to=${__data.fields.to_ms}&var-car_id=${car_id}&var-drive_id=${__data.fields.drive_id}';
const chargePage = '/d/BHhxFeZRz/charge-details?from=${__data.fields.from_ms}&to=${__data.fields.to_ms}&var-car_id=${car_id}&var-charging_process_id=${__data.fields.charging_process_id}';
const fencePage = '${base_url:raw}/geo-fences/${__data.fields.geofence_id}/edit';
const windowMs = (from, to) => `floor(extract(epoch from ${from})) * 1000 as from_ms, ceil(extract(epoch from ${to})) * 1000 as to_ms`;
const one = (what, from) => `select ${what} from ${from}`;
const statistics = (period) => `teslamate.statistics(${W}, ${ZONE}, '${period}', ${NOW})`;
const charges = `teslamate.charge_statistics(${W}, ${ZONE}, 'total', array[\${geofence:csv}]::integer[], $min_minutes)`;
const battery = 'teslamate.battery_health($car_id)';
const newest = `teslamate.newest_values($car_id, ${NOW})`;
const statesOf = `select start_date as time, code as state from teslamate.state_spans(${W}, ${NOW}) order by 1`;
const soc = { mode: 'absolute', steps: [{ color: 'red', value: null }, { color: 'yellow', value: 10 }, { color: 'green', value: 20 }, { color: 'yellow', value: 81 }, { color: 'red', value: 91 }] };
const levelDefaults = { min: 0, max: 100, thresholds: soc };

const driveColumns = columns({
  drive_id: [null], from_ms: [null], to_ms: [null], start_geofence_id: [null], end_geofence_id: [null],
  start_date: ['Date', 'dateTimeAsLocal', null, drivePage], start_place: ['Start'], end_place: ['Destination'], duration_s: ['Duration', unit.seconds],
  distance: ['Distance', unit.length, 1], is_distance_derived: ['Distance from odometer'], start_level: ['% Start', unit.percent], end_level: ['% End', unit.percent], outside_temp: ['Temp', unit.temperature, 1],
  speed_avg: ['Ø Speed', unit.speed, 0], speed_max: ['max. Speed', unit.speed, 0], power_max_kw: ['max. Power', unit.kw], is_range_reduced: ['Reduced range'], efficiency: ['Efficiency', unit.share, 1],
  net_kwh: ['Energy (net)', unit.kwh, 2], net_consumption: ['Ø Consumption (net)', unit.consumption, 0], is_open: ['Incomplete'], is_rough: ['Rough'],
});
const driveRows = (filter = 'true', efficiency = 'level_efficiency') => `
  select start_date, start_place, end_place, duration_s, ${length('distance_km')} as distance, is_distance_derived, start_level, end_level, ${temperature('outside_temp_c')} as outside_temp,
    ${length('speed_avg_kmh')} as speed_avg, ${length('speed_max_kmh')} as speed_max, power_max_kw, is_range_reduced, ${efficiency} as efficiency, net_kwh,
    ${consumption('net_wh_per_km')} as net_consumption, is_rough, is_open, drive_id, start_geofence_id, end_geofence_id, ${windowMs('start_date', `coalesce(end_date, ${NOW})`)}
  from teslamate.drive_list(${W}) where ${filter} order by start_date desc, drive_id desc`;

const chargeColumns = columns({
  charging_process_id: [null], from_ms: [null], to_ms: [null], geofence_id: [null],
  start_date: ['Date', 'dateTimeAsLocal', null, chargePage], place: ['Location', undefined, null, fencePage], kind: ['Type'], duration_min: ['Duration', 'm'], cost: ['Cost', undefined, 2, '${base_url:raw}/charge-cost/${__data.fields.charging_process_id}'],
  price_per_kwh: ['Cost / kWh', undefined, 3], energy_added_kwh: ['Added', unit.kwh, 2], energy_used_kwh: ['Used', unit.kwh, 2], efficiency: ['Efficiency', unit.share, 1], outside_temp: ['Temp', unit.temperature, 1],
  power_avg_kw: ['Ø Power', unit.kw, 1], range_rate: ['Charge rate', unit.speed, 0], range_gained: ['Range gained', unit.length, 0], start_level: ['% Start', unit.percent], end_level: ['% End', unit.percent], odometer: ['Odometer', unit.length, 0],
  processes: ['Processes'],
});
const chargeRows = (filter) => `
  select start_date, place, kind, duration_min, cost, price_per_kwh, energy_added_kwh, energy_used_kwh, efficiency, ${temperature('outside_temp_c')} as outside_temp, power_avg_kw,
    ${length('range_rate_kmh')} as range_rate, ${length('range_gained_km')} as range_gained, start_level, end_level, ${length('odometer_km')} as odometer, charging_process_id, geofence_id,
    ${windowMs('start_date', `coalesce(end_date, ${NOW})`)}
  from teslamate.charge_list(${W}) where ${filter} order by start_date desc`;

const overview = dashboard('overview.json', 'kOuP_Fggz', 'Overview', 'now-24h', {
  cars: 'all', refresh: '30s',
  panels: [
    gauge('Battery Level', one('level', newest), { w: 4, h: 6, unit: unit.percent, defaults: levelDefaults }),
    gauge('Charging Voltage', one('charging_v', newest), { w: 4, h: 6, unit: unit.volts, defaults: { min: 0, max: 260 } }),
    gauge('Charging Power', one('charging_kw', newest), { w: 4, h: 6, unit: unit.kw, defaults: { min: 0, max: 250 } }),
    gauge('Driver Temp', one(temperature('driver_temp_c'), newest), { w: 4, h: 6, unit: unit.temperature, decimals: 1, defaults: { min: 0, max: 40 } }),
    gauge('Inside Temp', one(temperature('inside_temp_c'), newest), { w: 4, h: 6, unit: unit.temperature, decimals: 1, defaults: { min: -20, max: 60 } }),
    gauge('Outside Temp', one(temperature('outside_temp_c'), newest), { w: 4, h: 6, unit: unit.temperature, decimals: 1, defaults: { min: -20, max: 60 } }),
    stat('Ø Consumption (net)', one(consumption('net_wh_per_km'), statistics('total')), { w: 4, unit: unit.consumption, decimals: 0 }),
    stat('Ø Consumption (gross)', one(consumption('gross_wh_per_km'), statistics('total')), { w: 4, unit: unit.consumption, decimals: 0 }),
    stat('Total Distance logged', one(length('distance_km'), statistics('total')), { w: 4, unit: unit.length, decimals: 0 }),
    stat('Range', one(length('range_km'), newest), { w: 4, unit: unit.length, decimals: 0 }),
    stat('Firmware', one('version', newest), { w: 4, options: { reduceOptions: { calcs: ['lastNotNull'], fields: '/.*/', values: false } }, links: [{ title: 'Updates', url: '/d/IiC07mgWz/updates' }] }),
    stat('Odometer', one(length('odometer_km'), newest), { w: 4, unit: unit.length, decimals: 0 }),
    series('Charge Level', `select date as time, level as "Level", usable_level as "Usable" from teslamate.level_series(${W}) order by 1`, { w: 12, unit: unit.percent, defaults: { min: 0, max: 100 } }),
    series('Charging Details', `select date as time, power_kw as "Power [kW]", current_a as "Current [A]", voltage_v as "Voltage [V]", energy_added_kwh as "Added [kWh]" from teslamate.charging_series(${W}) order by 1`, { w: 12 }),
    states('States', statesOf),
  ],
});

const batteryHealth = dashboard('battery-health.json', 'jchmRiqUfXgTM', 'Battery Health', 'now-10y', {
  picker: false,
  panels: [
    stat('Battery Capacity', one('capacity_new_kwh as "new", capacity_now_kwh as "now", capacity_new_kwh - capacity_now_kwh as "lost"', battery), { w: 8, unit: unit.kwh, decimals: 1, description: 'Medians of five charges that ended above 50 %, added 10 kWh and 60 km; new is what you said, else the best median.' }),
    stat('Ranges', one(`${length('range_new_km')} as "new", ${length('range_now_km')} as "now", ${length('range_new_km - range_now_km')} as "lost"`, battery), { w: 8, unit: unit.length, decimals: 0 }),
    stat('Samples', one("samples || case when samples < 5 then ' of 5' else '' end as samples", battery), { w: 4, options: { reduceOptions: { calcs: ['lastNotNull'], fields: '/.*/', values: false } } }),
    stat('kWh per level (second opinion)', one('second_capacity_kwh', battery), { w: 4, unit: unit.kwh, decimals: 1 }),
    gauge('Estimated Degradation', one('degradation', battery), { w: 6, h: 6, unit: unit.percent, decimals: 1, defaults: { min: 0, max: 100, thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, { color: 'yellow', value: 10 }, { color: 'orange', value: 20 }, { color: 'red', value: 30 }] } } }),
    barGauge('Battery Health', one('health', battery), { w: 6, h: 6, unit: unit.percent, decimals: 1, defaults: { min: 0, max: 100 } }),
    barGauge('Current SOC', one('usable_level', newest), { w: 6, h: 6, unit: unit.percent, defaults: levelDefaults }),
    barGauge('Current Stored Energy', `select n.usable_level * h.capacity_now_kwh / 100 as energy from ${newest} as n cross join ${battery} as h`, { w: 6, h: 6, unit: unit.kwh, decimals: 1, defaults: { min: 0, max: 100 } }),
    stat('Drive Stats', `select ${length('distance_km')} as "Logged", ${length('odometer_km')} as "Mileage", ${length('gap_km')} as "Lost" from teslamate.statistics($car_id, null, null, ${ZONE}, 'total', ${NOW})`, { w: 12, unit: unit.length, decimals: 0 }),
    stat('Charging Stats', one('charges as "Charges", cycles as "Cycles", energy_added_kwh as "Added [kWh]", energy_used_kwh as "Used [kWh]"', battery), { w: 8, decimals: 0 }),
    stat('Charging Efficiency', one('efficiency', battery), { w: 4, unit: unit.share, decimals: 1 }),
    pie('AC/DC - Energy Used', `select energy_used_ac_kwh as "AC", energy_used_dc_kwh as "DC" from teslamate.charge_statistics($car_id, null, null, ${ZONE}, 'total')`, { w: 6, h: 9, unit: unit.kwh }),
    xy('Battery Capacity by Mileage', `select ${length('odometer_km')} as odometer, capacity_kwh as sample, capacity_median_kwh as median from teslamate.capacity_samples($car_id, null, null) order by 1`, 'odometer', ['sample', 'median'], { w: 18, h: 9, unit: unit.kwh, overrides: columns({ odometer: ['Odometer', unit.length, 0], sample: ['Sample', unit.kwh, 1], median: ['Median of 5', unit.kwh, 1] }) }),
    table('Changes of the constant', `select end_date, constant_before * 1000 as before, constant_kwh_per_km * 1000 as after from teslamate.capacity_samples($car_id, null, null) where is_step order by end_date desc`, { h: 6, overrides: columns({ end_date: ['Date', 'dateTimeAsLocal'], before: ['Before [Wh/km]', undefined, 0], after: ['After [Wh/km]', undefined, 0] }), description: 'Wheels or firmware changed.' }),
  ],
});

const chargeLevel = dashboard('charge-level.json', 'WopVO_mgz', 'Charge Level', 'now-6M', {
  cars: 'all', variables: [choice('bucket_width', 'Bucket', [['1 h', '1'], ['2 h', '2'], ['4 h', '4']], '2'), choice('frames', 'Frame', [['1/6 of the window', '6'], ['1/12 of the window', '12']])],
  panels: [
    series('Charge Level', [
      `select date as time, level as "Level", usable_level as "Usable level" from teslamate.level_series(${W}) order by 1`,
      `select date as time, mean as "Moving mean", median as "Moving median", low as "Moving 7.5 %", high as "Moving 92.5 %" from teslamate.level_moving_statistics(${W}, $bucket_width, $frames) order by 1`,
    ], { h: 14, unit: unit.percent, defaults: { min: 0, max: 100 } }),
    bars('Time per level', `select class || ' %' as level, share from teslamate.level_classes(${W}) order by class`, { w: 24, unit: unit.share }),
  ],
});

const chargesBoard = dashboard('charges.json', 'TSmNYvRRk', 'Charges', 'now-3M', {
  variables: [geofences, textBox('location', 'Location'), choice('kind', 'Type', [['All', 'all'], ['AC', 'ac'], ['DC', 'dc']]), textBox('min_cost', 'Cost >='), choice('min_minutes', 'Duration >= (min)', [['0', '0'], ['5', '5'], ['30', '30'], ['60', '60']])],
  panels: (() => {
    const filter = `coalesce(geofence_id, 0) = any (array[\${geofence:csv}]::integer[]) and strpos(lower(coalesce(place, '')), lower(\${location:sqlstring})) > 0 - (\${location:sqlstring} = '')::integer
      and '$kind' in ('all', kind) and coalesce(duration_min, 0) >= $min_minutes and (\${min_cost:sqlstring} !~ '^[0-9]+([.][0-9]+)?$' or cost >= nullif(substring(\${min_cost:sqlstring} from '^[0-9.]+$'), '')::numeric)`;
    const total = (what) => `select ${what} from teslamate.charge_list(${W}) where is_counted and ${filter}`;
    return [
      stat('Total Energy added', total('sum(energy_added_kwh) as added'), { unit: unit.kwh, decimals: 0 }),
      stat('Total Energy used', total('sum(energy_used_kwh) as used'), { unit: unit.kwh, decimals: 0 }),
      stat('Total Charging Cost', total('sum(cost) as cost'), { decimals: 2 }),
      stat('Ø Duration', total('avg(duration_s) as duration'), { unit: unit.seconds }),
      table('Charges', chargeRows(`is_counted and ${filter}`), { h: 16, overrides: chargeColumns }),
      table('Charging stops', `select start_date, place, kind, charges as processes, plugged_s, energy_added_kwh, energy_used_kwh, cost, price_per_kwh, start_level, end_level from teslamate.charge_stops(${W})`,
        { overrides: [...chargeColumns, ...columns({ plugged_s: ['Plugged in', unit.seconds] })] }),
      { ...table('Incomplete Charges', "select id, start_date, end_date, reason from teslamate.incomplete_rows($car_id) where kind = 'charge' and reason = 'open'", { h: 6, overrides: columns({ start_date: ['Start', 'dateTimeAsLocal'], end_date: ['End', 'dateTimeAsLocal'] }) }), id: 17 },
    ];
  })(),
});

const chargingStats = dashboard('charging-stats.json', '-pkIkhmRz', 'Charging Stats', 'now-10y', {
  cars: 'all', variables: [choice('min_minutes', 'Duration >= (min)', [['0', '0'], ['5', '5'], ['30', '30']]), geofences],
  panels: [
    stat('# of Charges', one('charges', charges), { w: 4 }),
    stat('Total Energy added', one('energy_added_kwh', charges), { w: 4, unit: unit.kwh, decimals: 0 }),
    stat('Total Charging Cost', one('cost', charges), { w: 4, decimals: 2 }),
    stat('SuC Charging Cost', one('cost_supercharger', charges), { w: 4, decimals: 2 }),
    stat('Priced share of the energy', one('price_coverage as "All", price_ac_coverage as "AC", price_dc_coverage as "DC"', charges), { w: 4, unit: unit.share, decimals: 0 }),
    stat('Charging Efficiency AC / DC', one('efficiency_ac as "AC", efficiency_dc as "DC"', charges), { w: 4, unit: unit.share, decimals: 1 }),
    stat('Ø Cost per 100 $length_unit', one(`${consumption('cost_per_100_km')} as cost`, statistics('total')), { decimals: 2 }),
    stat('Ø Cost per kWh', one('price_per_kwh', charges), { decimals: 3 }),
    stat('Ø Cost per kWh DC', one('price_dc_per_kwh', charges), { decimals: 3 }),
    stat('Ø Cost per kWh AC', one('price_ac_per_kwh', charges), { decimals: 3 }),
    heatmap('Charge Heatmap', `select start_date as time, start_level as "Start", end_level as "End" from teslamate.charge_list(${W}) where is_counted order by 1`),
    series('Charge Delta', `select end_date as time, start_level as "Start", end_level as "End" from teslamate.charge_stops(${W}) order by 1`, { unit: unit.percent, defaults: { min: 0, max: 100 }, custom: { fillOpacity: 0 } }),
    pie('AC/DC - Energy Used', one('energy_used_ac_kwh as "AC", energy_used_dc_kwh as "DC"', charges), { w: 6, h: 16, unit: unit.kwh }),
    pie('AC/DC - Duration', one('charging_ac_s as "AC", charging_dc_s as "DC"', charges), { w: 6, h: 16, unit: unit.seconds }),
    pointMap('Charging heat map by kWh', `select place, latitude, longitude, energy_added_kwh, energy_share, charges from teslamate.charge_places(${W}, array[\${geofence:csv}]::integer[], $min_minutes)`, 'energy_added_kwh', { w: 12 }),
    xy('DC Charging Curve', [
      `select c.x as level, c.median_kw as median, c.low_kw as low, c.high_kw as high from teslamate.charge_curve(${W}) as c order by 1`,
    ], 'level', ['median', 'low', 'high'], { unit: unit.kw, overrides: columns({ level: ['Level', unit.percent], median: ['Median of the sessions', unit.kw], low: ['10 %', unit.kw], high: ['90 %', unit.kw] }) }),
    table('DC sessions', `select start_date, place, energy_added_kwh, power_avg_kw, power_max_kw, span_s, charging_process_id, ${windowMs('start_date', 'end_date')} from teslamate.charge_sessions(${W}) order by start_date desc`, { w: 12, overrides: [...chargeColumns, ...columns({ span_s: ['10 to 80 %', unit.seconds], power_max_kw: ['max. Power', unit.kw] })] }),
    table('Charge Stats', `select level || ' %' as "Level", charges as "Charges" from teslamate.charge_levels(${W}, 'end')`, { w: 6 }),
    table('Discharge Stats', `select level || ' %' as "Level", charges as "Charges" from teslamate.charge_levels(${W}, 'start')`, { w: 6 }),
    table('Top Charging Stations (Charged)', `select place as "Place", energy_added_kwh as "kWh", charges as "Charges" from teslamate.charge_places(${W}, array[\${geofence:csv}]::integer[], $min_minutes) limit 17`, { w: 12 }),
    table('Top Charging Stations (Cost)', `select place as "Place", cost as "Cost", price_per_kwh as "Cost / kWh", price_coverage as "Priced share" from teslamate.charge_places(${W}, array[\${geofence:csv}]::integer[], $min_minutes) where cost is not null order by cost desc limit 17`, { w: 12 }),
  ],
});

const databaseInfo = dashboard('database-info.json', 'jchmDbInfo', 'Database Information', 'now-6h', {
  picker: false,
  panels: [
    stat('Mileage', `select ${length('distance_km')} as "Logged", ${length('odometer_end_km')} as "Odometer" from teslamate.statistics($car_id, null, null, ${ZONE}, 'total', ${NOW})`, { unit: unit.length, decimals: 0 }),
    stat('Stats', `select charges + open_charges + uncounted_charges as "Charges", drives + open_drives + uncounted_drives as "Drives" from teslamate.statistics($car_id, null, null, ${ZONE}, 'total', ${NOW})`),
    stat('Software', `select count(*) as "Updates" from teslamate.software_versions($car_id, null, null, ${NOW}, ${ZONE})`),
    stat('Incomplete Data', `select count(*) filter (where kind = 'charge') as "Charges", count(*) filter (where kind = 'drive') as "Drives" from teslamate.incomplete_rows($car_id)`,
      { links: [{ title: 'Incomplete charges', url: '/d/TSmNYvRRk/charges?viewPanel=17' }, { title: 'Incomplete drives', url: '/d/Y8upc6ZRk/drives?viewPanel=9' }] }),
    stat('PostgreSQL Version', one('version', 'teslamate.database_facts()'), { w: 12, options: { reduceOptions: { calcs: ['lastNotNull'], fields: '/.*/', values: false } } }),
    stat('Database Total Size', one('bytes', 'teslamate.database_facts()'), { w: 4, unit: unit.bytes }),
    stat('Shared Buffers', one('shared_buffers_bytes', 'teslamate.database_facts()'), { w: 4, unit: unit.bytes }),
    stat('Timezone', one('zone', 'teslamate.database_facts()'), { w: 4, options: { reduceOptions: { calcs: ['lastNotNull'], fields: '/.*/', values: false } } }),
    table('Tables', 'select * from teslamate.database_tables()', { overrides: columns({ table_name: ['Table'], estimated_rows: ['Rows (estimated)'], data_bytes: ['Data', unit.bytes], index_bytes: ['Indexes', unit.bytes], total_bytes: ['Total', unit.bytes] }) }),
    table('Indexes', 'select * from teslamate.database_indexes()', { overrides: columns({ table_name: ['Table'], index_name: ['Index'], scans: ['Scans'], tuples_read: ['Tuples read'], tuples_fetched: ['Tuples fetched'], bytes: ['Size', unit.bytes] }) }),
    table('Drives and charges that do not count', 'select * from teslamate.incomplete_rows($car_id)', { overrides: columns({ start_date: ['Start', 'dateTimeAsLocal'], end_date: ['End', 'dateTimeAsLocal'] }) }),
  ],
});

const driveStats = dashboard('drive-stats.json', '_7WkNSyWk', 'Drive Stats', 'now-1y', {
  variables: [textBox('exclude', 'Excluded place')],
  panels: [
    stat('# of Drives', one('drives', statistics('total'))),
    stat('Total Distance logged', one(length('distance_km'), statistics('total')), { unit: unit.length, decimals: 0 }),
    stat('Total Energy consumed (net)', one('net_kwh', statistics('total')), { unit: unit.kwh, decimals: 0 }),
    stat('Median distance of a drive', one(length('median_km'), `teslamate.drive_statistics(${W}, ${ZONE}, 'total')`), { unit: unit.length, decimals: 1 }),
    stat('Ø Distance per day', one(length('avg(distance_km)'), statistics('day')), { unit: unit.length, decimals: 1 }),
    stat('Ø Energy (net) per day', one('avg(coalesce(net_kwh, 0)) as energy', statistics('day')), { unit: unit.kwh, decimals: 1 }),
    stat('Max Speed', one(length('speed_max_kmh'), statistics('total')), { unit: unit.speed, decimals: 0 }),
    stat('Extrapolated mileage', one(`${length('per_month_km')} as "per month", ${length('per_year_km')} as "per year"`, `teslamate.extrapolation(${W})`), { unit: unit.length, decimals: 0 }),
    bars('Distance per month', `select label, ${length('distance_km')} as distance from ${statistics('month')} order by period_key`, { unit: unit.length, decimals: 0 }),
    bars('Speed Histogram', `select speed || '' as speed, share, seconds from teslamate.speed_histogram(${W}, '$length_unit') order by speed::integer`, { overrides: columns({ share: ['Share', unit.share, 1], seconds: ['Time', unit.seconds] }) }),
    table('Top 10 Destinations', `select place as "Place", visits as "Visits", last_visit from teslamate.destinations(${W}) where \${exclude:sqlstring} = '' or strpos(lower(place), lower(\${exclude:sqlstring})) = 0 limit 10`, { w: 12, overrides: columns({ last_visit: ['Last', 'dateTimeAsLocal'] }) }),
    table('Weekdays', `select weekday as "Weekday", sum(drives) as "Drives", ${length('sum(distance_km)')} as distance from teslamate.habits(${W}, ${ZONE}) group by 1 order by 1`, { w: 12, overrides: columns({ distance: ['Distance', unit.length, 0] }) }),
    table('Records', `select record, value, date from teslamate.records(${W}, ${ZONE})`, { h: 10, overrides: columns({ record: ['Record'], value: ['Value (metric)', undefined, 1], date: ['Date', 'dateTimeAsLocal'] }) }),
  ],
});

const drives = dashboard('drives.json', 'Y8upc6ZRk', 'Drives', 'now-3M', {
  variables: [geofences, textBox('location', 'Location'), choice('min_distance', 'Distance >=', [['0', '0'], ['1', '1'], ['10', '10'], ['50', '50']]), choice('min_speed', 'Ø Speed >=', [['0', '0'], ['30', '30'], ['80', '80']]), choice('efficiency', 'Efficiency', [['by distance and slope', 'level_efficiency'], ['by distance', 'efficiency']])],
  panels: (() => {
    const filter = `(coalesce(start_geofence_id, 0) = any (array[\${geofence:csv}]::integer[]) or coalesce(end_geofence_id, 0) = any (array[\${geofence:csv}]::integer[]))
      and (\${location:sqlstring} = '' or strpos(lower(concat_ws(' ', start_place, end_place)), lower(\${location:sqlstring})) > 0)
      and coalesce(${length('distance_km')}, 0) >= $min_distance and coalesce(${length('speed_avg_kmh')}, 0) >= $min_speed`;
    const total = (what) => `select ${what} from teslamate.drive_list(${W}) where is_counted and ${filter}`;
    return [
      stat('Energy consumed (net)', total('sum(net_kwh) as energy'), { unit: unit.kwh, decimals: 1 }),
      stat('Time driven', total('sum(duration_s) as time'), { unit: unit.seconds }),
      stat('Distance', total(`${length('sum(distance_km)')} as distance`), { unit: unit.length, decimals: 0 }),
      stat('Ø Consumption (net)', total(`${consumption('sum(net_kwh) * 1000 / nullif(sum(distance_km) filter (where net_kwh is not null), 0)')} as consumption`), { unit: unit.consumption, decimals: 0 }),
      table('Drives', driveRows(filter, '$efficiency'), { h: 18, overrides: driveColumns }),
      { ...table('Incomplete Drives', "select id, start_date, end_date, reason from teslamate.incomplete_rows($car_id) where kind = 'drive'", { h: 6, overrides: columns({ start_date: ['Start', 'dateTimeAsLocal'], end_date: ['End', 'dateTimeAsLocal'] }) }), id: 9 },
      table('Same routes', `select start_place, end_place, drives, ${length('distance_km')} as distance, best_s, median_s, ${consumption('best_wh_per_km')} as best, ${consumption('median_wh_per_km')} as median from teslamate.same_routes(${W}) limit 50`,
        { overrides: columns({ start_place: ['Start'], end_place: ['Destination'], drives: ['Drives'], distance: ['Distance', unit.length, 1], best_s: ['Fastest', unit.seconds], median_s: ['Median', unit.seconds], best: ['Thriftiest', unit.consumption, 0], median: ['Median consumption', unit.consumption, 0] }) }),
    ];
  })(),
});

const efficiency = dashboard('efficiency.json', 'fu4SiQgWz', 'Efficiency', 'now-10y', {
  cars: 'all', variables: [choice('min_distance', 'Distance per drive >=', [['1', '1'], ['5', '5'], ['10', '10'], ['25', '25'], ['50', '50']])],
  panels: [
    stat('Ø Consumption (net)', one(consumption('net_wh_per_km'), statistics('total')), { unit: unit.consumption, decimals: 0 }),
    stat('Ø Consumption (gross)', one(consumption('gross_wh_per_km'), statistics('total')), { unit: unit.consumption, decimals: 0 }),
    stat('Logged Distance', one(length('distance_km'), statistics('total')), { unit: unit.length, decimals: 0 }),
    stat('Constant of the newest charges', one(`${consumption('constant_kwh_per_km * 1000')} as constant`, battery), { unit: unit.consumption, decimals: 0 }),
    table('Temperature – Driving Efficiency', `select temperature, efficiency, ${consumption('net_wh_per_km')} as consumption, ${length('distance_km')} as distance, ${length('speed_avg_kmh')} as speed, drives
      from teslamate.efficiency_by_temperature(${W}, $min_distance / ${length('1')}, '$temp_unit')`,
      { overrides: columns({ temperature: ['Temp', unit.temperature, 0], efficiency: ['Efficiency', unit.share, 1], consumption: ['Ø Consumption (net)', unit.consumption, 0], distance: ['Distance', unit.length, 0], speed: ['Ø Speed', unit.speed, 0], drives: ['Drives'] }) }),
    table('Speed and temperature', `select speed, temperature, ${consumption('net_wh_per_km')} as consumption, ${length('distance_km')} as distance, drives from teslamate.consumption_matrix(${W}, '$length_unit', '$temp_unit')`,
      { overrides: columns({ speed: ['Speed in motion', unit.speed, 0], temperature: ['Temp', unit.temperature, 0], consumption: ['Ø Consumption (net)', unit.consumption, 0], distance: ['Distance', unit.length, 0], drives: ['Drives'] }) }),
    bars('Consumption per month', `select label, ${consumption('net_wh_per_km')} as "net", ${consumption('gross_wh_per_km')} as "gross" from ${statistics('month')} where drives > 0 order by period_key`, { w: 24, unit: unit.consumption, decimals: 0 }),
  ],
});

const locations = dashboard('locations.json', 'ZzhF-aRWz', 'Locations', 'now-1y', {
  variables: [textBox('address_filter', 'Address')],
  panels: [
    stat('# of Addresses', `select count(*) as addresses from teslamate.visited_places(${W})`),
    stat('Cities', `select count(distinct city) as cities from teslamate.visited_places(${W})`),
    stat('States', `select count(distinct state) as states from teslamate.visited_places(${W})`),
    stat('Countries', `select count(distinct country) as countries from teslamate.visited_places(${W})`),
    bars('Cities', `select city, sum(visits) as visits from teslamate.visited_places(${W}) where city is not null group by 1 order by 2 desc, 1 limit 10`),
    bars('States', `select state, sum(visits) as visits from teslamate.visited_places(${W}) where state is not null group by 1 order by 2 desc, 1 limit 10`),
    table('Last visited', `select place as "Place", city as "City", visits as "Visits", charges as "Charges", last_visit, address_id, geofence_id from teslamate.visited_places(${W}, \${address_filter:sqlstring}) order by last_visit desc limit 100`,
      { overrides: columns({ last_visit: ['Last', 'dateTimeAsLocal'], address_id: [null], geofence_id: [null] }) }),
    table('Regions', `select country, state, city, visits, ${length('distance_km')} as distance, charges, energy_added_kwh, first_visit, last_visit from teslamate.regions(${W})`,
      { overrides: columns({ country: ['Country'], state: ['State'], city: ['City'], visits: ['Drives'], distance: ['Distance', unit.length, 0], charges: ['Charges'], energy_added_kwh: ['Added', unit.kwh, 0], first_visit: ['First', 'dateTimeAsLocal'], last_visit: ['Last', 'dateTimeAsLocal'] }) }),
    table('Geo-fences', `select place as "Geofence", visits as "Visits", charges as "Charges", last_visit, geofence_id from teslamate.visited_places(${W}) where geofence_id is not null`,
      { overrides: columns({ Geofence: ['Geofence', undefined, null, fencePage], last_visit: ['Last', 'dateTimeAsLocal'], geofence_id: [null] }) }),
  ],
});

const mileage = dashboard('mileage.json', 'NjtMTFggz', 'Mileage', 'now-6M', {
  cars: 'all',
  panels: [
    series('Mileage', `select date as time, ${length('km')} as "Odometer" from teslamate.mileage(${W}) as m cross join lateral (values (m.start_date, m.start_km), (m.end_date, m.end_km)) as ends (date, km) order by 1`, { h: 14, unit: unit.length, custom: { lineInterpolation: 'stepAfter', spanNulls: true } }),
    bars('Distance per month', `select label, ${length('distance_km')} as "logged", ${length('gap_km')} as "not logged" from ${statistics('month')} order by period_key`, { w: 24, unit: unit.length, decimals: 0, options: { stacking: 'normal' } }),
  ],
});

const projectedRange = dashboard('projected-range.json', 'riqUfXgRz', 'Projected Range', 'now-6M', {
  cars: 'all', variables: [choice('period', 'Resolution', [['day', 'day'], ['week', 'week'], ['month', 'month']])],
  panels: (() => {
    const time = `teslamate.utc_time(period_key, ${ZONE}) as time`;
    const from = `from teslamate.projected_range(${W}, ${ZONE}, '$period') order by 1`;
    return [
      series('Projected Range', `select ${time}, ${length('range_at_100_km')} as "Range at 100 %", ${length('low_range_at_100_km')} as "from levels below 20 %" ${from}`, { h: 12, unit: unit.length, decimals: 0 }),
      series('Levels', `select ${time}, level as "Ø Level", usable_level as "Ø Usable level" ${from}`, { unit: unit.percent, decimals: 0 }),
      series('Temperature', `select ${time}, ${temperature('outside_temp_c')} as "Ø Outside temperature" ${from}`, { unit: unit.temperature, decimals: 1 }),
      xy('Range by odometer', `select ${length('odometer_km')} as odometer, ${length('range_at_100_km')} as range from teslamate.projected_range(${W}, ${ZONE}, '$period') where odometer_km is not null order by 1`, 'odometer', ['range'], { overrides: columns({ odometer: ['Odometer', unit.length, 0], range: ['Range at 100 %', unit.length, 0] }) }),
    ];
  })(),
});

const statesBoard = dashboard('states.json', 'xo4BNRkZz', 'States', 'now-2d', {
  cars: 'all',
  panels: [
    stat('Current State', one('state', newest), { w: 8, options: { reduceOptions: { calcs: ['lastNotNull'], fields: '/.*/', values: false } } }),
    stat('Last state change', one('extract(epoch from state_since) * 1000 as since', newest), { w: 8, unit: 'dateTimeFromNow' }),
    stat('Parked', `select 1 - coalesce(sum(extract(epoch from end_date - start_date)) filter (where state = 'driving') / nullif(sum(extract(epoch from end_date - start_date)), 0), 0) as parked from teslamate.state_spans(${W}, ${NOW})`, { w: 8, unit: unit.share, decimals: 1 }),
    states('States', statesOf, {}),
    pie('Share of the time', `select sum(extract(epoch from end_date - start_date)) filter (where state = 'driving') as "driving", sum(extract(epoch from end_date - start_date)) filter (where state = 'charging') as "charging",
      sum(extract(epoch from end_date - start_date)) filter (where state = 'online') as "online", sum(extract(epoch from end_date - start_date)) filter (where state = 'asleep') as "asleep",
      sum(extract(epoch from end_date - start_date)) filter (where state = 'offline') as "offline", sum(extract(epoch from end_date - start_date)) filter (where state = 'updating') as "updating" from teslamate.state_spans(${W}, ${NOW})`, { w: 12, h: 9, unit: unit.seconds }),
  ],
});

const statisticsBoard = dashboard('statistics.json', '1EZnXszMk', 'Statistics', 'now-10y', {
  cars: 'all', variables: [choice('period', 'Period', [['day', 'day'], ['week', 'week'], ['month', 'month'], ['year', 'year']], 'month')],
  panels: [
    table('Statistics', `
      select label, driving_s, ${length('distance_km')} as distance, ${length('odometer_km')} as odometer, drives, open_drives, ${temperature('outside_temp_c')} as outside_temp, driving_efficiency, energy_used_kwh, energy_per_charge_kwh, charges, cost,
        price_per_kwh, ${consumption('cost_per_100_km')} as cost_per_100, price_coverage, ${consumption('net_wh_per_km')} as net, ${consumption('gross_wh_per_km')} as gross, gross_coverage, overhead,
        extract(epoch from period_from) * 1000 as from_ms, extract(epoch from period_to) * 1000 as to_ms
      from ${statistics('$period')} where drives + open_drives + charges + open_charges > 0 order by period_key desc`, {
      h: 24,
      overrides: columns({
        label: ['Period', undefined, null, '/d/FkUpJpQZk/trip?from=${__data.fields.from_ms}&to=${__data.fields.to_ms}&var-car_id=${car_id}'], driving_s: ['Time driven', unit.seconds], distance: ['Distance', unit.length, 0], odometer: ['Odometer', unit.length, 0],
        drives: ['# of Drives', undefined, 0, '/d/Y8upc6ZRk/drives?from=${__data.fields.from_ms}&to=${__data.fields.to_ms}&var-car_id=${car_id}'], open_drives: ['Open drives'], outside_temp: ['Ø Temp', unit.temperature, 1], driving_efficiency: ['Driving Efficiency', unit.share, 1],
        energy_used_kwh: ['Energy used', unit.kwh, 0, '/d/-pkIkhmRz/charging-stats?from=${__data.fields.from_ms}&to=${__data.fields.to_ms}&var-car_id=${car_id}'], energy_per_charge_kwh: ['Ø Energy per charge', unit.kwh, 1],
        charges: ['# of Charges', undefined, 0, '/d/TSmNYvRRk/charges?from=${__data.fields.from_ms}&to=${__data.fields.to_ms}&var-car_id=${car_id}'], cost: ['Costs', undefined, 2], price_per_kwh: ['Ø Cost / kWh', undefined, 3], cost_per_100: ['Ø Cost / 100 $length_unit', undefined, 2],
        price_coverage: ['Priced', unit.share, 0], net: ['Ø Consumption (net)', unit.consumption, 0], gross: ['Ø Consumption (gross)', unit.consumption, 0], gross_coverage: ['Covered', unit.share, 0], overhead: ['Consumption OH', unit.share, 1], from_ms: [null], to_ms: [null],
      }),
    }),
  ],
});

const timeline = dashboard('timeline.json', 'SUBgwtigz', 'Timeline', 'now-7d', {
  cars: 'all', variables: [choice('action', 'Action', [['All', 'all'], ['Driving', 'driving'], ['Charging', 'charging'], ['Parking', 'parking'], ['Missing', 'missing'], ['Updating', 'updating']]), textBox('text_filter', 'Address')],
  panels: [
    table('Timeline', `
      select kind, start_date, end_date, duration_s, start_place, end_place, ${length('odometer_km')} as odometer, ${length('distance_km')} as distance, energy_kwh, ${length('range_difference_km')} as range_difference, ${length('end_range_km')} as end_range,
        level_difference, end_level, ${temperature('outside_temp_c')} as outside_temp, version, is_open, drive_id, charging_process_id, ${windowMs('start_date', `coalesce(end_date, ${NOW})`)}
      from teslamate.timeline(${W}, ${NOW}) where is_counted and '$action' in ('all', kind) and (\${text_filter:sqlstring} = '' or strpos(lower(concat_ws(' ', start_place, end_place, version)), lower(\${text_filter:sqlstring})) > 0)
      order by start_date desc`, {
      h: 24,
      overrides: columns({
        kind: ['Action', undefined, null, drivePage], start_date: ['Start', 'dateTimeAsLocal'], end_date: ['End', 'dateTimeAsLocal'], duration_s: ['Duration', unit.seconds], start_place: ['Start place'], end_place: ['End place'], odometer: ['Odometer', unit.length, 0], distance: ['Distance', unit.length, 1],
        energy_kwh: ['Energy', unit.kwh, 2], range_difference: ['Range diff.', unit.length, 1], end_range: ['Range', unit.length, 0], level_difference: ['SoC diff.', unit.percent], end_level: ['SoC', unit.percent], outside_temp: ['Temp', unit.temperature, 1], version: ['Version'], is_open: ['Open'],
        drive_id: [null], charging_process_id: [null], from_ms: [null], to_ms: [null],
      }),
    }),
  ],
});

const routeRows = `select r.drive_id, p.latitude, p.longitude from teslamate.routes(${W}) as r cross join lateral unnest(r.latitudes, r.longitudes, r.parts) with ordinality as p (latitude, longitude, part, number) order by r.start_date, p.number`;
const trip = dashboard('trip.json', 'FkUpJpQZk', 'Trip', 'now-24h', {
  panels: [
    routeMap('Route', routeRows, { w: 16, h: 18 }),
    stat('Mileage', one(length('odometer_km'), statistics('total')), { w: 4, unit: unit.length, decimals: 0 }),
    stat('Time driven', one('driving_s', statistics('total')), { w: 4, unit: unit.seconds }),
    stat('Ø Speed excl. breaks', one(length('speed_avg_kmh'), statistics('total')), { w: 4, unit: unit.speed, decimals: 0 }),
    stat('Ø Speed incl. DC charging', `select ${length('s.distance_km / nullif(s.driving_s + c.charging_dc_s, 0) * 3600')} as speed from ${statistics('total')} as s left join teslamate.charge_statistics(${W}, ${ZONE}, 'total') as c on true`, { w: 4, unit: unit.speed, decimals: 0 }),
    stat('Ø Consumption (net)', one(consumption('net_wh_per_km'), statistics('total')), { w: 4, unit: unit.consumption, decimals: 0 }),
    stat('Ø Consumption (gross)', one(consumption('gross_wh_per_km'), statistics('total')), { w: 4, unit: unit.consumption, decimals: 0 }),
    stat('Total Charging Cost', one('cost', statistics('total')), { w: 4, decimals: 2 }),
    stat('Ø Cost per 100 $length_unit', one(`${consumption('cost_per_100_km')} as cost`, statistics('total')), { w: 4, decimals: 2 }),
    stat('Energy', `select s.gross_kwh as "Gross", s.energy_used_ac_kwh as "AC", s.energy_used_dc_kwh as "DC" from ${statistics('total')} as s`, { w: 8, unit: unit.kwh, decimals: 1 }),
    states('States', statesOf),
    table('Drives', driveRows(), { overrides: driveColumns }),
    table('Charges', chargeRows('true'), { overrides: chargeColumns }),
    series('Battery Level & Range', `select date as time, level as "Level [%]", ${length('range_km')} as "Range" from teslamate.level_series(${W}) order by 1`, {}),
    table('Trips', `select start_date, end_date, start_place, end_place, drives, ${length('distance_km')} as distance, driving_s, ${length('speed_with_stops_kmh')} as speed, ${consumption('net_wh_per_km')} as net, charges, energy_used_kwh, cost from teslamate.trips(${W})`, {
      h: 8, overrides: columns({ start_date: ['Start', 'dateTimeAsLocal'], end_date: ['End', 'dateTimeAsLocal'], start_place: ['From'], end_place: ['To'], drives: ['Drives'], distance: ['Distance', unit.length, 0], driving_s: ['Time driven', unit.seconds], speed: ['Ø Speed with stops', unit.speed, 0], net: ['Ø Consumption (net)', unit.consumption, 0], charges: ['Charges'], energy_used_kwh: ['Used', unit.kwh, 1], cost: ['Cost', undefined, 2] }),
    }),
  ],
});

const software = `teslamate.software_versions(${W}, ${NOW}, ${ZONE})`;
const updates = dashboard('updates.json', 'IiC07mgWz', 'Updates', 'now-10y', {
  cars: 'all',
  panels: [
    stat('Updates', `select count(*) as updates from ${software}`, { w: 12 }),
    stat('Median time between updates', `select percentile_disc(0.5) within group (order by since_previous_s) as median from ${software}`, { w: 12, unit: unit.seconds }),
    table('Updates', `select start_date, duration_s, since_previous_days, coalesce(version, 'unknown') as version, is_installing, charges, drives, ${length('distance_km')} as distance, ${length('range_at_100_km')} as range, ${consumption('net_wh_per_km')} as net from ${software}`, {
      h: 20,
      overrides: columns({ start_date: ['Date', 'dateTimeAsLocal'], duration_s: ['Duration', unit.seconds], since_previous_days: ['Since previous', 'd'], version: ['Version', undefined, null, 'https://www.notateslaapp.com/software-updates/version/${__data.fields.version}/release-notes'], is_installing: ['Installing'], charges: ['# of Charges'], drives: ['# of Drives'], distance: ['Distance', unit.length, 0], range: ['Ø Range at 100 %', unit.length, 0], net: ['Ø Consumption (net)', unit.consumption, 0] }),
    }),
  ],
});

const vampire = dashboard('vampire-drain.json', 'zhHx2Fggk', 'Vampire Drain', 'now-90d', {
  cars: 'all', variables: [choice('duration', 'Idle time >= (h)', [['0', '0'], ['1', '1'], ['3', '3'], ['6', '6'], ['12', '12'], ['18', '18'], ['24', '24']], '6')],
  panels: [
    table('Vampire Drain', `
      select start_date, end_date, idle_s, standby, -level_loss as level_difference, is_range_reduced, loss_kwh, is_from_level, ${length('range_loss_km')} as range_loss, power_w, ${length('range_loss_kmh')} as range_loss_h, climate_share, is_moved
      from teslamate.idles(${W}, ${NOW}) where idle_s >= $duration * 3600 order by start_date desc`, {
      h: 18,
      overrides: columns({ start_date: ['Start', 'dateTimeAsLocal'], end_date: ['End', 'dateTimeAsLocal'], idle_s: ['Period', unit.seconds], standby: ['Standby', unit.share, 1], level_difference: ['SoC Diff', unit.percent], is_range_reduced: ['Reduced range'], loss_kwh: ['Energy drained', unit.kwh, 2], is_from_level: ['From level'], range_loss: ['Range loss', unit.length, 1], power_w: ['Ø Power', unit.w, 1], range_loss_h: ['Ø Range loss / h', unit.length, 2], climate_share: ['Climate on', unit.share, 0], is_moved: ['Moved without driving'] }),
    }),
    bars('Per month', `select to_char(period_key, 'YYYY-MM') as month, idle_kwh as "kWh" from teslamate.idle_statistics(${W}, ${NOW}, ${ZONE}, 'month') order by period_key`, { unit: unit.kwh, decimals: 1 }),
    bars('Power while parked', `select to_char(period_key, 'YYYY-MM') as month, asleep_w as "asleep", awake_w as "awake" from teslamate.idle_statistics(${W}, ${NOW}, ${ZONE}, 'month') order by period_key`, { unit: unit.w, decimals: 0 }),
  ],
});

const visited = dashboard('visited.json', 'RG_DxSmgk', 'Visited', 'now-90d', {
  cars: 'all',
  panels: [
    routeMap('Visited', routeRows, { h: 20 }),
    stat('Mileage', one(length('odometer_km'), statistics('total')), { w: 8, unit: unit.length, decimals: 0 }),
    stat('Charges', `select energy_added_kwh as "Added", energy_used_kwh as "Used" from ${statistics('total')}`, { w: 8, unit: unit.kwh, decimals: 0 }),
    stat('Charging Cost', one('cost', statistics('total')), { w: 8, decimals: 2 }),
  ],
});

const drive = 'teslamate.drive_list($car_id, $__timeFrom()::timestamp - interval \'1 day\', $__timeTo()::timestamp) where drive_id = $drive_id';
const track = (values) => `select date as time, ${values} from teslamate.drive_series($drive_id) order by 1`;
const driveDetails = dashboard('internal/drive-details.json', 'zm7wN6Zgz', 'Drive Details', 'now-24h', {
  variables: [hidden('drive_id', '0')], tags: ['tesla-internal'],
  panels: [
    routeMap('Route', 'select latitude, longitude from teslamate.drive_series($drive_id) order by date', { w: 12, h: 16 }),
    stat('Distance', one(length('distance_km'), drive), { w: 4, unit: unit.length, decimals: 1 }),
    stat('Duration', one('duration_s', drive), { w: 4, unit: unit.seconds }),
    stat('Odometer', one(`${length('start_km')} as "from", ${length('end_km')} as "to"`, drive), { w: 4, unit: unit.length, decimals: 0 }),
    stat('Energy (net)', one('net_kwh', drive), { w: 4, unit: unit.kwh, decimals: 2 }),
    stat('Ø Consumption (net)', one(consumption('net_wh_per_km'), drive), { w: 4, unit: unit.consumption, decimals: 0 }),
    stat('Ø Speed', one(length('speed_avg_kmh'), drive), { w: 4, unit: unit.speed, decimals: 0 }),
    stat('Energy recovered', 'select recovered_kwh from teslamate.drive_sample($drive_id)', { w: 4, unit: unit.kwh, decimals: 2 }),
    stat('Elevation', one('ascent_m as "up", descent_m as "down"', drive), { w: 4, unit: unit.metres }),
    stat('Energy of the height', one('climb_kwh', drive), { w: 4, unit: unit.kwh, decimals: 2 }),
    bars('Speed Histogram', `select (step - 1) * 10 || '' as speed, seconds from teslamate.drive_sample($drive_id) as d cross join lateral unnest(case '$length_unit' when 'mi' then d.speed_mi else d.speed_km end) with ordinality as h (seconds, step) where step > 1 order by step`, { w: 12, h: 8, unit: unit.seconds }),
    series('Speed and power', track(`${length('speed_kmh')} as "Speed", power_kw as "Power [kW]"`), { w: 12 }),
    series('Level and range', track(`level as "Level [%]", usable_level as "Usable level [%]", ${length('range_km')} as "Range", ${length('est_range_km')} as "Estimated range", is_battery_heater_on::integer as "Battery heater"`), { w: 12 }),
    series('Elevation', track('elevation_m as "Elevation"'), { w: 12, unit: unit.metres }),
    series('Temperatures', track(`${temperature('outside_temp_c')} as "Outside", ${temperature('inside_temp_c')} as "Inside", ${temperature('driver_temp_c')} as "Driver", ${temperature('passenger_temp_c')} as "Passenger", is_climate_on::integer as "Climate", fan_status as "Fan"`), { w: 12, unit: unit.temperature }),
    series('Tyre pressures', track(`${pressure('pressure_fl_bar')} as "front left", ${pressure('pressure_fr_bar')} as "front right", ${pressure('pressure_rl_bar')} as "rear left", ${pressure('pressure_rr_bar')} as "rear right"`), { unit: unit.pressure, decimals: 2 }),
  ],
});

const charge = 'teslamate.charge_list($car_id, $__timeFrom()::timestamp - interval \'3 days\', $__timeTo()::timestamp) where charging_process_id = $charging_process_id';
const current = (values) => `select date as time, ${values} from teslamate.charge_series($charging_process_id) order by 1`;
const chargeDetails = dashboard('internal/charge-details.json', 'BHhxFeZRz', 'Charge Details', 'now-24h', {
  variables: [hidden('charging_process_id', '0')], tags: ['tesla-internal'],
  panels: [
    stat('Cost', one('cost', charge), { w: 4, decimals: 2, links: [{ title: 'Set Cost', url: '${base_url:raw}/charge-cost/${charging_process_id}' }] }),
    stat('Location', one('place', charge), { w: 8, options: { reduceOptions: { calcs: ['lastNotNull'], fields: '/.*/', values: false } } }),
    stat('Duration', one('duration_s', charge), { w: 4, unit: unit.seconds }),
    stat('Energy', one('energy_added_kwh as "added", energy_used_kwh as "used"', charge), { w: 8, unit: unit.kwh, decimals: 2 }),
    stat('Efficiency', one('efficiency', charge), { w: 4, unit: unit.share, decimals: 1 }),
    stat('Level', one('start_level as "from", end_level as "to"', charge), { w: 8, unit: unit.percent }),
    stat('Range', one(`${length('start_range_km')} as "from", ${length('end_range_km')} as "to"`, charge), { w: 8, unit: unit.length, decimals: 0 }),
    stat('Ø Power', one('power_avg_kw', charge), { w: 4, unit: unit.kw, decimals: 1 }),
    series('Charge', current(`level as "Level [%]", power_kw as "Power [kW]", ${length('range_km')} as "Range", is_heater_on::integer * 10 as "Heater", ${temperature('outside_temp_c')} as "Temperature"`), { h: 12 }),
    series('AC input', current('case when not coalesce(is_dc, false) then voltage_v end as "Voltage [V]", case when not coalesce(is_dc, false) then current_a end as "Current [A]", pilot_current_a as "Pilot current [A]", phases as "Phases"'), { description: 'On DC the car reports its idle AC charger: not shown.' }),
    xy('Charging Curve', 'select level, power_kw as power from teslamate.charge_series($charging_process_id) where power_kw > 0 order by date', 'level', ['power'], { w: 12, overrides: columns({ level: ['Level', unit.percent], power: ['Power', unit.kw] }) }),
    pointMap('Place', `select latitude, longitude, energy_added_kwh from ${charge}`, 'energy_added_kwh', { w: 12, h: 12 }),
  ],
});

const home = dashboard('internal/home.json', 'be2m9kga7b8qoc', 'Home', 'now-6h', {
  cars: 'none', picker: false, tags: ['tesla-internal'],
  panels: [text('', '# TeslaMate\nEvery number here is one of the [pages](${base_url:raw}) too: both call the same functions of the database.', { h: 4 }), dashboardList('Dashboards')],
});

const tax = dashboard('reports/dutch-tax.json', 'lBIoQIggk', 'Drives - Dutch tax', 'now-1y', {
  cars: 'all',
  panels: [
    table('Drives', `select drive_id, start_date, ${length('start_km')} as start_odometer, start_place, end_date, ${length('end_km')} as end_odometer, end_place, duration_s, ${length('distance_km')} as distance from teslamate.drive_list(${W}) order by start_date desc, drive_id desc`, {
      h: 24,
      overrides: columns({ drive_id: ['ID'], start_date: ['Start', 'dateTimeAsLocal'], start_odometer: ['Odometer (start)', unit.length, 1], start_place: ['Start address'], end_date: ['End', 'dateTimeAsLocal'], end_odometer: ['Odometer (end)', unit.length, 1], end_place: ['End address'], duration_s: ['Duration', unit.seconds], distance: ['Distance', unit.length, 1] }),
    }),
  ],
});

export const dashboards = [
  overview, batteryHealth, chargeLevel, chargesBoard, chargingStats, databaseInfo, driveStats, drives, efficiency, locations, mileage, projectedRange, statesBoard, statisticsBoard, timeline, trip, updates, vampire, visited,
  driveDetails, chargeDetails, home, tax,
];
