// What pushes the learned points: the three objectives, from their equations. Every function returns {loss, push}: push is the
// gradient of the loss by the points, so they move against it.

// Gradient matching (DC, arXiv 2006.05929): for each class the gradients of the loss on real and on learned points,
//   D(A, B) = Σ_layers Σ_rows [ 1 − ⟨A_i, B_i⟩ / (‖A_i‖ ‖B_i‖ + 1e-6) ]      rows: of the weight matrices; biases add nothing
// groups: for each class {real, learned, rows}: points of each, and the numbers of the learned ones.
export function gradientPull(net, theta, groups, points) {
  const push = new Float64Array(points.length), wanted = new Float64Array(net.count), given = new Float64Array(net.count);
  let loss = 0;
  groups.forEach(({ real, learned, rows }, label) => {
    const labels = rows.map(() => label), reals = new Uint8Array(real.length / 2).fill(label), along = new Float64Array(net.count);
    net.learn(theta, real, reals, wanted);
    net.learn(theta, learned, labels, given);
    loss += rowDistance(net, given, wanted, along);
    scatter(push, net.second(theta, learned, labels, along), rows);
  });
  return { loss, push };
}

// D, and its gradient by the first in `along`.
export function rowDistance(net, ours, theirs, along) {
  let sum = 0;
  for (let l = 1; l <= net.top; l++)
    for (let o = 0; o < net.sizes[l]; o++) {
      const inputs = net.sizes[l - 1], at = net.starts[l - 1] + o * inputs;
      let dot = 0, a = 0, b = 0;
      for (let k = at; k < at + inputs; k++) {
        dot += ours[k] * theirs[k];
        a += ours[k] ** 2;
        b += theirs[k] ** 2;
      }
      const under = Math.sqrt(a * b) + 1e-6, pull = a > 0 ? (dot * Math.sqrt(b / a)) / under ** 2 : 0;
      sum += 1 - dot / under;
      for (let k = at; k < at + inputs; k++) along[k] = pull * ours[k] - theirs[k] / under;
    }
  return sum;
}

// Mean features (DM, arXiv 2110.04181, eq. 4): Σ_c ‖ mean ψ(real) − mean ψ(learned) ‖², ψ: the last hidden layer.
export function meanPull(net, theta, groups, points) {
  const push = new Float64Array(points.length), last = net.top - 1, size = net.sizes[last];
  let loss = 0;
  for (const { real, learned, rows } of groups) {
    const n = rows.length, wanted = means(net.forward(theta, real, real.length / 2, last), size);
    const features = net.forward(theta, learned, n, last), given = means(features, size), { d } = net.room(n);
    for (let k = 0; k < size; k++) {
      const apart = given[k] - wanted[k];
      loss += apart ** 2;
      for (let i = 0; i < n; i++) d[last][i * size + k] = ((2 * apart) / n) * (net.act === "tanh" ? 1 - features[i * size + k] ** 2 : features[i * size + k] > 0 ? 1 : 0);
    }
    scatter(push, net.backward(theta, n, null, last), rows);
  }
  return { loss, push };
}

function means(features, size) {
  const found = new Float64Array(size), n = features.length / size;
  for (let i = 0; i < features.length; i++) found[i % size] += features[i] / n;
  return found;
}

function scatter(push, found, rows) {
  rows.forEach((row, i) => push.set(found.subarray(2 * i, 2 * i + 2), 2 * row));
}

// Trajectory matching (MTT, arXiv 2203.11932): N steps on the learned points from where an expert was, against where it went:
//   θ_{n+1} = θ_n − α ∇ℓ(S; θ_n),   L = ‖ θ_N − θ*_{t+M} ‖² / ‖ θ*_t − θ*_{t+M} ‖²
// Differentiated through all steps, backwards: λ_N = ∂L/∂θ_N, λ_n = λ_{n+1} − α H_n λ_{n+1}. `slope` is ∂L/∂α.
export function trajectoryPull(net, { origin, target, steps, rate }, labels, points) {
  const push = new Float64Array(points.length), curved = new Float64Array(net.count), passed = [Float64Array.from(origin)], gradients = [];
  for (let n = 0; n < steps; n++) {
    const gradient = new Float64Array(net.count);
    net.learn(passed[n], points, labels, gradient);
    gradients.push(gradient);
    passed.push(passed[n].map((w, k) => w - rate * gradient[k]));
  }
  const end = passed[steps], far = squared(origin, target), lambda = end.map((w, k) => (2 * (w - target[k])) / far);
  let slope = 0;
  for (let n = steps - 1; n >= 0; n--) {
    for (let k = 0; k < net.count; k++) slope -= lambda[k] * gradients[n][k];
    const mixed = net.second(passed[n], points, labels, lambda, curved);
    for (let k = 0; k < push.length; k++) push[k] -= rate * mixed[k];
    for (let k = 0; k < net.count; k++) lambda[k] -= rate * curved[k];
  }
  return { loss: squared(end, target) / far, push, slope };
}

export function squared(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] - b[k]) ** 2;
  return sum;
}
