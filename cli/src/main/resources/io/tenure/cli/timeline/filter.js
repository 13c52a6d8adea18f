/*
 * filter.js: which scopes are shown, in which order, and which of their tenures stand out. Worked out when the filter or
 * the data change, never for a frame.
 *
 * A query is words; all of them have to occur. A word occurs in a scope if its name contains it, or if one of its tenures
 * has it in its worker or its reasons; "worker:", "shard:", "reason:" and "end:" look there alone, and "=" for ":" wants
 * the whole text.
 */
const FIELDS = ["shard", "worker", "reason", "end"];

function parseQuery(text) {
  return text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== "")
    .map((word) => {
      const [, field, sign, rest] = /^(shard|worker|reason|end)([:=])(.*)$/su.exec(word) ?? [];
      return field === undefined ? { field: null, exact: false, text: word } : { field, exact: sign === "=", text: rest };
    });
}

class Filter {
  constructor() {
    this.query = "";
    this.workers = new Set();
    this.sort = "name";
  }

  get active() {
    return this.query.trim() !== "" || this.workers.size > 0;
  }

  /** The scopes to show. Sets dim of each tenure, and matched, the sums of those that are not. */
  apply(model) {
    const words = parseQuery(this.query);
    const chosen = this.workers;
    const rows = [];
    const active = this.active;
    for (const shard of model.shards) {
      const left = words.filter((word) => !occurs(word, "shard", shard.name.toLowerCase()));
      // A shard that is meant by its name is shown whole.
      let any = left.length === 0 && chosen.size === 0;
      shard.matched = active ? new Int32Array(shard.tenures.length + 1) : null;
      shard.tenures.forEach((tenure, i) => {
        const matches = (chosen.size === 0 || chosen.has(tenure.worker.id)) && left.every((word) => inTenure(word, tenure));
        tenure.dim = active && !matches;
        any = any || matches;
        if (active) {
          shard.matched[i + 1] = shard.matched[i] + (matches ? 1 : 0);
        }
      });
      if (any) {
        rows.push(shard);
      }
    }
    return rows.sort(ORDERS[this.sort] ?? ORDERS.name);
  }
}

function occurs(word, field, text) {
  return (word.field === null || word.field === field) && (word.exact ? text === word.text : text.includes(word.text));
}

function inTenure(word, tenure) {
  return (
    occurs(word, "worker", tenure.worker.lower ?? (tenure.worker.lower = tenure.worker.id.toLowerCase())) ||
    occurs(word, "reason", tenure.elected.toLowerCase()) ||
    occurs(word, "reason", tenure.ended.toLowerCase()) ||
    (word.field === "end" && occurs(word, "end", END_WORDS[tenure.end]))
  );
}

const naturally = (a, b) => (a.isShard === b.isShard ? byName(a.name, b.name) : a.isShard ? 1 : -1);
const vacancy = (shard) => (shard.office === OFFICE.VACANT ? 0 : shard.office === OFFICE.UNKNOWN ? 1 : 2);
const ORDERS = {
  name: naturally,
  vacant: (a, b) => vacancy(a) - vacancy(b) || (a.vacantSince ?? 0) - (b.vacantSince ?? 0) || naturally(a, b),
  last: (a, b) => b.lastChange - a.lastChange || naturally(a, b),
  most: (a, b) => b.tenures.length - a.tenures.length || naturally(a, b),
};
