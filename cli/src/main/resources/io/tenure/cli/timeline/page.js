/*
 * page.js: joins the parts: what the mouse, the keys and the controls do, what the address keeps, and when a frame is drawn.
 *
 * window.tenure is there for tests, and for a reader with the browser's tools: what the last frame drew, where a
 * tenure is, what is at a place. It changes nothing.
 */
const model = new Model();
const filter = new Filter();
const scene = new Scene(model);
const painter = new Painter(scene, element("canvas"), element("overview"));
const chart = element("chart");
const canvas = element("canvas");
const frames = { count: 0, times: [], first: null };
let wanted = false;
let pinned = null;

/** Draws in the next frame; many calls make one. */
function redraw() {
  // Before the first data have come there is nothing to draw.
  if (!wanted && model.version >= 0) {
    wanted = true;
    requestAnimationFrame(frame);
  }
}

function frame() {
  wanted = false;
  const begin = performance.now();
  painter.draw();
  frames.count++;
  frames.first ??= performance.now();
  frames.times.push(performance.now() - begin);
  if (frames.times.length > 600) {
    frames.times.shift();
  }
}

/** After the filter or the data have changed. */
function relay() {
  scene.setRows(filter.apply(model));
  painter.countDensity();
  layScrollbar();
  showEmpty();
  redraw();
}

function showEmpty() {
  const nothing =
    model.shards.length === 0
      ? "There are no shards here."
      : model.sums.tenures === 0 && model.sums.holes === 0 && !filter.active
        ? "Nobody has led yet: there is no entry in the audit trail of " + (model.shards.length === 1 ? model.shards[0].scope : "any shard") + "."
        : scene.rows.length === 0
          ? "Nothing matches the filter" + (filter.query.trim() === "" ? "." : ": " + filter.query)
          : "";
  element("empty").hidden = nothing === "";
  element("emptytext").textContent = nothing;
  element("clear").hidden = !filter.active;
}

/** Everything that is written and not drawn. */
function rewrite() {
  showFacts(model, goToLongest);
  showProblems(model);
  relegend();
  if (live === null) {
    element("asof").textContent = "as of " + clock.second(model.asOf);
  }
  element("zone").textContent = clock.utc ? "UTC" : "local";
  document.title = (model.sums.vacant > 0 ? `(${model.sums.vacant} vacant) ` : "") + model.title + ": timeline";
  showPinned();
}

function relegend() {
  showLegend(model, filter, painter, {
    choose(worker) {
      filter.workers.delete(worker.id) || filter.workers.add(worker.id);
      filtered();
    },
    highlight(worker) {
      if (painter.hot !== worker) {
        painter.hot = worker;
        redraw();
      }
    },
  });
}

function filtered() {
  relay();
  relegend();
  keep();
}

/** Takes a timeline, or changes to it, and keeps what is in view. */
function takeData(data) {
  const before = model.asOf;
  const first = model.version < 0;
  const changed = model.take(data);
  if (first) {
    scene.fit();
    restore();
  } else {
    scene.advance(before);
  }
  if (changed || first) {
    if (pinned?.tenure) {
      // The tenure that was pinned may be another object now.
      const shard = model.byScope.get(pinned.shard.scope);
      const same = shard?.tenures.find((tenure) => tenure.index === pinned.tenure.index);
      pinned = same === undefined ? null : { ...pinned, shard, tenure: same };
      painter.pinned = pinned;
    }
    painter.hovered = null;
    element("tip").hidden = true;
    relay();
    rewrite();
  } else {
    // Nothing but the time has changed, and with it how long nobody has led.
    showFacts(model, goToLongest);
    painter.countDensity();
    redraw();
  }
}

/* What is in view. */

function moved() {
  // The thing under the mouse is gone.
  element("tip").hidden = true;
  painter.hovered = null;
  layScrollbar();
  redraw();
  keep();
}

function layScrollbar() {
  element("height").style.height = scene.rowsHeight + "px";
  const bar = element("scroll");
  if (Math.abs(bar.scrollTop - scene.top) >= 1) {
    bar.scrollTop = scene.top;
  }
}

function zoom(factor, x) {
  scene.zoom(factor, x);
  moved();
}

function pan(share) {
  scene.pan(scene.plotWidth * share);
  moved();
}

