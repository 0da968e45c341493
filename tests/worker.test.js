// Threads: maps and training jobs have the same bits with one worker and with four, and those of the calls without any;
// the classes behind a Worker have every method of the library's own; errors, aborts and endings cross.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import * as local from '../wasm/index.js';
import * as far from '../wasm/worker.js';

const { LaplaceError } = local;
const test = suite('worker');
const one = far.createPool({ workers: 1 });
const four = far.createPool({ workers: 4 });
test.after(async () => {
  await Promise.all([one.dispose(), four.dispose(), far.dispose()]);
});

const bits = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

/** Two results are equal in every bit of every array. */
function same(a, b, what) {
  assert.equal(Object.keys(a).sort(), Object.keys(b).sort(), what);
  for (const [name, value] of Object.entries(a)) {
    if (ArrayBuffer.isView(value)) assert.ok(bits(value).equals(bits(b[name])), `${what}: ${name}`);
    else assert.equal(value, b[name], `${what}: ${name}`);
  }
}

/** What a promise fails with. */
const failure = (promise) =>
  promise.then(
    () => assert.unreachable('it did not fail'),
    (error) => error,
  );

/** What a call fails with. */
function thrown(use) {
  try {
    use();
  } catch (error) {
    return error;
  }
  return assert.unreachable('it did not fail');
}

async function fails(promise, code, pattern = /expected/) {
  const error = await failure(promise);
  assert.instance(error, LaplaceError);
  assert.is(error.code, code, error.message);
  assert.match(error.message, pattern);
}

/** A fitted posterior of two inputs. */
function posterior(likelihood, k, options = {}) {
  const { X, y } = local.datasets.moons({ n: 60, noise: 0.2, seed: 3 });
  const targets = likelihood === 'gaussian' || likelihood === 'poisson' ? Float64Array.from({ length: 60 * k }) : y;
  targets.forEach((_, i) => (targets[i] = y[Math.floor((i * 60) / targets.length)]));
  const net = new local.MLP({ layers: [2, 12, 9, k], likelihood, seed: 2 });
  net.train(X, targets, { priorPrecision: 0.5, maxIterations: 30 });
  return new local.Laplace(net, options).fit(X, targets);
}

const OUTPUTS = { bernoulli: 1, categorical: 3, gaussian: 2, heteroscedastic: 2, poisson: 1 };

test('maps have the same bits with any number of workers and with none, exact and certified', async () => {
  for (const { name } of local.tables.likelihoods) {
    const la = posterior(name, OUTPUTS[name]);
    const all = local.tables.quantities.map((row) => row.name);
    const able = all.filter((quantity) => {
      try {
        return la.predictGrid({ x: [0, 1], y: [0, 1], nx: 1, quantities: [quantity] });
      } catch {
        return false;
      }
    });
    assert.ok(able.length >= 3, `${name}: ${able}`);
    for (const tolerance of [0, 1e-2, undefined]) {
      const options = { x: [-3, 3], y: [-2, 4], nx: 17, ny: 13, quantities: able, tolerance };
      const whole = la.predictGrid(options);
      if (tolerance) assert.ok(whole.errorBound > 0 || la.space === 'weight');
      same(await one.predictGrid(la, options), whole, `${name}, tolerance ${tolerance}, one worker`);
      same(await four.predictGrid(la, options), whole, `${name}, tolerance ${tolerance}, four workers`);
      const part = { ...options, nx: 41, ny: 42, rows: [2, 12], interpolate: true };
      same(await four.predictGrid(la, part), la.predictGrid(part), `${name}, ${tolerance}, rows interpolated`);
    }
  }
});

