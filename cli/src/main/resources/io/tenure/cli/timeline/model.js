/*
 * model.js: what the page knows. Takes timelines as TimelineJson writes them, the first as a whole and later ones as
 * changes, and keeps for each scope its tenures in order, with what drawing and searching need: no time per frame may
 * depend on how many tenures there are.
 */
const END = { ON: 0, RESIGNED: 1, LAPSED: 2, REVOKED: 3, LOST: 4, UNKNOWN: 5, FAILED: 6 };
const END_WORDS = ["in office", "resigned", "lapsed", "revoked", "lost", "not recorded", "failed"];
/** Ends that get a sign of their own where they stand. */
const FORCED = [END.FAILED, END.LAPSED, END.REVOKED];
const OFFICE = { LED: 0, VACANT: 1, UNKNOWN: 2, REMOVED: 3 };

/** A gap shorter than this is drawn more faintly: a handover takes some time. It never disappears. */
const BRIEF_MS = 1000;

/** The hues of workers, without the reds; each comes in two shades, for those who do not see hues. Beyond them they repeat, striped. */
const HUES = [255, 85, 155, 305, 55, 200, 125, 280, 105, 225, 330, 178];
const COLOURS = 2 * HUES.length;

const byName = new Intl.Collator("en", { numeric: true }).compare;

/** The first place in 0..length for which holds(place) is true, if it is false before and true after. */
function firstPlace(length, holds) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/** One scope: its tenures sorted by time, and sums over them that answer "is there any between i and j?" at once. */
class Shard {
  constructor(scope, name, isShard) {
    this.scope = scope;
    this.name = name;
    this.isShard = isShard;
    this.office = OFFICE.UNKNOWN;
    this.tenures = [];
    this.holes = [];
    this.problems = [];
  }

  /** To be called when tenures or holes have changed. */
  reindex() {
    const tenures = this.tenures;
    const holeBefore = new Set(this.holes.map((hole) => hole.last + 1));
    this.gaps = new Int32Array(tenures.length + 1);
    this.briefs = new Int32Array(tenures.length + 1);
    this.losts = new Int32Array(tenures.length + 1);
    this.forced = new Int32Array(tenures.length + 1);
    let latest = -Infinity;
    tenures.forEach((tenure, i) => {
      const before = tenures[i - 1];
      // Where it is drawn. An end that is not known yet lies where the drawing ends.
      tenure.start = Math.max(latest, tenure.from ?? latest);
      tenure.stop = Math.max(tenure.start, tenure.to ?? Infinity);
      latest = tenure.stop;
      const seen = before && before.to !== null && before.end !== END.UNKNOWN && tenure.from !== null;
      tenure.gap = seen && !holeBefore.has(tenure.index) ? Math.max(0, tenure.from - before.to) : null;
      this.gaps[i + 1] = this.gaps[i] + (tenure.gap >= BRIEF_MS ? 1 : 0);
      this.briefs[i + 1] = this.briefs[i] + (tenure.gap > 0 && tenure.gap < BRIEF_MS ? 1 : 0);
      this.losts[i + 1] = this.losts[i] + (tenure.end === END.LOST ? 1 : 0);
      this.forced[i + 1] = this.forced[i] + (FORCED.includes(tenure.end) ? 1 : 0);
    });
    const last = tenures[tenures.length - 1];
    const hole = this.holes[this.holes.length - 1];
    this.missesEnd = hole !== undefined && hole.to === null;
    /** Since when nobody leads; null if somebody does, or if it is not known. */
    this.vacantSince =
      this.office === OFFICE.VACANT && last && last.end !== END.UNKNOWN && !this.missesEnd ? last.to : null;
    this.neverLed = this.office === OFFICE.VACANT && !last && this.holes.length === 0;
    this.lastChange = last ? (last.to ?? last.from ?? 0) : 0;
  }

  /** The place of the first tenure that stops after a time. */
  firstAfter(time) {
    return firstPlace(this.tenures.length, (i) => this.tenures[i].stop > time);
  }
}

