import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { ControlError, DEFAULT_ACCOUNT, Tintype } from '../dist/index.js';

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg==', 'base64');

let tintype;
before(async () => {
  tintype = await Tintype.start({ idSeed: 7, clock: '2026-01-01T00:00:00Z' });
});
after(() => tintype.stop());

async function upload(account, id) {
  const form = new FormData();
  form.set('file', new Blob([PIXEL], { type: 'image/png' }), 'pixel.png');
  if (id) form.set('id', id);
  const url = `${tintype.apiUrl}/accounts/${account}/images/v1`;
  const response = await fetch(url, { method: 'POST', body: form, headers: { authorization: 'Bearer any' } });
  return { status: response.status, ...(await response.json()) };
}

async function count(account) {
  const url = `${tintype.apiUrl}/accounts/${account}/images/v1/stats`;
  const response = await fetch(url, { headers: { authorization: 'Bearer any' } });
  return (await response.json()).result.count.current;
}

test('the clock and the ids are what was asked for', async () => {
  const { result } = await upload('dated');
  assert.equal(result.uploaded, '2026-01-01T00:00:00.000Z');
  const again = await Tintype.start({ idSeed: 7 });
  const form = new FormData();
  form.set('file', new Blob([PIXEL]), 'pixel.png');
  const response = await fetch(`${again.apiUrl}/accounts/dated/images/v1`, {
    method: 'POST',
    body: form,
    headers: { authorization: 'Bearer any' },
  });
  assert.equal((await response.json()).result.id, result.id);
  await again.stop();
  await assert.rejects(fetch(again.baseUrl));
});

test('a reset is of one account alone', async () => {
  await upload('one', 'a');
  await upload('other', 'b');
  await tintype.account('one').reset();
  assert.deepEqual([await count('one'), await count('other')], [0, 1]);
});

test('snapshots are saved, listed, restored and deleted', async () => {
  const { snapshots } = tintype.account('snapped');
  await upload('snapped', 'kept');
  await snapshots.save('one-image');
  await upload('snapped', 'late');
  await snapshots.restore('one-image');
  assert.equal(await count('snapped'), 1);
  assert.deepEqual((await snapshots.list()).map(({ name, images }) => [name, images]), [['one-image', 1]]);
  await snapshots.delete('one-image');
  assert.deepEqual(await snapshots.list(), []);
});

test('the clock moves for one account', async () => {
  const { clock } = tintype.account('timed');
  await clock.set(new Date('2030-01-01T00:00:00Z'));
  assert.equal((await clock.advance('90s')).now, '2030-01-01T00:01:30.000Z');
  assert.equal((await tintype.clock.get()).now, '2026-01-01T00:00:00.000Z');
  assert.equal((await clock.freeze()).frozen, true);
  await clock.resume();
  assert.equal((await clock.get()).now, '2026-01-01T00:00:00.000Z');
});

test('calls fail as told, and are counted', async () => {
  const { faults } = tintype.account('failing');
  const [id] = await faults.add({ operation: 'Upload an image', to: 1, code: 5550 });
  const failed = await upload('failing');
  assert.equal(failed.errors[0].code, 5550);
  assert.equal((await upload('failing')).status, 200);
  assert.equal((await upload('passing')).status, 200);
  const [{ calls, hits }] = await faults.list();
  assert.deepEqual([calls, hits], [2, 1]);
  await faults.remove(id);
  await faults.add({ status: 503 }, { status: 500 });
  await faults.clear();
  assert.deepEqual(await faults.list(), []);
});

test('what was sent can be looked at, and waited for', async () => {
  const { requests } = tintype.account('watched');
  const coming = requests.waitFor({ operation: 'Upload an image' });
  await upload('watched', 'seen');
  const { form, status } = await coming;
  assert.equal(status, 200);
  assert.deepEqual(form.map(({ name }) => name), ['file', 'id']);
  await requests.clear();
  assert.deepEqual(await requests.list(), []);
  await assert.rejects(requests.waitFor({ status: 418 }, '10ms'), /no such request/);
});

test('URLs are signed', async () => {
  await upload(DEFAULT_ACCOUNT, 'signed');
  const url = await tintype.account().sign('signed', 'public', { expires: '1h' });
  assert.equal((await fetch(url)).status, 200);
});

test('a refusal says why', async () => {
  await assert.rejects(tintype.clock.advance('soon'), (error) => {
    assert.ok(error instanceof ControlError);
    assert.equal(error.status, 400);
    assert.match(error.message, /advance/);
    return true;
  });
  await assert.rejects(Tintype.connect(`${tintype.baseUrl}/`).snapshots.restore('none'), /none/);
});

test('a seed is loaded, by the start or later', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tintype-seed-'));
  await writeFile(join(folder, 'pixel.png'), PIXEL);
  const seeded = await Tintype.start({ seed: folder });
  const url = `${seeded.apiUrl}/accounts/${DEFAULT_ACCOUNT}/images/v1/pixel.png`;
  assert.equal((await fetch(url, { headers: { authorization: 'Bearer any' } })).status, 200);
  await seeded.stop();
  assert.deepEqual(await tintype.account('seeded').seed(folder), { accounts: 1, images: 1 });
  assert.equal(await count('seeded'), 1);
});

test('what keeps the program from starting is told', async () => {
  await assert.rejects(Tintype.start({ args: ['--no-such-flag'] }), /no-such-flag/);
  await assert.rejects(Tintype.start({ binary: '/nowhere/tintype' }), /ENOENT/);
});

test('a server that nobody stops ends with its process', async () => {
  const script = `import { Tintype } from '${new URL('../dist/index.js', import.meta.url)}';
    console.log((await Tintype.start()).baseUrl);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  await assert.rejects(fetch(stdout.trim()));
});
