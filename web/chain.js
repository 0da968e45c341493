// Play is a chain: θ(N) is trained on the first N points from θ(N − 1), θ(1) from the start seed. Every θ(N) is kept,
// so the slider shows the same picture in both directions. Above 400 points the chain has a link every few points and
// the N between two links starts from the lower one, so a picture never depends on the way to it.

/** @typedef {import('./points.js').Point} Point */

const DENSE = 400;

/** The N whose weights N starts from. @param {number} N
 * @param {number} total */
export function link(N, total) {
  const stride = Math.max(1, Math.ceil(total / DENSE));
  return N <= DENSE / 2 ? N - 1 : N - 1 - ((N - 1) % stride);
}

export function createChain() {
  let key = '';
  /** @type {Point[]} */
  let seen = [];
  /** @type {Map<number, Float64Array>} */
  const theta = new Map();

  /**
   * @param {string} problem what the weights depend on besides the points
   * @param {Point[]} list
   * @param {number} N ≥ 1
   * @param {(from: Float64Array | null, part: Point[]) => Generator<void, any>} train
   * @returns {Generator<void, Float64Array>}
   */
  function* at(problem, list, N, train) {
    const sparse = list.length > DENSE;
    const name = `${problem}${sparse ? list.length : ''}`;
    let alike = 0;
    while (alike < Math.min(seen.length, list.length) && equal(seen[alike], list[alike])) alike++;
    for (const n of theta.keys()) if (name !== key || n > alike) theta.delete(n);
    key = name;
    seen = list.slice();

    const missing = [];
    for (let n = N; n >= 1 && !theta.has(n); n = link(n, list.length)) missing.push(n);
    for (const n of missing.reverse()) {
      const fit = yield* train(theta.get(link(n, list.length)) ?? null, list.slice(0, n));
      theta.set(n, Float64Array.from(fit.net.parameters));
      fit.dispose();
      yield;
    }
    return /** @type {Float64Array} */ (theta.get(N));
  }

  return { at };
}

const equal = (/** @type {Point} */ a, /** @type {Point} */ b) => a.x === b.x && a.y === b.y && a.c === b.c;
