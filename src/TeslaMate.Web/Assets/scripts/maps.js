// Maps. Tiles come from the address in the page; where they cannot be had the map stays usable and says so.
const settings = JSON.parse(document.getElementById("map-settings").textContent);

function tiles(map) {
  const layer = L.tileLayer(settings.tiles, { maxZoom: 19, attribution: settings.attribution });
  let failed = 0;
  layer.on("tileerror", () => {
    if (++failed === 3) map.getContainer().classList.add("is-without-tiles");
  });
  layer.on("tileload", () => {
    failed = 0;
    map.getContainer().classList.remove("is-without-tiles");
  });
  return layer.addTo(map);
}

/** An arrow turned by the heading, a dot when there is none. */
function carIcon(heading) {
  const icon = L.divIcon({ className: "car-marker", iconSize: [30, 30], html: "" });
  const create = icon.createIcon.bind(icon);
  icon.createIcon = (old) => {
    const element = create(old);
    element.replaceChildren(drawing(heading));
    return element;
  };
  return icon;
}
function drawing(heading) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "-15 -15 30 30");
  const shape = document.createElementNS(svg.namespaceURI, heading === null ? "circle" : "path");
  if (heading === null) shape.setAttribute("r", "8");
  else {
    shape.setAttribute("d", "M0-12 9 10 0 5-9 10z");
    shape.setAttribute("transform", `rotate(${heading})`);
  }
  svg.append(shape);
  return svg;
}

/** Everything beside an element, which cannot be reached while the element fills the window. */
function* surroundings(element) {
  for (let inner = element; inner !== document.body; inner = inner.parentElement)
    for (const beside of inner.parentElement.children) if (beside !== inner) yield beside;
}

function interactions(map, on) {
  map.getContainer().tabIndex = on ? 0 : -1;
  for (const way of ["dragging", "scrollWheelZoom", "doubleClickZoom", "touchZoom", "boxZoom", "keyboard"]) map[way]?.[on ? "enable" : "disable"]();
}

/** A small map of one place: calm until it is maximized. */
export function placeMap(element) {
  const map = L.map(element);
  map.attributionControl.setPrefix(false);
  tiles(map);
  interactions(map, false);
  const marker = L.marker([0, 0], { icon: carIcon(null), keyboard: false, interactive: false }).addTo(map);
  let shown = "";
  map.setView([0, 0], 17);
  const show = (position) => {
    if (!position || position === shown) return;
    shown = position;
    const [latitude, longitude, heading] = position.split(",");
    marker.setLatLng([latitude, longitude]).setIcon(carIcon(heading ? Number(heading) : null));
    map.setView([latitude, longitude], map.getZoom(), { animate: false });
  };
  const button = element.parentElement.querySelector(".map-maximize");
  const maximize = (on) => {
    element.parentElement.classList.toggle("is-maximized", on);
    for (const beside of surroundings(element.parentElement)) beside.inert = on;
    document.documentElement.classList.toggle("is-clipped", on);
    button.setAttribute("aria-label", on ? button.dataset.minimize : button.dataset.maximize);
    button.title = button.getAttribute("aria-label");
    button.querySelector("use").setAttribute("href", `${button.dataset.icons}#${on ? "fullscreen-exit" : "fullscreen"}`);
    interactions(map, on);
    map.invalidateSize({ animate: false });
    if (!on) map.setView(marker.getLatLng(), 17, { animate: false });
  };
  button?.addEventListener("click", () => maximize(!element.parentElement.classList.contains("is-maximized")));
  document.addEventListener("keydown", ({ key }) => key === "Escape" && button && element.parentElement.classList.contains("is-maximized") && maximize(false));
  return { show };
}

