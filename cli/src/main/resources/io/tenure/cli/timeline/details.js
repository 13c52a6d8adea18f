/*
 * details.js: what is said in words: times, durations, tooltip, details, header, legend, status. All of it goes into the page
 * as text, never as markup.
 */
const clock = {
  utc: true,

  shift(time) {
    return this.utc ? 0 : -new Date(time).getTimezoneOffset() * 60000;
  },

  iso(time) {
    return new Date(time + this.shift(time)).toISOString();
  },

  date(time) {
    return this.iso(time).slice(0, 10);
  },

  /** A time on the axis, as exact as the distance of its neighbours wants it. */
  tick(time, step) {
    return this.iso(time).slice(11, step < 1000 ? 23 : step < 60000 ? 19 : 16);
  },

  full(time) {
    const iso = this.iso(time);
    return iso.slice(0, 10) + " " + iso.slice(11, 23) + (this.utc ? " UTC" : " local");
  },

  second(time) {
    const iso = this.iso(time);
    return iso.slice(0, 10) + " " + iso.slice(11, 19) + (this.utc ? " UTC" : " local");
  },
};

function duration(ms) {
  const units = [[86400000, "d"], [3600000, "h"], [60000, "min"], [1000, "s"]];
  if (ms < 1000) {
    return Math.round(ms) + " ms";
  } else if (ms < 60000) {
    return (ms / 1000).toFixed(ms < 10000 ? 1 : 0) + " s";
  }
  const at = units.findIndex(([size]) => ms >= size);
  const [size, unit] = units[at];
  const [smaller, smallerUnit] = units[at + 1];
  const rest = Math.floor((ms % size) / smaller);
  return Math.floor(ms / size) + " " + unit + (rest > 0 ? " " + rest + " " + smallerUnit : "");
}

function count(number, one, many) {
  return number.toLocaleString("en") + " " + (number === 1 ? one : many);
}

const element = (id) => document.getElementById(id);

function make(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) {
    made.textContent = text;
    made.dir = "auto";
  }
  if (className !== undefined) {
    made.className = className;
  }
  return made;
}

/** What is known of what is at a place, as pairs of a label and a text, and maybe a class. */
function fieldsOf(hit, asOf) {
  if (hit.kind === "tenure") {
    return tenureFields(hit, asOf);
  }
  const fields = [["shard", hit.shard.name, "main"]];
  if (hit.kind === "gap") {
    fields.push(["leader", hit.to === null ? "nobody, now" : "nobody", "bad"]);
    fields.push(["from", clock.full(hit.from)]);
    fields.push(["to", hit.to === null ? "goes on, as of " + clock.full(asOf) : clock.full(hit.to)]);
    fields.push(["duration", duration((hit.to ?? asOf) - hit.from)]);
    fields.push(["before", `${hit.before.worker.id}, epoch ${hit.before.epoch}, ${END_WORDS[hit.before.end]}${because(hit.before.ended)}`]);
    if (hit.after !== null) {
      fields.push(["after", `${hit.after.worker.id}, epoch ${hit.after.epoch}${because(hit.after.elected)}`]);
    }
  } else if (hit.kind === "hole") {
    const entries = hit.hole.first === hit.hole.last ? `entry ${hit.hole.first}` : `entries ${hit.hole.first} to ${hit.hole.last}`;
    const why = {
      "not kept": "not kept any more: older than what retention leaves",
      missing: "missing: deleted, or they cannot be read",
      forgotten: "not kept in this page, which is bounded; the trail may still have them",
    };
    fields.push(["not known", `${entries}: ${why[hit.hole.absence] ?? hit.hole.absence}`]);
    fields.push(["after", hit.hole.from === null ? "the beginning" : clock.full(hit.hole.from)]);
    fields.push(["before", hit.hole.to === null ? "now" : clock.full(hit.hole.to)]);
  } else {
    fields.push(["scope", hit.shard.scope]);
    fields.push(officeField(hit.shard, asOf));
    fields.push(["tenures", hit.shard.tenures.length.toLocaleString("en")]);
  }
  for (const problem of hit.shard.problems.slice(0, 3)) {
    fields.push(["unreadable", `${problem.path}: ${problem.problem}`, "bad"]);
  }
  return fields;
}

