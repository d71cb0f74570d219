// What the page of compensators computes: numbers in half precision, sums, soft labels and their entropy.

// Little-endian half floats -> Float32Array.
export function halves(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), out = new Float32Array(bytes.byteLength >> 1);
  for (let i = 0; i < out.length; i++) {
    const h = view.getUint16(2 * i, true), sign = h & 0x8000 ? -1 : 1, exponent = (h >> 10) & 31, fraction = h & 1023;
    out[i] = exponent === 31 ? (fraction ? NaN : sign * Infinity) : exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -14 * (fraction / 1024);
  }
  return out;
}

// A natural image (0 to 255) and a compensator (in pixels, 0 to 1) -> their clipped sum, 0 to 255.
export const summed = (natural, added) => Float32Array.from(natural, (v, i) => 255 * Math.max(0, Math.min(1, v / 255 + added[i])));

export const mixed = (a, b, share) => Float32Array.from(a, (v, i) => share * v + (1 - share) * b[i]);

export function softmax(logits, temperature = 1) {
  const most = Math.max(...logits), e = Array.from(logits, (z) => Math.exp((z - most) / temperature)), all = e.reduce((s, v) => s + v, 0);
  return e.map((v) => v / all);
}

// In bits, or with Math.log in nats.
export const entropy = (shares, log = Math.log2) => -shares.reduce((s, p) => s + (p > 0 ? p * log(p) : 0), 0);

// The places of the n largest shares over several lists, in the order of the classes.
export function foremost(lists, n) {
  const most = lists[0].map((_, i) => Math.max(...lists.map((one) => one[i])));
  return most.map((v, i) => [v, i]).sort((a, b) => b[0] - a[0]).slice(0, n).map(([, i]) => i).sort((a, b) => a - b);
}