function scrollBy(pixels) {
  scene.scrollTo(scene.top + pixels);
  moved();
}

function reset() {
  scene.fit();
  moved();
}

function goToLongest() {
  const longest = model.sums.longest;
  if (longest !== null) {
    show(longest.shard, longest.from, longest.to, longest.ms);
  }
}

/** Brings a time of a scope into view, past the filter. */
function show(shard, from, to, margin) {
  if (!scene.place.has(shard)) {
    clearFilter();
  }
  scene.show(from - margin, to + margin);
  scene.scrollTo((scene.place.get(shard) + 0.5) * scene.rowHeight - scene.plotHeight / 2);
  moved();
}

function clearFilter() {
  filter.query = "";
  filter.workers.clear();
  element("query").value = "";
  filtered();
}

/* What is under the mouse, and what is pinned. */

function hover(event) {
  const box = canvas.getBoundingClientRect();
  const hit = scene.at(event.clientX - box.left, event.clientY - box.top);
  const tip = element("tip");
  const empty = hit === null || (hit.kind === "none" && hit.shard.problems.length === 0);
  const before = painter.hovered;
  painter.hovered = empty ? null : hit;
  if (before?.tenure !== hit?.tenure || before?.from !== hit?.from || before?.shard !== hit?.shard) {
    redraw();
  }
  tip.hidden = empty;
  if (!empty) {
    showFields(element("tipfields"), fieldsOf(hit, model.asOf));
    const width = tip.offsetWidth;
    const height = tip.offsetHeight;
    const left = event.clientX + 16 + width > window.innerWidth ? event.clientX - 16 - width : event.clientX + 16;
    const below = event.clientY + 18 + height > window.innerHeight ? event.clientY - 14 - height : event.clientY + 18;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = Math.max(4, Math.min(below, window.innerHeight - height - 4)) + "px";
  }
}

function unhover() {
  element("tip").hidden = true;
  painter.hovered = null;
  redraw();
}

function pin(hit) {
  pinned = hit === null || hit.kind === "none" ? null : hit;
  painter.pinned = pinned;
  showPinned();
  redraw();
  keep();
}

function showPinned() {
  element("details").hidden = pinned === null;
  if (pinned !== null) {
    showFields(element("fields"), fieldsOf(pinned, model.asOf));
    element("previous").disabled = element("next").disabled = pinned.kind !== "tenure";
  }
}

/** Pins the neighbour of the pinned tenure, and brings it into view if it is not. */
function step(by) {
  if (pinned?.kind !== "tenure") {
    return;
  }
  const tenures = pinned.shard.tenures;
  const next = tenures[tenures.indexOf(pinned.tenure) + by];
  if (next === undefined) {
    return;
  }
  const at = next.from ?? next.to ?? model.asOf;
  if (at < scene.from || at > scene.to) {
    const half = (scene.to - scene.from) / 2;
    scene.show(at - half, at + half);
  }
  pin({ shard: pinned.shard, kind: "tenure", tenure: next, others: 0 });
  moved();
}

/* What the address keeps: enough to show another reader the same. */

let keeping = 0;

function keep() {
  clearTimeout(keeping);
  keeping = setTimeout(() => history.replaceState(null, "", "#" + state()), 200);
}

function state() {
  const parts = new URLSearchParams();
  if (!scene.fits) {
    parts.set("from", Math.floor(scene.from));
    parts.set("to", Math.ceil(scene.to));
  }
  if (filter.query.trim() !== "") {
    parts.set("q", filter.query);
  }
  for (const worker of filter.workers) {
    parts.append("w", worker);
  }
  if (filter.sort !== "name") {
    parts.set("sort", filter.sort);
  }
  if (scene.chosenHeight !== null) {
    parts.set("rows", scene.chosenHeight);
  }
  if (scene.top > 0) {
    parts.set("top", Math.round(scene.top));
  }
  if (!clock.utc) {
    parts.set("zone", "local");
  }
  if (pinned?.kind === "tenure") {
    parts.set("pin", pinned.tenure.index + " " + pinned.shard.scope);
  }
  return parts.toString();
}