function because(reason) {
  return reason === "" ? "" : ": " + reason;
}

function officeField(shard, asOf) {
  const last = shard.tenures[shard.tenures.length - 1];
  if (shard.office === OFFICE.LED) {
    return ["now", last?.end === END.ON ? `led by ${last.worker.id}, epoch ${last.epoch}` : "led; by whom cannot be read, or not yet"];
  } else if (shard.office === OFFICE.VACANT) {
    if (shard.neverLed) {
      return ["now", "nobody leads; nobody ever led", "bad"];
    }
    const since = shard.vacantSince === null ? "since when is not known" : `for ${duration(asOf - shard.vacantSince)}`;
    return ["now", "nobody leads, " + since, "bad"];
  } else if (shard.office === OFFICE.REMOVED) {
    return ["now", "removed from the group, and led by nobody"];
  }
  return ["now", "not known"];
}

function tenureFields(hit, asOf) {
  const tenure = hit.tenure;
  const fields = [
    ["shard", hit.shard.name, "main"],
    ["worker", tenure.worker.id, "main"],
    ["epoch", String(tenure.epoch)],
    ["from", tenure.from === null ? "not kept: before what the trail still has" : clock.full(tenure.from)],
  ];
  const bound = tenure.end === END.LOST || tenure.end === END.UNKNOWN;
  if (tenure.to !== null) {
    fields.push(["to", (bound ? "at or before " : "") + clock.full(tenure.to)]);
  } else {
    fields.push(["to", tenure.end === END.ON ? "in office, as of " + clock.full(asOf) : "not known; at or before " + clock.full(asOf)]);
  }
  if (tenure.from !== null) {
    fields.push(["duration", (bound ? "at most " : "") + duration((tenure.to ?? asOf) - tenure.from)]);
  }
  if (tenure.from !== null) {
    fields.push(["elected", tenure.elected === "" ? "no reason is recorded" : tenure.elected]);
  }
  if (tenure.end !== END.ON) {
    const bad = tenure.end !== END.RESIGNED && tenure.end !== END.UNKNOWN;
    const unseen = tenure.end === END.UNKNOWN ? "no entry of its end can be read here" + (tenure.to === null && hit.shard.office === OFFICE.VACANT ? "; its leader node is gone" : "") : "";
    fields.push(["ended", unseen || END_WORDS[tenure.end] + because(tenure.ended), bad ? "bad" : undefined]);
  }
  fields.push(["gap before", gapText(tenure)]);
  fields.push(["where", tenure.place]);
  fields.push(["entry", `${tenure.index} of ${hit.shard.scope}`]);
  if (hit.others > 0) {
    fields.push(["here also", count(hit.others, "more tenure", "more tenures") + " in this pixel: zoom in"]);
  }
  return fields;
}

function gapText(tenure) {
  const place = tenure.shard.tenures.indexOf(tenure);
  const before = tenure.shard.tenures[place - 1];
  if (tenure.gap !== null && before?.end === END.LOST) {
    return "not recorded: the tenure before was lost, and ended before it was found";
  } else if (tenure.gap !== null) {
    return duration(tenure.gap);
  }
  return tenure.index === 1 ? "none: it is the first" : "not known";
}

/** Puts fields into a list, and leaves alone what has not changed. */
function showFields(list, fields) {
  list.replaceChildren(
    ...fields.flatMap(([label, text, className]) => [make("dt", label), make("dd", text, className ?? "")]),
  );
}

