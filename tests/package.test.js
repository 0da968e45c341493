// The package as others meet it: its entries, its types, the README's lines, and the weights the page opens with.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import * as library from '../wasm/index.js';

const test = suite('package');
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

/** Runs `use` in a folder in which `bayeslaplace` is installed. */
async function installed(use) {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(resolve('.'), join(folder, 'node_modules/bayeslaplace'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A copy of the library, as a page has it from the classic script. */
const classic = () =>
  new Function(`${readFileSync('dist/bayeslaplace.global.js', 'utf8')}; return bayeslaplace;`)();

const node = (folder, file) => execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });

test('every entry of the manifest is built, and the import is synchronous', async () => {
  for (const entry of Object.values(manifest.exports)) {
    for (const path of typeof entry === 'string' ? [entry] : Object.values(entry))
      assert.ok(readFileSync(path).length > 0, path);
  }
  await installed((folder) => {
    const code = `import { MLP, Laplace, datasets, LaplaceError } from 'bayeslaplace';
      const { X, y } = datasets.moons({ n: 20, seed: 1 });
      const net = new MLP({ layers: [2, 4, 1] });
      net.train(X, y);
      console.log(new Laplace(net).fit(X, y).predict([[0, 0]]).mean.length, typeof LaplaceError);`;
    writeFileSync(join(folder, 'a.js'), code);
    assert.is(node(folder, 'a.js').trim(), '1 function');
  });
});

test('the slim entry loads the module from its file', async () => {
  await installed((folder) => {
    const wasm = JSON.stringify(resolve('dist/bayeslaplace.wasm'));
    writeFileSync(
      join(folder, 'a.js'),
      `import { readFileSync } from 'node:fs';
      import { init } from 'bayeslaplace/slim';
      const { MLP } = await init(readFileSync(${wasm}));
      console.log(new MLP({ layers: [2, 1] }).parameterCount);`,
    );
    assert.is(node(folder, 'a.js').trim(), '3');
    writeFileSync(
      join(folder, 'b.js'),
      `import { init, LaplaceError } from 'bayeslaplace/slim';
      const error = await init('nowhere').catch((thrown) => thrown);
      const { MLP } = await init(new URL(import.meta.resolve('bayeslaplace/wasm')));
      console.log(new MLP({ layers: [2, 1] }).parameterCount, error instanceof LaplaceError, error.code);`,
    );
    assert.is(node(folder, 'b.js').trim(), '3 true ERR_WASM');
  });
});

const THREADS = `import { MLP, createPool, LaplaceError } from 'bayeslaplace/worker';
  import * as local from 'bayeslaplace';
  const { X, y } = local.datasets.moons({ n: 20, seed: 1 });
  const net = new local.MLP({ layers: [2, 4, 1] });
  net.train(X, y);
  const la = new local.Laplace(net).fit(X, y);
  const { mean } = await createPool({ workers: 2 }).predictGrid(la, { x: [-1, 1], y: [-1, 1], nx: 5 });
  const error = await new MLP({ layers: [2, 0] }).ready.catch((thrown) => thrown);
  console.log(mean.length, error instanceof local.LaplaceError, LaplaceError === local.LaplaceError);`;

test('the worker entry shares the library’s class of errors, and bundlers need know nothing of it', async () => {
  await installed(async (folder) => {
    writeFileSync(join(folder, 'a.js'), THREADS);
    assert.is(node(folder, 'a.js').trim(), '25 true true');
    const { warnings } = await build({
      entryPoints: [join(folder, 'a.js')],
      outfile: join(folder, 'bundled/a.js'),
      bundle: true,
      format: 'esm',
      platform: 'browser',
      logLevel: 'silent',
      preserveSymlinks: true,
    });
    assert.equal(warnings, []);
    // other bundlers are told by these to leave an import of Node's alone
    for (const path of ['dist/worker.js', 'dist/slim.js'])
      assert.match(readFileSync(path, 'utf8'), /webpackIgnore: true[\s\S]*@vite-ignore/, path);
    rmSync(join(folder, 'node_modules'), { recursive: true });
    assert.is(node(folder, 'bundled/a.js').trim(), '25 true true');
  });
});

test('where the module must not be compiled, calls behind a worker fail', async () => {
  await installed((folder) => {
    writeFileSync(
      join(folder, 'a.js'),
      `WebAssembly.Module = function () { throw new WebAssembly.CompileError('refused by a policy'); };
      const { MLP, createPool, metrics } = await import('bayeslaplace/worker');
      const job = { net: { layers: [2, 1] }, X: [[1, 2]], y: [1] };
      const pool = createPool({ workers: 2 });
      const calls = [new MLP({ layers: [2, 1] }).ready, metrics.rmse([1], [2]), pool.train([job])];
      for (const { status, reason } of await Promise.allSettled(calls))
        console.log(status, reason.code, reason.message);`,
    );
    const said = node(folder, 'a.js').trim().split('\n');
    assert.is(said.length, 3);
    for (const line of said) assert.match(line, /^rejected ERR_WASM .*wasm-unsafe-eval/);
  });
});

test('the classic script defines one global', () => {
  const { MLP } = classic();
  assert.is(new MLP({ layers: [2, 1] }).parameterCount, 3);
});

test('the inlined module is the module', () => {
  const inlined = execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `
    import { bytes } from '${pathToFileURL('dist/wasm-bytes.js').href}';
    process.stdout.write(bytes());`,
    ],
    { maxBuffer: 1 << 24 },
  );
  assert.equal(inlined, readFileSync('dist/bayeslaplace.wasm'));
});

