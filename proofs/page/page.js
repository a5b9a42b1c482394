// Going from event to event, filtering and links.
let data = null, rows = [], selected = 0;

function byId(id) { return document.getElementById(id); }

function select(index, keepLink, isFirst) {
  if (data.steps.length === 0) {
    showDetails(data, 0);
    byId("where").textContent = "no event";
    return;
  }
  selected = Math.max(0, Math.min(index, data.steps.length - 1));
  rows.forEach((row, i) => row.classList.toggle("selected", i === selected));
  byId("where").textContent = `event ${selected + 1} of ${data.steps.length}`;
  byId("where").href = `#event-${selected + 1}`;
  byId("back").disabled = selected === 0;
  byId("forward").disabled = selected === data.steps.length - 1;
  showDetails(data, selected);
  if (isFirst) return;
  if (!keepLink) history.replaceState(null, "", `#event-${selected + 1}`);
  const top = rows[selected].getBoundingClientRect();
  if (top.top < 60 || top.bottom > window.innerHeight) rows[selected].scrollIntoView({ block: "nearest" });
}

// The next event in a direction that the filter lets through.
function move(by) {
  let next = selected + by;
  while (rows[next]?.hidden) next += by;
  if (rows[next]) select(next);
}

function filter() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(word => word);
  data.steps.forEach((step, i) => {
    step.words ??= `${step.text} ${[...step.changes, ...step.loaded]
      .map(each => `${each.column} of ${each.row} ${each.old} ${each.new}`).join(" ")}`.toLowerCase();
    rows[i].hidden = !words.every(word => step.words.includes(word));
  });
  byId("matches").textContent = words.length === 0 ? ""
    : `${rows.filter(row => !row.hidden).length} of ${rows.length} events`;
}

function show(next) {
  data = next;
  for (const step of data.steps) step.threads = step.threads.map(place => data.doings[place]);
  document.title = `Verified: ${data.title}`;
  byId("origin").textContent = data.origin;
  byId("title").textContent = data.fails ? `What ${data.differs ? "differs" : "fails"}: ${data.title}` : data.title;
  byId("verdict").textContent = data.details.join("\n");
  byId("shortness").textContent = data.shortness;
  document.querySelector("header").classList.toggle("fails", data.fails);
  rows = drawChart(data, select);
  filter();
}

function linked() {
  const event = /^#event-(\d+)$/.exec(location.hash);
  return event ? Number(event[1]) - 1 : null;
}

byId("back").addEventListener("click", () => move(-1));
byId("forward").addEventListener("click", () => move(1));
byId("filter").addEventListener("input", filter);
window.addEventListener("hashchange", () => { if (linked() !== null) select(linked(), true); });
document.addEventListener("keydown", event => {
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "Escape" && typing) event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    ArrowLeft: () => move(-1), k: () => move(-1), ArrowRight: () => move(1), j: () => move(1),
    Home: () => select(0), End: () => select(data.steps.length - 1), "/": () => byId("filter").focus(),
  };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

const embedded = JSON.parse(byId("data").textContent);
if (embedded) {
  show(embedded);
  select(linked() ?? data.wrong ?? data.loop?.event ?? data.steps.length - 1, true, true);
}
