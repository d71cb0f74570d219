// The axis on which methods are compared: how much of the learning of the images is done. What comes before it is a short head,
// the students are a short tail, so that however long those take, half of the learning is the same place for every run.
export const LEARNING = { head: 0.06, tail: 0.1 };
const NUDGES = 0.05; // of all learning is the most that a stage between two of learning takes

// Say for each stage where it begins (`at`) and how wide it is (`span`); `learns` says in which images are learned.
export function byLearning(stages, learns, isStudents) {
  const first = learns.indexOf(true), last = learns.lastIndexOf(true), total = stages.reduce((sum, s, i) => sum + (learns[i] ? s.length : 0), 0);
  const zone = (s, i) => (first < 0 ? (isStudents(s) ? 2 : 0) : i < first ? 0 : i > last ? 2 : 1);
  const weight = (s, i) => (zone(s, i) === 1 && !learns[i] ? Math.min(s.length, NUDGES * total) : s.length);
  const begins = [0, LEARNING.head, 1 - LEARNING.tail], wide = [LEARNING.head, 1 - LEARNING.tail - LEARNING.head, LEARNING.tail], sums = [0, 0, 0], done = [0, 0, 0];
  stages.forEach((s, i) => (sums[zone(s, i)] += weight(s, i)));
  stages.forEach((s, i) => {
    const z = zone(s, i), share = (wide[z] * weight(s, i)) / sums[z];
    Object.assign(s, { at: begins[z] + done[z], span: share });
    done[z] += share;
  });
}

// Where the clock stands, in words.
export function learned(x) {
  const { head, tail } = LEARNING, share = (x - head) / (1 - head - tail);
  return share < 0 ? "before learning" : share > 1 + 1e-9 ? "students, after learning" : `${Math.round(100 * share)} % of learning`;
}