/** The header: counts, and what is wrong. */
function showFacts(model, goToLongest) {
  const sums = model.sums;
  const others = model.shards.length - sums.shards;
  element("title").textContent = model.title;
  const fact = (number, text, bad, action) => {
    const item = make("li", undefined, bad ? "bad" : "");
    const inner = action === undefined ? item : item.appendChild(make("button"));
    if (action !== undefined) {
      inner.type = "button";
      inner.addEventListener("click", action);
      inner.title = "Show it: g";
    }
    inner.append(make("b", number), make("span", text));
    return item;
  };
  const longest = sums.longest;
  const focused = element("facts").contains(document.activeElement);
  element("facts").replaceChildren(
    fact(sums.shards.toLocaleString("en") + (others > 0 ? " + " + others : ""), others > 0 ? "shards + coordinator" : model.byScope.has(model.title) ? "scope" : sums.shards === 1 ? "shard" : "shards"),
    fact(sums.vacant.toLocaleString("en"), "vacant now", sums.vacant > 0),
    fact(sums.transitions.toLocaleString("en"), "transitions"),
    fact(model.workersSeen.length.toLocaleString("en"), "workers"),
    fact(sums.gaps.toLocaleString("en"), "gaps ≥ 1 s"),
    longest === null ? fact("none", "longest gap") : fact(duration(longest.ms), "longest gap: " + shortName(longest.shard.name), false, goToLongest),
  );
  if (focused) {
    element("facts").querySelector("button")?.focus();
  }
  const unknown = sums.unknown > 0 ? `, ${sums.unknown.toLocaleString("en")} not known` : "";
  element("canvas").setAttribute(
    "aria-label",
    `Timeline of ${model.title}: ${count(sums.shards, "shard", "shards")}, ${sums.vacant} vacant${unknown}, ` +
      `${count(sums.transitions, "transition", "transitions")} by ${count(model.workersSeen.length, "worker", "workers")}` +
      (longest === null ? "" : `, longest gap ${duration(longest.ms)} in shard ${longest.shard.name}`),
  );
}

function shortName(name) {
  const letters = [...name];
  return letters.length <= 14 ? name : letters.slice(0, 13).join("") + "…";
}

/** What could not be read, and where entries are missing. */
function showProblems(model) {
  const problems = model.shards.flatMap((shard) => [
    ...shard.problems.map((one) => `${one.path}: ${one.problem}`),
    ...shard.holes
      .filter((hole) => hole.absence === "missing")
      .map((hole) => `${shard.scope}: ${hole.first === hole.last ? "entry " + hole.first + " is" : `entries ${hole.first} to ${hole.last} are`} missing`),
  ]);
  element("problems").hidden = problems.length === 0;
  element("problemssummary").textContent = count(problems.length, "thing cannot be read or is missing", "things cannot be read or are missing");
  element("problemlist").replaceChildren(...problems.slice(0, 200).map((text) => make("li", text)));
}

const MAX_LEGEND = 300;

/** The workers, those who lead most first. */
function showLegend(model, filter, painter, on) {
  const workers = [...model.workersSeen].sort((a, b) => b.leads - a.leads || b.tenures - a.tenures || byName(a.id, b.id));
  const items = workers.slice(0, MAX_LEGEND).map((worker) => {
    const item = make("li");
    const button = item.appendChild(make("button", undefined, "worker"));
    button.type = "button";
    button.title = `${worker.id}: leads ${worker.leads}, ${count(worker.tenures, "tenure", "tenures")} here`;
    button.setAttribute("aria-pressed", String(filter.workers.has(worker.id)));
    button.classList.toggle("off", filter.workers.size > 0 && !filter.workers.has(worker.id));
    const swatch = button.appendChild(make("span", worker.initials, worker.variant ? "swatch variant" : "swatch"));
    swatch.style.background = painter.fill({ worker });
    button.append(make("span", worker.id, "id"), make("span", `${worker.leads} of ${worker.tenures}`, "count"));
    button.addEventListener("click", () => on.choose(worker));
    button.addEventListener("pointerenter", () => on.highlight(worker));
    button.addEventListener("pointerleave", () => on.highlight(null));
    button.addEventListener("focus", () => on.highlight(button.matches(":focus-visible") ? worker : null));
    button.addEventListener("blur", () => on.highlight(null));
    return item;
  });
  const list = element("legendlist");
  const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
  list.replaceChildren(...items);
  items[focused]?.firstChild.focus();
  element("allworkers").hidden = filter.workers.size === 0;
  element("legendmore").hidden = workers.length <= MAX_LEGEND;
  element("legendmore").textContent = `and ${workers.length - MAX_LEGEND} more: filter by worker:name`;
}
