// error.js — the one error class. A file of its own, so that entries of the package can share it.

/**
 * Everything this library throws. `code` is one of `ERR_OPTION`, `ERR_SHAPE`, `ERR_NOT_FINITE`, `ERR_LABEL`,
 * `ERR_NOT_FITTED`, `ERR_NOT_POSITIVE_DEFINITE`, `ERR_OUT_OF_MEMORY`, `ERR_UNSUPPORTED`, `ERR_FORMAT`, `ERR_DISPOSED`,
 * `ERR_ABORTED`, `ERR_WASM`. A call that throws leaves the object as it was.
 */
export class LaplaceError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    /** @type {string} */
    this.name = 'LaplaceError';
    /** @type {string} */
    this.code = code;
  }
}
