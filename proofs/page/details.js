// The details of an event: what it changed, its kernel steps, what the threads do, the mappings and the machine code.
function table(head, rows) {
  const body = html("tbody", {}, ...rows.map(cells => html("tr", {}, ...cells)));
  return html("table", {}, html("thead", {}, html("tr", {}, ...head.map(name => html("th", {}, name)))), body);
}

function cell(text, className, note) {
  const result = html("td", { className: className ?? "" }, text);
  if (note) result.append(html("small", {}, note));
  return result;
}

function changeTable(data, changes, before, after) {
  return table(["", before, after], changes.map(change => [
    cell(cellName(change), "", data.meanings[change.column]),
    cell(change.old, change.old === change.new ? "mono" : "old mono"),
    cell(change.new, change.old === change.new ? "mono" : "new mono"),
  ]));
}

function cellName(each) { return `${each.column}${each.row ? ` of ${each.row}` : ""}`; }

// Cells with their values in order. Several values changed one after the other.
function cellTable(data, cells, title) {
  return table(["", title], cells.map(each => [
    cell(cellName(each), "", data.meanings[each.column]),
    cell(each.values.join(" \u2192 "), each.values.length > 1 ? "new mono" : "mono"),
  ]));
}

function writerCell(data, step) {
  const result = cell("");
  result.append(html("a", { href: `#event-${step + 1}` }, `event ${step + 1}`),
    html("small", {}, data.steps[step].text));
  return result;
}

function showRead(data) {
  if (data.read.length === 0) return [];
  return [html("h3", {}, "What the violated statement read"),
    table(["", "during the event", "written before by"], data.read.map(each => [
      cell(cellName(each), "", data.meanings[each.column]),
      cell(each.values.join(" \u2192 "), each.values.length > 1 ? "new mono" : "mono"),
      each.writer === null ? cell("no event of the run") : writerCell(data, each.writer)]))];
}

// The events that repeat for ever, and what makes them repeat.
function showLoop(data, index) {
  const loop = data.loop;
  if (loop === null || index < loop.first) return [];
  const shown = [html("p", { className: "bad" }, `${data.title}.`),
    html("pre", { className: "says" }, data.details.join("\n"))];
  if (loop.event === null) return shown;
  const here = loop.event === index ? "this event" : `event ${loop.event + 1}`;
  shown.push(html("h3", {}, `What decides: ${loop.step} of ${here} read, and the thread that waits`),
    table(["", "read", "in the loop"], loop.decides.map(each => [
      cell(cellName(each), "", data.meanings[each.column]), cell(each.value, "mono"),
      each.values.length > 1 ? cell(each.values.join(" \u2192 "), "mono") : cell("never changes", "bad")])));
  if (loop.returns.length > 0)
    shown.push(html("h3", {}, "What else changes in the loop, and returns"),
      cellTable(data, loop.returns, "in the loop"));
  return shown;
}

function kernelChanges(steps) {
  const changes = steps.changes.map(each => `${cellName(each)}: ${each.old} \u2192 ${each.new}`);
  if (steps.more > 0) changes.push(`${steps.more} more`);
  return changes.length === 0 ? "changes nothing" : changes.join(", ");
}

// Steps in a row of one kind, which change the same cells, are one line.
function showKernelSteps(step) {
  const folded = step.kernelSteps;
  if (folded.length === 0 || folded.at(-1).last < 2) return [];
  const rows = folded.map(steps => {
    const count = steps.last - steps.first + 1;
    const name = cell(`${steps.name}${count > 1 ? `, ${count} steps` : ""}`, steps.fails ? "bad" : "",
      `${steps.method}${steps.source ? `, ${steps.source}` : ""}`);
    if (steps.fails) name.append(html("small", { className: "bad" }, "The statement is violated after this step."));
    return [cell(count > 1 ? `${steps.first}\u2013${steps.last}` : `${steps.first}`), name,
      cell(kernelChanges(steps))];
  });
  return [html("h3", {}, `The kernel steps of the event: ${folded.at(-1).last}`),
    html("div", { className: "kernel" }, table(["", "step", "changes"], rows))];
}

function showChanges(data, step) {
  const shown = step.changes.length === 0 ? [html("p", {}, "The event changes nothing.")]
    : [html("h3", {}, "What the event changed"), changeTable(data, step.changes, "before", "after")];
  if (step.loaded.length > 0)
    shown.push(html("h3", {}, "What its program had loaded before"),
      changeTable(data, step.loaded, "before", "loaded"));
  return shown;
}

function showThreads(data, step) {
  const names = new Map(data.lanes.map(lane => [lane.row, lane.name]));
  const rows = step.threads.map(doing => [cell(names.get(doing.row)), cell(doing.text, doing.runs ? "new" : "")]);
  return [html("h3", {}, "Threads after the event"), table(["thread", ""], rows)];
}

