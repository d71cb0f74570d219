// A small fully connected network with hand-written derivatives, the second one too. Points are rows (x, y) of a Float64Array.
// Weights are one Float64Array, layer after layer: W (out × in, row after row), then b (out).

export class Net {
  // sizes: [2, 16, 16, classes]; act: tanh or relu.
  constructor(sizes, act = "tanh") {
    Object.assign(this, { sizes, act, top: sizes.length - 1, starts: [0], passes: new Map() });
    for (let l = 1; l <= this.top; l++) this.starts.push(this.starts[l - 1] + sizes[l] * (sizes[l - 1] + 1));
    this.count = this.starts[this.top];
  }

  // W ~ N(0, gain² / in), b ~ N(0, 1) in the first layer, so that random networks bend everywhere in the picture; else 0.
  drawn(dice, gain = 2) {
    const theta = new Float64Array(this.count);
    for (let l = 1; l <= this.top; l++) {
      const inputs = this.sizes[l - 1], weights = this.sizes[l] * inputs, scale = (l === 1 ? gain : 1) / Math.sqrt(inputs);
      for (let i = 0; i < weights; i++) theta[this.starts[l - 1] + i] = scale * dice.normal();
      for (let i = 0; l === 1 && i < this.sizes[1]; i++) theta[weights + i] = dice.normal();
    }
    return theta;
  }

  // Room for n points: activations a, their gradients d, and the same of the tangent (ra, rd).
  room(n) {
    if (!this.passes.has(n)) {
      const each = () => this.sizes.map((size) => new Float64Array(n * size));
      this.passes.set(n, { a: each(), d: each(), ra: each(), rd: each() });
    }
    return this.passes.get(n);
  }

  // Activations up to layer `to`; valid until the next call with as many points.
  forward(theta, x, n, to = this.top) {
    const { a } = this.room(n);
    a[0].set(x);
    for (let l = 1; l <= to; l++) {
      product(theta, this.starts[l - 1], this.sizes[l - 1], this.sizes[l], a[l - 1], n, a[l]);
      if (l < this.top) bend(a[l], this.act);
    }
    return a[to];
  }

  // The mean cross-entropy of the last forward pass; its gradient by the logits goes to d.
  loss(n, labels) {
    const { a, d } = this.room(n), classes = this.sizes[this.top], logits = a[this.top], delta = d[this.top];
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const at = i * classes;
      let most = -Infinity, total = 0;
      for (let c = 0; c < classes; c++) most = Math.max(most, logits[at + c]);
      for (let c = 0; c < classes; c++) total += delta[at + c] = Math.exp(logits[at + c] - most);
      for (let c = 0; c < classes; c++) delta[at + c] = (delta[at + c] / total - (c === labels[i] ? 1 : 0)) / n;
      sum += Math.log(total) + most - logits[at + labels[i]];
    }
    return sum / n;
  }

  // From d of layer `from` (before its bend) down to the points: d[0]; adds nothing up, `gradient` is overwritten if given.
  backward(theta, n, gradient = null, from = this.top) {
    const { a, d } = this.room(n);
    for (let l = from; l >= 1; l--) {
      const start = this.starts[l - 1], inputs = this.sizes[l - 1], outputs = this.sizes[l];
      if (gradient) outer(gradient, start, inputs, outputs, d[l], a[l - 1], n, true);
      back(theta, start, inputs, outputs, d[l], n, d[l - 1], true);
      if (l > 1) slope(d[l - 1], a[l - 1], this.act);
    }
    return d[0];
  }

  // The loss, and its gradient by the weights in `gradient`.
  learn(theta, x, labels, gradient) {
    this.forward(theta, x, labels.length);
    const loss = this.loss(labels.length, labels);
    this.backward(theta, labels.length, gradient);
    return loss;
  }

  // ⟨v, ∇_θ ℓ⟩ differentiated once more: by the points (returned) and, if asked, by the weights (H v, into `curved`).
  // Pearlmutter's R operator (1994): the tangent along v of every line of the backward pass.
  second(theta, x, labels, v, curved = null) {
    const n = labels.length, { a, d, ra, rd } = this.room(n), { top, act } = this;
    this.forward(theta, x, n);
    this.loss(n, labels);
    ra[0].fill(0);
    for (let l = 1; l <= top; l++) {
      const start = this.starts[l - 1], inputs = this.sizes[l - 1], outputs = this.sizes[l];
      product(v, start, inputs, outputs, a[l - 1], n, ra[l]);
      through(theta, start, inputs, outputs, ra[l - 1], n, ra[l]);
      if (l < top) slope(ra[l], a[l], act);
    }
    softened(d[top], ra[top], labels, n, rd[top]);
    for (let l = top; l >= 1; l--) {
      const start = this.starts[l - 1], inputs = this.sizes[l - 1], outputs = this.sizes[l];
      if (curved) {
        outer(curved, start, inputs, outputs, rd[l], a[l - 1], n, true);
        outer(curved, start, inputs, outputs, d[l], ra[l - 1], n, false);
      }
      back(theta, start, inputs, outputs, d[l], n, d[l - 1], true);
      back(v, start, inputs, outputs, d[l], n, rd[l - 1], true);
      back(theta, start, inputs, outputs, rd[l], n, rd[l - 1], false);
      if (l > 1) bentTwice(rd[l - 1], d[l - 1], a[l - 1], ra[l - 1], act);
      if (l > 1) slope(d[l - 1], a[l - 1], act);
    }
    return rd[0];
  }
}

