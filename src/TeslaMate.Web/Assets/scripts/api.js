// The try-out page of the interface for programs: every operation of the OpenAPI document as a form that asks it.
const root = document.querySelector("[data-openapi]");
const base = root.dataset.openapi.replace(/\/data\/openapi\/.*/, "");
const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

function operation(path, method, described) {
  const form = element("form", { className: "block" });
  const inputs = (described.parameters ?? []).map((parameter) => {
    const values = parameter.schema?.enum ?? parameter.schema?.items?.enum;
    const input = element("input", { className: "input", name: parameter.name, required: parameter.required === true });
    if (values) input.placeholder = values.join(", ");
    if (parameter.name === "id") input.value = "1";
    if (parameter.name === "format") input.value = values[0];
    form.append(element("div", { className: "field" },
      element("label", { className: "label" }, parameter.name, input),
      element("p", { className: "help", textContent: parameter.description ?? "" })));
    return [parameter, input];
  });
  const types = Object.keys(described.responses["200"].content ?? {});
  const accept = element("select", { name: "accept" }, ...types.map((type) => element("option", { textContent: type })));
  if (!path.includes("{format}")) form.append(element("div", { className: "field" }, element("label", { className: "label" }, "Accept ", element("span", { className: "select" }, accept))));
  const answer = element("pre", { hidden: true });
  form.append(element("button", { className: "button is-link", textContent: method.toUpperCase() }), answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    let address = path;
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value !== "") query.append(parameter.name, input.value);
    }
    const url = `${base}${address}${query.size > 0 ? `?${query}` : ""}`;
    answer.hidden = false;
    answer.textContent = `${method.toUpperCase()} ${url}\n`;
    const gone = new AbortController();
    try {
      const response = await fetch(url, { method: method.toUpperCase(), signal: gone.signal, headers: path.includes("{format}") ? {} : { Accept: accept.value } });
      answer.textContent += `${response.status} ${response.headers.get("Content-Type") ?? ""}\n\n`;
      // A stream has no end, and years of rows are too much for a page.
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        answer.textContent += part.value;
        if (answer.textContent.length < 100_000) continue;
        answer.textContent = `${answer.textContent.slice(0, 100_000)} …`;
        gone.abort();
        break;
      }
    } catch (problem) {
      if (!gone.signal.aborted) answer.textContent += String(problem);
    }
  });
  return element("details", { className: "block" },
    element("summary", {}, element("code", { textContent: `${method.toUpperCase()} ${path}` }), ` ${described.summary ?? ""}`),
    element("p", { className: "block", textContent: described.description ?? "" }), form);
}

const openApi = await (await fetch(root.dataset.openapi)).json();
root.replaceChildren(...Object.entries(openApi.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, described]) => operation(path, method, described))));
