/*
 * scene.js: where things are: which time and which rows are in view, and what is at a place. Knows no canvas.
 */
const AXIS = 34;
const SCROLLBAR = 14;
const MIN_SPAN_MS = 20;
const ROW_HEIGHTS = [1, 2, 4, 6, 8, 12, 15, 18, 24, 32];

/** Free space above the first row, so that its name has room where rows are low. */
const PAD = 4;

/** How far the mouse may be off a tenure that is only a pixel wide. */
const REACH = 3;

/** How long a tenure is drawn whose beginning is not kept. */
const STUB = 40;

class Scene {
  constructor(model) {
    this.model = model;
    this.rows = [];
    this.from = 0;
    this.to = 1;
    this.top = 0;
    this.width = 0;
    this.height = 0;
    this.gutter = 100;
    this.rowHeight = 18;
    this.chosenHeight = null;
    /** Whether the view reaches the present and moves on with it. */
    this.follows = true;
    /** Whether all of the time is shown, and goes on being shown as it grows. */
    this.fits = true;
  }

  get plotWidth() {
    return Math.max(1, this.width - this.gutter - SCROLLBAR);
  }

  get plotHeight() {
    return Math.max(1, this.height - AXIS);
  }

  get perMs() {
    return this.plotWidth / (this.to - this.from);
  }

  /** All of the time, with some room. */
  get extent() {
    const all = this.model.asOf - this.model.first;
    const room = Math.max(MIN_SPAN_MS, all * 0.02);
    // A tenure of unknown beginning is drawn before the first time that is known.
    const before = this.model.sums.beginUnseen ? Math.max(MIN_SPAN_MS, all * 0.07) : room;
    return { from: this.model.first - before, to: this.model.asOf + room };
  }

  x(time) {
    return this.gutter + (time - this.from) * this.perMs;
  }

  time(x) {
    return this.from + (x - this.gutter) / this.perMs;
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    this.gutter = Math.round(Math.min(150, Math.max(92, width * 0.14)));
    this.layRows();
  }

  setRows(rows) {
    this.rows = rows;
    this.place = new Map(rows.map((shard, i) => [shard, i]));
    this.layRows();
  }

  /** The height that was chosen, or the largest that shows all rows, and at least a legible one. */
  layRows() {
    const room = Math.floor((this.plotHeight - 2 * PAD) / Math.max(1, this.rows.length));
    this.rowHeight = this.chosenHeight ?? Math.min(24, Math.max(6, room));
    this.scrollTo(this.top);
  }

  /** Higher or lower rows, with the middle one kept in its place. */
  changeHeight(by) {
    const middle = (this.top + this.plotHeight / 2) / this.rowHeight;
    const others = ROW_HEIGHTS.filter((height) => (by > 0 ? height > this.rowHeight : height < this.rowHeight));
    this.chosenHeight = (by > 0 ? others[0] : others[others.length - 1]) ?? this.rowHeight;
    this.layRows();
    this.scrollTo(middle * this.rowHeight - this.plotHeight / 2);
  }

  get rowsHeight() {
    return this.rows.length * this.rowHeight + 2 * PAD;
  }

  scrollTo(top) {
    this.top = Math.round(Math.max(0, Math.min(top, this.rowsHeight - this.plotHeight)));
  }

  /** Shows a span of time; one that is too short, too long or too far away becomes one that is not. */
  show(from, to) {
    const extent = this.extent;
    const all = extent.to - extent.from;
    const span = Math.min(all * 1.5, Math.max(MIN_SPAN_MS, to - from));
    const middle = Math.min(extent.to, Math.max(extent.from, (from + to) / 2));
    this.from = middle - span / 2;
    this.to = middle + span / 2;
    this.fits = false;
    this.follows = this.to >= this.model.asOf;
  }

  fit() {
    const extent = this.extent;
    this.from = extent.from;
    this.to = extent.to;
    this.fits = true;
    this.follows = true;
  }

  zoom(factor, x) {
    const at = this.time(x ?? this.gutter + this.plotWidth / 2);
    const kept = (this.to - this.from) * factor < MIN_SPAN_MS ? MIN_SPAN_MS / (this.to - this.from) : factor;
    this.show(at - (at - this.from) * kept, at + (this.to - at) * kept);
  }