/** Compiles `code` as a user of the package would; what the compiler says is the failure. */
async function compiles(code, options) {
  await installed((folder) => {
    writeFileSync(join(folder, 'a.ts'), code);
    const fixed = { strict: true, noEmit: true, module: 'nodenext', types: [], skipLibCheck: false };
    const compilerOptions = { ...fixed, ...options };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['a.ts'] }));
    try {
      execFileSync(resolve('node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
    } catch (error) {
      assert.unreachable(error.stdout);
    }
  });
}

const LOCAL = `import { MLP, Laplace, datasets, metrics, tables, LaplaceError } from 'bayeslaplace';
  import type { Grid, LaplaceOptions, LinkName, PredictOptions, Predicted, Prediction } from 'bayeslaplace';
  import type { QuantityName, TrainResult } from 'bayeslaplace';
  let n: MLP = new MLP({ layers: [2, 3, 1], activation: tables.activations[0]?.name });
  const { X, y } = datasets.moons({ n: 10, noise: 0.1 });
  const { logJoint }: TrainResult = n.train(X, y, { priorPrecision: [1, 1, 1, 1], optimizer: undefined });
  const options: LaplaceOptions = { hessianStructure: 'kron', curvature: 'ggn' };
  const la: Laplace = new Laplace(n, options).fit(X, y);
  const many: Float64Array = la.logMarginalLikelihood({ priorPrecision: [0.1, 1] });
  const one: number = la.logMarginalLikelihood();
  la.priorPrecision = 2;
  const error: string = new LaplaceError('ERR_OPTION', 'x').code;
  const single: Float32Array = n.forward(X, { out: new Float32Array(10) });
  const full: Predicted = la.predict(X);
  const { mean, fVar, epistemic } = la.predict([[1, -0.5]]);
  const sum: number = mean.length + fVar.length + epistemic.length + (full.yVar?.length ?? 0);
  const part = la.predict(X, { quantities: ['mean'], link: 'probit' });
  const loose: Prediction = part;
  const fit: number = metrics.nll(part, y) + metrics.nll(mean, fVar, y) + metrics.crps(full, y);
  const curve = metrics.calibrationCurve(full, y);
  const bins: Float64Array = 'expected' in curve ? curve.expected : curve.accuracy;
  const map: Grid<'mean' | 'fVar'> = la.predictGrid({ x: [0, 1], y: [0, 1], nx: 2, quantities: ['mean', 'fVar'] });
  const plain: Float32Array = la.predictGrid({ x: [0, 1], nx: 2 }).mean;
  const link: LinkName = 'mc';
  const layers: number[] = n.layers;
  const held: PredictOptions = { quantities: ['mean'] };
  // @ts-expect-error it may not have been asked for
  la.predict(X, held).fVar.length;
  const asked: QuantityName[] = ['mean'];
  // @ts-expect-error nor here
  la.predictGrid({ x: [0, 1], nx: 2, quantities: asked }).fVar.length;
  const space: '' | 'auto' | 'weight' | 'function' = la.space;
  { using copy = n.clone(); copy.layers; }
  // @ts-expect-error layers are numbers
  new MLP({ layers: 'x' });
  // @ts-expect-error no such activation
  new MLP({ layers: [2, 1], activation: 'tahn' });
  // @ts-expect-error no such structure
  new Laplace(n, { hessianStructure: 'kfac' });
  // @ts-expect-error no such link
  la.predict(X, { link: 'probbit' });
  // @ts-expect-error no such quantity
  la.predictGrid({ x: [0, 1], nx: 2, quantities: ['men'] });
  // @ts-expect-error it was not asked for
  part.fVar;
  // @ts-expect-error nor was it here
  la.predictGrid({ x: [0, 1], nx: 2 }).fVar;
  // @ts-expect-error no such data
  datasets.mooons();
  // @ts-expect-error no such parameter
  datasets.moons({ niose: 3 });
  export { many, one, logJoint, error, single, sum, loose, fit, bins, map, plain, link, layers, space };`;

