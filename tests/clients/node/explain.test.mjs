// `GET /_tintype/explain?url=…`, by fetch: what a URL would do.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BASE, deliver, freshAccount } from './support.mjs';
import { shows, startWeb } from './web.mjs';

async function explain(url, accept) {
  const question = new URL(`${BASE}/_tintype/explain`);
  question.searchParams.set('url', url);
  if (accept) question.searchParams.set('accept', accept);
  const { status, headers, body } = await deliver(question);
  assert.deepEqual([status, headers.get('content-type')], [200, 'application/json'], body.toString());
  return JSON.parse(body);
}

describe('explain', () => {
  let web;
  before(async () => {
    web = await startWeb({ '/photo.jpg': shows('photo.jpg', { 'cache-control': 'max-age=7200' }) });
  });
  after(() => web.close());

  test('a hosted image: options, plan, format and why, access, and whether it is there already', async () => {
    const { client, images, upload } = freshAccount();
    await client.patch(images('/v1/config'), { body: { flexible_variants: true } });
    const image = await upload('photo.jpg');
    const url = image.variants[0].replace(/public$/, 'w=200,h=100,fit=cover,nonsense=1');

    const before = await explain(url, 'image/webp');
    assert.deepEqual([before.surface, before.image, before.access], ['delivery', image.id, 'granted to everyone']);
    assert.equal(before.options, 'fit=cover,width=200,height=100');
    assert.match(before.remarks[0], /^nonsense\b/);
    assert.equal(before.format.type, 'image/webp');
    assert.ok(before.format.why.length > 0 && before.plan.length > 0);
    assert.deepEqual(before.source, { type: 'image/jpeg', width: 1600, height: 1200, frames: 1 });
    assert.equal(before.cache.state, 'MISS');

    const delivered = await deliver(url, { headers: { accept: 'image/webp' } });
    assert.equal(delivered.headers.get('cf-cache-status'), 'MISS');
    const after = await explain(url, 'image/webp');
    assert.equal(after.cache.state, 'HIT');
    assert.equal(after.headers.etag, delivered.headers.get('etag'));
    assert.equal((await explain(url, 'image/avif')).cache.state, 'MISS');
  });

  test('a URL of a zone', async () => {
    const source = `${web.origin}/photo.jpg?v=1`;
    const explained = await explain(`${BASE}/cdn-cgi/image/width=200,format=auto,onerror=redirect/${source}`, 'image/avif');
    assert.deepEqual([explained.surface, explained.source_image], ['zone', source]);
    assert.match(explained.options, /width=200/);
    assert.deepEqual([explained.format.type, explained.headers['cache-control']], ['image/avif', 'max-age=7200']);
    // The web server is on another port of the same host: it belongs to the zone.
    assert.equal(explained.on_error, source);
  });

  test('a refusal', async () => {
    const { upload } = freshAccount();
    const image = await upload('photo.jpg', { requireSignedURLs: true });
    const { error } = await explain(image.variants[0]);
    assert.deepEqual([error.code, error.status], [9425, 403]);
    const nothing = await explain(`${BASE}/cdn-cgi/image/width=200/${web.origin}/nothing.png`);
    assert.deepEqual([nothing.error.code, nothing.error.status], [9404, 404]);
  });
});
