"use strict";

// The sequence chart: a lane for each thread, a row for each event.
const laneWidth = 76, arrowAt = 30, barWidth = 10, letterWidth = 7.3;

function svg(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function html(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function laneAt(data, row) {
  const index = data.lanes.findIndex(lane => (lane.row ?? null) === (row ?? null));
  return index < 0 ? null : laneWidth * (index + 0.5);
}

// What the threads do before an event.
function doingBefore(data, index) {
  if (index > 0) return data.steps[index - 1].threads;
  return data.lanes.filter(lane => lane.row !== null).map(lane => ({
    row: lane.row, status: lane.status, runs: lane.runs, text: lane.status,
    waits: ["sending", "receiving-from", "receiving-any", "sleeping", "giving"].includes(lane.status),
  }));
}

function drawBar(into, x, doing, from, to) {
  if (!doing || !(doing.runs || doing.waits)) return;
  const bar = svg("rect", {
    x: x - barWidth / 2, y: from, width: barWidth, height: to, class: doing.runs ? "runs" : "waits",
  });
  bar.append(svg("title", {}, doing.text));
  into.append(bar);
}

function drawLanes(data) {
  const picture = svg("svg", { role: "img", "aria-label": "Threads" });
  for (const lane of data.lanes)
    picture.append(svg("text", { x: laneAt(data, lane.row), y: 20, class: "name" }, lane.name));
  return html("div", { className: "lanes" }, html("div", { className: "picture" }, picture), html("p"));
}

// Bars above the arrow show what was before the event; bars below it show what is afterwards.
function drawStep(data, index) {
  const step = data.steps[index];
  const picture = svg("svg", { role: "img", "aria-label": step.text });
  const hatch = svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)" });
  hatch.append(svg("rect", { width: 3, height: 6, style: "fill: var(--wait)" }));
  picture.append(hatch);
  const before = new Map(doingBefore(data, index).map(doing => [doing.row, doing]));
  const after = new Map(step.threads.map(doing => [doing.row, doing]));
  for (const lane of data.lanes) {
    const x = laneAt(data, lane.row);
    picture.append(svg("line", { x1: x, x2: x, y1: 0, y2: "100%", class: "life" }));
    if (lane.row === null) continue;
    drawBar(picture, x, before.get(lane.row), 0, arrowAt);
    drawBar(picture, x, after.get(lane.row), arrowAt, "100%");
  }
  if (step.mark) drawMark(picture, data, step);
  step.messages.forEach((message, i) => drawMessage(picture, data, message, i));
  return picture;
}

function drawMark(into, data, step) {
  const x = laneAt(data, null), to = laneAt(data, step.actor);
  into.append(svg("path", { d: `M${x} ${arrowAt - 7}l7 7l-7 7l-7 -7z`, class: "mark" }));
  if (to !== null) into.append(svg("line", { x1: x, x2: to, y1: arrowAt, y2: arrowAt, class: "markline" }));
  into.append(svg("text", { x: x + 10, y: arrowAt - 8, class: "mark" }, step.mark));
}

function drawMessage(into, data, message, index) {
  const from = laneAt(data, message.from), to = laneAt(data, message.to);
  if (from === null || to === null) return;
  const y = arrowAt + 20 * index, side = to > from ? -1 : 1, end = to + side * (barWidth / 2 + 1);
  into.append(svg("line", { x1: from, x2: end, y1: y, y2: y, class: "arrow" }));
  into.append(svg("path", { d: `M${end} ${y}l${side * 9} -5v10z`, class: "head" }));
  // A short label has its place beside the sender's lane, where no bar is; a longer one covers the lanes in between.
  const width = letterWidth * message.text.length + 8;
  const at = width < laneWidth - barWidth ? from - side * laneWidth / 2 : (from + to) / 2;
  const label = svg("g", { class: "words" });
  label.append(svg("rect", { x: at - width / 2, y: y - 19, width, height: 15, rx: 3 }),
    svg("text", { x: at, y: y - 8 }, message.text),
    svg("title", {}, `${message.text}${message.result ? `, result: ${message.result}` : ""}`));
  into.append(label);
}

function drawChart(data, select) {
  const chart = document.getElementById("chart");
  chart.style.setProperty("--lanes", `${laneWidth * data.lanes.length}px`);
  // A picture is drawn when its row first comes into view, because a run may have thousands of steps.
  const seen = new IntersectionObserver(entries => {
    for (const entry of entries.filter(entry => entry.isIntersecting)) {
      seen.unobserve(entry.target);
      entry.target.append(drawStep(data, Number(entry.target.dataset.step)));
    }
  }, { rootMargin: "600px" });
  const rows = data.steps.map((step, index) => {
    const wrong = index === data.wrong;
    const text = html("p", {}, html("b", {}, `${index + 1}  `), step.text);
    for (const message of step.messages.filter(message => message.result && message.result !== "done"))
      text.append(html("small", {}, `  (${message.result})`));
    const loops = data.loop !== null && index >= data.loop.first;
    if (wrong) text.append(document.createElement("br"), html("em", {}, "The failure shows after this event."));
    if (loops && index === data.loop.first)
      text.append(document.createElement("br"), html("em", {}, "The loop starts here."));
    if (loops && index === data.loop.event)
      text.append(document.createElement("br"), html("em", {}, "This event passes over the one that waits."));
    if (loops && index === data.steps.length - 1)
      text.append(document.createElement("br"),
        html("em", {}, `The loop ends here: go on with event ${data.loop.first + 1}.`));
    const picture = html("div", { className: "picture" });
    picture.dataset.step = index;
    const row = html("div", { className: `step${wrong ? " wrong" : ""}${loops ? " loops" : ""}`,
      id: `event-${index + 1}` }, picture, text);
    row.addEventListener("click", () => select(index));
    return row;
  });
  chart.replaceChildren(drawLanes(data), ...rows);
  for (const picture of chart.querySelectorAll(".step > .picture")) seen.observe(picture);
  return rows;
}
