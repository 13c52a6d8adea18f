/*
 * paint.js: draws the chart and the overview. Of a row it draws what is in view and no more than a few rectangles for each
 * pixel: tenures that end within one pixel become one column, by a binary search for the next one that does not. A gap, a lost,
 * failed, lapsed or revoked tenure in such a column still gets its mark.
 */
const AXIS_STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5, 216e5, 432e5,
  864e5, 1728e5, 6048e5, 12096e5, 2592e6, 5184e6, 7776e6, 31536e6,
];

const COLOUR_NAMES = ["page", "surface", "grid", "row", "edge", "text", "soft", "accent", "gap", "gapsoft", "brief", "lost", "failed", "lapsed", "revoked", "hole", "many", "future", "bartext"];

function workerColours(dark) {
  return [
    ...HUES.map((hue) => `oklch(${dark ? 0.8 : 0.84} 0.1 ${hue})`),
    ...HUES.map((hue) => `oklch(${dark ? 0.62 : 0.68} ${dark ? 0.12 : 0.13} ${hue})`),
  ];
}

const pixelContext = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });

/** The same colour as #rrggbb, which a canvas takes ten thousand times a frame without much thought. */
function inBytes(colour) {
  pixelContext.fillStyle = colour;
  pixelContext.fillRect(0, 0, 1, 1);
  const bytes = pixelContext.getImageData(0, 0, 1, 1).data;
  return "#" + [...bytes.slice(0, 3)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Painter {
  constructor(scene, canvas, overview) {
    this.scene = scene;
    this.canvas = canvas;
    this.overview = overview;
    this.context = canvas.getContext("2d");
    this.overviewContext = overview.getContext("2d");
    this.density = document.createElement("canvas");
    this.widths = new Map();
    /** What the last frame drew, counted: for the tests and for the curious. */
    this.drawn = {};
    this.hot = null;
    this.hovered = null;
    this.pinned = null;
    this.useTheme();
  }

  useTheme() {
    const style = getComputedStyle(document.documentElement);
    this.colour = Object.fromEntries(COLOUR_NAMES.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
    this.dark = style.getPropertyValue("--theme").trim() === "dark";
    this.workerColours = workerColours(this.dark).map(inBytes);
    this.font = "11px " + getComputedStyle(document.body).fontFamily;
    this.lostHatch = this.hatch(this.colour.bartext, 5, 1.6);
    this.unknownHatch = this.hatch(this.colour.surface, 5, 2.4);
    this.holeHatch = this.dots(this.colour.hole);
  }

  hatch(colour, size, width) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = size * 2;
    const context = tile.getContext("2d");
    context.strokeStyle = colour;
    context.lineWidth = width * 1.4;
    context.beginPath();
    for (const shift of [-size * 2, 0, size * 2]) {
      context.moveTo(shift - 1, size * 2 + 1);
      context.lineTo(shift + size * 2 + 1, -1);
    }
    context.stroke();
    return this.context.createPattern(tile, "repeat");
  }

  dots(colour) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 4;
    const context = tile.getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 1.5, 1.5);
    return this.context.createPattern(tile, "repeat");
  }

  fit(canvas, width, height) {
    const ratio = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  draw() {
    const scene = this.scene;
    const context = this.fit(this.canvas, scene.width, scene.height);
    this.context = context;
    this.drawn = { rows: 0, bars: 0, merged: 0, gaps: 0, briefs: 0, losts: 0, forced: 0, unknown: 0, holes: 0, labels: 0, rectangles: 0 };
    context.globalAlpha = 1;
    context.fillStyle = this.colour.surface;
    context.fillRect(0, 0, scene.width, scene.height);
    context.font = this.font;
    context.textBaseline = "middle";
    context.direction = "ltr"; // An id in another direction is still put at the left of its bar.
    this.drawAxis(context);
    context.save();
    context.beginPath();
    context.rect(0, AXIS, scene.width - SCROLLBAR, scene.plotHeight);
    context.clip();
    this.drawNames(context);
    context.beginPath();
    context.rect(scene.gutter, AXIS, scene.plotWidth, scene.plotHeight);
    context.clip();
    for (let place = scene.firstRow; place < scene.lastRow; place++) {
      this.drawRow(context, scene.rows[place], scene.rowTop(place), scene.rowHeight);
    }
    this.drawOutline(context, this.hovered, 1.5);
    this.drawOutline(context, this.pinned, 2.5);
    context.restore();
    this.drawOverview();
  }

  rectangle(context, x, y, width, height) {
    context.fillRect(x, y, width, height);
    this.drawn.rectangles++;
  }

  drawAxis(context) {
    const scene = this.scene;
    const right = scene.gutter + scene.plotWidth;
    const wanted = 95 / scene.perMs;
    const step = AXIS_STEPS.find((one) => one >= wanted) ?? AXIS_STEPS[AXIS_STEPS.length - 1] * Math.ceil(wanted / 31536e6);
    const shift = clock.shift(scene.from);
    context.textAlign = "left";
    let day = "";
    for (let time = Math.ceil((scene.from + shift) / step) * step - shift; time < scene.to; time += step) {
      const x = Math.round(scene.x(time));
      context.fillStyle = this.colour.grid;
      context.fillRect(x, AXIS - 6, 1, scene.height - AXIS + 6);
      const date = clock.date(time);
      if (x + 70 < right) {
        context.fillStyle = this.colour.soft;
        context.fillText(step >= 864e5 ? date : clock.tick(time, step), x + 4, AXIS - 9);
        if (date !== day && step < 864e5) {
          context.fillStyle = this.colour.text;
          context.fillText(date, x + 4, AXIS - 23);
          day = date;
        }
      }
    }
    const now = scene.x(scene.model.asOf);
    if (now < right) {
      // Beyond this nothing is known yet.
      const x = Math.max(scene.gutter, Math.round(now));
      context.fillStyle = this.colour.future;
      context.fillRect(x, AXIS, right - x, scene.height - AXIS);
      context.fillStyle = this.colour.accent;
      context.fillRect(x, AXIS - 8, 1, scene.height - AXIS + 8);
    }
    context.fillStyle = this.colour.edge;
    context.fillRect(0, AXIS - 1, scene.width, 1);
    context.fillRect(scene.gutter - 1, 0, 1, scene.height);
  }

  drawNames(context) {
    const scene = this.scene;
    const height = scene.rowHeight;
    // Where rows are lower than text, names are left out; last those of scopes without a leader.
    const every = Math.ceil(11 / height);
    const vacant = (place) => scene.rows[place]?.office === OFFICE.VACANT;
    let named = -Infinity;
    if (height >= 6) {
      context.fillStyle = this.colour.row;
      for (let place = scene.firstRow; place < scene.lastRow; place++) {
        context.fillRect(0, scene.rowTop(place) + height - 1, scene.gutter + scene.plotWidth, 1);
      }
    }
    for (let place = scene.firstRow; place < scene.lastRow; place++) {
      const shard = scene.rows[place];
      const y = scene.rowTop(place);
      let crowded = place - named < every;
      for (let near = 1; near < every && !vacant(place); near++) {
        crowded = crowded || vacant(place + near);
      }
      if (!crowded) {
        context.fillStyle = vacant(place) ? this.colour.gap : shard.isShard ? this.colour.text : this.colour.soft;
        context.textAlign = "right";
        context.fillText(this.shortened(context, shard.name, scene.gutter - 18), scene.gutter - 10, y + height / 2 + 0.5);
        named = place;
        this.drawn.labels++;
      }
      if (vacant(place)) {
        context.fillStyle = this.colour.gap;
        context.fillRect(scene.gutter - 6, y, 5, Math.max(1, height - (height > 3 ? 1 : 0)));
      }
      this.drawn.rows++;
    }
    context.textAlign = "left";
  }

  drawRow(context, shard, y, rowHeight) {
    const scene = this.scene;
    const tenures = shard.tenures;
    const inset = rowHeight >= 16 ? 2 : rowHeight >= 5 ? 1 : 0;
    const row = { y, height: Math.max(1, rowHeight - (rowHeight >= 4 ? 1 : 0)), inset, marks: [] };
    this.drawHoles(context, shard, row);
    let i = shard.firstAfter(scene.from);
    let free = -Infinity;
    while (i < tenures.length && tenures[i].start < scene.to) {
      const tenure = tenures[i];
      const left = scene.leftOf(tenure);
      const right = scene.rightOf(tenure);
      if (tenure.gap > 0) {
        this.markGap(row, tenure.gap < BRIEF_MS, scene.x(tenure.from - tenure.gap), scene.x(tenure.from));
      }
      if (right - left >= 1) {
        this.drawTenure(context, tenure, left, right, row);
        i++;
      } else {
        // One that lies in two pixels belongs to the second if the first is drawn already.
        const pixel = Math.max(free, Math.floor(left));
        i = this.drawMerged(context, shard, i, pixel, row);
        free = pixel + 1;
      }
    }
    if (i < tenures.length && tenures[i].gap > 0) {
      this.markGap(row, tenures[i].gap < BRIEF_MS, scene.x(tenures[i].from - tenures[i].gap), scene.x(tenures[i].from));
    }
    if (shard.vacantSince !== null) {
      this.markGap(row, false, scene.x(shard.vacantSince), scene.x(scene.model.asOf));
    } else if (shard.office === OFFICE.VACANT) {
      // Nobody leads, and since when is not known.
      const now = scene.x(scene.model.asOf);
      this.markGap(row, false, now - 4, now);
    }
    this.drawMarks(context, row);
  }

  /** Draws the tenures from place i on that end within a pixel as one column; returns the place after them. */
  drawMerged(context, shard, i, pixel, row) {
    const scene = this.scene;
    const next = Math.max(i + 1, shard.firstAfter(scene.time(pixel + 1)));
    const dim = shard.matched !== null && shard.matched[next] === shard.matched[i];
    const highlighted = this.hot !== null && next === i + 1 && shard.tenures[i].worker === this.hot;
    context.globalAlpha = dim || (this.hot !== null && !highlighted) ? 0.22 : 1;
    context.fillStyle = next === i + 1 ? this.fill(shard.tenures[i]) : this.colour.many;
    this.rectangle(context, pixel, row.y + row.inset, 1, Math.max(1, row.height - 2 * row.inset));
    context.globalAlpha = 1;
    this.drawn.merged++;
    if (shard.gaps[next] > shard.gaps[i + 1]) {
      this.markGap(row, false, pixel, pixel + 1);
    } else if (shard.briefs[next] > shard.briefs[i + 1]) {
      this.markGap(row, true, pixel, pixel + 1);
    }
    if (shard.losts[next] > shard.losts[i]) {
      row.marks.push({ kind: "lost", x: pixel, narrow: true });
    }
    if (shard.forced[next] > shard.forced[i]) {
      row.marks.push({ kind: "lapsed", x: pixel, narrow: true });
    }
    return next;
  }

  fill(tenure) {
    return this.workerColours[tenure.worker.colour];
  }

  drawTenure(context, tenure, left, right, row) {
    const scene = this.scene;
    const x0 = Math.max(scene.gutter - 2, Math.round(left));
    const x1 = Math.max(x0 + 1, Math.min(scene.gutter + scene.plotWidth + 2, Math.round(right)));
    const y = row.y + row.inset;
    const height = Math.max(1, row.height - 2 * row.inset);
    // A pixel between neighbours, so that two tenures of one worker are two.
    const width = x1 - x0 > 4 && tenure.end !== END.ON ? x1 - x0 - 1 : x1 - x0;
    const faint = tenure.dim || (this.hot !== null && tenure.worker !== this.hot);
    context.globalAlpha = faint ? 0.22 : 1;
    context.fillStyle = this.fill(tenure);
    this.rectangle(context, x0, y, width, height);
    if (tenure.worker.variant && height >= 5) {
      // At the very edge: higher up it would look as if the name were struck out.
      context.globalAlpha *= 0.6;
      context.fillStyle = this.colour.bartext;
      this.rectangle(context, x0, y + height - 1, width, 1);
      context.globalAlpha = faint ? 0.22 : 1;
    }
    this.drawn.bars++;
    let textEnd = x0 + width;
    if (tenure.from === null) {
      // It began before what is kept.
      context.fillStyle = this.unknownHatch;
      this.rectangle(context, x0, y, Math.max(1, width - 6), height);
      this.drawn.unknown++;
    }
    // How it ended is to be seen where it ended, and not at the edge of what is in view.
    const endsHere = right <= scene.gutter + scene.plotWidth + 2;
    if (endsHere && tenure.end === END.LOST) {
      const hatched = Math.min(width, Math.max(2, Math.min(26, Math.round(width * 0.5))));
      context.fillStyle = this.lostHatch;
      this.rectangle(context, x0 + width - hatched, y, hatched, height);
      row.marks.push({ kind: "lost", x: x0 + width - 2, narrow: width < 6, faint });
      textEnd -= hatched;
    } else if (tenure.end === END.UNKNOWN) {
      context.fillStyle = this.unknownHatch;
      const solid = left < scene.gutter ? 0 : Math.min(6, width - 1);
      this.rectangle(context, x0 + solid, y, Math.max(1, width - solid), height);
      this.drawn.unknown++;
    } else if (endsHere && FORCED.includes(tenure.end)) {
      row.marks.push({ kind: END_WORDS[tenure.end], x: x0 + width - 2, narrow: width < 12, faint });
      textEnd -= 9;
    }
    if (height >= 8) {
      this.drawLabel(context, tenure, Math.max(x0, scene.gutter), textEnd, y + height / 2);
    }
    context.globalAlpha = 1;
  }

  drawLabel(context, tenure, left, right, middle) {
    const room = right - left - 8;
    const text = this.widthOf(context, tenure.worker.id) <= room ? tenure.worker.id : tenure.worker.initials;
    if (room >= 9 && this.widthOf(context, text) <= room) {
      if (tenure.from === null || tenure.end === END.UNKNOWN) {
        // Not on the hatching.
        context.fillStyle = this.fill(tenure);
        this.rectangle(context, left, middle - 5, this.widthOf(context, text) + 8, 10);
      }
      context.fillStyle = this.colour.bartext;
      context.fillText(text, left + 4, middle + 0.5);
      this.drawn.labels++;
    }
  }

  drawHoles(context, shard, row) {
    const scene = this.scene;
    const holes = shard.holes;
    let i = firstPlace(holes.length, (at) => (holes[at].to ?? Infinity) >= scene.from);
    while (i < holes.length && (holes[i].from ?? -Infinity) <= scene.to) {
      const x0 = Math.max(scene.gutter, Math.floor(scene.x(holes[i].from ?? -Infinity)));
      const x1 = Math.min(scene.gutter + scene.plotWidth, Math.ceil(scene.x(Math.min(holes[i].to ?? Infinity, scene.model.asOf))));
      context.fillStyle = this.holeHatch;
      this.rectangle(context, x0, row.y, Math.max(3, x1 - x0), row.height);
      if (holes[i].from !== null) {
        context.fillStyle = this.colour.soft;
        this.rectangle(context, x0, row.y, 1, row.height);
      }
      this.drawn.holes++;
      const after = scene.time(Math.max(x0 + 3, x1));
      i = Math.max(i + 1, firstPlace(holes.length, (at) => (holes[at].to ?? Infinity) >= after));
    }
  }

  markGap(row, brief, from, to) {
    row.marks.push({ kind: brief ? "brief" : "gap", x: from, to });
  }

  /** Over the bars, so that no bar hides them: the marks, and the gaps over all. */
  drawMarks(context, row) {
    const scene = this.scene;
    for (const mark of row.marks) {
      if (mark.kind === "gap" || mark.kind === "brief") {
        continue;
      }
      context.globalAlpha = mark.faint ? 0.3 : 1;
      context.fillStyle = this.colour[mark.kind];
      if (mark.kind === "lost") {
        this.rectangle(context, mark.x, row.y, mark.narrow ? 1 : 2, row.height);
        this.drawn.losts++;
      } else {
        this.rectangle(context, mark.x, row.y, mark.narrow ? 1 : 2, row.height);
        if (!mark.narrow && row.height >= 11) {
          this.drawSign(context, mark.kind, mark.x - 5, row.y + row.height / 2);
        }
        this.drawn.forced++;
      }
    }
    context.globalAlpha = 1;
    // Brief ones first: where both are in one pixel, the long one is seen.
    for (const kind of ["brief", "gap"]) {
      for (const mark of row.marks) {
        const from = Math.max(scene.gutter, mark.x);
        const to = Math.min(scene.gutter + scene.plotWidth, mark.to);
        if (mark.kind === kind && mark.to > scene.gutter - 1 && mark.x < scene.gutter + scene.plotWidth) {
          this.drawGap(context, kind, Math.floor(from), Math.round(to), row);
        }
      }
    }
  }

  /** A band with a line through its middle: it differs from a bar in its shape, not in its colour alone. */
  drawGap(context, kind, x0, x1, row) {
    const width = Math.max(kind === "gap" ? 2 : 1, x1 - x0);
    if (width <= 4) {
      context.fillStyle = this.colour[kind];
      this.rectangle(context, x0, row.y, width, row.height);
    } else {
      context.fillStyle = this.colour.gapsoft;
      this.rectangle(context, x0, row.y, width, row.height);
      context.fillStyle = this.colour[kind];
      const line = row.height >= 8 ? 3 : 1;
      this.rectangle(context, x0, row.y + Math.floor((row.height - line) / 2), width, line);
      this.rectangle(context, x0, row.y, 1, row.height);
      this.rectangle(context, x0 + width - 1, row.y, 1, row.height);
    }
    this.drawn[kind === "gap" ? "gaps" : "briefs"]++;
  }

  /** Failed: an exclamation mark. Lapsed: an hourglass. Revoked: a cross. */
  drawSign(context, kind, x, y) {
    context.strokeStyle = this.colour.bartext;
    context.fillStyle = this.colour.bartext;
    context.lineWidth = 1.5;
    context.beginPath();
    if (kind === "lapsed") {
      context.moveTo(x - 3, y - 4);
      context.lineTo(x + 3, y - 4);
      context.lineTo(x - 3, y + 4);
      context.lineTo(x + 3, y + 4);
      context.closePath();
      context.fill();
    } else if (kind === "failed") {
      context.fillRect(x - 1, y - 5, 2, 6);
      context.fillRect(x - 1, y + 3, 2, 2);
    } else {
      context.moveTo(x - 3, y - 3);
      context.lineTo(x + 3, y + 3);
      context.moveTo(x + 3, y - 3);
      context.lineTo(x - 3, y + 3);
      context.stroke();
    }
  }

  drawOutline(context, hit, width) {
    const place = hit === null ? undefined : this.scene.place.get(hit.shard);
    if (place === undefined || (hit.kind !== "tenure" && hit.kind !== "gap")) {
      return;
    }
    const scene = this.scene;
    const left = hit.kind === "tenure" ? scene.leftOf(hit.tenure) : scene.x(hit.from);
    const right = hit.kind === "tenure" ? scene.rightOf(hit.tenure) : scene.x(hit.to ?? scene.model.asOf);
    const x0 = Math.max(scene.gutter - 4, Math.floor(left));
    const x1 = Math.min(scene.gutter + scene.plotWidth + 4, Math.ceil(right));
    context.strokeStyle = this.colour.text;
    context.lineWidth = width;
    context.strokeRect(x0 - 0.5, scene.rowTop(place) - 0.5, Math.max(3, x1 - x0 + 1), Math.max(3, scene.rowHeight));
  }

  widthOf(context, text) {
    let width = this.widths.get(text);
    if (width === undefined) {
      if (this.widths.size > 20000) {
        this.widths.clear();
      }
      width = context.measureText(text).width;
      this.widths.set(text, width);
    }
    return width;
  }

  shortened(context, text, room) {
    if (this.widthOf(context, text) <= room) {
      return text;
    }
    const letters = [...text];
    // The end of a name tells more than its middle.
    const kept = firstPlace(letters.length, (count) => this.widthOf(context, halves(letters, count + 1)) > room);
    return halves(letters, kept);
  }

  /** Counts transitions for each pixel of the overview. To be called when data, filter, theme or size have changed. */
  countDensity() {
    const scene = this.scene;
    const width = Math.max(1, Math.floor(this.overview.clientWidth));
    const height = Math.max(1, this.overview.clientHeight);
    const extent = scene.extent;
    const perMs = width / (extent.to - extent.from);
    const counts = new Int32Array(width + 1);
    const gaps = new Uint8Array(width + 1);
    const at = (time) => Math.max(0, Math.min(width, Math.floor((time - extent.from) * perMs)));
    for (const shard of scene.rows) {
      for (const tenure of shard.tenures) {
        if (tenure.from !== null) {
          counts[at(tenure.from)]++;
        }
        if (tenure.to !== null && tenure.end !== END.UNKNOWN) {
          counts[at(tenure.to)]++;
        }
        if (tenure.gap >= BRIEF_MS) {
          gaps.fill(1, at(tenure.from - tenure.gap), at(tenure.from) + 1);
        }
      }
      if (shard.vacantSince !== null) {
        gaps.fill(1, at(shard.vacantSince), at(scene.model.asOf) + 1);
      }
    }
    const context = this.fit(this.density, width, height);
    context.clearRect(0, 0, width, height);
    const most = Math.sqrt(counts.reduce((a, b) => Math.max(a, b), 1));
    for (let x = 0; x < width; x++) {
      if (counts[x] > 0) {
        const bar = Math.max(2, Math.round((Math.sqrt(counts[x]) / most) * (height - 9)));
        context.fillStyle = this.colour.many;
        context.fillRect(x, height - 6 - bar, 1, bar);
      }
      if (gaps[x] > 0) {
        context.fillStyle = this.colour.gap;
        context.fillRect(x, height - 5, 1, 4);
      }
    }
  }

  drawOverview() {
    const scene = this.scene;
    const width = this.overview.clientWidth;
    const height = this.overview.clientHeight;
    const context = this.fit(this.overview, width, height);
    const extent = scene.extent;
    const perMs = width / (extent.to - extent.from);
    context.clearRect(0, 0, width, height);
    if (this.density.width > 0 && width > 0) {
      context.drawImage(this.density, 0, 0, width, height);
    }
    const left = Math.max(0, (scene.from - extent.from) * perMs);
    const right = Math.min(width, (scene.to - extent.from) * perMs);
    context.fillStyle = this.colour.page;
    context.globalAlpha = 0.72;
    context.fillRect(0, 0, left, height);
    context.fillRect(right, 0, width - right, height);
    context.globalAlpha = 1;
    context.strokeStyle = this.colour.accent;
    context.lineWidth = 2;
    context.strokeRect(left + 1, 1, Math.max(3, right - left - 2), height - 2);
  }

  /** The signs of the legend, drawn by what draws the chart. */
  drawSigns(canvas) {
    const width = canvas.clientWidth;
    const context = this.fit(canvas, width, canvas.clientHeight);
    const shown = this.context;
    const counted = this.drawn;
    this.drawn = {};
    context.clearRect(0, 0, width, canvas.clientHeight);
    context.font = this.font;
    context.textBaseline = "middle";
    const texts = ["no leader, 1 s or more", "no leader, shorter", "lost: then or before", "failed", "lapsed", "revoked", "end not recorded", "not kept, or missing", "several in one pixel"];
    texts.forEach((text, i) => {
      const row = { y: i * 18 + 2, height: 14, inset: 1, marks: [] };
      context.fillStyle = this.workerColours[0];
      if (i < 7) {
        context.fillRect(0, row.y + 1, i < 2 ? 12 : 36, 12);
      }
      if (i === 0) {
        this.drawGap(context, "gap", 12, 36, row);
      } else if (i === 1) {
        context.fillRect(14, row.y + 1, 22, 12);
        this.drawGap(context, "brief", 13, 14, row);
      } else if (i === 2) {
        context.fillStyle = this.lostHatch;
        context.fillRect(16, row.y + 1, 20, 12);
        context.fillStyle = this.colour.lost;
        context.fillRect(35, row.y, 2, 14);
      } else if (i < 6) {
        context.fillStyle = this.colour[text];
        context.fillRect(35, row.y, 2, 14);
        this.drawSign(context, text, 29, row.y + 7);
      } else if (i === 6) {
        context.fillStyle = this.unknownHatch;
        context.fillRect(6, row.y + 1, 30, 12);
      } else if (i === 7) {
        context.fillStyle = this.holeHatch;
        context.fillRect(0, row.y, 36, 14);
      } else {
        context.fillStyle = this.colour.many;
        context.fillRect(10, row.y + 1, 1, 12);
        context.fillRect(13, row.y + 1, 1, 12);
        context.fillRect(14, row.y + 1, 1, 12);
        context.fillRect(22, row.y + 1, 1, 12);
      }
      context.fillStyle = this.colour.text;
      context.fillText(text, 46, row.y + 7.5);
    });
    this.drawn = counted;
    this.context = shown;
  }
}

function halves(letters, count) {
  const head = Math.ceil(count / 3);
  return letters.slice(0, head).join("") + "…" + letters.slice(letters.length - (count - head)).join("");
}