test('a bundler’s UTF-8 is read on a page that takes it for windows-1252', async () => {
  const { outputFiles } = await build({
    entryPoints: ['dist/wasm-bytes.js'],
    bundle: true,
    minify: true,
    charset: 'utf8',
    format: 'iife',
    globalName: 'all',
    write: false,
  });
  const misread = new TextDecoder('windows-1252').decode(outputFiles[0].contents);
  const bytes = new Function(`${misread}; return all.bytes();`)();
  assert.equal(Buffer.from(bytes), readFileSync('dist/bayeslaplace.wasm'));
});

test('before init the slim entry says what to do', async () => {
  await installed((folder) => {
    writeFileSync(
      join(folder, 'a.js'),
      `import * as slim from 'bayeslaplace/slim';
      for (const use of [() => new slim.MLP({ layers: [2, 1] }), () => slim.datasets.moons(), () => slim.tables.links])
        try { use(); } catch (error) { console.log(error.code, error.message); }`,
    );
    const said = node(folder, 'a.js').trim().split('\n');
    assert.is(said.length, 3);
    for (const line of said) assert.match(line, /^ERR_WASM .*await init/);
  });
});

test('the script of a worker stays when a bundler meets it alone', async () => {
  const { outputFiles } = await build({
    stdin: { contents: "import 'bayeslaplace/worker-thread';", resolveDir: resolve('.') },
    bundle: true,
    write: false,
    logLevel: 'silent',
  });
  assert.ok(outputFiles[0].contents.length > 10000);
});

test('classes keep their names, and know those of another copy', () => {
  const { MLP, Laplace } = classic();
  assert.equal([MLP.name, Laplace.name], ['MLP', 'Laplace']);
  assert.throws(
    () => new library.Laplace(new MLP({ layers: [2, 1] })),
    (error) => error.code === 'ERR_OPTION' && /an object \(MLP\), .* another copy .*fromJSON/.test(error.message),
  );
});

test('the types serve as types and as values, and know the names', async () => {
  await compiles(LOCAL, { target: 'es2022', lib: ['es2022', 'dom'], exactOptionalPropertyTypes: true });
  await compiles(
    `${LOCAL}
    import { init } from 'bayeslaplace/slim';
    // @ts-expect-error a module is no number
    init(12345);`,
    {
      target: 'es2022',
      lib: ['es2022', 'dom'],
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
    },
  );
});

test('what users export has types that can be named', async () => {
  await compiles(
    `import { MLP, Laplace, datasets, estimate, marglikTrain, tables } from 'bayeslaplace';
    import { createPool, createWorker, type Pool } from 'bayeslaplace/worker';
    import type { Predicted as Named } from 'bayeslaplace/slim';
    export const data = datasets.moons({ noise: undefined });
    export const net = new MLP({ layers: Int32Array.of(2, 3, 1) });
    export const result = net.train(data.X, data.y);
    export const json = net.toJSON();
    export const la = new Laplace(net).fit(data.X, data.y);
    export const parts = [la.evidence(), la.diagnostics(), la.asPrior(), la.optimizePriorPrecision()];
    export const prediction = la.predict(data.X);
    export const map = la.predictGrid({ x: [0, 1], nx: 2, out: { mean: undefined } });
    export const both = marglikTrain(net, data.X, data.y);
    export const forecast = estimate({ layers: [2, 3, 1] }, 10);
    export const pool: Pool = createPool();
    export const trained = pool.train([{ net, X: data.X, y: data.y }]);
    export const worker = createWorker();
    export const { likelihoods, structures } = tables;
    export const named: Named = prediction;`,
    {
      target: 'es2022',
      lib: ['es2022', 'dom'],
      declaration: true,
      exactOptionalPropertyTypes: true,
      noEmit: false,
      outDir: 'out',
    },
  );
});

