// Saved posteriors: what is loaded answers with the same bits and lives on the same way, for every structure,
// curvature, likelihood and state; what is damaged is refused, whatever bit it is.
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import { Laplace, LaplaceError, MLP, datasets, tables } from '../wasm/index.js';

const test = suite('saving');
const N = 16;
const { X } = datasets.blobs({ n: N, seed: 5, box: 1, noise: 0.8 });
const points = [
  [0.2, 0.1],
  [3, -4],
  [40, 50],
];

const outputs = (name) => ({ bernoulli: 1, categorical: 3, gaussian: 2, heteroscedastic: 2, poisson: 2 })[name];
function targets(name, n = N) {
  const k = outputs(name);
  const { classes } = tables.likelihoods.find((row) => row.name === name);
  if (classes) return Float64Array.from({ length: n }, (_, i) => i % Math.max(2, k));
  const columns = name === 'heteroscedastic' ? k / 2 : k;
  return Float64Array.from({ length: n * columns }, (_, i) => (name === 'poisson' ? i % 4 : Math.sin(i)));
}
function network(likelihood) {
  const net = new MLP({ layers: [2, 3, outputs(likelihood)], likelihood, seed: 3 });
  net.train(X, targets(likelihood), { priorPrecision: 0.8 });
  return net;
}

/** All a posterior tells, as one list. */
function told(la, apart = false) {
  const { mean, fMean, fVar, yVar = [], epistemic, aleatoric } = la.predict(points, { link: 'mc', seed: 2 });
  const { warnings, ...numbers } = la.diagnostics();
  return [
    ...[mean, fMean, fVar, yVar, epistemic, aleatoric].flatMap((values) => Array.from(values)),
    ...(apart ? [] : [...la.sample(3, { seed: 4 }), ...la.posteriorCovariance(), ...la.hessian()]),
    ...Object.values(la.evidence()),
    ...Object.values(numbers).map(Number),
    la.logMarginalLikelihood({ sigmaNoise: la.sigmaNoise }),
    ...(la.examples > 0 ? la.logJoint([new Float64Array(la.net.parameterCount).fill(0.1)]) : []),
    ...[la.priorPrecision, la.priorMean, la.sigmaNoise].flatMap((value) =>
      typeof value === 'number' ? value : [...value],
    ),
    ...la.indices,
    la.space.length,
    la.errorBound,
    warnings.join(),
  ];
}
const same = (a, b, what) => {
  assert.is(a.length, b.length, what);
  a.forEach((value, i) => assert.ok(Object.is(value, b[i]), `${what}[${i}]: ${value} instead of ${b[i]}`));
};

const OPTIONS = tables.structures.flatMap(({ name, spaces }) =>
  (spaces.length > 0 ? spaces.map((row) => row.name) : ['auto']).map((space) => ({ hessianStructure: name, space })),
);

test('T21 save, load, predict: the same bits, for every structure, curvature and likelihood', () => {
  let checked = 0;
  for (const { name: likelihood } of tables.likelihoods) {
    const net = network(likelihood);
    const y = targets(likelihood);
    for (const options of OPTIONS) {
      for (const { name: curvature } of tables.curvatures) {
        let la;
        try {
          la = new Laplace(net, { ...options, curvature }).fit(X, y);
        } catch (error) {
          const indefinite = curvature === 'hessian' && error.code === 'ERR_NOT_POSITIVE_DEFINITE';
          assert.ok(indefinite || error.code === 'ERR_UNSUPPORTED', error.stack);
          continue;
        }
        const what = `${likelihood} ${options.hessianStructure} ${options.space} ${curvature}`;
        const before = told(la);
        const loaded = Laplace.load(la.save());
        same(told(loaded), before, what);
        assert.equal(loaded.save(), la.save(), `${what}: saved again`);
        same(told(Laplace.fromJSON(JSON.stringify(la))), before, `${what} through JSON`);
        // both live on alike
        for (const each of curvature === 'hessian' ? [] : [la, loaded]) {
          each.update([[0.5, 0.5]], y.slice(0, y.length / N));
          each.priorPrecision = 1.7;
          each.downdate([[0.5, 0.5]], y.slice(0, y.length / N));
        }
        same(told(loaded), told(la), `${what}, later`);
        checked++;
        loaded.net.dispose();
        loaded.dispose();
        la.dispose();
      }
    }
    net.dispose();
  }
  assert.ok(checked >= 60, `${checked} combinations`);
});

