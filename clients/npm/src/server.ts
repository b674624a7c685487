/** A tintype of one's own: found, started, stopped. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Account, DEFAULT_ACCOUNT } from './control.js';

/** Milliseconds that a server has to end by itself. */
const STOP = 10_000;

export interface StartOptions {
  /** The program; without it, `$TINTYPE_BIN`, else `tintype` on the PATH. */
  binary?: string;
  /** A folder of images to begin with, and to go back to by `reset`. */
  seed?: string;
  /** When the clock stands still from the start: `2026-01-01T00:00:00Z`. */
  clock?: string;
  /** Equal numbers make equal ids. */
  idSeed?: number;
  /** A folder to keep everything in; without it, it is temporary. */
  data?: string;
  /** Any further settings: `['--origin-dir', 'public']`. */
  args?: string[];
  /** How long the start may take, in milliseconds. */
  timeout?: number;
}

/** A running tintype. As an `Account`, it is the server as a whole. */
export class Tintype extends Account {
  #process: ChildProcess | undefined;
  #kill: (() => void) | undefined;

  /** One that is running already. */
  static connect(baseUrl: string): Tintype {
    return new Tintype(baseUrl.replace(/\/+$/, ''));
  }

  /** Starts one at a free port. It ends with `stop`, and with this process at the latest. */
  static async start(options: StartOptions = {}): Promise<Tintype> {
    const binary = options.binary ?? find();
    const scratch = await mkdtemp(join(tmpdir(), 'tintype-'));
    const ready = join(scratch, 'url');
    try {
      const args = ['--listen', '127.0.0.1:0', '--ready-file', ready, ...settings(options)];
      const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      const kill = () => child.kill('SIGKILL');
      process.once('exit', kill);
      try {
        const tintype = new Tintype(await readyUrl(child, ready, options.timeout ?? 10_000));
        tintype.#process = child;
        tintype.#kill = kill;
        return tintype;
      } catch (error) {
        kill();
        process.off('exit', kill);
        throw error;
      }
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** The API's base, as SDKs take it. */
  get apiUrl(): string {
    return `${this.baseUrl}/client/v4`;
  }

  /** What one account sees; it comes into being when it is first used. */
  account(id: string = DEFAULT_ACCOUNT): Account {
    return new Account(this.baseUrl, id);
  }

  /** Ends the server, if it was started here. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    if (child.exitCode === null && child.signalCode === null) {
      // It was let go of; its end is waited for.
      child.ref();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const hurry = setTimeout(() => child.kill('SIGKILL'), STOP);
      await ended;
      clearTimeout(hurry);
    }
    if (this.#kill) process.off('exit', this.#kill);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function find(): string {
  const named = process.env['TINTYPE_BIN'];
  if (named) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, 'tintype')).find((path) => existsSync(path));
  if (found === undefined) throw new Error('there is no tintype on the PATH; name it by `binary` or TINTYPE_BIN');
  return found;
}

function settings({ seed, clock, idSeed, data, args = [] }: StartOptions): string[] {
  return [
    ...(data === undefined ? ['--ephemeral'] : ['--data', data]),
    ...(seed === undefined ? [] : ['--seed', seed]),
    ...(clock === undefined ? [] : ['--clock', clock]),
    ...(idSeed === undefined ? [] : ['--id-seed', String(idSeed)]),
    ...args,
  ];
}

/** Waits until the server has written where it is. Its log says why if it never does. */
async function readyUrl(child: ChildProcess, ready: string, timeout: number): Promise<string> {
  let log = '';
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  // Read to the end, or the server would wait for a reader.
  child.stderr?.on('data', (text: Buffer) => (log = (log + text.toString()).slice(-2_000)));
  const deadline = Date.now() + timeout;
  while (Date.now() < deadline && failure === undefined && child.exitCode === null && child.signalCode === null) {
    const url = await readFile(ready, 'utf8').catch(() => '');
    if (url !== '') {
      letGo(child);
      return url;
    }
    await sleep(2);
  }
  throw new Error(`tintype did not start: ${failure?.message ?? (log.trim() || `not within ${timeout} ms`)}`);
}

/** A server that nobody stops is no reason to stay. */
function letGo(child: ChildProcess): void {
  child.unref();
  const { stderr } = child;
  if (stderr && 'unref' in stderr && typeof stderr.unref === 'function') stderr.unref();
}