/** Everything, and the sums that the header shows. */
class Model {
  constructor() {
    this.clear();
    this.title = "";
    this.run = "";
    this.version = -1;
    this.asOf = 0;
    this.summarize();
  }

  clear() {
    this.shards = [];
    this.byScope = new Map();
    this.workers = [];
    this.byId = new Map();
    this.usedColours = new Int32Array(COLOURS);
  }

  /** Takes a whole timeline, or the changes to this one. */
  take(data) {
    if (data.format !== 1) {
      throw new Error("this page reads timelines of format 1, and this one has format " + data.format);
    }
    if (data.run !== this.run) {
      this.clear();
    }
    this.title = data.title;
    this.run = data.run;
    this.version = data.version;
    this.asOf = data.asOf;
    const workers = this.takeWorkers(data.workers);
    const changed = this.takeShards(data);
    this.takeTenures(data, changed, workers);
    const time = (offset) => (offset === null ? null : data.base + offset);
    for (const [shard, first, last, from, to, absence] of data.holes) {
      changed[shard].holes.push({ first, last, from: time(from), to: time(to), absence });
    }
    for (const [shard, path, problem] of data.problems) {
      changed[shard].problems.push({ path, problem });
    }
    for (const shard of changed) {
      shard.reindex();
    }
    this.summarize();
    return changed.length > 0;
  }

  takeShards(data) {
    const table = data.shards;
    const other = new Set(table.other);
    const replaced = new Set(table.replaced);
    return table.scope.map((scope, i) => {
      let shard = this.byScope.get(scope);
      if (shard === undefined) {
        shard = new Shard(scope, table.name[i], !other.has(i));
        this.byScope.set(scope, shard);
        this.shards.push(shard);
      }
      shard.isShard = !other.has(i);
      shard.office = table.office[i];
      shard.holes = [];
      shard.problems = [];
      const keptFrom = table.keptFrom[i];
      shard.tenures = replaced.has(i) ? [] : shard.tenures.filter((tenure) => tenure.index >= keptFrom);
      return shard;
    });
  }

  takeTenures(data, changed, workers) {
    const column = data.tenures;
    const time = (offset) => (offset === null ? null : data.base + offset);
    let row = 0;
    changed.forEach((shard, i) => {
      for (const end = row + data.shards.rows[i]; row < end; row++) {
        const tenure = {
          shard,
          index: column.index[row],
          worker: workers[column.worker[row]],
          place: data.places[column.place[row]],
          epoch: column.epoch[row],
          from: time(column.from[row]),
          to: time(column.to[row]),
          end: column.end[row],
          elected: data.reasons[column.elected[row]],
          ended: data.reasons[column.ended[row]],
          dim: false,
        };
        // Changes come in order, and what changes is at the end: this searches no further than the changed ones.
        let at = shard.tenures.length;
        while (at > 0 && shard.tenures[at - 1].index > tenure.index) {
          at--;
        }
        const known = at > 0 && shard.tenures[at - 1].index === tenure.index;
        shard.tenures.splice(known ? at - 1 : at, known ? 1 : 0, tenure);
      }
    });
  }

  takeWorkers(ids) {
    for (const id of ids.filter((one) => !this.byId.has(one)).sort()) {
      const worker = { id, initials: initials(id), number: this.workers.length, ...this.colourOf(id) };
      this.workers.push(worker);
      this.byId.set(id, worker);
    }
    return ids.map((id) => this.byId.get(id));
  }

