// Forms with JSON in them: what is typed is checked, and compared with what was there before.

const CHANGES_MAX = 60;

function changes(path, before, after, found) {
  if (found.length >= CHANGES_MAX) return found;
  const both = (kind) => kind(before) && kind(after);
  if (both(Array.isArray)) {
    for (let at = 0; at < Math.max(before.length, after.length); at += 1) {
      const here = `${path}[${at}]`;
      if (at >= after.length) found.push([here, before[at], undefined]);
      else if (at >= before.length) found.push([here, undefined, after[at]]);
      else changes(here, before[at], after[at], found);
    }
  } else if (both((value) => value !== null && typeof value === "object" && !Array.isArray(value))) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const here = /^[A-Za-z_]\w*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
      if (!Object.hasOwn(after, name)) found.push([here, before[name], undefined]);
      else if (!Object.hasOwn(before, name)) found.push([here, undefined, after[name]]);
      else changes(here, before[name], after[name], found);
    }
  } else if (JSON.stringify(before) !== JSON.stringify(after)) {
    found.push([path, before, after]);
  }
  return found;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function shown(value) {
  if (value === undefined) return "–";
  const text = JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

function table(found) {
  const made = element("table", "changes");
  const head = made.createTHead().insertRow();
  for (const title of ["Path", "before", "after"]) head.append(element("th", "left", title));
  const body = made.createTBody();
  for (const [path, before, after] of found.slice(0, CHANGES_MAX)) {
    const row = body.insertRow();
    row.insertCell().append(element("code", "", path));
    row.insertCell().append(element("code", before === undefined ? "soft" : "before", shown(before)));
    row.insertCell().append(element("code", after === undefined ? "soft" : "after", shown(after)));
  }
  return made;
}

function parsed(text) {
  try {
    return { value: text.trim() === "" ? null : JSON.parse(text) };
  } catch (fault) {
    return { fault: fault.message };
  }
}

function watch(area) {
  const form = area.form;
  const around = area.closest("[data-edited]");
  const verdict = (around ?? form).querySelector("[data-verdict]");
  const places = around?.querySelector("[data-changes]");
  const was = around ? parsed(area.defaultValue).value : undefined;
  const look = () => {
    const found = parsed(area.value);
    area.setCustomValidity(found.fault ? `This is no JSON: ${found.fault}` : "");
    if (verdict) {
      verdict.classList.toggle("bad", Boolean(found.fault));
      verdict.textContent = found.fault ? `This is no JSON: ${found.fault}` : "";
    }
    if (!places || found.fault) return;
    const differ = changes("$", was, found.value, []);
    places.replaceChildren();
    if (differ.length) places.append(table(differ));
    else if (verdict) verdict.textContent = "The same as it was.";
  };
  area.addEventListener("input", look);
  look();
}

for (const area of document.querySelectorAll("textarea.code")) watch(area);
