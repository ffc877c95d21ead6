// Charts: each is drawn from its attribute; one cursor goes through all charts of a page, and a map with a track shows where that was.
const drawn = new Set();
const style = () => getComputedStyle(document.documentElement);
const known = (values) => values.filter((value) => value !== null);

function formats(zone) {
  const make = (options) => {
    const format = new Intl.DateTimeFormat(undefined, { ...options, ...(zone && { timeZone: zone }) });
    return (seconds) => format.format(new Date(seconds * 1000));
  };
  return {
    clock: make({ hour: "2-digit", minute: "2-digit" }),
    day: make({ year: "numeric", month: "2-digit", day: "2-digit" }),
    month: make({ year: "numeric", month: "short" }),
    moment: make({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }),
  };
}

/** The times of an axis as the reader writes them, with the day below where it changes. */
const timeLabels = ({ clock, day, month }) => (_, seconds, __, ___, step) => {
  let before;
  return seconds.map((second) => {
    if (step >= 28 * 86400) return month(second);
    if (step >= 86400) return day(second);
    const label = day(second) === before ? clock(second) : `${clock(second)}\n${day(second)}`;
    before = day(second);
    return label;
  });
};

/** As everywhere on the pages, whatever the browser's language. */
const plain = new Intl.NumberFormat("en", { useGrouping: false, maximumFractionDigits: 6 });
const numbers = (_, splits) => splits.map((value) => plain.format(value));

/** Marks: a line across and its name at the top. */
const marks = (list, colour) => ({
  hooks: {
    draw: ({ ctx, bbox, valToPos, scales }) => {
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = colour;
      ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
      ctx.textAlign = "left";
      ctx.textBaseline = "alphabetic";
      ctx.setLineDash([4, 4]);
      let free = -Infinity;
      for (const { x, text } of list) {
        if (x < scales.x.min || x > scales.x.max) continue;
        const at = valToPos(x, "x", true);
        ctx.beginPath();
        // Below the name of the mark before it, where that reaches so far.
        ctx.moveTo(at, bbox.top + (at < free ? 15 * devicePixelRatio : 0));
        ctx.lineTo(at, bbox.top + bbox.height);
        ctx.stroke();
        // Names that would lie on each other or leave the plot are left out; the table has them.
        const wide = ctx.measureText(text).width;
        if (at < free || at + 4 + wide > bbox.left + bbox.width) continue;
        ctx.fillText(text, at + 4, bbox.top + 11 * devicePixelRatio);
        free = at + wide + 8;
      }
      ctx.restore();
    },
  },
});

