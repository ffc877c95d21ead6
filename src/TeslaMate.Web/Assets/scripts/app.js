// What every page has: theme, menu, notices, local times, and answers of htmx that are not plain success.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

export function applyTheme(mode) {
  root.dataset.themeMode = mode;
  const theme = mode === "system" ? (dark.matches ? "dark" : "light") : mode;
  root.dataset.theme = theme;
  dispatchEvent(new CustomEvent("themechange", { detail: theme }));
}
dark.addEventListener("change", () => root.dataset.themeMode === "system" && applyTheme("system"));
applyTheme(root.dataset.themeMode);

document.addEventListener("change", ({ target }) => target.matches("[data-theme-select]") && applyTheme(target.value));

// The menu of a phone, and the list of dashboards in it: opened and closed by their buttons, closed by Escape.
function toggle(button, open) {
  document.getElementById(button.getAttribute("aria-controls")).classList.toggle("is-active", open);
  button.classList.toggle("is-active", open);
  button.setAttribute("aria-expanded", open);
}
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-toggle]");
  if (button) toggle(button, button.getAttribute("aria-expanded") !== "true");
  target.closest("[data-dismiss]")?.closest(".notification")?.remove();
});
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const box = target.closest(".has-dropdown");
  if (box && !box.contains(relatedTarget)) toggle(box.querySelector("[data-toggle]"), false);
});
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  const open = [...document.querySelectorAll("[data-toggle][aria-expanded=true]")].at(-1);
  if (open) {
    toggle(open, false);
    open.focus();
  }
  for (const tip of document.querySelectorAll(".tip:is(:hover, :focus)")) tip.classList.add("is-dismissed");
});
for (const leaving of ["pointerout", "focusout"])
  document.addEventListener(leaving, ({ target }) => target.closest?.(".tip")?.classList.remove("is-dismissed"));

document.addEventListener("change", ({ target }) => target.closest("form[data-submit-on-change]")?.requestSubmit());
document.addEventListener("change", ({ target }) => target.matches("select") && target.closest("form[data-submit-on-select]")?.requestSubmit());
document.addEventListener("input", ({ target }) => {
  const box = target.form?.dataset.clears;
  if (box) document.querySelector(box).replaceChildren();
});
// A button says that its request is under way, and what it said before when that did not work.
document.addEventListener("submit", ({ submitter }) => {
  if (!submitter?.dataset.busy) return;
  submitter.dataset.label = submitter.textContent;
  submitter.textContent = submitter.dataset.busy;
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  for (const button of detail.elt.querySelectorAll("button[data-label]")) button.textContent = button.dataset.label;
});
// What was refused is no longer wrong once it is being changed.
document.addEventListener("input", ({ target }) => {
  if (target.getAttribute("aria-invalid") !== "true") return;
  target.removeAttribute("aria-invalid");
  target.removeAttribute("aria-describedby");
  target.classList.remove("is-danger");
  document.getElementById(`${target.id}-problem`)?.remove();
});
for (const dialog of document.querySelectorAll("dialog[data-modal]")) {
  // Not closed first: that tells of a closing, later, when the dialog is open again.
  dialog.open = false;
  dialog.showModal();
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => document.querySelector(dialog.dataset.modal).focus());
}

