// ── the rules ──
// Those of nn/optim/rules.py, with the same names. Each moves the parameters x at the places `which`
// against the gradient g, in step number t; v, m and b are what it remembers of each parameter.

const RULES = {
  SGD(which, x, g, { v }, t, { lr, momentum, nesterov, weight_decay }) {
    for (const i of which) {
      let step = weight_decay ? g[i] + weight_decay * x[i] : g[i];
      if (momentum) {
        v[i] = momentum * v[i] + step;
        step = nesterov ? step + momentum * v[i] : v[i];
      }
      x[i] -= lr * step;
    }
  },

  Adam(which, x, g, slots, t, settings) {
    const penalised = g.slice();
    for (const i of which) penalised[i] += settings.weight_decay * x[i];
    adam(which, x, penalised, slots, t, settings);
  },

  AdamW(which, x, g, slots, t, settings) {
    for (const i of which) x[i] *= 1 - settings.lr * settings.weight_decay;
    adam(which, x, g, slots, t, settings);
  },

  RMSprop(which, x, g, { v, m, b }, t, { lr, alpha, eps, weight_decay, momentum, centered }) {
    for (const i of which) {
      const slope = g[i] + weight_decay * x[i];
      v[i] = alpha * v[i] + (1 - alpha) * (slope * slope);
      m[i] = alpha * m[i] + (1 - alpha) * slope;
      const variance = centered ? v[i] - m[i] * m[i] : v[i];
      b[i] = momentum * b[i] + slope / (Math.sqrt(variance) + eps);
      x[i] -= lr * b[i];
    }
  },
};

function adam(which, x, g, { m, v }, t, { lr, betas: [beta1, beta2], eps }) {
  for (const i of which) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * (g[i] * g[i]);
    const mean = m[i] / (1 - beta1 ** t), square = v[i] / (1 - beta2 ** t);
    x[i] -= (lr * mean) / (Math.sqrt(square) + eps);
  }
}
