// The explorer: the same page, with the server's session behind it.
let session = null, busy = null;

async function ask(what, body) {
  busy?.abort();
  const mine = busy = new AbortController();
  byId("said").classList.remove("bad");
  byId("said").textContent = what === "until" ? "Searching…" : "";
  byId("stop").hidden = what !== "until";
  try {
    const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
    const answer = what === "view" ? await fetch("view", { signal: mine.signal })
      : await fetch(what, { method: "POST", body: text, signal: mine.signal });
    if (!answer.ok) throw new Error(await answer.text());
    showSession(await answer.json());
  } catch (error) {
    // A later request has taken the place of this one.
    if (busy !== mine) return;
    byId("said").classList.add("bad");
    byId("said").textContent = error.name === "AbortError" ? "The search was stopped; the run is as it was."
      : error instanceof TypeError ? "The server does not answer; it may have ended. It saved the run."
      : error.message;
  } finally {
    if (busy === mine) {
      busy = null;
      byId("stop").hidden = true;
    }
  }
}

function eventButton(choice) {
  const button = html("button", { textContent: choice.text, disabled: choice.beyond,
    className: choice.isOfTrace ? "event own" : "event",
    title: choice.beyond ? "This event leads beyond the model's bounds." : choice.group });
  button.addEventListener("click", () => ask("take",
    { number: choice.number, events: session.events, follows: byId("follows").checked }));
  return button;
}

function showChoices() {
  const words = byId("narrow").value.toLowerCase().split(/\s+/).filter(word => word);
  const fits = session.choices.map((choice, number) => ({ ...choice, number }))
    .filter(choice => words.every(word => `${choice.group} ${choice.text}`.toLowerCase().includes(word)));
  byId("count").textContent = fits.length === session.choices.length ? `${fits.length}`
    : `${fits.length} of ${session.choices.length}`;
  const groups = new Map();
  for (const choice of fits) groups.set(choice.group, [...groups.get(choice.group) ?? [], choice]);
  byId("events").replaceChildren(...[...groups].map(([name, choices]) => {
    const part = html("details", { open: choices.length <= 12 || words.length > 0 || groups.size === 1 },
      html("summary", {}, `${name} (${choices.length})`));
    part.append(html("div", { className: "events" }, ...choices.map(eventButton)));
    return part;
  }));
  if (session.choices.length === 0) byId("events").append(html("p", { className: "bad" }, session.ended));
}

function verdicts(id, name, all) {
  const bad = all.filter(each => each.violated);
  const list = html("ul", {}, ...[...bad, ...all.filter(each => !each.violated)].map(each =>
    html("li", { className: each.violated ? "bad" : "", title: each.says },
      `${each.violated ? "✗" : "✓"} ${each.name}${each.violated ? `: ${each.says}; ${each.violated}` : ""}`)));
  const text = all.length === 0 ? `${name}: none` : bad.length === 0 ? `${name}: all ${all.length} hold`
    : `${name}: ${bad.length} of ${all.length} violated`;
  byId(id).replaceChildren(html("summary", { className: bad.length > 0 ? "bad" : "" }, text), list);
  byId(id).open ||= bad.length > 0;
}

function showSession(next) {
  session = next;
  show(session.page);
  // The chart scrolls by itself, so that the events to choose from stay where they are.
  select(session.page.steps.length - 1, true, true);
  byId("chart").scrollTop = byId("chart").scrollHeight;
  byId("stage").textContent = session.stage;
  byId("said").classList.toggle("bad", session.failed);
  byId("said").textContent = session.said;
  byId("undo").disabled = session.events === 0;
  byId("follow").hidden = session.rest === 0;
  byId("follow").textContent = `Whole trace (${session.rest} more)`;
  byId("compared").textContent = session.compared;
  byId("origin").textContent = `verified explore: ${session.says}`;
  byId("unsaved").textContent = session.unsaved ? "not saved" : "";
  byId("conditions").replaceChildren(...session.names.map(name => html("option", { value: name })));
  showChoices();
  verdicts("invariants", "Invariants in this state", session.invariants);
  verdicts("properties", "Properties of the last event", session.properties);
}

function button(id, text, title, action) {
  const made = html("button", { id, textContent: text, title });
  made.addEventListener("click", action);
  return made;
}

function explorer() {
  const until = html("form", { className: "row", id: "search" }, html("label", {}, "Run until ",
    html("input", { id: "until", size: 34, placeholder: "Status[2.0] == sending" })),
    html("datalist", { id: "conditions" }), html("button", { textContent: "Run" }),
    button("stop", "Stop", "Give the search up", () => busy?.abort()));
  until.querySelector("input").setAttribute("list", "conditions");
  until.addEventListener("submit", event => {
    event.preventDefault();
    ask("until", { condition: byId("until").value.trim() });
  });
  const file = html("input", { id: "load", type: "file", accept: ".json" });
  file.addEventListener("change", async () => {
    if (file.files.length > 0) await ask("load", await file.files[0].text());
    file.value = "";
  });
  const narrow = html("input", { id: "narrow", type: "search", placeholder: "call 2.0" });
  narrow.addEventListener("input", showChoices);
  byId("explorer").replaceChildren(
    html("div", { className: "row" },
      button("undo", "Undo event", "Take the last event back (u)", () => ask("back")),
      button("follow", "Whole trace", "Take the events of the trace that are not in the run",
        () => ask("follow", {})),
      button("here", "Go on from here", "Forget the events after the selected one",
        () => ask("step", { steps: selected + 1 })),
      button("restart", "Restart", "Go to the first state", () => ask("restart")),
      button("save", "Save trace", "Write the trace where verified replay finds it", () => ask("save")),
      html("a", { href: "trace.json", textContent: "Download" }),
      html("label", {}, "Load ", file), html("span", { id: "unsaved" })),
    until,
    html("p", { id: "said", role: "status" }),
    html("p", { id: "compared" }),
    html("div", { className: "row" },
      html("b", {}, "Next events: ", html("span", { id: "count" })), html("span", {}, "stage ",
        html("span", { id: "stage", className: "mono" })),
      html("label", {}, "Narrow ", narrow),
      html("label", { title: "Take the kernel's own steps while there is nothing to choose" },
        html("input", { id: "follows", type: "checkbox", checked: true }), " kernel steps follow")),
    html("div", { id: "events" }),
    html("div", { className: "row holds" }, html("details", { id: "invariants" }),
      html("details", { id: "properties" })));
  byId("explorer").hidden = false;
  document.body.classList.add("explores");
  byId("stop").hidden = true;
  document.addEventListener("keydown", event => {
    if (["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName)) return;
    if (event.key === "u" && !event.ctrlKey && !event.metaKey && !event.altKey) ask("back");
  });
  ask("view");
}

explorer();
