// chromium.js — the worker in Chromium: bundled, served on this machine, asked once, closed.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { serve } from '../web/server.js';

const FOLDER = 'build/bench/page';
const PATH = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Whether there is a Chromium; says so when not. */
export function available() {
  if (existsSync(PATH)) return true;
  console.error(`bench: SKIPPED Chromium: ${PATH} does not exist`);
  return false;
}

/**
 * What frame-worker.js answers, each of `runs` in a fresh page.
 * @returns {Promise<{ cold: number, times: Record<string, number[]> | null }[]>}
 */
export async function inChromium(problem, { count = 0, runs = 1 } = {}) {
  mkdirSync(FOLDER, { recursive: true });
  await build({
    entryPoints: ['bench/frame-worker.js'],
    outfile: `${FOLDER}/worker.js`,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    charset: 'ascii',
    minify: true,
  });
  writeFileSync(`${FOLDER}/index.html`, '<!doctype html><title>bench</title><link rel="icon" href="data:,">');
  const server = await serve({ folder: FOLDER });
  const browser = await chromium.launch({ executablePath: PATH, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const answers = [];
    for (let run = 0; run < runs; ++run) {
      const page = await browser.newPage();
      await page.goto(server.address);
      const sent = { ...problem, parameters: [...problem.parameters], X: [...problem.X], y: [...problem.y] };
      answers.push(
        await page.evaluate(
          ({ problem, count }) =>
            new Promise((done, fail) => {
              const worker = new Worker('worker.js', { type: 'module' });
              worker.onmessage = ({ data }) => done(data);
              worker.onerror = ({ message }) => fail(new Error(message));
              const { parameters, X, y } = problem;
              const [theta, x, t] = [parameters, X, y].map((values) => Float64Array.from(values));
              worker.postMessage({ problem: { ...problem, parameters: theta, X: x, y: t }, count });
            }),
          { problem: sent, count },
        ),
      );
      await page.close();
    }
    return answers;
  } finally {
    await browser.close();
    await server.close();
  }
}
