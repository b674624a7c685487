// Editing by the official TypeScript SDK: metadata, creator, and who may see an image.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Cloudflare from 'cloudflare';
import {
  BASE,
  GENERATED_ID,
  assertImage,
  assertNotDelivered,
  assertRefused,
  deliver,
  freshAccount,
  ids,
} from './support.mjs';

const { BadRequestError, NotFoundError } = Cloudflare;

describe('edit', () => {
  test('metadata is replaced as a whole, the rest stays', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { metadata: { album: 'pets', roll: 7 }, creator: 'user-7' });
    const metadata = { album: 'cats', shot: { roll: 7, keep: true, none: null } };
    const edited = await client.images.v1.edit(image.id, { ...account, metadata });
    assert.deepEqual(edited, { ...image, meta: metadata });
    assert.deepEqual(await client.images.v1.get(image.id, account), edited);
  });

  test('a creator is set, changed and cleared', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { metadata: { album: 'pets' } });
    for (const creator of ['user-7', 'user-8']) {
      const edited = await client.images.v1.edit(image.id, { ...account, creator });
      assert.deepEqual(edited, { ...image, creator });
    }
    assert.deepEqual(await client.images.v1.edit(image.id, { ...account, creator: '' }), image);
  });

  test('metadata of null or an empty object clears it', async () => {
    const { client, account, upload } = freshAccount();
    for (const metadata of [null, {}]) {
      const { id } = await upload('photo.jpg', { metadata: { album: 'pets' } });
      const edited = await client.images.v1.edit(id, { ...account, metadata });
      assert.equal('meta' in edited, false);
      assert.equal('meta' in (await client.images.v1.get(id, account)), false);
    }
  });

  test('an edit of nothing changes nothing', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { metadata: { album: 'pets' }, creator: 'user-7' });
    assert.deepEqual(await client.images.v1.edit(image.id, account), image);
  });

  test('an edit may come as a form', async () => {
    // As Terraform sends it.
    const { account_id, client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { metadata: { album: 'pets' }, creator: 'user-7' });
    const body = new FormData();
    body.set('metadata', '{"shot":{"roll":7}}');
    body.set('requireSignedURLs', 'false');
    const response = await fetch(`${BASE}/client/v4/accounts/${account_id}/images/v1/${image.id}`, {
      method: 'PATCH',
      headers: { authorization: 'Bearer any-token' },
      body,
    });
    assert.equal(response.status, 200);
    const edited = { ...image, meta: { shot: { roll: 7 } } };
    assert.deepEqual((await response.json()).result, edited);
    assert.deepEqual(await client.images.v1.get(image.id, account), edited);
  });

  test('an edit that is refused changes nothing', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { metadata: { album: 'pets' } });
    const bad = [
      { metadata: { text: 'x'.repeat(1024) } },
      { metadata: [1] },
      { metadata: 'text' },
      { creator: 'x'.repeat(1025) },
      { creator: 7 },
      { requireSignedURLs: 'yes' },
    ];
    for (const changes of bad) {
      const edit = client.images.v1.edit(image.id, { ...account, creator: 'user-7', ...changes });
      await assertRefused(edit, BadRequestError, 400, 5400);
    }
    assert.deepEqual(await client.images.v1.get(image.id, account), image);
  });

  test('an unknown image can not be edited', async () => {
    const { client, account } = freshAccount();
    await assertRefused(client.images.v1.edit('nothing', { ...account, creator: 'x' }), NotFoundError, 404, 5404);
  });

  test('an image with a custom id is edited under its id', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { id: 'shop/caps/red & blue.jpg' });
    const edited = await client.images.v1.edit(image.id, { ...account, metadata: { album: 'caps' } });
    assert.deepEqual(edited, { ...image, meta: { album: 'caps' } });
  });
});

describe('edit of requireSignedURLs', () => {
  test('gives the image a new id, in both directions, and moves everything over', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { metadata: { album: 'pets' }, creator: 'user-7' });
    assertImage(await deliver(image.variants[0]), 'image/jpeg', 1024, 768);

    let before = image;
    for (const requireSignedURLs of [true, false]) {
      const edited = await client.images.v1.edit(before.id, { ...account, requireSignedURLs });
      assert.match(edited.id, GENERATED_ID);
      assert.notEqual(edited.id, before.id);
      const variants = before.variants.map((url) => url.replace(before.id, edited.id));
      assert.deepEqual(edited, { ...before, id: edited.id, requireSignedURLs, variants });

      await assertRefused(client.images.v1.get(before.id, account), NotFoundError, 404, 5404);
      await assertRefused(client.images.v1.blobs.get(before.id, account), NotFoundError, 404, 5404);
      assertNotDelivered(await deliver(before.variants[0]), 404, 9404);
      assert.deepEqual(await client.images.v1.get(edited.id, account), edited);
      assert.deepEqual((await client.images.v2.list(account)).images, [edited]);
      before = edited;
    }

    assert.equal(before.uploaded, image.uploaded);
    assertImage(await deliver(before.variants[0]), 'image/jpeg', 1024, 768);
    assert.equal((await client.images.v1.stats.get(account)).count.current, 1);
  });

  test('with the value it has keeps the id', async () => {
    const { client, account, upload } = freshAccount();
    for (const requireSignedURLs of [true, false]) {
      const image = await upload('photo.jpg', { requireSignedURLs });
      assert.deepEqual(await client.images.v1.edit(image.id, { ...account, requireSignedURLs }), image);
    }
  });

  test('along with metadata changes both', async () => {
    const { client, account, upload } = freshAccount();
    const { id } = await upload('photo.jpg', { metadata: { album: 'pets' } });
    const changes = { requireSignedURLs: true, metadata: { album: 'cats' }, creator: 'user-7' };
    const edited = await client.images.v1.edit(id, { ...account, ...changes });
    assert.deepEqual([edited.requireSignedURLs, edited.meta, edited.creator], [true, { album: 'cats' }, 'user-7']);
  });

  test('refuses to make an image with a custom id private, with 5410', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { id: 'shop/red.jpg' });
    const edit = (fields) => client.images.v1.edit(image.id, { ...account, ...fields });
    await assertRefused(edit({ requireSignedURLs: true, creator: 'user-7' }), BadRequestError, 400, 5410);
    assert.deepEqual(await client.images.v1.get(image.id, account), image);
    assert.deepEqual(await edit({ requireSignedURLs: false }), image);
  });

  test('keeps the place of the image among the others', async () => {
    const { client, account, upload } = freshAccount();
    const images = [await upload('photo.jpg'), await upload('photo.jpg'), await upload('photo.jpg')];
    const edited = await client.images.v1.edit(images[1].id, { ...account, requireSignedURLs: true });
    const listed = await client.images.v2.list({ ...account, sort_order: 'asc' });
    assert.deepEqual(ids(listed.images), [images[0].id, edited.id, images[2].id]);
  });
});
