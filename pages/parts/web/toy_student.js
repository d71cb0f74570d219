// A network that learns from points: the same start, the same steps, whatever points it gets.

export const LESSONS = 150; // steps of Adam on all points at once
const RATE = 0.04, BETA1 = 0.9, BETA2 = 0.999;

export class Student {
  constructor(net, start) {
    Object.assign(this, { net, start, gradient: new Float64Array(net.count) });
    this.again();
  }

  again() {
    Object.assign(this, { theta: Float64Array.from(this.start), first: new Float64Array(this.net.count), second: new Float64Array(this.net.count), steps: 0 });
    return this;
  }

  // Adam (arXiv 1412.6980) with bias correction.
  study({ at, labels }, steps) {
    const { theta, first, second, gradient } = this;
    for (let s = 0; s < steps; s++) {
      this.net.learn(theta, at, labels, gradient);
      this.steps += 1;
      const one = 1 - BETA1 ** this.steps, two = 1 - BETA2 ** this.steps;
      for (let k = 0; k < theta.length; k++) {
        first[k] = BETA1 * first[k] + (1 - BETA1) * gradient[k];
        second[k] = BETA2 * second[k] + (1 - BETA2) * gradient[k] ** 2;
        theta[k] -= (RATE * first[k]) / one / (Math.sqrt(second[k] / two) + 1e-8);
      }
    }
    return this;
  }

  // The class it gives to each point.
  answers(at) {
    const n = at.length / 2, classes = this.net.sizes[this.net.top], logits = this.net.forward(this.theta, at, n), found = new Uint8Array(n);
    for (let i = 0; i < n; i++) for (let c = 1; c < classes; c++) if (logits[i * classes + c] > logits[i * classes + found[i]]) found[i] = c;
    return found;
  }
}

// Share of places where two lists say the same.
export function same(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] === b[i];
  return sum / a.length;
}

// The middle of the cells of a square grid over the picture, row after row from the top.
export function cells(side, edge) {
  const at = new Float64Array(2 * side * side), place = (i) => ((2 * (i + 0.5)) / side - 1) * edge;
  for (let i = 0; i < side * side; i++) at.set([place(i % side), -place(Math.floor(i / side))], 2 * i);
  return at;
}