function showTree(lines, others, className) {
  const there = new Set(others.map(line => `${line.node} ${line.text}`));
  return html("pre", { className: "code" }, ...lines.map(line => html("span",
    { className: there.has(`${line.node} ${line.text}`) ? "" : className }, `${"  ".repeat(line.depth)}${line.text}`)));
}

function showTrees(step) {
  return step.trees.flatMap(tree => [
    html("h3", {}, `Mappings of ${tree.frame}, before and after`),
    html("div", { className: "trees" }, showTree(tree.before, tree.after, "gone"),
      showTree(tree.after, tree.before, "come")),
    ...tree.others > 0 ? [html("p", {}, `${tree.others} other mappings of it stay as they are.`)] : [],
  ]);
}

function codeLine(text, here) {
  return html("span", { className: here ? "here" : "" }, `${here ? "=> " : "   "}${text}`);
}

function fileLine(source) { return source.split("/").at(-1); }

function showPath(path) {
  const shown = [html("h3", {}, "Where the image went wrong"), html("p", { className: "bad" }, path.headline)];
  if (path.step) shown.push(html("p", {}, path.step));
  if (path.notes.length > 0) shown.push(html("ul", {}, ...path.notes.map(note => html("li", {}, note))));
  if (path.place) shown.push(html("p", { className: "mono" }, path.place));
  if (path.source.length > 0) {
    const wide = Math.max(...path.source.map(line => line.note ? line.text.length : 0));
    shown.push(html("pre", { className: "code" }, ...path.source.map(line =>
      valuedLine(`${String(line.number).padStart(4)}  ${line.text.padEnd(wide)}`, line.note, line.deviates))));
  }
  if (path.jumps.length > 0)
    shown.push(html("h3", {}, "The last conditional jumps, the newest first"), table(["", ""],
      path.jumps.map(jump => [cell(fileLine(jump.place), "mono"),
        noted(jump.text, jump.decision, jump.mends ? "The other way, image and spec agree." : "")])));
  if (path.origins.length > 0)
    shown.push(html("h3", {}, "The lines that computed the value, in order"), table(["", ""],
      path.origins.map(origin => [cell(fileLine(origin.place), "mono"), noted(origin.text, origin.values)])));
  const part = path.instructions.length < path.length ? `, the last ${path.instructions.length} of them` : "";
  shown.push(html("h3", {}, `The path: ${path.length} instructions${part}`));
  const wide = Math.max(0, ...path.instructions.map(each => fileLine(each.source).length));
  const long = Math.min(32, Math.max(0, ...path.instructions.map(each => each.text.length)));
  shown.push(html("pre", { className: "code", id: "path" }, ...path.instructions.map(each => {
    const line = valuedLine(`${fileLine(each.source).padEnd(wide)}  ${each.text.padEnd(long)}`, each.values,
      each.deviates);
    line.title = `${each.address}  ${each.place}`;
    if (each.deviates || !each.source) line.append(html("small", {}, line.title));
    if (each.isJump) line.classList.add("jump");
    if (each.isNear) line.classList.add("come");
    return line;
  })));
  return shown;
}

// A line of code with its values, which are below it if the window is narrow.
function valuedLine(text, values, here) {
  const line = html("span", { className: here ? "valued here" : "valued" },
    html("b", {}, `${here ? "=> " : "   "}${text}`));
  if (values) line.append(html("i", {}, values));
  return line;
}

// A line of code, the values below it, and what a trial has shown.
function noted(code, values, shown) {
  const result = cell(code, "code-cell");
  if (values) result.append(html("span", { className: "values" }, values));
  if (shown) result.append(html("span", { className: "bad" }, shown));
  return result;
}

function showDetails(data, index) {
  const details = document.getElementById("details");
  const step = data.steps[index];
  if (!step) {
    details.replaceChildren(html("p", {}, "No event has come yet."));
    return;
  }
  const isWrong = index === data.wrong;
  // The head of a page says what fails. The explorer has no such head.
  const title = document.body.classList.contains("explores")
    ? [html("p", { className: "bad" }, data.title), html("pre", { className: "says" }, data.details.join("\n"))] : [];
  const wrong = isWrong ? [...title, ...showRead(data)] : [];
  details.replaceChildren(html("h2", {}, `Event ${index + 1}: ${step.text}`), ...wrong, ...showLoop(data, index),
    ...(isWrong && data.path ? showPath(data.path) : showKernelSteps(step)), ...showChanges(data, step),
    ...showThreads(data, step), ...showTrees(step));
  const here = details.querySelector("#path .here");
  if (here) here.parentElement.scrollTop = here.offsetTop - here.parentElement.offsetTop - 120;
}
