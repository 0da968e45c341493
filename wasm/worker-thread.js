// worker-thread.js — the thread's side: the library on a module compiled elsewhere, its objects by number, and requests
// answered one after another in the order they came. Only an abort is heard at once. A request is
//   { id, op: 'new', type, ref, args }    an object; a failure is kept and thrown by every later call of it
//   { id, op: 'call', ref, name, args }   a method of it           { id, op: 'static', type, name, args }
//   { id, op: 'get' | 'set', ref, name }  a property               { id, op: 'run', path, args }   a function
//   { id, op: 'task', name, args }        a job of the pool        { id, op: 'release', ref }
// with the numbers of the callbacks and signals among its arguments, or with what is wrong with these instead.
import { fail } from './errors.js';
import { undoOf } from './mlp.js';
import { PosteriorPrior } from './prior.js';
import { createRuntime } from './runtime.js';
import { checkAborted } from './training.js';
import { createTasks } from './worker-tasks.js';
import { buffersOf, decode, encode, packError, unpackError } from './worker-wire.js';

/** @type {any} */
const scope = globalThis;
const port =
  typeof scope.postMessage === 'function'
    ? scope
    : (scope.process.getBuiltinModule ?? scope.require)('node:worker_threads').parentPort;

/** @type {any} */
let library;
/** @type {Record<string, (...args: any[]) => any>} */
let tasks;
/** @type {Map<number, { value?: any, failure?: unknown }>} */
const objects = new Map();
let made = 0;
/** The request at work. @type {any} */
let current;
/** Told when the other side has heard all callbacks of the request. @type {() => void} */
let heard;
/** By the number of a signal, or of a callback, which counts as aborted once it has thrown. */
const controllers = /** @type {Map<number, AbortController>} */ (new Map());
/** The numbers of what steps listen to, by the number of the steps: theirs as long as these last. */
const listening = /** @type {Map<number, number[]>} */ (new Map());

const signalOf = (/** @type {number} */ number) => /** @type {AbortController} */ (controllers.get(number)).signal;

const typeOf = (/** @type {any} */ value) =>
  value instanceof library.MLP
    ? 'MLP'
    : value instanceof library.Laplace
      ? 'Laplace'
      : value instanceof PosteriorPrior
        ? 'PosteriorPrior'
        : typeof value.next === 'function'
          ? 'Steps'
          : undefined;

/** Objects stay here and go by a number; every answer gives a new one, so that each can be released alone. */
function answer(/** @type {any} */ result, /** @type {any} */ self) {
  if (result === self && self !== undefined) return { self: true };
  const value = encode(result, {
    object(inner) {
      const type = typeOf(inner);
      if (type === undefined) return undefined;
      made -= 1;
      objects.set(made, { value: inner });
      if (type === 'Steps') listening.set(made, current.numbers.splice(0));
      return { type, ref: made };
    },
  });
  return { value };
}

function objectOf(/** @type {number} */ ref) {
  const held = /** @type {{ value?: any, failure?: unknown }} */ (objects.get(ref));
  if ('failure' in held) throw held.failure;
  return held.value;
}

/** A callback of the other side: the call is posted, and work goes on until word comes that it threw. */
function callback(/** @type {{ number: number, option: string }} */ { number, option }) {
  const signal = signalOf(number);
  return (/** @type {any[]} */ ...values) => {
    if (option !== 'onProgress')
      fail(
        'ERR_UNSUPPORTED',
        option,
        'a function, for whose values a worker cannot wait',
        'a name',
        "The classes of 'bayeslaplace' itself, in the thread of the function, take one.",
      );
    checkAborted(signal, option);
    current.called = signal;
    port.postMessage({ id: current.id, callback: number, values });
  };
}

function argumentsOf(/** @type {any} */ { args, wrong }) {
  if (wrong) throw unpackError(wrong);
  const read = {
    object: (/** @type {{ ref: number }} */ { ref }) => objectOf(ref),
    callback,
    signal(/** @type {{ number: number, aborted: boolean }} */ { number, aborted }) {
      if (aborted) controllers.get(number)?.abort();
      return signalOf(number);
    },
  };
  return args.map((/** @type {unknown} */ value) => decode(value, read));
}

