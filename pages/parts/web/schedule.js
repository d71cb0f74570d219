// The clock of a recording on the start page: where each record lies between 0 and 1.
const WEIGHTS = { frames: 0.6, scored: 0.34, rest: 0.06 }; // shares of the time; stages with pictures get most

// A function from a record of the run to its place.
export function schedule(run) {
  const has = (records, i) => records.some((r) => r.in === i);
  const kinds = run.stages.map((_, i) => (has(run.frames, i) ? "frames" : has(run.scored, i) ? "scored" : "rest"));
  const total = { frames: 0, scored: 0, rest: 0 };
  run.stages.forEach((stage, i) => (total[kinds[i]] += stage.length));
  const used = Object.keys(WEIGHTS).reduce((sum, kind) => sum + (total[kind] ? WEIGHTS[kind] : 0), 0) || 1;
  let from = 0;
  const spans = run.stages.map((stage, i) => {
    const span = { from, share: (WEIGHTS[kinds[i]] / used) * (stage.length / total[kinds[i]]) };
    from += span.share;
    return span;
  });
  return (r) => spans[r.in].from + (r.local / Math.max(1, run.stages[r.in].length - 1)) * spans[r.in].share * 0.98;
}
