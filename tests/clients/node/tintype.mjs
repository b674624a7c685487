// A server of a test's own, for settings that the shared one hasn't.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { clientFor } from './support.mjs';

/** Starts the binary with these settings until the end of the test `t`. */
export async function startTintype(t, ...settings) {
  assert.ok(process.env.TINTYPE_BIN, 'TINTYPE_BIN is not set: start the suites with tests/clients/run');
  const args = ['--listen', '127.0.0.1:0', '--ephemeral', ...settings];
  // It refuses to start with a variable that looks like a setting and is none.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TINTYPE_')));
  const server = spawn(process.env.TINTYPE_BIN, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(async () => {
    const gone = once(server, 'exit');
    if (server.exitCode === null && server.kill()) await gone;
  });
  for await (const line of createInterface(server.stdout)) {
    const [base] = line.match(/http:\/\/127[.0-9]+:\d+/) ?? [];
    if (base) return { base, client: clientFor(base) };
  }
  return assert.fail('tintype left before it was ready');
}
