// Builds the C library and its tests in several ways and runs them:
//     node tests/native/build.js [variant…]
// Every test_*.c is a program whose last line is `N passed, N failed`; hash.c prints one line that must be the same
// everywhere. A test that stands in front of the C library's functions says so in a line `// link: wrap malloc free …`.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const WARNINGS = '-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -ffp-contract=off';
const COMMON = [...WARNINGS.split(' '), '-Ibuild/gen', '-Isrc'];
const SANITIZE = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer', '-g'];

const VARIANTS = {
  'gcc-O0': ['gcc', '-O0'],
  'gcc-O3': ['gcc', '-O3'],
  'clang-O0': ['clang', '-O0'],
  'clang-O3': ['clang', '-O3'],
  sanitized: ['clang', '-O1', ...SANITIZE],
};

const names = (folder, pattern) =>
  readdirSync(folder)
    .filter((name) => pattern.test(name))
    .sort();

// two at a time: as many as the smallest machine has cores
async function inPairs(items, work) {
  const queue = [...items];
  const results = [];
  await Promise.all(
    [0, 1].map(async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) results.push(await work(item));
    }),
  );
  return results;
}

async function build(variant) {
  const [compiler, ...flags] = VARIANTS[variant];
  const out = `build/native/${variant}`;
  rmSync(out, { recursive: true, force: true }); // or the archive keeps objects of sources that are gone
  mkdirSync(out, { recursive: true });
  const sources = names('src', /\.c$/);
  const object = (source) => `${out}/${source.replace(/\.c$/, '.o')}`;
  await inPairs(sources, (source) => run(compiler, [...COMMON, ...flags, '-c', `src/${source}`, '-o', object(source)]));
  await run('ar', ['rcs', `${out}/libbayeslaplace.a`, ...sources.map(object)]);
  const programs = names('tests/native', /^(test_.*|hash)\.c$/);
  await inPairs(programs, (source) => {
    const wraps =
      readFileSync(`tests/native/${source}`, 'utf8')
        .match(/^\/\/ link: wrap (.*)$/m)?.[1]
        .split(' ') ?? [];
    return run(compiler, [
      ...COMMON,
      ...flags,
      `tests/native/${source}`,
      `${out}/libbayeslaplace.a`,
      '-lm',
      ...wraps.map((name) => `-Wl,--wrap=${name}`),
      '-o',
      `${out}/${source.replace(/\.c$/, '')}`,
    ]);
  });
  return programs.map((source) => source.replace(/\.c$/, ''));
}

async function execute(variant, program) {
  const started = performance.now();
  const result = await run(`build/native/${variant}/${program}`, { timeout: 240_000, maxBuffer: 1 << 24 }).catch(
    (error) => ({ stdout: `${error.stdout ?? ''}${error.stderr ?? ''}\n${error.message}`, failed: true }),
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const summary = result.stdout.match(/^(\d+) passed, (\d+) failed$/m);
  const [passed, failed] = summary ? [Number(summary[1]), Number(summary[2])] : [0, 1];
  const bad = result.failed || failed > 0 || passed === 0;
  console.log(`${bad ? 'FAILED' : 'ok'} ${variant} ${program}: ${passed} passed, ${failed} failed (${seconds} s)`);
  if (bad) console.log(result.stdout.replace(/^/gm, '    ')); // indented: its summary is in ours
  return { passed, failed: bad ? Math.max(failed, 1) : 0 };
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(VARIANTS);
let passed = 0;
let failed = 0;
const hashes = new Map();
for (const variant of chosen) {
  const programs = await build(variant);
  const tests = programs.filter((program) => program !== 'hash');
  for (const result of await inPairs(tests, (program) => execute(variant, program))) {
    passed += result.passed;
    failed += result.failed;
  }
  hashes.set(variant, (await run(`build/native/${variant}/hash`)).stdout.trim());
}
for (const [variant, hash] of hashes) console.log(`hash ${hash} ${variant}`);
if (new Set(hashes.values()).size === 1) passed += hashes.size;
else {
  console.log('FAILED: training, fit and prediction do not give the same bits in every build');
  failed++;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
