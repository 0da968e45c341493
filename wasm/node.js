// node.js — Node's own modules, where there are any.

/**
 * A module of Node, by a name that no bundler follows.
 * @param {string} name
 * @returns {Promise<any>}
 */
export const nodeModule = async (name) =>
  /** @type {any} */ (globalThis).process.getBuiltinModule?.(name) ??
  import(/* webpackIgnore: true */ /* @vite-ignore */ name);
