// worker-tasks.js — what a worker of a pool does: a part of the rows of a map, or the training of one network. Each
// gives what the whole gives there, to the bit, so that results do not depend on how work is divided.

/** @param {any} library what `createRuntime` gives */
export function createTasks(library) {
  /** @type {Map<number, any>} */
  const held = new Map();

  function forget(/** @type {number} */ number) {
    held.get(number)?.net.dispose();
    held.get(number)?.dispose();
    held.delete(number);
  }

  /**
   * The posterior of a number: its bytes come with it unless it is held, and with them what to forget instead.
   * @param {{ number: number, bytes?: Uint8Array, drop?: number }} given
   */
  function posterior({ number, bytes, drop }) {
    if (drop !== undefined) forget(drop);
    if (bytes) held.set(number, library.Laplace.load(bytes));
    return held.get(number);
  }

  return {
    /**
     * Part `part` of `parts` of a map; null where it has no row.
     * @param {Parameters<typeof posterior>[0]} given
     * @param {any} options of `predictGrid`
     * @param {number} part
     * @param {number} parts
     */
    predictGrid(given, options, part, parts) {
      try {
        const la = posterior(given);
        const ny = options?.ny ?? (la.net.layers[0] === 1 ? 1 : options?.nx);
        if (!Number.isInteger(ny) || ny < 1) return la.predictGrid(options); // which says what is wrong
        const [first, last] = options.rows ?? [0, ny];
        const [from, to] = [part, part + 1].map((i) => first + Math.floor((i * (last - first)) / parts));
        if (!(first < last)) return la.predictGrid(options); // likewise
        if (from === to) return null;
        return { ...la.predictGrid({ ...options, rows: [from, to] }), from: from - first, to: to - first };
      } catch (error) {
        for (const number of held.keys()) forget(number); // some may belong to an instance that has stopped
        throw error;
      }
    },

    /**
     * @param {any} spec options of `MLP`, or what its `toJSON` gave
     * @param {any} X
     * @param {any} y
     * @param {any} options of `train`
     */
    async train(spec, X, y, options) {
      const net = spec?.format === undefined ? new library.MLP(spec) : library.MLP.fromJSON(spec);
      try {
        const listens = options?.signal || options?.onProgress;
        const result = await (listens ? net.trainAsync(X, y, options) : net.train(X, y, options));
        return { ...result, parameters: net.parameters, net: net.toJSON() };
      } finally {
        net.dispose();
      }
    },
  };
}