// out = W in + b
function product(theta, start, inputs, outputs, from, n, to) {
  const bias = start + inputs * outputs;
  for (let i = 0; i < n; i++)
    for (let o = 0; o < outputs; o++) {
      let sum = theta[bias + o];
      for (let k = 0, w = start + o * inputs, at = i * inputs; k < inputs; k++) sum += theta[w + k] * from[at + k];
      to[i * outputs + o] = sum;
    }
}

// out += W in
function through(theta, start, inputs, outputs, from, n, to) {
  for (let i = 0; i < n; i++)
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let k = 0, w = start + o * inputs, at = i * inputs; k < inputs; k++) sum += theta[w + k] * from[at + k];
      to[i * outputs + o] += sum;
    }
}

// in = Wᵀ out, anew or added
function back(theta, start, inputs, outputs, from, n, to, anew) {
  if (anew) to.fill(0);
  for (let i = 0; i < n; i++)
    for (let o = 0; o < outputs; o++) {
      const d = from[i * outputs + o];
      for (let k = 0, w = start + o * inputs, at = i * inputs; k < inputs; k++) to[at + k] += theta[w + k] * d;
    }
}

// Gradient of W and b from d (n × out) and the inputs (n × in). Added to what is there, the biases' part is left out:
// then d is fixed and the inputs are a tangent.
function outer(gradient, start, inputs, outputs, d, from, n, anew) {
  const bias = start + inputs * outputs;
  if (anew) gradient.fill(0, start, bias + outputs);
  for (let i = 0; i < n; i++)
    for (let o = 0; o < outputs; o++) {
      const value = d[i * outputs + o];
      for (let k = 0, w = start + o * inputs, at = i * inputs; k < inputs; k++) gradient[w + k] += value * from[at + k];
      if (anew) gradient[bias + o] += value;
    }
}

function bend(a, act) {
  if (act === "tanh") for (let i = 0; i < a.length; i++) a[i] = 1 - 2 / (Math.exp(2 * a[i]) + 1); // a third of the time of Math.tanh
  else for (let i = 0; i < a.length; i++) if (a[i] < 0) a[i] = 0;
}

// d ∘ φ′, from the bent values a
function slope(d, a, act) {
  if (act === "tanh") for (let i = 0; i < d.length; i++) d[i] *= 1 - a[i] * a[i];
  else for (let i = 0; i < d.length; i++) if (a[i] <= 0) d[i] = 0;
}

// rd ∘ φ′ + d ∘ (tangent of φ′); d is not yet multiplied by φ′
function bentTwice(rd, d, a, ra, act) {
  if (act === "tanh") for (let i = 0; i < rd.length; i++) rd[i] = rd[i] * (1 - a[i] * a[i]) - 2 * d[i] * a[i] * ra[i];
  else slope(rd, a, act);
}

// Tangent of (softmax − one-hot) / n: p ∘ (r − ⟨p, r⟩) / n, where d is (p − one-hot) / n
function softened(d, r, labels, n, to) {
  const classes = d.length / n;
  for (let i = 0; i < n; i++) {
    let mean = 0;
    const at = i * classes, share = (c) => d[at + c] + (c === labels[i] ? 1 / n : 0); // p / n
    for (let c = 0; c < classes; c++) mean += n * share(c) * r[at + c];
    for (let c = 0; c < classes; c++) to[at + c] = share(c) * (r[at + c] - mean);
  }
}
