// The arithmetic of the page of compensators. Run with `node --test tests/pages/js`.
import assert from "node:assert/strict";
import test from "node:test";

import { entropy, foremost, halves, mixed, softmax, summed } from "../../../pages/parts/web/mixing.js";

test("half floats are read: normal, small, negative, zero and not a number", () => {
  const bytes = new Uint8Array(new Uint16Array([0x3c00, 0xc100, 0x0001, 0x0000, 0x7bff, 0x7e00]).buffer);
  const [one, minus, least, zero, most, nan] = halves(bytes);
  assert.deepEqual([one, minus, zero, most], [1, -2.5, 0, 65504]);
  assert.equal(least, Math.fround(2 ** -24));
  assert.ok(Number.isNaN(nan));
});

test("a sum stays within the range of pixels, and a mixture is linear", () => {
  assert.deepEqual([...summed(new Uint8Array([0, 128, 255]), [-0.5, 0, 0.5])], [0, 128, 255]);
  assert.ok(Math.abs(summed([51], [0.2])[0] - 102) < 1e-3);
  assert.deepEqual([...mixed([10, 0], [0, 20], 0.25)], [2.5, 15]);
});

test("labels soften with the temperature", () => {
  assert.deepEqual(softmax([0, 0]), [0.5, 0.5]);
  assert.equal(entropy([0.5, 0.5, 0, 0]), 1);
  assert.ok(Math.abs(entropy(Float32Array.of(0.5, 0.5, 0), Math.log) - Math.LN2) < 1e-6);
  assert.ok(entropy(softmax([9, 0, 0], 1)) < entropy(softmax([9, 0, 0], 30)));
  assert.deepEqual(foremost([[0.1, 0.7, 0.2], [0.5, 0.1, 0.4]], 2), [0, 1]);
});