// Times as the viewer's clock shows them. The server's rendering (UTC) stays for those without script.
const formats = {
  date: { year: "numeric", month: "2-digit", day: "2-digit" },
  time: { hour: "2-digit", minute: "2-digit" },
  datetime: { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" },
};
function localTimes(within) {
  for (const element of within.querySelectorAll("time[data-local]")) {
    const options = { ...formats[element.dataset.local], ...(element.dataset.hours24 !== undefined && { hourCycle: "h23" }) };
    element.textContent = new Intl.DateTimeFormat(undefined, options).format(new Date(element.dateTime));
  }
}

const units = [["wk", 604800], ["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
/** The two largest parts of a duration; seconds only below a minute, nothing below five seconds. */
export function duration(seconds) {
  if (seconds < 5) return [];
  const parts = [];
  for (const [unit, size] of units) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) parts.push([count, unit]);
  }
  const shown = parts.slice(0, 2);
  return shown.length > 1 ? shown.filter(([, unit]) => unit !== "s") : shown;
}
// How far the program's clock is ahead of the browser's: a demo lives in another week, and a computer's clock may be wrong.
let ahead = 0;
export function setClock(now) {
  ahead = Date.parse(now) - Date.now();
}
const clock = document.querySelector("[data-now]");
if (clock) setClock(clock.dataset.now);
function durations() {
  for (const element of document.querySelectorAll("[data-since]")) {
    const parts = duration((Date.now() + ahead - Date.parse(element.dataset.since)) / 1000);
    const text = parts.length === 0 ? "" : ` ${element.dataset.for} ${parts.map(([count, unit]) => `${count} ${unit}`).join(", ")}`;
    if (element.textContent !== text) element.textContent = text;
  }
}
setInterval(durations, 1000);

export function enliven(within) {
  localTimes(within);
  durations();
  for (const field of within.querySelectorAll("input[name=time_zone]")) field.value = zone;
  for (const link of within.querySelectorAll("a[data-time-zone]")) {
    const address = new URL(link.href);
    address.searchParams.set("var-timezone", zone);
    link.href = address;
  }
}

// Pages with statistics divide time by the reader's calendar; the server hears of his zone by a cookie. A page made without it is asked for again, once.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zoneCookie = `${location.protocol === "https:" ? "__Host-" : ""}_teslamate_zone=${encodeURIComponent(zone)}`;
if (!document.cookie.split("; ").includes(zoneCookie)) {
  document.cookie = `${zoneCookie}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  const follows = document.querySelector("[data-follows-zone]");
  if (follows && follows.dataset.zone !== zone && document.cookie.split("; ").includes(zoneCookie)) location.reload();
}

enliven(document);
document.addEventListener("htmx:afterSwap", ({ detail }) => enliven(detail.elt ?? document));

// A refused form (422) is shown like a saved one; other refusals say so in words. 400 means that the page is older than the session.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status === 422 || detail.xhr.status === 409) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});
for (const failure of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(failure, () => tellFailure(true));
document.addEventListener("htmx:afterRequest", ({ detail }) => detail.successful && tellFailure(false));
function tellFailure(isOne) {
  const notice = document.getElementById("failure");
  if (notice) notice.hidden = !isOne;
}

// A page that tells what is wrong with a form begins there; on a phone that may be far below its top.
document.querySelector("main [aria-invalid=true]")?.focus();

// A form that stores itself at each change is answered as a whole, perhaps while the next field is being typed in: that text stays, and is stored when the field is left.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const form = detail.target;
  const field = document.activeElement;
  if (!detail.shouldSwap || !form.matches("form[data-keeps-typing]") || !form.contains(field) || !field.matches("input[type=text]")) return;
  const known = detail.requestConfig.parameters[field.name] ?? field.defaultValue;
  if (field.value === known) return;
  const { id, value, selectionStart, selectionEnd } = field;
  document.addEventListener("htmx:afterSwap", () => {
    const next = document.getElementById(id);
    next.value = value;
    next.setSelectionRange(selectionStart, selectionEnd);
    // A browser sees no change in what a script has put there, unless more is typed.
    const told = new AbortController();
    next.addEventListener("change", () => told.abort(), { signal: told.signal });
    next.addEventListener("blur", () => next.dispatchEvent(new Event("change", { bubbles: true })), { signal: told.signal });
  }, { once: true });
});

// The note behind an action (Saved!, a refusal) goes away after a while.
const fading = new MutationObserver(() => {
  for (const element of document.querySelectorAll("[data-fade]:not([data-fading])")) {
    element.dataset.fading = "";
    setTimeout(() => element.dispatchEvent(new CustomEvent("fade", { bubbles: true })), Number(element.dataset.fade));
  }
});
fading.observe(document.body, { childList: true, subtree: true });
document.addEventListener("fade", ({ target }) => {
  if (target.dataset.restore !== undefined) {
    target.classList.replace("is-success", "is-link");
    target.textContent = target.dataset.restore;
  } else target.remove();
});

// The address that this page was opened with, for links from dashboards back to here; the server keeps it only when it has none.
const discovery = document.querySelector("[data-discover]");
if (discovery)
  fetch(discovery.dataset.discover, {
    method: "POST",
    headers: { "X-CSRF-Token": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRF-Token"] },
    body: new URLSearchParams({ origin: location.origin }),
  }).catch(() => {});