test('other structures, one input, fewer rows than workers, saved bytes and places of the caller', async () => {
  for (const hessianStructure of ['kron', 'diag']) {
    const la = posterior('bernoulli', 1, { hessianStructure });
    const options = { x: [-3, 3], y: [-2, 4], nx: 9, ny: 7, link: 'mc', samples: 20, seed: 5 };
    same(await four.predictGrid(la, options), la.predictGrid(options), hessianStructure);
  }
  const { X, y } = local.datasets.sinusoid({ n: 30, seed: 1 });
  const net = new local.MLP({ layers: [1, 8, 1], likelihood: 'gaussian', seed: 1 });
  net.train(X, y);
  const line = new local.Laplace(net).fit(X, y);
  same(await four.predictGrid(line, { x: [-5, 5], nx: 50 }), line.predictGrid({ x: [-5, 5], nx: 50 }), 'a line');

  const la = posterior('bernoulli', 1);
  const options = { x: [-3, 3], y: [-2, 4], nx: 40, ny: 3, quantities: ['mean', 'fVar'] };
  const whole = la.predictGrid(options);
  const out = { mean: new Float32Array(120), fVar: new Float32Array(120) };
  const map = await four.predictGrid(la.save(), { ...options, out });
  same(map, whole, 'bytes');
  assert.is(map.mean, out.mean);
  await fails(four.predictGrid(la, { ...options, out: { mean: new Float32Array(7) } }), 'ERR_SHAPE', /out\.mean/);
});

test('a posterior that has changed is painted as it is now; more posteriors in turn than a worker keeps', async () => {
  const options = { x: [-3, 3], y: [-2, 4], nx: 10, quantities: ['fVar'] };
  const la = posterior('bernoulli', 1);
  same(await four.predictGrid(la, options), la.predictGrid(options), 'first');
  la.priorPrecision = 3;
  same(await four.predictGrid(la, options), la.predictGrid(options), 'another prior');
  la.priorPrecision = 4; // saved in as many bytes
  same(await four.predictGrid(la, options), la.predictGrid(options), 'and another');
  la.update([[0, 0]], [1]);
  same(await four.predictGrid(la, options), la.predictGrid(options), 'one more point');
  const several = Array.from({ length: 6 }, (_, i) => {
    const other = la.clone();
    other.priorPrecision = i + 1;
    return other;
  });
  for (let round = 0; round < 2; round++) {
    for (const other of several) same(await four.predictGrid(other, options), other.predictGrid(options), 'in turn');
  }
  const maps = await Promise.all(several.map((other) => four.predictGrid(other, options)));
  maps.forEach((map, i) => same(map, several[i].predictGrid(options), 'at once'));
});

test('training jobs have the same bits with any number of workers and with none, in order', async () => {
  const { X, y } = local.datasets.moons({ n: 80, noise: 0.2, seed: 1 });
  const jobs = Array.from({ length: 7 }, (_, seed) => ({
    net: { layers: [2, 6, 1], seed },
    X,
    y,
    options: seed % 2 ? { optimizer: 'adam', epochs: 20, batchSize: 16, seed } : { priorPrecision: 0.1 * (seed + 1) },
  }));
  const alone = jobs.map(({ net: spec, options }) => {
    const net = new local.MLP(spec);
    const result = net.train(X, y, options);
    return { ...result, parameters: net.parameters, net: net.toJSON() };
  });
  for (const pool of [one, four]) {
    const trained = await pool.train(jobs);
    assert.is(trained.length, jobs.length);
    trained.forEach((result, i) => same(result, alone[i], `${pool.workers} workers, job ${i}`));
  }
  const warm = local.MLP.fromJSON(alone[0].net);
  const [again] = await four.train([{ net: warm, X, y, options: { priorPrecision: 0.1 } }]);
  assert.ok(again.iterations <= 1, `a warm start took ${again.iterations} iterations`);
  assert.equal(await four.train([]), []);
});