/** A method; where something must be heard meanwhile, its twin that looks up now and then. */
function methodOf(/** @type {any} */ object, /** @type {string} */ name, /** @type {boolean} */ listens) {
  const twin = `${name}Async`;
  return listens && typeof object[twin] === 'function' ? object[twin] : object[name];
}

/**
 * What a call is to be taken back for, although it is done: the other side may have called the last callbacks since,
 * and one of them thrown, or aborted a signal of the call.
 * @returns {Promise<AbortSignal | undefined>}
 */
async function objection(/** @type {any} */ { id, called, signals }) {
  if (!called) return undefined;
  await new Promise((resolve) => {
    heard = () => resolve(undefined);
    port.postMessage({ id, check: true });
  });
  return [called, ...signals.map(signalOf)].find(({ aborted }) => aborted);
}

/** @type {Record<string, (request: any) => any>} */
const operations = {
  new({ type, ref, ...request }) {
    try {
      objects.set(ref, { value: new library[type](...argumentsOf(request)) });
    } catch (failure) {
      objects.set(ref, { failure });
      throw failure;
    }
    return {};
  },
  async call(request) {
    const { ref, name, callbacks, signals } = request;
    const self = objectOf(ref);
    const args = argumentsOf(request);
    // to the network as it is now or, from a step, as it was before the first
    const takeBack = self instanceof library.MLP ? undoOf : () => () => self.throw(new Error('a callback threw'));
    const undo = callbacks.length > 0 || listening.has(ref) ? takeBack(self) : undefined;
    const result = await methodOf(self, name, callbacks.length + signals.length > 0).apply(self, args);
    const stop = await objection(request);
    if (stop) undo?.();
    checkAborted(stop, name);
    return answer(result, self);
  },
  async static({ type, name, ...request }) {
    return answer(await library[type][name](...argumentsOf(request)), undefined);
  },
  get: ({ ref, name }) => answer(objectOf(ref)[name], undefined),
  set({ ref, name, ...request }) {
    [objectOf(ref)[name]] = argumentsOf(request);
    return {};
  },
  async run({ path, ...request }) {
    const owner = path.slice(0, -1).reduce((/** @type {any} */ at, /** @type {string} */ key) => at[key], library);
    const use = owner[path.at(-1)];
    if (typeof use !== 'function') fail('ERR_OPTION', 'worker', path.join('.'), 'a function of the library');
    return answer(await use(...argumentsOf(request)), undefined);
  },
  async task({ name, ...request }) {
    return { value: await tasks[name](...argumentsOf(request)) };
  },
  release({ ref }) {
    objects.get(ref)?.value?.return?.(); // steps that were left free what they held
    objects.delete(ref);
    return {};
  },
};

/** Posts an answer, with the numbers of what nobody listens to any more: the request's, and of steps it has ended. */
function post(/** @type {any} */ { id, ref, numbers }, /** @type {any} */ done) {
  if (done.value?.done !== false) {
    numbers.push(...(listening.get(ref) ?? []));
    listening.delete(ref);
  }
  port.postMessage({ id, ...done, over: numbers }, buffersOf(done.value));
  for (const number of numbers) controllers.delete(number);
}

/** @type {any[]} */
const waiting = [];
let working = false;

async function work() {
  if (working) return;
  working = true;
  for (let request = waiting.shift(); request; request = waiting.shift()) {
    current = request;
    try {
      post(request, await operations[request.op](request));
    } catch (error) {
      post(request, { error: packError(error) });
    }
  }
  working = false;
}

function hear(/** @type {any} */ message) {
  if (message.module) {
    library = createRuntime(message.module);
    tasks = createTasks(library);
  } else if (message.abort !== undefined) {
    controllers.get(message.abort)?.abort();
  } else if (message.heard !== undefined) {
    heard();
  } else {
    const numbers = [...message.callbacks, ...message.signals];
    for (const number of numbers) controllers.set(number, new AbortController());
    waiting.push({ ...message, numbers });
    work();
  }
}

if (port === scope) scope.onmessage = (/** @type {MessageEvent} */ event) => hear(event.data);
else port.on('message', hear);
