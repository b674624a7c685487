// `/cdn-cgi/image/…` as a site uses it: the server before a folder of files, and before a development server.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { RED, assertLooks, cell, quadrants } from './pixels.mjs';
import { assertImage, deliver, fixtureBytes } from './support.mjs';
import { startTintype } from './tintype.mjs';
import { shows, startWeb } from './web.mjs';

/** What Chromium asks for images with. */
const CHROMIUM = 'image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
const FOLDER = fileURLToPath(new URL('../../../fixtures', import.meta.url));

test('a folder is a site: its files as they are, and transformed', async (t) => {
  const { base } = await startTintype(t, '--origin-dir', FOLDER);

  const original = await deliver(`${base}/geometry.png`);
  assertImage(original, 'image/png', 400, 300);
  assert.deepEqual(original.body, fixtureBytes('geometry.png'));
  const half = await deliver(`${base}/cdn-cgi/image/width=200,format=png/geometry.png`);
  assertImage(half, 'image/png', 200, 150);
  assertLooks(half.body, quadrants([0.5, 0.5]));
  // A whole URL of the same site, and one that is escaped.
  const whole = `${base}/geometry.png`;
  for (const source of [whole, encodeURIComponent(whole), whole.replace('//', '/')]) {
    assertImage(await deliver(`${base}/cdn-cgi/image/width=200,format=png/${source}`), 'image/png', 200, 150);
  }
  // Without the escapes, fetch would take the dots away itself.
  const outside = await deliver(`${base}/cdn-cgi/image/width=200/%2e%2e%2fCargo.toml`);
  assert.equal(outside.headers.get('cf-resized'), 'err=9404');
});

test('a development server is a site', async (t) => {
  const web = await startWeb({
    '/media/photo.jpg': shows('photo.jpg', { etag: '"v1"', 'cache-control': 'public, max-age=7200' }),
    '/broken.png': shows('broken/truncated.png'),
  });
  t.after(() => web.close());
  const { base } = await startTintype(t, '--origin', web.origin);

  const url = `${base}/cdn-cgi/image/width=400,format=auto/media/photo.jpg?size=large`;
  const picture = await deliver(url, { headers: { accept: CHROMIUM, cookie: 'secret=1', authorization: 'Bearer secret' } });
  assertImage(picture, 'image/avif', 400, 300);
  assert.equal(picture.headers.get('vary'), 'accept');
  assert.equal(picture.headers.get('cache-control'), 'public, max-age=7200');
  assert.match(picture.headers.get('etag'), /^"cf-[^"]*:v1"$/);
  assert.equal(picture.headers.get('cf-cache-status'), 'MISS');
  const [asked] = web.asked;
  assert.equal(asked.url, '/media/photo.jpg?size=large');
  assert.match(asked.headers.via, /\bimage-resizing\b/);
  assert.deepEqual([asked.headers.cookie, asked.headers.authorization], [undefined, undefined]);

  const again = await deliver(url, { headers: { accept: CHROMIUM } });
  assert.equal(again.headers.get('cf-cache-status'), 'HIT');
  assert.deepEqual(again.body, picture.body);
  const known = { accept: CHROMIUM, 'if-none-match': picture.headers.get('etag') };
  const unchanged = await deliver(url, { headers: known });
  assert.deepEqual([unchanged.status, unchanged.body.length], [304, 0]);
  const head = await deliver(url, { method: 'HEAD', headers: { accept: CHROMIUM } });
  assert.equal(head.headers.get('content-length'), String(picture.body.length));

  const refuge = await deliver(`${base}/cdn-cgi/image/width=40,onerror=redirect/broken.png`, { redirect: 'manual' });
  assert.deepEqual([refuge.status, refuge.headers.get('location')], [307, `${web.origin}/broken.png`]);
});

test('only origins of the list are asked', async (t) => {
  const web = await startWeb({ '/public/geometry.png': shows('geometry.png'), '/geometry.png': shows('geometry.png') });
  t.after(() => web.close());
  const list = `cdn.test,${web.origin.replace('http://', '')}/public`;
  const { base } = await startTintype(t, '--allowed-origins', list);
  // The host of the zone is always among them. By this name it is another one.
  const zone = base.replace('127.0.0.1', 'localhost');

  const picture = await deliver(`${zone}/cdn-cgi/image/width=200,format=png/${web.origin}/public/geometry.png`);
  assertLooks(picture.body, [[cell(1, 1, [0.5, 0.5]), RED]]);
  for (const path of ['/geometry.png', '/private/geometry.png']) {
    const refused = await deliver(`${zone}/cdn-cgi/image/width=200/${web.origin}${path}`);
    assert.deepEqual([refused.status, refused.headers.get('cf-resized')], [403, 'err=9401']);
  }
  assert.equal(web.asked.length, 1);
});

test('a site that does not answer in time', async (t) => {
  const web = await startWeb({ '/slow.png': () => {} });
  t.after(() => web.close());
  const { base } = await startTintype(t, '--origin', web.origin, '--fetch-timeout', '500ms');

  const refused = await deliver(`${base}/cdn-cgi/image/width=200/slow.png`);
  assert.deepEqual([refused.status, refused.headers.get('cf-resized')], [522, 'err=9504']);
});