/** The circle of a geofence: centre and edge can be dragged, a click moves it, the fields below it work too, for the keyboard they are the only way. */
function fenceMap(element) {
  const form = element.closest("form");
  const field = (name) => form.elements[`geo_fence[${name}]`];
  const map = L.map(element);
  map.attributionControl.setPrefix(false);
  const streets = tiles(map);
  if (settings.satellite)
    L.control.layers({ [element.dataset.streets]: streets, [element.dataset.satellite]: L.tileLayer(settings.satellite, { maxZoom: 19 }) }).addTo(map);
  const position = () => [Number(field("latitude").value) || 0, Number(field("longitude").value) || 0];
  const radius = () => Math.max(1, Number(field("radius").value) || 20);
  const circle = L.circle(position(), { radius: radius(), className: "fence" }).addTo(map);
  const handle = (name) => L.marker(position(), { draggable: true, keyboard: false, icon: L.divIcon({ className: `fence-${name}`, iconSize: [18, 18] }), title: element.dataset[name], alt: element.dataset[name] }).addTo(map);
  const centre = handle("centre");
  const edge = handle("edge");
  const edgePosition = () => L.latLng(circle.getLatLng()).toBounds(2 * circle.getRadius()).getNorthEast().lng;
  const draw = () => {
    centre.setLatLng(circle.getLatLng());
    edge.setLatLng([circle.getLatLng().lat, edgePosition()]);
    for (const feet of form.querySelectorAll("[data-feet]")) feet.textContent = `${Math.round(circle.getRadius() * 3.28084)} ft`;
  };
  const moveTo = (to) => {
    const { lat, lng } = L.latLng(to).wrap();
    circle.setLatLng([lat, lng]);
    field("latitude").value = lat.toFixed(6);
    field("longitude").value = lng.toFixed(6);
    draw();
  };
  const fit = () => map.fitBounds(circle.getBounds(), { animate: false, maxZoom: 19, padding: [30, 30] });
  centre.on("drag", () => moveTo(centre.getLatLng()));
  map.on("click", ({ latlng }) => moveTo(latlng));
  edge.on("drag", () => {
    const metres = Math.round(map.distance(circle.getLatLng(), edge.getLatLng()));
    circle.setRadius(Math.min(4999, Math.max(1, metres)));
    field("radius").value = circle.getRadius();
  });
  edge.on("dragend", draw);
  form.addEventListener("input", ({ target }) => {
    if (!["latitude", "longitude", "radius"].some((name) => target === field(name))) return;
    circle.setLatLng(position());
    circle.setRadius(radius());
    draw();
    fit();
  });
  map.setView(position(), 17);
  draw();
  fit();

  const search = document.getElementById("place-search");
  search?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const address = new URL(settings.search);
    address.searchParams.set("format", "jsonv2");
    address.searchParams.set("limit", "1");
    address.searchParams.set("q", search.elements.q.value);
    const found = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer" }).then((answer) => (answer.ok ? answer.json() : [])).catch(() => []);
    search.querySelector("[data-none]").hidden = found.length > 0;
    if (found.length === 0) return;
    moveTo([Number(found[0].lat), Number(found[0].lon)]);
    fit();
  });
  element.fence = { map, circle, edge, centre };
}

for (const element of document.querySelectorAll(".map[data-fence]")) fenceMap(element);
for (const element of document.querySelectorAll(".map[data-place]")) placeMap(element).show(element.dataset.place);

/** Ways, charges and places; a dot shows where the cursor of the page's charts is. */
function routesMap(element) {
  if (element.drawn) return;
  element.drawn = true;
  const { lines, markers, track, hasEnds } = JSON.parse(element.dataset.routes);
  const map = L.map(element, { preferCanvas: lines.length > 50 });
  map.attributionControl.setPrefix(false);
  tiles(map);
  const bounds = L.latLngBounds([]);
  const named = (layer, text, link) => {
    if (text) {
      const tip = document.createElement("span");
      tip.textContent = text;
      layer.bindTooltip(tip, { sticky: true });
    }
    if (link) layer.on("click", () => (location.href = link));
    return layer;
  };
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--map-line").trim();
  for (const { parts, text, link } of lines) {
    const line = named(L.polyline(parts, { color: colour, weight: lines.length > 50 ? 2.5 : 4, opacity: lines.length > 20 ? 0.6 : 0.9 }), text, link).addTo(map);
    for (const [before, after] of parts.slice(1).map((part, index) => [parts[index].at(-1), part[0]]))
      if (Math.abs(before[1] - after[1]) < 180) L.polyline([before, after], { color: colour, weight: 2, dashArray: "4 6", interactive: false }).addTo(map);
    if (parts.length) bounds.extend(line.getBounds());
  }
  for (const { latitude, longitude, kind, text, link, weight } of markers) {
    const options = { className: `marker-${kind}`, radius: 6 + 14 * Math.sqrt(weight ?? 0), ...markerStyle(kind) };
    bounds.extend(named(L.circleMarker([latitude, longitude], options), text, link).addTo(map).getLatLng());
  }
  if (hasEnds)
    for (const [at, fillColor] of [[lines[0].parts[0][0], "#15803d"], [lines[0].parts.at(-1).at(-1), "#b91c1c"]])
      L.circleMarker(at, { radius: 7, color: "#fff", weight: 2, fillColor, fillOpacity: 1, interactive: false }).addTo(map);
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [20, 20], animate: false, maxZoom: 16 });
  else map.setView([0, 0], 2);
  if (!track) return;
  const dot = L.circleMarker([0, 0], { radius: 8, color: "#fff", weight: 2, fillColor: "#b91c1c", fillOpacity: 1, interactive: false });
  document.addEventListener("chartcursor", ({ detail }) => (track[detail] ? dot.setLatLng(track[detail]).addTo(map) : dot.remove()));
  element.cursor = () => (map.hasLayer(dot) ? dot.getLatLng() : null);
}
// On a canvas there are no classes.
function markerStyle(kind) {
  const fill = getComputedStyle(document.documentElement).getPropertyValue(`--map-${kind}`).trim();
  return { color: "#fff", weight: 1.5, fillColor: fill, fillOpacity: 0.85 };
}
function drawRoutes() {
  for (const element of document.querySelectorAll(".map[data-routes]")) routesMap(element);
}
document.addEventListener("htmx:afterSettle", drawRoutes);
drawRoutes();
