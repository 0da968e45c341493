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
      const part = { ...options, rows: [2, 12], interpolate: true };
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