const net = network('gaussian');
const y = targets('gaussian');
const first = new Laplace(net).fit(X, y);
const matrix = Array.from({ length: 17 }, (_, i) => Array.from({ length: 17 }, (__, j) => (i === j ? 2 : 0.05)));
const STATES = {
  unfitted: () => new Laplace(net),
  reset: () => new Laplace(net).reset(),
  'one precision per tensor': () => new Laplace(net, { priorPrecision: [1, 2, 3, 4] }).fit(X, y),
  'one precision per parameter': () =>
    new Laplace(net, { priorPrecision: new Float64Array(17).fill(0.3), priorMean: 0.1 }).fit(X, y),
  'a precision matrix': () => new Laplace(net, { priorPrecision: matrix }).fit(X, y),
  'an earlier posterior': () => new Laplace(net, { prior: first.asPrior() }).fit(X, y),
  'noise per output': () => new Laplace(net, { sigmaNoise: [0.5, 0.8], temperature: 0.7 }).fit(X, y),
  'the last layer': () => new Laplace(net, { subsetOfWeights: 'last_layer', hessianStructure: 'kron' }).fit(X, y),
  'a rule': () =>
    new Laplace(net, {
      subsetOfWeights: 'subnetwork',
      subnetworkIndices: { select: 'largest_variance_diag', count: 6 },
    }).fit(X, y),
  'weights of the examples': () =>
    new Laplace(net).fit(X, y, { weights: Float64Array.from({ length: N }, (_, i) => i % 3) }),
  tuned: () => {
    const la = new Laplace(net).fit(X, y);
    la.optimizePriorPrecision({ priorStructure: 'layerwise' });
    return la;
  },
  'a subset of the data': () => new Laplace(net, { hessianStructure: 'gp', nSubset: 5, seed: 3 }).fit(X, y),
  'independent outputs': () => new Laplace(net, { hessianStructure: 'gp', independentOutputs: true }).fit(X, y),
  'a low rank': () => new Laplace(net, { hessianStructure: 'lowrank', rank: 4 }).fit(X, y),
  'a tolerance': () => new Laplace(net, { space: 'function', tolerance: 0.05 }).fit(...many),
};
const more = datasets.blobs({ n: 60, seed: 8, box: 1, noise: 0.8 });
const many = [more.X, Float64Array.from({ length: 120 }, (_, i) => Math.sin(i))];

for (const [name, make] of Object.entries(STATES)) {
  test(`saved and loaded: ${name}`, () => {
    const la = make();
    const apart = name === 'independent outputs';
    const loaded = Laplace.load(la.save());
    if (name === 'unfitted') {
      assert.throws(
        () => loaded.predict(points),
        (error) => error.code === 'ERR_NOT_FITTED',
      );
      same(told(loaded.fit(X, y)), told(la.fit(X, y)), 'fitted afterwards');
      return;
    }
    same(told(loaded, apart), told(la, apart), name);
    same(told(la.clone(), apart), told(la, apart), `${name}, a clone`);
    same(told(loaded.clone(), apart), told(la, apart), `${name}, a clone of what was loaded`);
    const copy = la.clone();
    copy.update([[0.1, 0.9]], [0.2, 0.3]);
    assert.not.equal(told(copy, apart), told(la, apart), 'a clone is independent');
  });
}

