// Random numbers that a seed repeats: sfc32 (C. Doty-Humphrey, PractRand), 32-bit arithmetic only, so every browser draws the same.
export class Dice {
  // `names` keep streams apart: new Dice(seed, "networks", 3) has nothing to do with new Dice(seed, "data").
  constructor(...names) {
    this.state = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
    for (const sign of names.join("/")) this.state[0] = Math.imul(this.state[0] ^ sign.codePointAt(0), 0x85ebca6b) ^ this.bits();
    for (let i = 0; i < 15; i++) this.bits();
    this.spare = null;
  }

  bits() {
    const s = this.state, t = (s[0] + s[1] + s[3]) | 0;
    s[3] = (s[3] + 1) | 0;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = (s[2] + (s[2] << 3)) | 0;
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + t | 0;
    return t >>> 0;
  }

  // In [0, 1), or in [low, high).
  uniform(low = 0, high = 1) {
    return low + (high - low) * (this.bits() / 4294967296);
  }

  // Of the normal distribution (Box and Muller: two at a time).
  normal() {
    if (this.spare !== null) {
      const kept = this.spare;
      this.spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform())), angle = this.uniform(0, 2 * Math.PI);
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  // `n` different ones of a list.
  some(list, n) {
    const left = [...list];
    for (let i = 0; i < Math.min(n, left.length); i++) {
      const j = i + Math.floor(this.uniform(0, left.length - i));
      [left[i], left[j]] = [left[j], left[i]];
    }
    return left.slice(0, n);
  }
}