/** Shows what the address says, as far as it is there. */
function restore() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const number = (name) => (parts.has(name) && Number.isFinite(Number(parts.get(name))) ? Number(parts.get(name)) : null);
  filter.query = (parts.get("q") ?? "").slice(0, 200);
  filter.workers = new Set(parts.getAll("w").filter((id) => model.byId.has(id)));
  filter.sort = parts.get("sort") in ORDERS ? parts.get("sort") : "name";
  clock.utc = parts.get("zone") !== "local";
  scene.chosenHeight = ROW_HEIGHTS.includes(number("rows")) ? number("rows") : null;
  element("query").value = filter.query;
  element("sort").value = filter.sort;
  if (number("from") !== null && number("to") > number("from")) {
    scene.show(number("from"), number("to"));
  } else {
    scene.fit();
  }
  scene.setRows(filter.apply(model));
  scene.scrollTo(number("top") ?? 0);
  const [, index, scope] = /^(\d+) (.*)$/su.exec(parts.get("pin") ?? "") ?? [];
  const shard = model.byScope.get(scope);
  const tenure = shard?.tenures.find((one) => one.index === Number(index));
  pinned = tenure === undefined ? null : { shard, kind: "tenure", tenure, others: 0 };
  painter.pinned = pinned;
}

/* Mouse, keys, controls. */

let drag = null;

canvas.addEventListener("pointerdown", (event) => {
  if (event.button === 0) {
    drag = { x: event.clientX, y: event.clientY, far: false };
    canvas.setPointerCapture(event.pointerId);
  }
});
canvas.addEventListener("pointermove", (event) => {
  if (drag === null) {
    hover(event);
    return;
  }
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (drag.far || Math.hypot(dx, dy) > 3) {
    Object.assign(drag, { x: event.clientX, y: event.clientY, far: true });
    canvas.classList.add("dragging");
    element("tip").hidden = true;
    scene.pan(-dx);
    scene.scrollTo(scene.top - dy);
    moved();
  }
});
canvas.addEventListener("pointerup", (event) => {
  if (drag !== null && !drag.far) {
    const box = canvas.getBoundingClientRect();
    pin(scene.at(event.clientX - box.left, event.clientY - box.top));
  }
  drag = null;
  canvas.classList.remove("dragging");
  chart.focus({ preventScroll: true });
});
canvas.addEventListener("pointercancel", () => {
  drag = null;
  canvas.classList.remove("dragging");
});
canvas.addEventListener("pointerleave", unhover);
canvas.addEventListener("dblclick", (event) => zoom(0.4, event.clientX - canvas.getBoundingClientRect().left));
canvas.addEventListener(
  "wheel",
  (event) => {
    if (event.ctrlKey) {
      return; // The browser's own zoom.
    }
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 18 : event.deltaMode === 2 ? scene.plotHeight : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    const x = event.clientX - canvas.getBoundingClientRect().left;
    if (x < scene.gutter || event.altKey) {
      scrollBy(dy);
    } else if (event.shiftKey || Math.abs(dx) > Math.abs(dy)) {
      pan((dx || dy) / scene.plotWidth);
    } else {
      zoom(Math.exp(Math.max(-300, Math.min(300, dy)) * 0.0022), x);
    }
    hover(event);
  },
  { passive: false },
);
element("scroll").addEventListener("scroll", () => {
  const top = element("scroll").scrollTop;
  if (Math.abs(top - scene.top) >= 1) {
    scene.scrollTo(top);
    redraw();
    keep();
  }
});

function overviewTo(event) {
  const box = element("overview").getBoundingClientRect();
  const extent = scene.extent;
  const middle = extent.from + ((event.clientX - box.left) / box.width) * (extent.to - extent.from);
  const half = scene.fits ? (extent.to - extent.from) / 20 : (scene.to - scene.from) / 2;
  scene.show(middle - half, middle + half);
  moved();
}
element("overview").addEventListener("pointerdown", (event) => {
  element("overview").setPointerCapture(event.pointerId);
  overviewTo(event);
});
element("overview").addEventListener("pointermove", (event) => {
  if (event.buttons === 1) {
    overviewTo(event);
  }
});