test('what was asked before leaves no trace: a clone that was not asked has the same bits afterwards', () => {
  const net = network('gaussian');
  for (const options of [...OPTIONS, { space: 'function', tolerance: 0.3 }])
    for (const priorPrecision of [0.8, [1, 2, 3, 4]]) {
      const [inputs, y] = options.tolerance ? many : [X, targets('gaussian')];
      const downdate = options.space === 'function' && options.hessianStructure === 'full';
      const la = new Laplace(net, { ...options, priorPrecision }).fit(inputs, y);
      la.priorPrecision = Array.isArray(priorPrecision) ? priorPrecision.map((value) => 3.3 * value) : 3.3;
      if (options.tolerance) assert.ok(la.errorBound > 1e-3, 'it rests on pivots');
      const [asked, quiet] = [la.clone(), la.clone()];
      told(asked, true);
      if (priorPrecision === 0.8) {
        asked.optimizePriorPrecision({ tuneSigma: false });
        asked.priorPrecision = 3.3;
      }
      const steps = [
        () => {},
        (one) => one.update([[0.1, 0.9]], [0.2, 0.3]),
        ...(downdate ? [(one) => one.downdate([[inputs[0], inputs[1]]], [y[0], y[1]])] : []),
        (one) => (one.sigmaNoise = 0.7),
      ];
      for (const [i, step] of steps.entries()) {
        for (const one of [asked, quiet]) step(one);
        same(told(asked.clone(), true), told(quiet.clone(), true), `${JSON.stringify(options)}, step ${i}`);
        told(asked, true);
      }
      for (const one of [la, asked, quiet]) one.dispose();
    }
});

test('a posterior needs its network no more: without it clones and searches are as before', () => {
  for (const options of [
    {},
    { hessianStructure: 'kron', subsetOfWeights: 'last_layer' },
    { subsetOfWeights: 'subnetwork', subnetworkIndices: { select: 'largest_variance_diag', count: 5 } },
  ]) {
    const net = network('bernoulli');
    const la = new Laplace(net, options).fit(X, targets('bernoulli'));
    const [clone, search] = [told(la.clone()), { method: 'gridsearch', X, y: targets('bernoulli'), gridSize: 7 }];
    const best = la.clone().optimizePriorPrecision(search);
    net.dispose();
    same(told(la.clone()), clone, 'a clone');
    assert.equal(la.optimizePriorPrecision(search), best);
    const copy = la.clone();
    la.dispose();
    assert.is(copy.update([[0.1, 0.2]], [1]).examples, N + 1);
    assert.is(copy.clone().examples, N + 1);
  }
});

test("what the network was trained with is saved, an earlier posterior too, and the loaded one's network knows", () => {
  const net = network('gaussian');
  net.train(X, targets('gaussian'), { priorPrecision: 0.8, sigmaNoise: 0.3 });
  const other = Laplace.load(new Laplace(net, { priorPrecision: 7 }).fit(X, targets('gaussian')).save());
  assert.is(other.fit(X, targets('gaussian')).diagnostics().priorMismatch, true);
  assert.equal([new Laplace(other.net).priorPrecision, new Laplace(other.net).sigmaNoise], [0.8, 0.3]);
  const prior = other.asPrior();
  const after = net.clone();
  after.train(X, targets('gaussian'), { prior });
  const [under, beside] = [{}, { priorPrecision: 2 }].map((options) =>
    Laplace.load(new Laplace(after, options).fit(X, targets('gaussian')).save()),
  );
  assert.equal([under.diagnostics().priorMismatch, beside.diagnostics().priorMismatch], [false, true]);
  for (const gone of [under.net, MLP.fromJSON(after.toJSON())]) {
    assert.throws(
      () => new Laplace(gone),
      (error) => error.code === 'ERR_DISPOSED' && /that of the training/.test(error.message),
    );
    assert.is(new Laplace(gone, { priorPrecision: 3 }).priorPrecision, 3);
  }
});

test("bytes may come as Node's Buffer, a part of a larger one", () => {
  const la = new Laplace(network('poisson')).fit(X, targets('poisson'));
  const bytes = la.save();
  const large = Buffer.concat([Buffer.from('abc'), bytes, Buffer.from('z')]);
  const part = large.subarray(3, 3 + bytes.length);
  same(told(Laplace.load(part)), told(la), 'loaded');
  assert.equal(new Uint8Array(part), bytes);
});

/** xorshift32, for the tests' own choices */
function dice(seed) {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const small = () => {
  const tiny = new MLP({ layers: [1, 1], seed: 1 });
  return new Laplace(tiny).fit([[1], [2], [-1]], [0, 1, 0]);
};

test('every truncation is refused', () => {
  const bytes = small().save();
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(
      () => Laplace.load(bytes.slice(0, length)),
      (error) => error instanceof LaplaceError && error.code === 'ERR_FORMAT',
      `${length} of ${bytes.length} bytes`,
    );
  }
  assert.throws(
    () => Laplace.load(Uint8Array.of(...bytes, 0)),
    (error) => error.code === 'ERR_FORMAT',
  );
});

