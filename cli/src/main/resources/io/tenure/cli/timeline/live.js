/*
 * live.js: begins with the data of the page, or, where "tenure serve" has sent it, asks that server again and again for what is
 * new. Then it says until when what it shows was true, and from when on it hears nothing: old data never look like new ones.
 */
const POLL_MS = 1000;
const HIDDEN_POLL_MS = 10000;
const PATIENCE_MS = 8000;

const embedded = JSON.parse(element("data").textContent);
const live = embedded.live ? { heard: null, since: Date.now(), problem: "", zookeeper: null } : null;

async function ask(path) {
  const response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) {
    throw new Error("it answers " + response.status);
  }
  return response.json();
}

async function poll() {
  try {
    const answer = await ask(`api/timeline?since=${model.version}&run=${encodeURIComponent(model.run)}`);
    live.zookeeper = answer.zookeeper;
    takeData(answer.timeline);
    showStatus(await ask("api/status"));
    live.heard = Date.now();
    live.problem = "";
  } catch (error) {
    if (live.problem === "") {
      live.since = Date.now();
    }
    live.problem = error.name === "TimeoutError" ? "it does not answer" : error.message;
  }
  showConnection();
  setTimeout(poll, document.hidden ? HIDDEN_POLL_MS : POLL_MS);
}

function showConnection() {
  const line = element("connection");
  const down = live.problem !== "";
  const cut = live.zookeeper !== null && !live.zookeeper.connected;
  const stale = down || cut;
  line.hidden = !stale;
  line.className = stale ? "lost" : "";
  document.body.classList.toggle("stale", stale && model.version >= 0);
  const until = model.version >= 0 ? ` What is shown was true at ${clock.second(model.asOf)}, and may not be now.` : "";
  if (down) {
    setText(line, `No connection to tenure serve since ${clock.second(live.since)} (${duration(Date.now() - live.since)}): ${live.problem}.${until}`);
  } else if (cut) {
    const since = Math.max(0, live.zookeeper.now - live.zookeeper.since);
    setText(line, `tenure serve has no connection to ZooKeeper since ${clock.second(live.zookeeper.since)} (${duration(since)}).${until}`);
  } else {
    setText(line, ""); // The line below the title says that all is well.
  }
  setText(element("asof"), (stale ? "was true at " : "live, as of ") + clock.second(model.asOf));
}

/** Only if it is another: readers aloud begin anew otherwise. */
function setText(where, text) {
  if (where.textContent !== text) {
    where.textContent = text;
  }
}

const MAX_STATUS_ROWS = 500;

function showStatus(status) {
  element("status").hidden = status === null;
  if (status === null) {
    return;
  }
  const vacant = status.vacant.length;
  const plan = status.planVersion === null ? "" : `, plan ${status.planVersion}`;
  element("statussummary").textContent =
    `${status.led} of ${count(status.shards, "shard", "shards")} led, ${vacant === 0 ? "none" : vacant.toLocaleString("en")} vacant, ` +
    `${count(status.workers.length, "worker", "workers")}, coordinator ${status.coordinator ?? "none"}${plan}`;
  const names = status.vacant.slice(0, 200).join(", ") + (vacant > 200 ? " and " + (vacant - 200) + " more" : "");
  setText(element("vacancies"), vacant === 0 ? "" : "Vacant: " + names);
  element("vacancies").className = vacant === 0 ? "" : "bad";
  element("workers").replaceChildren(...status.workers.slice(0, MAX_STATUS_ROWS).map(workerRow));
}

function workerRow(worker) {
  const row = make("tr");
  const number = (value) => make("td", value === null ? "" : value.toLocaleString("en", { maximumFractionDigits: 2 }), "number");
  row.append(
    make("td", worker.id),
    make("td", worker.zone ?? ""),
    make("td", worker.drained ? "drained" : worker.state, worker.drained ? "drained" : ""),
    number(worker.leads),
    number(worker.standsBy),
    number(worker.capacity),
  );
  const cell = row.appendChild(make("td"));
  if (worker.utilization !== null) {
    const meter = cell.appendChild(make("meter"));
    Object.assign(meter, { min: 0, max: 1, high: 0.85, low: 0.7, optimum: 0, value: worker.utilization });
    cell.append(Math.round(worker.utilization * 100) + " %");
  }
  return row;
}

if (live === null) {
  takeData(embedded);
} else {
  document.body.classList.add("live");
  element("connection").hidden = false;
  element("connection").textContent = "Asking tenure serve for the timeline …";
  poll();
  // The time since when nothing is heard goes on while nothing is heard.
  setInterval(() => live.problem !== "" && showConnection(), POLL_MS);
}
retheme();
