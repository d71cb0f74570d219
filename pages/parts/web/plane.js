// What lies where in a plane of the map: the points of each run, the frame that holds them all, and what is said of it.
import { grouped } from "./run.js";

export const SPACES = [["logits", "logits", "what the network answers"], ["features", "features", "last features: what its classifier sees"]];
const NEARBY = "neighborhoods only: sizes and gaps between groups mean little";
export const PLANES = [
  ["pca", "PCA", "the plane of largest variance"], ["lda", "LDA", "the plane that separates the classes best"], ["tsne", "t-SNE", NEARBY], ["umap", "UMAP", NEARBY],
];

export class Plane {
  constructor(store) {
    Object.assign(this, { store, runs: [], mark: "", troubles: {}, space: "logits", kind: "pca", layers: new Map(), held: {} });
  }

  get name() {
    return `${this.space}-${this.kind}`;
  }

  // The name under which a worker's plane of these runs comes.
  get key() {
    return `${this.name}${this.mark}`;
  }

  // "PCA", its sentence.
  get words() {
    return PLANES.find(([kind]) => kind === this.kind).slice(1);
  }

  get title() {
    return `${this.words[0]} of ${this.space}`;
  }

  get loaded() {
    return this.runs.map((id) => this.store.run(id)).every((run) => run.frames.length || run.logits.length);
  }

  // Planes of logits that the runs recorded themselves are there at once, where the logits come from one network.
  get direct() {
    if (this.space !== "logits" || !(this.kind === "pca" || this.kind === "lda")) return false;
    const [first] = this.runs.map((id) => this.store.run(id));
    if (this.runs.length < 2) return first.logits.length > 0 || !first.over;
    const networks = this.runs.map((id) => this.store.run(id).logits[0]?.network);
    return Boolean(networks[0]) && networks.every((one) => one === networks[0]);
  }

  // All other planes are made by a worker when somebody asks for the first time.
  get made() {
    return this.direct || Boolean(this.store.run(this.runs[0]).planes[this.key]);
  }

  // The real images are the same for every run.
  get real() {
    return this.layer(this.runs[0]).real;
  }

  // What is drawn of a run: {real: {ids, labels, at} or null, groups: [[{record, ids, labels, at}, …], …]}.
  layer(id) {
    const run = this.store.run(id), name = `${this.key}/${this.direct}/${run.version}`, had = this.layers.get(id);
    if (had?.name === name) return had;
    const { real, steps } = this.direct ? this.recorded(run) : this.computed(run);
    const found = { name, real, groups: grouped(steps, (one) => one.record) };
    this.layers.set(id, found);
    return found;
  }

  recorded(run) {
    const last = run.realLogits[run.realLogits.length - 1];
    return { real: last ? flat(last, this.kind) : null, steps: run.logits.map((r) => flat(r, this.kind)) };
  }

  computed(run) {
    const there = run.planes[this.key], real = there?.real_ids && there.real;
    const steps = [...(there?.of ?? [])].map(([n, at]) => ({ record: run.byNumber.get(n), at })).filter(({ record, at }) => record && at);
    return {
      real: real ? { ids: there.real_ids, labels: there.real_labels, at: there.real } : null,
      steps: steps.map(({ record, at }) => ({ record, ids: record.ids, labels: record.labels, at })),
    };
  }

  // One frame of reference: everything real and everything synthetic so far, so that the view never jumps while playing.
  frame() {
    const key = this.runs.map((id) => this.layer(id).name).join();
    if (this.held.key === key) return this.held;
    const { real } = this, groups = this.runs.flatMap((id) => this.layer(id).groups);
    const all = real ? [real, ...groups.map((g) => g[g.length - 1])] : groups.flat();
    this.held = { key, ...bounds(all.map(({ at }) => at)), rings: null };
    return this.held;
  }

  // Why the plane is not there yet, or null.
  pending() {
    if (this.made) return null;
    const trouble = this.troubles[this.key];
    if (trouble) return `${this.title} could not be made: ${trouble}`;
    return this.loaded ? `${this.title} is being made by a worker; it appears here when it is ready …` : null;
  }

  // How far the plane can be trusted.
  told() {
    const run = this.store.run(this.runs[0]), recorded = run.realLogits[0] ?? run.logits[0], there = this.direct ? {} : (run.planes[this.key] ?? {});
    const kept = (this.direct ? recorded?.kept?.[this.kind === "lda" ? 1 : 0] : there.kept) ?? null;
    const trust = there.trust ? `, trustworthiness ${there.trust.toFixed(2)} (scikit-learn, 10 neighbors)` : "";
    const share = kept === null ? "" : `keeps ${Math.round(100 * kept)} % of each image's 10 nearest neighbors${trust}; read groups, not gaps · `;
    const whose = there.network?.key ? ` · by ${there.network.spec}` : "", chosen = this.store.chosen ? ` · ${this.store.chosen.points.length} chosen` : "";
    return `${this.title}: ${share}${this.words[1]}${there.note ? ` · ${there.note}` : ""}${whose} · hollow: real, filled: synthetic${chosen}`;
  }
}

// The recorded points of PCA or LDA: a record holds both, four numbers for an image.
function flat(r, kind) {
  const shift = kind === "lda" ? 2 : 0, at = new Float32Array(r.ids.length * 2);
  for (let i = 0; i < r.ids.length; i++) at.set([r.at[4 * i + shift], r.at[4 * i + shift + 1]], 2 * i);
  return { record: r, ids: r.ids, labels: r.labels, at };
}

function bounds(all) {
  const found = { x0: Infinity, x1: -Infinity, y0: Infinity, y1: -Infinity };
  for (const at of all)
    for (let i = 0; i < at.length; i += 2) {
      const x = at[i], y = at[i + 1];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      Object.assign(found, { x0: Math.min(found.x0, x), x1: Math.max(found.x1, x), y0: Math.min(found.y0, y), y1: Math.max(found.y1, y) });
    }
  return { ...found, empty: !(found.x1 >= found.x0) };
}