test('the classes behind a Worker have every method and property, and give what the library gives', async () => {
  for (const name of ['MLP', 'Laplace']) {
    for (let at = local[name].prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const member of Object.getOwnPropertyNames(at))
        assert.ok(member in far[name].prototype, `${name}.${member}`);
    }
  }
  const { X, y } = local.datasets.moons({ n: 50, seed: 1 });
  same(await far.datasets.moons({ n: 50, seed: 1 }), local.datasets.moons({ n: 50, seed: 1 }), 'datasets');
  const spec = { layers: [2, 5, 1], seed: 4 };
  const [net, twin] = [new far.MLP(spec), new local.MLP(spec)];
  const seen = [];
  const calls = [];
  const result = await net.train(X, y, { onProgress: (state) => seen.push(state) });
  same(result, twin.train(X, y, { onProgress: (state) => calls.push(state) }), 'train');
  assert.ok(calls.length > 1);
  assert.equal(seen, calls);
  assert.equal(await net.parameters, twin.parameters);
  const la = new far.Laplace(net, { hessianStructure: 'kron' });
  const here = new local.Laplace(twin, { hessianStructure: 'kron' }).fit(X, y);
  assert.is(await la.fit(X, y), la);
  same(await la.predict([[0.5, 0.2]]), here.predict([[0.5, 0.2]]), 'predict');
  assert.equal(await la.set('priorPrecision', 3), undefined);
  here.priorPrecision = 3;
  assert.is(await la.priorPrecision, 3);
  assert.is(await la.logMarginalLikelihood(), here.logMarginalLikelihood());
  const loaded = await far.Laplace.load(await la.save());
  assert.instance(loaded, far.Laplace);
  assert.equal(await loaded.posteriorVariance(), here.posteriorVariance());
  assert.equal(await (await loaded.net).layers, [2, 5, 1]);
  const next = new far.Laplace(net, { hessianStructure: 'kron', prior: await la.asPrior() });
  const nextHere = new local.Laplace(twin, { hessianStructure: 'kron', prior: here.asPrior() });
  assert.equal((await next.fit(X, y)) && (await next.posteriorVariance()), nextHere.fit(X, y).posteriorVariance());
  const probs = (await la.predict(X)).mean;
  assert.is(await far.metrics.nll(probs, y), local.metrics.nll(probs, y));
  assert.equal(await far.estimate(spec, 100), local.estimate(spec, 100));
  assert.ok((await far.marglikTrain(new far.MLP(spec), X, y, { maxIterations: 5 })).logMarginalLikelihood < 0);
});

test('steps of a training as an asynchronous generator, left early', async () => {
  const { X, y } = local.datasets.moons({ n: 50, seed: 1 });
  const net = new far.MLP({ layers: [2, 5, 1], seed: 4 });
  const twin = new local.MLP({ layers: [2, 5, 1], seed: 4 }).trainSteps(X, y);
  let steps = 0;
  for await (const state of await net.trainSteps(X, y)) {
    assert.equal(state, twin.next().value);
    steps += 1;
    if (steps === 3) break;
  }
  assert.is(steps, 3);
});

test('an object of the library in a result stays in the thread, however deep it lies', async () => {
  const { X, y } = local.datasets.moons({ n: 50, seed: 1 });
  const spec = { layers: [2, 5, 1], seed: 4 };
  const here = local.marglikTrain(new local.MLP(spec), X, y, { rounds: 2 });
  const { la, ...rest } = await far.marglikTrain(new far.MLP(spec), X, y, { rounds: 2 });
  const { la: twin, ...others } = here;
  same(rest, others, 'the rest');
  assert.instance(la, far.Laplace);
  await la.ready;
  same(await la.predict(X), twin.predict(X), 'predict');
  assert.instance(await la.net, far.MLP);
  await la.dispose();
  await fails(la.predict(X), 'ERR_DISPOSED');
});

/** What happens along the steps of a training, in order, and whether the network is then as it was. */
async function walk(net, X, y, options, use) {
  const before = await net.parameters;
  const seen = [];
  const onProgress = (state) => {
    seen.push(state.iteration);
    use(state.iteration);
  };
  try {
    for await (const state of await net.trainSteps(X, y, { ...options, onProgress })) seen.push(state.objective);
  } catch (error) {
    seen.push(error.code ?? error);
  }
  const after = await net.parameters;
  return [seen, bits(after).equals(bits(before))];
}