  pan(pixels) {
    const by = pixels / this.perMs;
    this.show(this.from + by, this.to + by);
  }

  /** The present has moved on, from a time until which it was known before. */
  advance(before) {
    if (this.fits) {
      this.fit();
    } else if (this.follows) {
      const by = this.model.asOf - before;
      this.from += by;
      this.to += by;
    }
  }

  get firstRow() {
    return Math.max(0, Math.floor((this.top - PAD) / this.rowHeight));
  }

  get lastRow() {
    return Math.min(this.rows.length, Math.ceil((this.top + this.plotHeight - PAD) / this.rowHeight));
  }

  rowTop(place) {
    return AXIS + PAD + place * this.rowHeight - this.top;
  }

  /** Where a tenure's first visible pixel is drawn: one of unknown beginning is only a stub before its end. */
  leftOf(tenure) {
    return tenure.start === -Infinity ? this.x(Math.min(tenure.stop, this.model.asOf)) - STUB : this.x(tenure.start);
  }

  rightOf(tenure) {
    return this.x(Math.min(tenure.stop, Math.max(this.model.asOf, tenure.start)));
  }

  /** What is at a place: a tenure, a gap, a hole, or nothing of a scope. Null outside of the rows. */
  at(x, y) {
    if (y < AXIS || x > this.width - SCROLLBAR || x < 0) {
      return null;
    }
    const shard = this.rows[Math.floor((y - AXIS - PAD + this.top) / this.rowHeight)];
    if (shard === undefined) {
      return null;
    }
    if (x < this.gutter) {
      return { shard, kind: "shard" };
    }
    const time = this.time(x);
    const tenures = shard.tenures;
    const next = shard.firstAfter(time);
    // The one that is there; else one that is nearly there, if it is too small to be hit.
    let best = null;
    let distance = Infinity;
    for (const i of [next, next - 1, next + 1]) {
      const tenure = tenures[i];
      if (tenure === undefined) {
        continue;
      }
      const left = this.leftOf(tenure);
      const right = Math.max(left + 1, this.rightOf(tenure));
      const off = x < left ? left - x : x >= right ? x - right : 0;
      if (off < distance && (off === 0 || (right - left < 2 * REACH && off <= REACH))) {
        best = tenure;
        distance = off;
      }
    }
    const gap = this.gapAt(shard, next, time, x);
    if (gap !== null && (distance > 0 || gap.narrow)) {
      return gap;
    }
    if (best !== null) {
      const pixel = this.time(Math.floor(x));
      const first = shard.firstAfter(pixel);
      const last = shard.firstAfter(this.time(Math.floor(x) + 1));
      return { shard, kind: "tenure", tenure: best, others: Math.max(0, last - first - 1) };
    }
    const hole = shard.holes.find((one) => (one.from ?? -Infinity) <= time && time <= (one.to ?? this.model.asOf));
    return hole === undefined ? { shard, kind: "none", time } : { shard, kind: "hole", hole };
  }

  /** The gap at a time, before the tenure in place next or after it. */
  gapAt(shard, next, time, x) {
    for (const i of [next, next + 1]) {
      const tenure = shard.tenures[i];
      if (tenure?.gap > 0) {
        const left = this.x(tenure.from - tenure.gap);
        const right = this.x(tenure.from);
        const narrow = right - left < 2 && tenure.gap >= BRIEF_MS;
        if ((time >= tenure.from - tenure.gap && time < tenure.from) || (narrow && x >= left - 1 && x <= left + 2)) {
          return { shard, kind: "gap", from: tenure.from - tenure.gap, to: tenure.from, before: shard.tenures[i - 1], after: tenure, narrow };
        }
      }
    }
    if (shard.vacantSince !== null && time >= shard.vacantSince && time <= this.model.asOf) {
      return { shard, kind: "gap", from: shard.vacantSince, to: null, before: shard.tenures[shard.tenures.length - 1], after: null, narrow: false };
    }
    return null;
  }
}
