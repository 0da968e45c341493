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
    assert.match(readFileSync('dist/worker.js', 'utf8'), /webpackIgnore: true[\s\S]*@vite-ignore/);
    rmSync(join(folder, 'node_modules'), { recursive: true });
    assert.is(node(folder, 'bundled/a.js').trim(), '25 true true');
  });
});

test('the classic script defines one global', () => {
  const script = readFileSync('dist/bayeslaplace.global.js', 'utf8');
  const { MLP } = new Function(`${script}; return bayeslaplace;`)();
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

test('the types serve as types and as values', async () => {
  await installed((folder) => {
    writeFileSync(
      join(folder, 'a.ts'),
      `import { MLP, Laplace, datasets, LaplaceError } from 'bayeslaplace';
      let n: MLP = new MLP({ layers: [2, 3, 1] });
      const { X, y } = datasets.moons({ n: 10 });
      const logJoint: number = n.train(X, y, { priorPrecision: [1, 1, 1, 1] }).logJoint;
      const la: Laplace = new Laplace(n).fit(X, y);
      const many: Float64Array = la.logMarginalLikelihood({ priorPrecision: [0.1, 1] });
      const one: number = la.logMarginalLikelihood();
      la.priorPrecision = 2;
      const error: string = new LaplaceError('ERR_OPTION', 'x').code;
      // @ts-expect-error layers are numbers
      new MLP({ layers: 'x' });
      export { n, la, many, one, logJoint, error };

      import * as far from 'bayeslaplace/worker';
      async function threads() {
        const net: far.MLP = new far.MLP({ layers: [2, 3, 1] });
        const norm: number = (await net.train(X, y, { priorPrecision: 1 })).gradientNorm;
        const theta: Float64Array = await net.parameters;
        const posterior: far.Laplace = await new far.Laplace(net).fit(X, y);
        const next = new far.Laplace(net, { prior: await posterior.asPrior() });
        const mean: Float64Array | undefined = (await next.predict([[0, 0]])).mean;
        for await (const { objective } of await net.trainSteps(X, y)) objective.toFixed();
        const pool = far.createPool({ workers: 2 });
        const tuned: far.Laplace = (await far.marglikTrain(net, X, y)).la;
        const bound: number = (await pool.predictGrid(la, { x: [0, 1], nx: 2 })).errorBound;
        const trained: Float64Array = (await pool.train([{ net: n, X, y }]))[0].parameters;
        // @ts-expect-error an object of this thread does not live in the other
        new far.Laplace(n);
        // @ts-expect-error a property is a promise
        const count: number = net.parameterCount;
        return { norm, theta, mean, bound, trained, count, tuned, made: await far.datasets.moons({ n: 3 }) };
      }
      export { threads };`,
    );
    const config = {
      compilerOptions: {
        strict: true,
        noEmit: true,
        target: 'es2022',
        module: 'nodenext',
        types: [],
        skipLibCheck: false,
        lib: ['es2023', 'esnext.disposable', 'dom'],
      },
      files: ['a.ts'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = resolve('node_modules/.bin/tsc');
    try {
      execFileSync(compiler, ['-p', folder], { encoding: 'utf8' });
    } catch (error) {
      assert.unreachable(error.stdout);
    }
  });
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