function options(element, chart, size) {
  const { axis, x, labels, links, series, zone, min, max, xMin, xMax } = chart;
  const time = axis === "Time";
  const categories = axis === "Category";
  const format = formats(zone);
  const css = style();
  const colour = (name) => css.getPropertyValue(name).trim();
  const grid = { stroke: colour("--plot-grid"), width: 1 };
  const units = [...new Set(series.map(({ unit }) => unit))];
  const several = units.length > 1;
  const ink = (unit) => (several ? colour(`--plot-${series.find((one) => one.unit === unit).colour}`) : colour("--plot-text"));
  const bars = series.some(({ shape }) => shape === "Bars");
  const shown = (index) => (categories ? (labels[index] ?? "") : time ? format.moment(index) : `${index}`);
  const extent = ({ values, unit }) => {
    const all = known(values);
    return all.length === 0 ? "–" : `${Math.min(...all)} … ${Math.max(...all)} ${unit}`;
  };
  const edges = series.map(({ shape }, index) => (shape === "Edge" ? index + 1 : 0)).filter(Boolean);
  return {
    ...size,
    tzDate: (seconds) => (zone ? uPlot.tzDate(new Date(seconds * 1000), zone) : new Date(seconds * 1000)),
    cursor: { sync: { key: `charts-${axis}`, setSeries: false }, points: { size: 8 }, drag: { x: !categories, y: false } },
    legend: { live: true },
    // The name of the last category is wider than its place.
    padding: [null, several ? null : categories ? 28 : 12, null, null],
    scales: {
      x: { time, ...(xMin !== undefined && { range: [xMin, xMax] }), ...(categories && { range: (_, low, high) => [(low ?? 0) - 0.5, (high ?? 0) + 0.5] }) },
      ...Object.fromEntries(units.map((unit, index) => [unit || "-", {
        range: (_, low, high) => {
          const from = index === 0 && min !== undefined ? min : bars ? Math.min(0, low ?? 0) : low ?? 0;
          const to = index === 0 && max !== undefined ? max : bars ? Math.max(0, high ?? 0) : high ?? 1;
          // A value that never changes is a line in the middle, not one on the axis.
          const flat = to === from;
          return uPlot.rangeNum(flat && !bars && (index > 0 || min === undefined) ? from - 1 : from, flat ? to + 1 : to, { min: { pad: 0, soft: from, mode: 2, hard: index === 0 ? min : undefined }, max: { pad: 0.05, soft: to, mode: 2, hard: index === 0 ? max : undefined } });
        },
      }])),
    },
    axes: [
      {
        stroke: colour("--plot-text"), grid, ticks: grid, font: "12px system-ui, sans-serif",
        // A name takes some 7 px a letter.
        space: categories ? Math.min(160, Math.max(60, 12 + 7 * Math.max(...labels.map((label) => label.length)))) : 90,
        ...(time ? { values: timeLabels(format) } : !categories && { values: numbers }),
        ...(categories && { incrs: [1, 2, 3, 4, 6, 7, 12, 14, 26, 30, 52, 91, 182, 365], values: (_, splits) => splits.map((at) => labels[at] ?? "") }),
      },
      ...units.map((unit, index) => ({
        scale: unit || "-", values: numbers, side: index % 2 ? 1 : 3, stroke: ink(unit), size: 56, font: "12px system-ui, sans-serif", grid: { ...grid, show: index === 0 }, ticks: grid,
      })),
    ],
    bands: edges.length === 2 ? [{ series: [edges[1], edges[0]], fill: colour("--plot-band") }] : [],
    plugins: chart.marks ? [marks(chart.marks, colour("--weak-text"))] : [],
    series: [
      { label: element.dataset.x, value: (_, at) => (at === null ? (x.length ? `${shown(x[0])} – ${shown(x.at(-1))}` : "") : shown(at)) },
      ...series.map((one) => ({
        label: one.label, scale: one.unit || "-", stroke: colour(`--plot-${one.colour}`), width: one.shape === "Edge" ? 0.5 : one.shape === "Bars" ? 0 : 1.75,
        ...(one.shape === "Bars" && { fill: colour(`--plot-${one.colour}`), paths: uPlot.paths.bars({ size: [0.7, 48], radius: 0.1 }) }),
        ...(one.shape === "Step" && { paths: uPlot.paths.stepped({ align: 1 }) }),
        ...(one.shape === "Points" && { paths: () => null }),
        spanGaps: one.shape === "Line" && !categories,
        points: { show: one.shape === "Points" || (one.shape === "Line" && known(one.values).length < 3), size: 6, fill: colour(`--plot-${one.colour}`) },
        // Of bars that stand on each other its own height, not where it ends.
        value: (_, value, __, at) => (at === null ? extent(one) : one.values[at] === null || one.values[at] === undefined ? "–" : `${one.values[at]} ${one.unit}`),
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor }) => {
          if (element.contains(cursor.event?.target) || element === document.activeElement)
            document.dispatchEvent(new CustomEvent("chartcursor", { detail: cursor.idx ?? null }));
          element.classList.toggle("is-linked", Boolean(links?.[cursor.idx]));
        },
      ],
    },
  };
}

/** What is drawn: bars of one chart stand on each other, so that each begins where the one below ends, and the tallest is drawn first. */
function data({ x, series }) {
  const bars = series.filter(({ shape }) => shape === "Bars");
  if (bars.length < 2) return { order: series, columns: [x, ...series.map(({ values }) => values)] };
  const sums = x.map(() => 0);
  const tops = new Map(bars.map((one) => [one, one.values.map((value, index) => (value === null ? null : (sums[index] += value)))]));
  const order = [...bars.toReversed(), ...series.filter(({ shape }) => shape !== "Bars")];
  return { order, columns: [x, ...order.map((one) => tops.get(one) ?? one.values)] };
}

const height = (element) => (element.closest(".is-small, .series") ? 150 : matchMedia("(max-width: 768px)").matches ? 200 : 240);

function draw(element) {
  const chart = JSON.parse(element.dataset.chart);
  const { order, columns } = data(chart);
  const make = () => new uPlot(options(element, { ...chart, series: order }, { width: element.clientWidth, height: height(element) }), columns, element);
  let plot = make();
  const again = () => {
    plot.destroy();
    plot = make();
  };
  const resize = new ResizeObserver(() => element.clientWidth > 0 && plot.setSize({ width: element.clientWidth, height: height(element) }));
  resize.observe(element);
  // A click, or Enter, goes to what a bar or point stands for; arrows move the cursor.
  const follow = () => {
    const link = chart.links?.[plot.cursor.idx];
    if (link) location.href = link;
  };
  element.addEventListener("click", ({ target }) => target.closest(".u-over") && follow());
  element.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Enter") follow();
    if (!step) return;
    event.preventDefault();
    const at = Math.min(Math.max((plot.cursor.idx ?? (step > 0 ? -1 : columns[0].length)) + step, 0), columns[0].length - 1);
    plot.setCursor({ left: plot.valToPos(columns[0][at], "x"), top: plot.bbox.height / devicePixelRatio / 2 });
  });
  element.chart = () => plot;
  drawn.add({ element, again, resize, destroy: () => plot.destroy() });
}

function drawAll(within) {
  for (const one of drawn)
    if (!one.element.isConnected) {
      one.resize.disconnect();
      one.destroy();
      drawn.delete(one);
    }
  for (const element of within.querySelectorAll("[data-chart]")) if (!element.chart) draw(element);
}
addEventListener("themechange", () => drawn.forEach(({ again }) => again()));
document.addEventListener("htmx:afterSettle", () => drawAll(document));
drawAll(document);
