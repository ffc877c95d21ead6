// Plots of one drive or one charge; the server has thinned the points already.
for (const element of document.querySelectorAll("[data-plot]")) {
  const { times, series } = JSON.parse(document.getElementById(element.dataset.plot).textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const options = () => ({
    width: element.clientWidth,
    height: 200,
    cursor: { sync: { key: "plots" } },
    legend: { live: true },
    scales: { x: { time: true } },
    axes: [
      { stroke: colour("--plot-text"), grid: { stroke: colour("--plot-grid") }, ticks: { stroke: colour("--plot-grid") } },
      ...series.map((line, index) => ({
        scale: line.unit, side: index % 2 ? 1 : 3, stroke: colour("--plot-text"), size: 56, label: line.unit, labelSize: 18, show: series.findIndex(({ unit }) => unit === line.unit) === index,
        grid: { show: index === 0, stroke: colour("--plot-grid") }, ticks: { stroke: colour("--plot-grid") },
      })),
    ],
    series: [
      { label: element.dataset.time },
      ...series.map((line, index) => ({ label: line.label, scale: line.unit, stroke: colour(`--plot-${index + 1}`), width: 1.5, spanGaps: true, points: { show: false }, value: (_, value) => (value === null ? "–" : `${value} ${line.unit}`) })),
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
