// Keeps the car cards alive: the server sends the changed part of a card, the rest of it (the map) moves along.
import { enliven, setClock } from "./app.js";
import { placeMap } from "./maps.js";

const cards = document.getElementById("cars");
const maps = new Map();

function start(card) {
  const element = card.querySelector(".map[data-car]");
  if (element && !maps.has(card.dataset.car)) maps.set(card.dataset.car, placeMap(element));
  maps.get(card.dataset.car)?.show(card.querySelector("input[data-position]")?.value);
}
for (const card of cards.querySelectorAll("[data-car].car")) start(card);

/** The spinner of a request stays for a second, or nobody would see it. */
const spinning = new Map();
function spin(id, busy) {
  const spinner = document.getElementById(`busy_${id}`);
  if (!spinner) return;
  if (busy) {
    spinner.hidden = false;
    spinning.set(id, Date.now());
  } else {
    const left = 1000 - (Date.now() - (spinning.get(id) ?? 0));
    const since = spinning.get(id);
    setTimeout(() => {
      const again = document.getElementById(`busy_${id}`);
      if (again && spinning.get(id) === since) {
        again.hidden = true;
        spinning.delete(id);
      }
    }, Math.max(0, left));
  }
}

/** Makes one element's content like another's, touching only what differs: the keyboard, a tooltip and a screen reader stay where they are. */
function become(element, next) {
  const [old, fresh] = [[...element.childNodes], [...next.childNodes]];
  fresh.forEach((node, index) => {
    const known = old[index];
    if (!known) element.append(node);
    else if (known.nodeName !== node.nodeName || known.id !== node.id) known.replaceWith(node);
    else if (known.nodeType !== Node.ELEMENT_NODE) {
      if (known.data !== node.data) known.data = node.data;
    } else {
      for (const { name } of [...known.attributes]) if (!node.hasAttribute(name)) known.removeAttribute(name);
      for (const { name, value } of node.attributes) if (known.getAttribute(name) !== value) known.setAttribute(name, value);
      become(known, node);
    }
  });
  for (const node of old.slice(fresh.length)) node.remove();
}

/** A change of a car's state is worth being told; its kilometres are not. */
const news = document.getElementById("news");
const state = (details) => details.querySelector("dd").firstChild.data.trim();

export function update(id, html) {
  const card = document.getElementById(`car_${id}`);
  if (!card) return addCards();
  const details = card.querySelector(".car-details");
  const before = state(details);
  const next = document.createElement("template");
  next.innerHTML = html;
  become(details, next.content);
  htmx.process(details);
  enliven(details);
  if (state(details) !== before) news.textContent = `${card.getAttribute("aria-label")}: ${state(details)}`;
  const spinner = document.getElementById(`busy_${id}`);
  if (spinner) spinner.hidden = !spinning.has(id);
  start(card);
}

/** A car without a card gets the one that the page would show if it were loaded again. */
async function addCards() {
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const card of page.querySelectorAll("#cars .car")) {
    if (document.getElementById(card.id)) continue;
    document.querySelector("main .empty")?.remove();
    cards.append(card);
    htmx.process(card);
    enliven(card);
    start(card);
  }
}

/** A car that is no longer logged loses its card. */
function keep(logged) {
  for (const card of cards.querySelectorAll("[data-car].car"))
    if (!logged.includes(card.dataset.car)) {
      maps.delete(card.dataset.car);
      card.remove();
    }
  if (!cards.querySelector(".car") && !document.querySelector("main .empty")) location.reload();
}

const offline = document.getElementById("offline");
let events;
function follow() {
  events?.close();
  events = new EventSource(cards.dataset.live);
  events.addEventListener("car", ({ data, lastEventId }) => update(lastEventId, data));
  events.addEventListener("alive", ({ data }) => data && setClock(data));
  events.addEventListener("busy", ({ data, lastEventId }) => spin(lastEventId, data === "true"));
  events.addEventListener("cars", ({ data }) => keep(data.split(",")));
  events.addEventListener("open", () => (offline.hidden = true));
  events.addEventListener("error", ({ target }) => {
    offline.hidden = false;
    if (target.readyState === EventSource.CLOSED) setTimeout(followAgain, 5000);
  });
}
/** A browser gives up for good when a proxy answers for a program that is just restarting, and when the session has ended: then the page leads to the log-in. */
async function followAgain() {
  if (document.hidden || events.readyState !== EventSource.CLOSED) return;
  const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") location.reload();
  else follow();
}
follow();
addEventListener("pagehide", () => events.close());
// A browser has six connections to a host for all its tabs; one that nobody looks at gives its own back, and gets the cards of now when it is looked at again.
document.addEventListener("visibilitychange", () => (document.hidden ? events.close() : follow()));
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
