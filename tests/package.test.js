// The package as others meet it: its entries, its types, the README's lines, and the weights the page opens with.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from './helpers/suite.js';
import * as library from '../wasm/index.js';

const test = suite('package');
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

/** Runs `use` in a folder in which `bayeslaplace` is installed. */
function installed(use) {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(resolve('.'), join(folder, 'node_modules/bayeslaplace'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const node = (folder, file) => execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });

test('every entry of the manifest is built, and the import is synchronous', () => {
  for (const entry of Object.values(manifest.exports)) {
    for (const path of typeof entry === 'string' ? [entry] : Object.values(entry))
      assert.ok(readFileSync(path).length > 0, path);
  }
  installed((folder) => {
    const code = `import { MLP, Laplace, datasets, LaplaceError } from 'bayeslaplace';
      const { X, y } = datasets.moons({ n: 20, seed: 1 });
      const net = new MLP({ layers: [2, 4, 1] });
      net.train(X, y);
      console.log(new Laplace(net).fit(X, y).predict([[0, 0]]).mean.length, typeof LaplaceError);`;
    writeFileSync(join(folder, 'a.js'), code);
    assert.is(node(folder, 'a.js').trim(), '1 function');
  });
});

test('the slim entry loads the module from its file', () => {
  installed((folder) => {
    const wasm = JSON.stringify(resolve('dist/bayeslaplace.wasm'));
    writeFileSync(
      join(folder, 'a.js'),
      `import { readFileSync } from 'node:fs';
      import { init } from 'bayeslaplace/slim';
      const { MLP } = await init(readFileSync(${wasm}));
      console.log(new MLP({ layers: [2, 1] }).parameterCount);`,
    );
    assert.is(node(folder, 'a.js').trim(), '3');
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

test('the types serve as types and as values', () => {
  installed((folder) => {
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
      export { n, la, many, one, logJoint, error };`,
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

test('the README’s lines run', () => {
  const block = [...readFileSync('README.md', 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map((m) => m[1]).join('\n');
  assert.match(block, "from 'bayeslaplace'");
  installed((folder) => {
    writeFileSync(join(folder, 'a.js'), block);
    const output = node(folder, 'a.js');
    assert.match(output, /Float64Array\(2\)/);
    assert.match(output, /-\d+\.\d+/);
  });
});

test('the page opens on the end of its own chain, bit for bit', async () => {
  const { openWeights } = await import('../web/make-open.js');
  const { OPEN_WEIGHTS } = await import('../web/open.js');
  assert.is(await openWeights(library), OPEN_WEIGHTS);
});

test.run();
