// What the URLs that the official TypeScript SDK hands out deliver.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Cloudflare from 'cloudflare';
import { assertImage, assertNotDelivered, assertRefused, deliver, freshAccount } from './support.mjs';

const { NotFoundError } = Cloudflare;

describe('delivery', () => {
  test('public scales a photo down to fit 1366x768', async () => {
    const { upload } = freshAccount();
    const { variants } = await upload('photo.jpg');
    assertImage(await deliver(variants[0]), 'image/jpeg', 1024, 768);
  });

  test('public does not enlarge a small image and keeps its format', async () => {
    const { upload } = freshAccount();
    const { variants } = await upload('geometry.png');
    assertImage(await deliver(variants[0]), 'image/png', 400, 300);
  });

  test('a client that takes webp gets webp', async () => {
    const { upload } = freshAccount();
    const { variants } = await upload('photo.jpg');
    const webp = await deliver(variants[0], { headers: { accept: 'image/webp' } });
    assertImage(webp, 'image/webp', 1024, 768);
    assert.match(webp.headers.get('vary'), /\baccept\b/i);
    const jpeg = await deliver(variants[0], { headers: { accept: 'image/jpeg' } });
    assertImage(jpeg, 'image/jpeg', 1024, 768);
    assert.notEqual(jpeg.headers.get('etag'), webp.headers.get('etag'));
  });

  test('an etag that still holds is answered with an empty 304', async () => {
    const { upload } = freshAccount();
    const { variants } = await upload('photo.jpg');
    const etag = (await deliver(variants[0])).headers.get('etag');
    assert.match(etag, /^(W\/)?"[^"]+"$/);

    const unchanged = await deliver(variants[0], { headers: { 'if-none-match': etag } });
    assert.equal(unchanged.status, 304);
    assert.equal(unchanged.body.length, 0);
    assert.equal(unchanged.headers.get('etag'), etag);
    const changed = await deliver(variants[0], { headers: { 'if-none-match': '"something-else"' } });
    assertImage(changed, 'image/jpeg', 1024, 768);
  });

  test('a head has the headers of a get and no body', async () => {
    const { upload } = freshAccount();
    const { variants } = await upload('photo.jpg');
    const get = await deliver(variants[0]);
    const head = await deliver(variants[0], { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.body.length, 0);
    assert.equal(head.headers.get('content-length'), String(get.body.length));
    for (const name of ['content-type', 'etag', 'cache-control', 'vary']) {
      assert.ok(head.headers.get(name), name);
      assert.equal(head.headers.get(name), get.headers.get(name), name);
    }
  });

  test('a deleted image is gone from api and delivery', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg');
    // Delivered once before: a kept rendition must not outlive its image.
    const { headers } = await deliver(image.variants[0]);

    assert.deepEqual(await client.images.v1.delete(image.id, account), {});

    await assertRefused(client.images.v1.get(image.id, account), NotFoundError, 404, 5404);
    await assertRefused(client.images.v1.blobs.get(image.id, account), NotFoundError, 404, 5404);
    await assertRefused(client.images.v1.delete(image.id, account), NotFoundError, 404, 5404);
    assert.deepEqual((await client.images.v1.list(account)).result.images, []);
    for (const conditional of [{}, { 'if-none-match': headers.get('etag') }]) {
      assertNotDelivered(await deliver(image.variants[0], { headers: conditional }), 404, 9404);
    }
  });
});
