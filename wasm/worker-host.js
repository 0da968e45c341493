// worker-host.js — starts a thread that runs worker-thread.js: a Worker in browsers, Deno and Bun, a worker of
// node:worker_threads in Node. The script travels inside this file as text, so that neither a bundler nor a content
// delivery network has to know of a second file; where a page's policy forbids workers from blobs, its address is
// given.
import { script } from '../dist/worker-script.js';
import { nodeModule } from './node.js';

/**
 * A running thread.
 * @typedef {object} Thread
 * @property {(message: any) => void} post
 * @property {(busy: boolean) => void} keep in Node: whether the process waits for it
 * @property {() => Promise<unknown>} end
 */

/** @type {any} */
const scope = globalThis;

/** What to do about a worker that has said nothing yet, from a blob and from an address. */
const ADVICE = {
  blob:
    'where the content policy forbids workers from blobs, serve bayeslaplace/worker-thread and pass its address to ' +
    "createWorker or createPool as 'script'",
  address: "the address in 'script' must give bayeslaplace/worker-thread from the page's own origin",
};

/** The script as an address, made once and kept for all workers of the page. */
let address = '';

/** How many threads the machine runs at once, 4 where it does not say. */
export const concurrency = () =>
  scope.navigator?.hardwareConcurrency ??
  scope.process?.getBuiltinModule?.('node:os').availableParallelism() ??
  4;

/**
 * @param {any} url
 * @param {WorkerType} type
 * @param {string} advice
 */
function startWorker(url, type, advice) {
  try {
    return new Worker(url, { type, name: 'bayeslaplace' });
  } catch (cause) {
    throw new Error(`${cause}; ${advice}`, { cause });
  }
}

/**
 * @param {(message: any) => void} heard
 * @param {(reason: unknown) => void} ended called when it ends by itself
 * @param {import('./worker-channel.js').Address} [url] of the script, where it cannot come from a blob
 * @returns {Promise<Thread>}
 */
export async function startThread(heard, ended, url) {
  if (typeof Worker === 'function') {
    if (url === undefined) address ||= URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    let advice = url === undefined ? ADVICE.blob : ADVICE.address;
    // a script of ours is a classic one, which Chromium starts on pages of file: too; Deno starts modules only
    const worker = startWorker(url ?? address, url === undefined && !scope.Deno ? 'classic' : 'module', advice);
    worker.onmessage = (event) => {
      advice = '';
      heard(event.data);
    };
    worker.onerror = ({ message }) => ended([message || 'it did not start', advice].filter(Boolean).join('; '));
    const kept = /** @type {{ ref?(): void, unref?(): void }} */ (/** @type {unknown} */ (worker));
    return {
      post: (message) => worker.postMessage(message),
      keep: (busy) => (busy ? kept.ref?.() : kept.unref?.()), // Bun's and Deno's
      end: async () => worker.terminate(),
    };
  }
  const { Worker: NodeWorker } = await nodeModule('node:worker_threads');
  // the process's own flags are not for a script of another kind
  const worker = new NodeWorker(script, { eval: true, execArgv: [], name: 'bayeslaplace' });
  worker.on('message', heard);
  worker.on('error', ended);
  worker.on('exit', (/** @type {number} */ code) => ended(`it ended with code ${code}`));
  return {
    post: (message) => worker.postMessage(message),
    keep: (busy) => (busy ? worker.ref() : worker.unref()),
    end: () => worker.terminate(),
  };
}
