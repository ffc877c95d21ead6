// The try-out page of the interfaces for programs: every operation of their OpenAPI documents as a form that asks it, as the visitor's session.
const root = document.querySelector("[data-form-token]");
const { formToken } = root.dataset;
const addresses = [...document.querySelectorAll("[data-openapi]")].map((link) => link.getAttribute("href"));
const base = addresses[0].replace(/\/data\/openapi\/.*/, "");
const mostShown = 100_000;

const element = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const field = (label, input, help) => element("div", { className: "field" },
  element("label", { className: "label" }, `${label} `, input), element("p", { className: "help", textContent: help ?? "" }));

/** What the form begins with: the first of the values that there are, or something of the right kind. */
function example(schema) {
  if (schema.enum) return schema.enum[0];
  const [type] = [schema.type].flat().filter((name) => name !== "null");
  if (type === "array") return [example(schema.items ?? {})];
  if (type === "integer") return 1;
  if (type === "number") return 0;
  if (type === "boolean") return false;
  if (type === "object") return exampleOf(schema);
  return schema.format === "date-time" ? new Date(0).toISOString() : "";
}

const exampleOf = (schema) => Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, member]) => [name, example(member)]));

function parameterInput(parameter) {
  const values = parameter.schema?.enum ?? parameter.schema?.items?.enum;
  const input = element("input", { className: "input", name: parameter.name, required: parameter.required === true });
  if (values) input.placeholder = values.join(", ");
  if (parameter.in === "path") input.value = values?.[0] ?? "1";
  if (parameter.name === "If-Match") input.value = "*";
  return input;
}

function operation(path, method, described) {
  const form = element("form", { className: "block" });
  const inputs = (described.parameters ?? []).map((parameter) => {
    const input = parameterInput(parameter);
    form.append(field(parameter.name, input, parameter.description));
    return [parameter, input];
  });

  const schema = described.requestBody?.content?.["application/json"]?.schema;
  const body = schema && element("textarea", { className: "textarea", name: "body", rows: 6, spellcheck: false });
  if (body) {
    body.value = JSON.stringify(exampleOf(schema), null, 2);
    form.append(field("JSON", body, Object.entries(schema.properties ?? {}).map(([name, member]) => `${name}: ${member.description ?? ""}`).join(" ")));
  }

  const success = Object.keys(described.responses).find((status) => status.startsWith("2"));
  const types = Object.keys(described.responses[success]?.content ?? {});
  const accept = element("select", { name: "accept" }, ...types.map((type) => element("option", { textContent: type })));
  const choosesType = types.length > 0 && !path.includes("{format}");
  if (choosesType) form.append(field("Accept", element("span", { className: "select" }, accept)));

  const answer = element("pre", { hidden: true });
  form.append(element("button", { className: "button is-link", textContent: method.toUpperCase() }), answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    const headers = choosesType ? { Accept: accept.value } : {};
    let address = path;
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value === "") continue;
      else if (parameter.in === "header") headers[parameter.name] = input.value;
      else query.append(parameter.name, input.value);
    }
    if (body) headers["Content-Type"] = "application/json";
    if (method !== "get") headers["X-CSRF-Token"] = formToken;
    await ask(`${base}${address}${query.size > 0 ? `?${query}` : ""}`, { method: method.toUpperCase(), headers, body: body?.value }, answer);
  });
  return element("details", { className: "block" },
    element("summary", {}, element("code", { textContent: `${method.toUpperCase()} ${path}` }), ` ${described.summary ?? ""}`),
    element("p", { className: "block", textContent: described.description ?? "" }), form);
}

async function ask(url, request, answer) {
  answer.hidden = false;
  answer.textContent = `${request.method} ${url}\n`;
  const gone = new AbortController();
  try {
    const response = await fetch(url, { ...request, signal: gone.signal });
    const tag = response.headers.get("ETag");
    answer.textContent += `${response.status} ${response.headers.get("Content-Type") ?? ""}\n${tag ? `ETag: ${tag}\n` : ""}\n`;
    if (!response.body) return;
    // A stream has no end, and years of rows are too much for a page.
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      answer.textContent += part.value;
      if (answer.textContent.length < mostShown) continue;
      answer.textContent = `${answer.textContent.slice(0, mostShown)} …`;
      gone.abort();
      break;
    }
  } catch (problem) {
    if (!gone.signal.aborted) answer.textContent += String(problem);
  }
}

const documents = await Promise.all(addresses.map(async (address) => (await fetch(address)).json()));
root.replaceChildren(...documents.flatMap((openApi) => [
  element("h2", { className: "title is-5", textContent: openApi.info.title }),
  ...Object.entries(openApi.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, described]) => operation(path, method, described))),
]));
