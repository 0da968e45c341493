// cores.js — where processes run.
import { spawnSync } from 'node:child_process';

/** `work` with this process and those it starts on one core, so that nothing slows them apart; where the system can. */
export async function onOneCore(work) {
  const taskset = (...words) => spawnSync('taskset', words, { encoding: 'utf8' }).stdout;
  const id = String(process.pid);
  const cores = taskset('-cp', id)?.split(':').at(-1).trim();
  if (!cores) return work();
  taskset('-acp', cores.split(/[-,]/)[0], id);
  try {
    return await work();
  } finally {
    taskset('-acp', cores, id);
  }
}