  /**
   * The colour that the id asks for, if it is free and unlike those that others have; else one that is. So a worker has the
   * same colour on every page of a group, as long as not many come and go.
   */
  colourOf(id) {
    let hash = 2166136261;
    for (const c of id) {
      hash = Math.imul(hash ^ c.codePointAt(0), 16777619);
    }
    hash = Math.imul(hash ^ (hash >>> 15), 2246822519) >>> 0;
    const round = Math.min(...this.usedColours);
    const taken = [...this.usedColours.keys()].filter((colour) => this.usedColours[colour] > round);
    for (const distance of [65, 45, 30, 15, 0]) {
      for (let step = 0; step < COLOURS; step++) {
        // Seven has no divisor in common with the number of colours: this comes to all of them.
        const colour = (hash + step * 7) % COLOURS;
        if (this.usedColours[colour] === round && taken.every((other) => unlikeness(colour, other) >= distance)) {
          this.usedColours[colour]++;
          return { colour, variant: round % 2 };
        }
      }
    }
    return { colour: hash % COLOURS, variant: round % 2 };
  }

  summarize() {
    const sums = { shards: 0, vacant: 0, unknown: 0, transitions: 0, tenures: 0, gaps: 0, briefs: 0, losts: 0, holes: 0, problems: 0, longest: null, beginUnseen: false };
    this.workers.forEach((worker) => Object.assign(worker, { tenures: 0, leads: 0 }));
    let first = Infinity;
    for (const shard of this.shards) {
      sums.shards += shard.isShard ? 1 : 0;
      sums.vacant += shard.isShard && shard.office === OFFICE.VACANT ? 1 : 0;
      sums.unknown += shard.isShard && shard.office === OFFICE.UNKNOWN ? 1 : 0;
      sums.holes += shard.holes.length;
      sums.problems += shard.problems.length;
      const count = shard.tenures.length;
      sums.tenures += count;
      sums.gaps += shard.gaps[count];
      sums.briefs += shard.briefs[count];
      sums.losts += shard.losts[count];
      for (const tenure of shard.tenures) {
        tenure.worker.tenures++;
        tenure.worker.leads += tenure.end === END.ON ? 1 : 0;
        sums.transitions += (tenure.from === null ? 0 : 1) + (tenure.end === END.ON || tenure.end === END.UNKNOWN ? 0 : 1);
        if (tenure.gap > (sums.longest?.ms ?? 0)) {
          sums.longest = { ms: tenure.gap, shard, from: tenure.from - tenure.gap, to: tenure.from };
        }
      }
      if (shard.vacantSince !== null) {
        const ms = this.asOf - shard.vacantSince;
        sums.gaps += ms >= BRIEF_MS ? 1 : 0;
        if (ms > (sums.longest?.ms ?? 0)) {
          sums.longest = { ms, shard, from: shard.vacantSince, to: this.asOf };
        }
      }
      if (count > 0) {
        sums.beginUnseen = sums.beginUnseen || shard.tenures[0].from === null;
        first = Math.min(first, shard.tenures[0].from ?? shard.tenures[0].to ?? this.asOf);
      }
    }
    this.sums = sums;
    this.workersSeen = this.workers.filter((worker) => worker.tenures > 0);
    /** From the first to the last that is known. */
    this.first = Math.min(first, this.asOf - 1);
    if (first === Infinity) {
      this.first = this.asOf - 3600000;
    }
  }
}

/** How unlike two colours are: degrees between their hues, and another shade counts as forty. */
function unlikeness(one, other) {
  const apart = Math.abs(HUES[one % HUES.length] - HUES[other % HUES.length]);
  const shade = one < HUES.length === other < HUES.length ? 0 : 40;
  return Math.min(apart, 360 - apart) + shade;
}

/** At most five letters that stand for an id where there is no room for it: worker-12 is w12. */
function initials(id) {
  const parts = id.match(/\p{L}+|\p{N}+/gu);
  if (parts === null) {
    return [...id].slice(0, 2).join("");
  }
  const last = parts[parts.length - 1];
  const heads = parts.slice(0, -1).map((part) => (/^\p{N}/u.test(part) ? part : [...part][0]));
  const tail = /^\p{N}/u.test(last) ? [...last].slice(-4).join("") : [...last].slice(0, heads.length > 0 ? 1 : 3).join("");
  return [...(heads.join("") + tail)].slice(-5).join("");
}