test('the types need no more than Node’s', async () => {
  await compiles(
    `declare global { interface AbortSignal {} interface URL {} interface Response {} }
    import { MLP, createRuntime } from 'bayeslaplace';
    import { init } from 'bayeslaplace/slim';
    createRuntime(new Uint8Array(8));
    export const count: number = new MLP({ layers: [2, 1] }).parameterCount;
    export const later = init(new ArrayBuffer(8));`,
    { target: 'es2022', lib: ['es2022'] },
  );
});

test('the types of the worker entry: every form of a call, each a promise', async () => {
  await compiles(
    `import * as local from 'bayeslaplace';
    import * as far from 'bayeslaplace/worker';
    const { X, y } = local.datasets.moons({ n: 10 });
    const n = new local.MLP({ layers: [2, 3, 1] });
    const la = new local.Laplace(n).fit(X, y);
    export async function threads() {
      const net: far.MLP = new far.MLP({ layers: [2, 3, 1] });
      const norm: number = (await net.train(X, y, { priorPrecision: 1 })).gradientNorm;
      const theta: Float64Array = await net.parameters;
      const f: Float64Array = await net.forward(X);
      const single: Float32Array = await net.forward(X, { out: new Float32Array(10) });
      const posterior: far.Laplace = await new far.Laplace(net).fit(X, y);
      const next = new far.Laplace(net, { prior: await posterior.asPrior() });
      const { mean } = await next.predict([[0, 0]]);
      const evidence: number = await next.logMarginalLikelihood();
      const many: Float64Array = await next.logMarginalLikelihood({ priorPrecision: [1, 2] });
      const map: Float32Array = (await next.predictGrid({ x: [0, 1], nx: 2 })).mean;
      const fit: number = (await far.metrics.nll(mean, y)) + (await far.metrics.crps([0], [1], [0]));
      const list: string[] = await far.datasets.list();
      for await (const { objective } of await net.trainSteps(X, y)) objective.toFixed();
      await using pool = far.createPool({ workers: 2 });
      await using own = far.createWorker();
      await using other = new own.MLP({ layers: [2, 1] });
      await using prior = await posterior.asPrior();
      await using steps = await net.trainSteps(X, y);
      const tuned: far.Laplace = (await far.marglikTrain(net, X, y)).la;
      const bound: number = (await pool.predictGrid(la, { x: [0, 1], nx: 2 })).errorBound;
      const trained: Float64Array = (await pool.train([{ net: n, X, y }]))[0].parameters;
      await next.set('priorPrecision', 2);
      await net.set('parameters', theta);
      // @ts-expect-error no such property
      await next.set('priorPrecison', 2);
      // @ts-expect-error one that is only read
      await next.set('space', 'weight');
      // @ts-expect-error a number
      await next.set('temperature', 'two');
      // @ts-expect-error an object of this thread does not live in the other
      new far.Laplace(n);
      // @ts-expect-error a property is a promise
      const count: number = net.parameterCount;
      const made = await far.datasets.moons({ n: 3 });
      const first = [norm, f, single, evidence, many, map, fit, list, other, prior, steps];
      return { first, bound, trained, count, tuned, made };
    }`,
    { target: 'es2022', lib: ['es2022', 'dom'] },
  );
});

test('the README’s lines run', async () => {
  const block = [...readFileSync('README.md', 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map((m) => m[1]).join('\n');
  assert.match(block, "from 'bayeslaplace'");
  await installed((folder) => {
    writeFileSync(join(folder, 'a.js'), block);
    const output = node(folder, 'a.js');
    const told = output.match(/Float64Array\(2\) \[ ([\d.]+), ([\d.]+) \]/).slice(1);
    const said = block.match(/p\(y = 1\): ([\d.]+) among the data; ([\d.]+) away/).slice(1);
    assert.equal(
      told.map((p) => Number(p).toFixed(2)),
      said,
      'what the comment says of them',
    );
    assert.match(output, /-\d+\.\d+/);
  });
});

test('the page opens on the end of its own chain, bit for bit', async () => {
  const { openWeights } = await import('../web/make-open.js');
  const { OPEN_WEIGHTS } = await import('../web/open.js');
  assert.is(await openWeights(library), OPEN_WEIGHTS);
});

test.run();