const KEYS = {
  ArrowLeft: () => pan(-0.15),
  ArrowRight: () => pan(0.15),
  ArrowUp: () => scrollBy(-3 * scene.rowHeight),
  ArrowDown: () => scrollBy(3 * scene.rowHeight),
  PageUp: () => scrollBy(-scene.plotHeight * 0.9),
  PageDown: () => scrollBy(scene.plotHeight * 0.9),
  Home: () => scrollBy(-Infinity),
  End: () => scrollBy(scene.rowsHeight),
  "+": () => zoom(0.7),
  "=": () => zoom(0.7),
  "-": () => zoom(1 / 0.7),
  0: reset,
  "[": () => rowHeight(-1),
  "]": () => rowHeight(1),
  ",": () => step(-1),
  ".": () => step(1),
  g: goToLongest,
  "/": () => element("query").focus(),
  Escape: () => (pinned === null ? clearFilter() : pin(null)),
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea, table, #statusscroll, aside");
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS) || (typing && event.key !== "Escape")) {
    return;
  }
  if (event.target.closest?.("button, summary") && event.key === " ") {
    return;
  }
  event.preventDefault();
  KEYS[event.key]();
});

function rowHeight(by) {
  scene.changeHeight(by);
  moved();
}

let typing = 0;
element("query").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    filter.query = element("query").value;
    filtered();
  }, 80);
});
element("controls").addEventListener("submit", (event) => event.preventDefault());
element("sort").addEventListener("change", () => {
  filter.sort = element("sort").value;
  filtered();
});
element("clear").addEventListener("click", clearFilter);
element("allworkers").addEventListener("click", () => {
  filter.workers.clear();
  filtered();
});
element("taller").addEventListener("click", () => rowHeight(1));
element("shorter").addEventListener("click", () => rowHeight(-1));
element("in").addEventListener("click", () => zoom(0.6));
element("out").addEventListener("click", () => zoom(1 / 0.6));
element("fit").addEventListener("click", reset);
element("previous").addEventListener("click", () => step(-1));
element("next").addEventListener("click", () => step(1));
element("unpin").addEventListener("click", () => pin(null));
element("zone").addEventListener("click", () => {
  clock.utc = !clock.utc;
  rewrite();
  redraw();
  keep();
});
element("copy").addEventListener("click", async () => {
  history.replaceState(null, "", "#" + state());
  const button = element("copy");
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "copied";
  } catch {
    // Not allowed here, as it is in a page from another machine without TLS: the address has it all the same.
    button.textContent = "see the address";
  }
  setTimeout(() => (button.textContent = "link"), 2000);
});

/** Colours have changed. */
function retheme() {
  painter.useTheme();
  painter.countDensity();
  painter.drawSigns(element("signcanvas"));
  element("theme").textContent = painter.dark ? "light" : "dark";
  relegend();
  redraw();
}
element("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = painter.dark ? "light" : "dark";
  retheme();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);
addEventListener("hashchange", () => {
  restore();
  relay();
  rewrite();
});

new ResizeObserver(() => {
  scene.resize(chart.clientWidth, chart.clientHeight);
  painter.countDensity();
  painter.drawSigns(element("signcanvas"));
  layScrollbar();
  redraw();
}).observe(chart);

window.tenure = {
  visible: () => ({ ...painter.drawn, from: scene.from, to: scene.to, top: scene.top, rowHeight: scene.rowHeight, shown: scene.rows.length, width: scene.plotWidth, height: scene.plotHeight }),
  names: () => scene.rows.map((shard) => shard.name),
  sums: () => ({ ...model.sums, longest: model.sums.longest?.ms ?? null }),
  frames: () => ({ ...frames }),
  asOf: () => model.asOf,
  /** Whether the page's address says all that is shown: it follows after a moment. */
  addressed: () => location.hash === "#" + state(),
  /** The middle of a tenure, or of the gap before it, within the chart; null if it is not among the rows. */
  locate(name, epoch, gap) {
    const place = scene.rows.findIndex((shard) => shard.name === name);
    const tenure = scene.rows[place]?.tenures.find((one) => one.epoch === epoch);
    if (tenure === undefined) {
      return null;
    }
    const left = gap ? scene.x(tenure.from - tenure.gap) : scene.leftOf(tenure);
    const right = gap ? scene.x(tenure.from) : scene.rightOf(tenure);
    return { x: (Math.max(scene.gutter, left) + Math.min(right, scene.gutter + scene.plotWidth)) / 2, y: scene.rowTop(place) + scene.rowHeight / 2, left, right };
  },
};