test('10,000 random bit flips: refused, or the same bits', () => {
  const SEED = 97;
  const roll = dice(SEED);
  const files = [small(), new Laplace(net, { hessianStructure: 'kron' }).fit(X, y)].map((la) => ({
    bytes: la.save(),
    ask: (other) => Array.from(other.predict(la.net.layers[0] === 1 ? [[3]] : points).fVar),
    answer: Array.from(la.predict(la.net.layers[0] === 1 ? [[3]] : points).fVar),
  }));
  let refused = 0;
  for (let i = 0; i < 10000; i++) {
    const { bytes, ask, answer } = files[i % 2];
    const damaged = bytes.slice();
    for (let flips = 1 + roll(3); flips > 0; flips--) damaged[roll(bytes.length)] ^= 1 << roll(8);
    let loaded;
    try {
      loaded = Laplace.load(damaged);
    } catch (error) {
      assert.is(error.code, 'ERR_FORMAT', `seed ${SEED}, flip ${i}: ${error.stack}`);
      refused++;
      continue;
    }
    assert.equal(ask(loaded), answer, `seed ${SEED}, flip ${i}`);
    loaded.dispose();
  }
  console.log(`  seed ${SEED}: ${refused} of 10000 refused`);
  assert.ok(refused > 9900);
  assert.equal(files[0].ask(Laplace.load(files[0].bytes)), files[0].answer, 'and the whole ones still load');
});

// Past the checksum: a state that is damaged where nobody looks is refused or loads, and nothing crashes.
test('a damaged state under a right checksum never crashes', () => {
  const la = new Laplace(net, { space: 'function' }).fit(X, y);
  const bytes = la.save();
  const text = new TextDecoder('latin1').decode(bytes);
  const start = text.indexOf('}', text.lastIndexOf('"held"')) + 1;
  assert.ok(start > 0);
  const roll = dice(5);
  for (let i = 0; i < 2000; i++) {
    const damaged = bytes.slice();
    const at = start + roll(Math.min(4000, bytes.length - start - 8));
    damaged[at] ^= 1 << roll(8);
    const { runtime } = Laplace;
    const core = runtime.core();
    core.scope((border) => {
      const out = border.room(8, 1);
      core.call.bl_checksum(out, border.bytes(damaged.subarray(0, damaged.length - 8)), damaged.length - 8);
      damaged.set(border.readBytes(out, 8), damaged.length - 8);
    });
    try {
      Laplace.load(damaged).dispose();
    } catch (error) {
      assert.ok(['ERR_FORMAT', 'ERR_OUT_OF_MEMORY'].includes(error.code), `byte ${at - start}: ${error.stack}`);
    }
  }
});

test('another version, and what is no file at all', () => {
  const bytes = small().save();
  const later = bytes.slice();
  later[8] = 2;
  for (const [given, words] of [
    [later, /checksum|version/],
    [new Uint8Array(0), /bytes/],
    ['text', /Uint8Array/],
    [bytes.buffer, /Uint8Array/],
    [null, /Uint8Array/],
  ]) {
    assert.throws(
      () => Laplace.load(given),
      (error) => error.code === 'ERR_FORMAT' && words.test(error.message),
    );
  }
  for (const given of [{}, null, '{', 3, { format: 'bayeslaplace/laplace', version: 1, bytes: '***' }]) {
    assert.throws(
      () => Laplace.fromJSON(given),
      (error) => error.code === 'ERR_FORMAT',
    );
  }
});

test('a thousand refused and loaded files leave the memory as after ten', () => {
  const core = Laplace.runtime.core();
  const bytes = new Laplace(net).fit(X, y).save();
  const broken = bytes.slice();
  broken[bytes.length >> 1] ^= 4;
  const round = () => {
    const la = Laplace.load(bytes);
    la.net.dispose();
    la.dispose();
    try {
      Laplace.load(broken);
    } catch {
      // refused
    }
  };
  for (let i = 0; i < 10; i++) round();
  const after = core.bytes;
  for (let i = 0; i < 990; i++) round();
  assert.is(core.bytes, after);
});

test.run();
