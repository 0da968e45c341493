// plain.js — the exact posterior map in function space in plain JavaScript, as one would write it first: loops over
// typed arrays in double precision. One output, tanh, bernoulli. v = k(x,x) − ‖L⁻¹k_S‖²,  LLᵀ = I + K.

/** The inverse of the lower Cholesky factor of I + K. */
export function triangularInverse(K, n) {
  const L = factor(K, n);
  const out = new Float64Array(n * n);
  for (let j = 0; j < n; ++j) {
    for (let i = j; i < n; ++i) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; ++k) sum -= L[i * n + k] * out[k * n + j];
      out[i * n + j] = sum / L[i * n + i];
    }
  }
  return out;
}

function factor(K, n) {
  const L = new Float64Array(n * n);
  for (let i = 0; i < n; ++i) {
    for (let j = 0; j <= i; ++j) {
      let sum = K[i * n + j] + (i === j ? 1 : 0);
      for (let k = 0; k < j; ++k) sum -= L[i * n + k] * L[j * n + k];
      L[i * n + j] = i === j ? Math.sqrt(sum) : sum / L[j * n + j];
    }
  }
  return L;
}

function passes(layers, theta, x) {
  const [A, D, at] = [[x], [], []];
  let offset = 0;
  for (let l = 0; l + 1 < layers.length; ++l) {
    const [inputs, width] = [layers[l], layers[l + 1]];
    at.push(offset);
    const z = new Float64Array(width);
    for (let i = 0; i < width; ++i) {
      let sum = theta[offset + width * inputs + i];
      for (let j = 0; j < inputs; ++j) sum += theta[offset + i * inputs + j] * A[l][j];
      z[i] = l + 2 < layers.length ? Math.tanh(sum) : sum;
    }
    A.push(z);
    offset += width * (inputs + 1);
  }
  D[layers.length - 2] = Float64Array.of(1);
  for (let l = layers.length - 2; l > 0; --l) {
    const inputs = layers[l];
    const pulled = new Float64Array(inputs);
    for (let j = 0; j < inputs; ++j) {
      let sum = 0;
      for (let i = 0; i < layers[l + 1]; ++i) sum += D[l][i] * theta[at[l] + i * inputs + j];
      pulled[j] = sum * (1 - A[l][j] * A[l][j]);
    }
    D[l - 1] = pulled;
  }
  return { A, D, f: A.at(-1)[0] };
}

const dot = (x, y) => {
  let sum = 0;
  for (let i = 0; i < x.length; ++i) sum += x[i] * y[i];
  return sum;
};

function inner(p, q) {
  let sum = 0;
  for (let l = 0; l < p.D.length; ++l) sum += dot(p.D[l], q.D[l]) * (dot(p.A[l], q.A[l]) + 1);
  return sum;
}

/** @returns {(pixels: Float64Array) => { f: Float64Array, v: Float64Array }} */
export function posterior({ spec: { layers }, X, n, priorPrecision }, theta) {
  const rows = Array.from({ length: n }, (_, i) => passes(layers, theta, X.subarray(2 * i, 2 * i + 2)));
  const root = rows.map(({ f }) => Math.sqrt(1 / ((1 + Math.exp(-f)) * (1 + Math.exp(f)) * priorPrecision)));
  const K = new Float64Array(n * n);
  for (let i = 0; i < n; ++i) for (let j = 0; j <= i; ++j) K[i * n + j] = inner(rows[i], rows[j]) * root[i] * root[j];
  const L = factor(K, n);
  return (pixels) => {
    const count = pixels.length / 2;
    const [f, v, q] = [new Float64Array(count), new Float64Array(count), new Float64Array(n)];
    for (let p = 0; p < count; ++p) {
      const at = passes(layers, theta, pixels.subarray(2 * p, 2 * p + 2));
      let left = inner(at, at);
      for (let i = 0; i < n; ++i) {
        let sum = inner(at, rows[i]) * root[i];
        for (let j = 0; j < i; ++j) sum -= L[i * n + j] * q[j];
        q[i] = sum / L[i * n + i];
        left -= q[i] * q[i];
      }
      f[p] = at.f;
      v[p] = left / priorPrecision;
    }
    return { f, v };
  };
}
