// Writes open.js: the weights of the opening state, which are the end of its play chain. Run with Node after
// ./build.sh:     node web/make-open.js The numbers come from the library alone, so a test can make them again and
// compare them bit for bit.
import { existsSync, writeFileSync } from 'node:fs';

const target = new URL('./open.js', import.meta.url);
const text = (
  /** @type {string} */ weights,
) => `// Written by make-open.js: the weights of the opening state, float64, base64url.
export const OPEN_WEIGHTS = '${weights.replace(/(.{100})(?=.)/g, "$1'\n  + '")}';
`;

/** The weights at the end of the opening state's chain.
 * @param {Record<string, any>} library
 * @returns {Promise<string>} */
export async function openWeights(library) {
  const [{ createCompute }, { opening }, { weightsText }] = await Promise.all([
    import('./compute.js'),
    import('./state.js'),
    import('./weights.js'),
  ]);
  const steps = createCompute(library).run(
    { ...opening(), w: 'chain' },
    { box: [0, 0, 12], grid: 2, gesture: false, keep: false, curve: false, pinAt: null, canary: '' },
  );
  let step = steps.next();
  while (!step.done) step = steps.next();
  return weightsText(step.value.theta);
}

if (process.argv[1] && import.meta.url === new URL(`file://${process.argv[1]}`).href) {
  if (!existsSync(target)) writeFileSync(target, text(''));
  writeFileSync(target, text(await openWeights(await import('../wasm/index.js'))));
}
