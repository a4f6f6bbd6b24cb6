// ── random numbers ──
// The generator of draws.py, so that Python can draw the same batches.

class Draws {
  constructor(seed) { this.state = seed >>> 0; }

  // From 0 to 1.
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  // The numbers below count, in random order.
  shuffle(count) {
    const order = Array.from({ length: count }, (_, k) => k);
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(this.next() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  // Normally distributed, by the method of Box and Muller.
  normal() {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }
}
