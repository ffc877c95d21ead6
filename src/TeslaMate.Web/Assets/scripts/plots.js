const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "2-digit", day: "2-digit" });
const moment = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The times of an axis as the reader writes them, with the date below where it changes. */
function labels(_, seconds) {
  let before;
  return seconds.map((second) => {
    const date = new Date(second * 1000);
    const label = day.format(date) === before ? clock.format(date) : `${clock.format(date)}\n${day.format(date)}`;
    before = day.format(date);
    return label;
  });
}

// Plots of one drive or one charge; the server has thinned the points already.
for (const element of document.querySelectorAll("[data-plot]")) {
  const { times, series } = JSON.parse(document.getElementById(element.dataset.plot).textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const extent = ({ values, unit }) => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? "–" : `${Math.min(...known)} … ${Math.max(...known)} ${unit}`;
  };
  // With two lines each axis has the colour of its own.
  const ink = (index) => colour(series.length > 1 ? `--plot-${index + 1}` : "--plot-text");
  const options = () => ({
    width: element.clientWidth,
    height: 200,
    cursor: { sync: { key: "plots" } },
    legend: { live: true },
    scales: { x: { time: true } },
    axes: [
      { stroke: colour("--plot-text"), values: labels, space: 70, grid: { stroke: colour("--plot-grid") }, ticks: { stroke: colour("--plot-grid") } },
      ...series.map((line, index) => ({
        scale: line.unit, side: index % 2 ? 1 : 3, stroke: ink(index), size: 52, show: series.findIndex(({ unit }) => unit === line.unit) === index,
        grid: { show: index === 0, stroke: colour("--plot-grid") }, ticks: { stroke: colour("--plot-grid") },
      })),
    ],
    series: [
      { label: element.dataset.time, value: (_, second) => (second === null ? `${moment.format(times[0] * 1000)} – ${moment.format(times.at(-1) * 1000)}` : moment.format(second * 1000)) },
      ...series.map((line, index) => ({ label: line.label, scale: line.unit, stroke: colour(`--plot-${index + 1}`), width: 1.5, spanGaps: true, points: { show: false }, value: (_, value, __, at) => (at === null ? extent(line) : value === null ? "–" : `${value} ${line.unit}`) })),
    ],
  });
  const data = [times, ...series.map(({ values }) => values)];
  let plot = new uPlot(options(), data, element);
  addEventListener("themechange", () => {
    plot.destroy();
    plot = new uPlot(options(), data, element);
  });
  new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 200 })).observe(element);
}
