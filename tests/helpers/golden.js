// Reference values computed with laplace-torch in float64 (tests/golden/FORMAT.md), read as the library's own objects.
import { readdirSync, readFileSync } from 'node:fs';
import { MLP, Laplace } from '../../wasm/index.js';

const folder = new URL('../golden/', import.meta.url);

/** Every case, in the order of its number. */
export const cases = () =>
  readdirSync(folder)
    .filter((name) => /^\d\d_.*\.json$/.test(name))
    .sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')));

/** θ in torch's order from a case's W and b. */
export const flatten = ({ W, b }) => Float64Array.from(W.flatMap((weights, l) => [...weights, ...b[l]]));

/** The case's network with its stored weights. */
export const networkOf = (c) =>
  new MLP({
    layers: c.network.layers,
    activation: c.network.activation,
    likelihood: c.likelihood,
    parameters: flatten(c.network),
  });

/** The Laplace approximation a block describes, fitted to the case's data. */
export const posteriorOf = (net, c, block, options = {}) =>
  new Laplace(net, {
    subsetOfWeights: block.subset,
    hessianStructure: block.structure,
    curvature: block.curvature,
    priorPrecision: block.prior_precision,
    priorMean: block.prior_mean,
    temperature: block.temperature,
    sigmaNoise: block.sigma_noise,
    subnetworkIndices: block.indices,
    rank: block.rank,
    ...options,
  }).fit(c.data.X, c.data.y);

/** The probe vector v_k of FORMAT.md, length p. */
export const probe = (k, p) =>
  Float64Array.from({ length: p }, (_, i) => (((i * 7919 + 13 + 1009 * k) % 101) - 50) / 50);

/** |x − ref| / max(1, |ref|). */
export const scalarError = (x, ref) => Math.abs(x - ref) / Math.max(1, Math.abs(ref));

/** max |x − ref| / max |ref| over a block of numbers; 0 where both are all zero. */
export function blockError(x, ref) {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < ref.length; i++) {
    difference = Math.max(difference, Number.isNaN(x[i]) ? Infinity : Math.abs(x[i] - ref[i]));
    size = Math.max(size, Math.abs(ref[i]));
  }
  return difference === 0 ? 0 : difference / size;
}