test('steps of a training call back and hear a signal as long as they last', async () => {
  const { X, y } = local.datasets.moons({ n: 50, seed: 1 });
  const spec = { layers: [2, 5, 1], seed: 4 };
  const options = { optimizer: 'adam', epochs: 5 };
  const mine = new RangeError('mine');
  for (const kind of ['nothing', 'an abort', 'an exception']) {
    const [remote, here] = await Promise.all(
      [far.MLP, local.MLP].map((MLP) => {
        const control = new AbortController();
        return walk(new MLP(spec), X, y, { ...options, signal: control.signal }, (iteration) => {
          if (iteration !== 3 || kind === 'nothing') return;
          if (kind === 'an exception') throw mine;
          control.abort();
        });
      }),
    );
    assert.equal(remote, here, kind);
    assert.is(remote[1], kind !== 'nothing');
    if (kind === 'an abort') assert.is(remote[0].at(-1), 'ERR_ABORTED');
    if (kind === 'an exception') assert.is(remote[0].at(-1), mine);
  }
});

/** A signal that says how many listen to it. */
function counted() {
  const { signal } = new AbortController();
  const counts = { now: 0, most: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = function (...args) {
    counts.now += 1;
    counts.most = Math.max(counts.most, counts.now);
    addEventListener.apply(this, args);
  };
  signal.removeEventListener = function (...args) {
    counts.now -= 1;
    removeEventListener.apply(this, args);
  };
  return { signal, counts };
}

test('nobody listens to a signal after the end of what it was for', async () => {
  const { X, y } = local.datasets.moons({ n: 50, seed: 1 });
  const net = new far.MLP({ layers: [2, 5, 1], seed: 4 });
  const before = await net.parameters;
  const mine = new RangeError('mine');
  const ends = {
    done: async (steps) => {
      while (!(await steps.next()).done);
    },
    return: (steps) => steps.return(),
    throw: async (steps) => assert.is(await failure(steps.throw(mine)), mine),
  };
  for (const [name, end] of Object.entries(ends)) {
    const { signal, counts } = counted();
    const steps = await net.trainSteps(X, y, { optimizer: 'adam', epochs: 4, signal });
    await steps.next();
    assert.is(counts.now, 1, name);
    const halfway = await net.parameters;
    await end(steps);
    assert.equal(counts, { now: 0, most: 1 }, name);
    assert.equal(await steps.next(), { value: undefined, done: true }, name);
    const after = await net.parameters;
    if (name === 'return') assert.equal(after, halfway);
    if (name === 'throw') assert.not.equal(after, halfway);
    await net.set('parameters', before);
  }
  for (const wrong of [{}, { epochs: -1 }, { seed: Symbol('no data') }, { prior: new local.MLP({ layers: [2, 1] }) }]) {
    const { signal, counts } = counted();
    await net.train(X, y, { optimizer: 'adam', epochs: 2, signal, ...wrong }).catch(() => {});
    assert.equal(counts, { now: 0, most: 1 });
  }
});

test('a callback that throws ends the training, first or last, and the network is as it was', async () => {
  const { X, y } = local.datasets.moons({ n: 50, seed: 1 });
  const spec = { layers: [2, 5, 1], seed: 4 };
  const mine = new RangeError('mine');
  const net = new far.MLP(spec);
  await net.train(X, y, { priorPrecision: 7, maxIterations: 2 });
  const [before, twin] = [await net.parameters, await far.MLP.fromJSON(await net.toJSON())];
  for (const method of ['train', 'trainAsync']) {
    for (const last of [1, 20]) {
      const seen = [];
      const onProgress = ({ iteration }) => {
        seen.push(iteration);
        if (iteration === last) throw mine;
      };
      const training = net[method](X, y, { optimizer: 'adam', epochs: 20, tolerance: 0, onProgress });
      const meanwhile = net.parameters; // asked before it is known how the training ends
      assert.is(await failure(training), mine);
      assert.equal(seen, Array.from({ length: last }, (_, i) => i + 1));
      assert.equal(await meanwhile, before);
      assert.is(await new far.Laplace(net).priorPrecision, 7, 'what it was trained with');
    }
  }
  const again = { optimizer: 'adam', epochs: 20, tolerance: 0 };
  for (const last of [1, 20]) {
    const control = new AbortController();
    const seen = [];
    const onProgress = ({ iteration }) => {
      seen.push(iteration);
      if (iteration === last) control.abort();
    };
    await fails(net.train(X, y, { ...again, onProgress, signal: control.signal }), 'ERR_ABORTED');
    assert.is(seen.at(-1), last);
    assert.equal(await net.parameters, before);
  }
  const onProgress = () => {
    throw mine;
  };
  const fresh = new far.MLP(spec);
  assert.is(await failure(fresh.train(X, y, { priorPrecision: 7, maxIterations: 1, onProgress })), mine);
  assert.is(await new far.Laplace(fresh).priorPrecision, 1, 'it was never trained');
  same(await net.train(X, y, again), await twin.train(X, y, { ...again, onProgress: () => {} }), 'and then it works');
  assert.equal(await net.parameters, await twin.parameters);

  let calls = 0;
  const long = { optimizer: 'adam', epochs: 1e7, tolerance: 0 };
  const stop = () => {
    calls += 1;
    throw mine;
  };
  assert.is(await failure(net.train(X, y, { ...long, onProgress: stop })), mine, 'long before the end');
  assert.is(await failure(one.train([{ net: spec, X, y, options: { ...long, onProgress: stop } }])), mine);
  assert.is(calls, 2);
});

test('a function whose value would have to cross is refused, where it would be called', async () => {
  const { X, y } = local.datasets.moons({ n: 50, seed: 1 });
  const net = new far.MLP({ layers: [2, 5, 1], seed: 4 });
  const la = await new far.Laplace(net, { priorPrecision: 2 }).fit(X, y);
  const metric = () => 1;
  const search = { method: 'gridsearch', X, y, gridSize: 5 };
  await fails(la.optimizePriorPrecision({ ...search, metric }), 'ERR_UNSUPPORTED', /metric: got a function/);
  assert.is(await la.priorPrecision, 2);
  assert.ok((await la.optimizePriorPrecision({ ...search, metric: 'ece' })).score >= 0);
  assert.is((await la.optimizePriorPrecision({ metric })).interior, true, 'nobody calls it');
});

test('the places of the caller are filled, or left as they were', async () => {
  const { X, y } = local.datasets.moons({ n: 50, seed: 1 });
  const spec = { layers: [2, 5, 1], seed: 4 };
  const [net, twin] = [new far.MLP(spec), new local.MLP(spec)];
  const place = (length, Type = Float64Array) => new Type(length + 3).fill(7).subarray(1, length + 1);
  for (const [name, length, Type] of [
    ['forward', 50, Float64Array],
    ['forward', 50, Float32Array],
    ['jacobian', 50 * 21, Float64Array],
  ]) {
    const out = place(length, Type);
    assert.is(await net[name](X, { out }), out);
    assert.equal(out, twin[name](X, { out: new Type(length) }), name);
    assert.equal(Array.from(new Type(out.buffer)).slice(length + 1), [7, 7], name);
    for (const wrong of [place(length - 1, Type), place(length, Int32Array), 5]) {
      const error = await failure(net[name](X, { out: wrong }));
      const here = thrown(() => twin[name](X, { out: wrong }));
      assert.equal([error.code, error.message], [here.code, here.message]);
      if (wrong !== 5) assert.ok(wrong.every((value) => value === 7));
    }
  }
  const shared = new Float64Array(new SharedArrayBuffer(400));
  assert.is(await net.forward(X, { out: shared }), shared);
  assert.equal(Array.from(shared), Array.from(twin.forward(X)));

  const la = await new far.Laplace(net).fit(X, y);
  const here = new local.Laplace(twin).fit(X, y);
  const grid = { x: [-1, 1], y: [-1, 1], nx: 4, quantities: ['mean', 'fVar'] };
  const out = { fVar: new Float32Array(16).fill(7) };
  const map = await la.predictGrid({ ...grid, out });
  same(map, here.predictGrid(grid), 'a map');
  assert.is(map.fVar, out.fVar);
  assert.is.not(map.mean, out.mean);
  for (const from of [la, four]) {
    const places = { mean: new Float32Array(16).fill(7), fVar: new Float32Array(15).fill(7) };
    const options = { ...grid, out: places };
    await fails(from === la ? la.predictGrid(options) : four.predictGrid(here, options), 'ERR_SHAPE', /out\.fVar/);
    assert.ok([...places.mean, ...places.fVar].every((value) => value === 7));
  }
});

test('options of workers are checked, of one and of a pool', () => {
  for (const create of [far.createWorker, far.createPool]) {
    for (const [wrong, pattern] of [
      [{ scrip: 'x' }, /'scrip'.*Did you mean 'script'/],
      [{ script: 5 }, /script: got 5/],
      [5, /got 5, expected an object/],
    ]) {
      const error = thrown(() => create(wrong));
      assert.is(error.code, 'ERR_OPTION');
      assert.match(error.message, pattern);
    }
  }
});

test('jobs of a pool are checked before one begins', async () => {
  const { X, y } = local.datasets.moons({ n: 20, seed: 1 });
  await fails(one.train(), 'ERR_OPTION', /jobs of pool\.train: got undefined, expected a list/);
  await fails(one.train({ net: { layers: [2, 1] }, X, y }), 'ERR_OPTION', /expected a list/);
  await fails(one.train([null]), 'ERR_OPTION', /jobs\[0\]: got null/);
  await fails(one.train([{ X, y }]), 'ERR_OPTION', /jobs\[0\]\.net: got none/);
  const job = { net: { layers: [2, 1] }, X, y };
  await fails(one.train([job, { nett: job.net, X, y }]), 'ERR_OPTION', /jobs\[1\].*'nett'.*Did you mean 'net'/);
  await fails(one.train([{ ...job, options: 5 }]), 'ERR_OPTION', /got 5, expected an object/);
  assert.is((await one.train([{ ...job, options: undefined }])).length, 1);
});

test('a pool refuses objects of a worker, options that are none, and places of what is not asked for', async () => {
  const { X, y } = local.datasets.moons({ n: 20, seed: 1 });
  const net = new far.MLP({ layers: [2, 1] });
  const la = await new far.Laplace(net).fit(X, y);
  const grid = { x: [-1, 1], y: [-1, 1], nx: 3 };
  await fails(one.predictGrid(la, grid), 'ERR_OPTION', /lives in a worker, expected a fitted Laplace of this thread/);
  const bytes = await la.save();
  same(await one.predictGrid(bytes, grid), await la.predictGrid(grid), 'its bytes');
  await fails(one.train([{ net, X, y }]), 'ERR_OPTION', /an MLP of a worker, expected.*of this thread/);
  assert.is((await one.train([{ net: await net.toJSON(), X, y }])).length, 1);
  for (const wrong of [5, null]) await fails(one.predictGrid(bytes, wrong), 'ERR_OPTION', /expected an object/);
  for (const out of [{ men: new Float32Array(9) }, { fMean: new Float32Array(9) }, 5, null]) {
    const options = { ...grid, out };
    const [pooled, alone] = await Promise.all([one.predictGrid(bytes, options), la.predictGrid(options)].map(failure));
    assert.match(pooled.message, /^out: got/);
    assert.equal([pooled.code, pooled.message], [alone.code, alone.message]);
  }
});

test('objects of another thread are refused by name', async () => {
  const { X, y } = local.datasets.moons({ n: 20, seed: 1 });
  const here = new local.MLP({ layers: [2, 1] });
  const other = far.createWorker();
  const there = new other.MLP({ layers: [2, 3, 1] });
  const net = new far.MLP({ layers: [2, 1] });
  const own = /this thread, expected one of the worker's own: an MLP/;
  for (const [wrong, pattern] of [
    [here, own],
    [there, /another worker, expected one of the worker's own/],
  ]) {
    const la = new far.Laplace(wrong);
    await fails(la.ready, 'ERR_OPTION', pattern);
    await fails(la.fit(X, y), 'ERR_OPTION', pattern); // as every call of what could not be made
  }
  const posteriorHere = new local.Laplace(here).fit(X, y);
  await fails(net.train(X, y, { prior: posteriorHere.asPrior() }), 'ERR_OPTION', own);
  const uncloned = new far.MLP({ layers: [2, 1], seed: Symbol('no data') });
  await fails(uncloned.forward([[1, 2]]), 'ERR_OPTION', /cannot cross/);
  await fails(uncloned.ready, 'ERR_OPTION', /cannot cross/);
  const brought = await far.MLP.fromJSON(here.toJSON());
  assert.instance(await new far.Laplace(brought).fit(X, y), far.Laplace);
  await other.dispose();
});

test('calls are done in the order they are made', async () => {
  const { X, y } = local.datasets.moons({ n: 200, seed: 1 });
  const long = { optimizer: 'adam', epochs: 1000, tolerance: 0 }; // pauses several times
  const net = new far.MLP({ layers: [2, 5, 1], seed: 4 });
  const before = net.parameters;
  const training = net.train(X, y, { ...long, signal: new AbortController().signal });
  const after = net.parameters;
  await training;
  assert.equal(await before, new local.MLP({ layers: [2, 5, 1], seed: 4 }).parameters);
  const twin = new local.MLP({ layers: [2, 5, 1], seed: 4 });
  twin.train(X, y, long);
  assert.equal(await after, twin.parameters);
});

test('errors cross with their code and their sentence', async () => {
  const options = { x: [-1, 1], y: [-1, 1], nx: 5 };
  const la = posterior('bernoulli', 1);
  for (const wrong of [{ nx: -1 }, { nx: 2.5 }, { ny: 'x' }, { nx: undefined }, { quantities: ['men'] }, { nn: 3 }]) {
    const given = { ...options, ...wrong };
    const error = await failure(four.predictGrid(la, given));
    const here = thrown(() => la.predictGrid(given));
    assert.instance(error, LaplaceError);
    assert.equal([error.code, error.message], [here.code, here.message]);
  }
  same(await four.predictGrid(la, options), la.predictGrid(options), 'and then it works');
  const unfitted = new local.Laplace(new local.MLP({ layers: [2, 1] }));
  const unlike = await failure(four.predictGrid(unfitted, options));
  assert.is(unlike.message, thrown(() => unfitted.predictGrid(options)).message);
  await fails(four.predictGrid(null, options), 'ERR_OPTION', /Laplace/);
  await fails(four.predictGrid(new Uint8Array(50), options), 'ERR_FORMAT');
  await fails(four.predictGrid(la), 'ERR_OPTION', /no x/);
  await fails(four.train([{ net: { layers: [2, 1] }, X: [[1, 2]], y: [7] }]), 'ERR_LABEL');
  await fails(four.train([], { singal: 1 }), 'ERR_OPTION', /signal/);
  assert.is(thrown(() => far.createPool({ workers: 0 })).code, 'ERR_OPTION');

  const net = new far.MLP({ layers: [2, 'x'] });
  await fails(net.ready, 'ERR_OPTION', /layers\[1\]/);
  await fails(net.forward([[1, 2]]), 'ERR_OPTION', /layers\[1\]/);
  await fails(new far.Laplace(net).fit([], []), 'ERR_OPTION', /layers\[1\]/);
  const good = new far.MLP({ layers: [2, 1] });
  await fails(good.forward([[1]]), 'ERR_SHAPE');
  await fails(good.set('parameters', [1]), 'ERR_SHAPE');
  await fails(good.set('parameter', [1]), 'ERR_OPTION', /'parameters'/);
  await fails(good.set('layers', [1]), 'ERR_OPTION', /'parameters'/);
  await fails(good.forward([[Symbol('no data')]]), 'ERR_OPTION', /cannot cross/);
  await fails(far.metrics.acuracy([1], [1]), 'ERR_OPTION', /metrics\.acuracy/);
  const mine = new RangeError('mine');
  const onProgress = () => {
    throw mine;
  };
  assert.is(await failure(good.train([[1, 2]], [1], { onProgress })), mine);
  assert.is((await good.forward([[1, 2]])).length, 1);
  await good.dispose();
  await fails(good.forward([[1, 2]]), 'ERR_DISPOSED');
});

test('an aborted signal ends what runs and keeps the rest from beginning', async () => {
  const { X, y } = local.datasets.moons({ n: 300, noise: 0.3, seed: 1 });
  const long = { optimizer: 'adam', epochs: 1e6, tolerance: 0 };
  const job = { net: { layers: [2, 20, 1] }, X, y, options: long };
  const control = new AbortController();
  const begun = new Set();
  const jobs = [0, 1, 2].map((number) => {
    const onProgress = () => {
      begun.add(number);
      control.abort();
    };
    return { ...job, options: { ...long, onProgress } };
  });
  await fails(one.train(jobs, { signal: control.signal }), 'ERR_ABORTED');
  assert.equal([...begun], [0]);
  const la = posterior('bernoulli', 1);
  const grid = { x: [-1, 1], y: [-1, 1], nx: 5 };
  await fails(one.predictGrid(la, { ...grid, signal: control.signal }), 'ERR_ABORTED');
  same(await one.predictGrid(la, grid), la.predictGrid(grid), 'and then it works');
  await fails(one.predictGrid(la, { ...grid, signal: 5 }), 'ERR_OPTION', /AbortSignal/);

  const net = new far.MLP({ layers: [2, 20, 1], seed: 1 });
  const before = await net.parameters;
  const own = new AbortController();
  await fails(net.train(X, y, { ...long, signal: own.signal, onProgress: () => own.abort() }), 'ERR_ABORTED');
  await fails(net.train(X, y, { ...long, signal: own.signal }), 'ERR_ABORTED');
  assert.equal(await net.parameters, before);
});

test('dispose ends the workers: what is open fails, and so does what comes later', async () => {
  const { X, y } = local.datasets.moons({ n: 300, noise: 0.3, seed: 1 });
  const job = { net: { layers: [2, 20, 1] }, X, y, options: { optimizer: 'adam', epochs: 1e6, tolerance: 0 } };
  const pool = far.createPool({ workers: 2 });
  const open = pool.train([job, job, job]);
  const closing = fails(open, 'ERR_DISPOSED', /dispose/);
  await pool.dispose();
  await closing;
  await fails(pool.train([job]), 'ERR_DISPOSED');
  await pool.dispose();

  const own = far.createWorker();
  const net = new own.MLP({ layers: [2, 1] });
  assert.is(await net.parameterCount, 3);
  await own.dispose();
  await fails(net.parameters, 'ERR_DISPOSED');
});

test('idle workers keep no process alive, nor does a process end before its answers', async () => {
  const run = async (code) => {
    const script = `import * as far from './wasm/worker.js'; import { datasets } from './wasm/index.js';
      const { X, y } = datasets.moons({ n: 30, seed: 1 });
      ${code}`;
    const args = ['--input-type=module', '-e', script];
    return (await promisify(execFile)(process.execPath, args, { timeout: 60000 })).stdout.trim();
  };
  const train = 'await pool.train([{ net: { layers: [2, 1] }, X, y }])';
  const said = await Promise.all([
    run(`const pool = far.createPool({ workers: 2 }); console.log((${train})[0].converged);`),
    run('new far.MLP({ layers: [2, 1] }).toJSON().then(far.MLP.fromJSON).then((net) => net.layers).then(console.log);'),
    run(`const pool = far.createPool({ workers: 2 }); ${train}; await pool.dispose(); console.log(1);`),
    run('far.createPool(); console.log(2);'),
  ]);
  assert.equal(said, ['true', '[ 2, 1 ]', '1', '2']);
});

test.run();
