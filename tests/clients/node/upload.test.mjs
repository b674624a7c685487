// Uploads of a file by the official TypeScript SDK (npm `cloudflare`): what is answered, kept and refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Cloudflare from 'cloudflare';
import {
  BASE,
  GENERATED_ID,
  assertImage,
  assertRefused,
  deliver,
  fixtureBytes,
  fixtureStream,
  freshAccount,
  newAccountId,
  variantUrl,
} from './support.mjs';

const { APIError, BadRequestError, ConflictError, NotFoundError, UnprocessableEntityError } = Cloudflare;

describe('upload', () => {
  test('an upload is answered with the whole image', async () => {
    const { upload } = freshAccount();
    const before = Date.now();

    const image = await upload('photo.jpg', { metadata: { album: 'pets', shot: { roll: 7 } } });

    assert.match(image.id, GENERATED_ID);
    assert.equal(image.filename, 'photo.jpg');
    assert.match(image.uploaded, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.parse(image.uploaded) - before) < 60_000, `uploaded is now: ${image.uploaded}`);
    assert.equal(image.requireSignedURLs, false);
    assert.equal(image.variants.length, 1);
    assert.match(image.variants[0], variantUrl(image.id, 'public'));
    // The SDK sends objects as `metadata[shot][roll]=7`: on that way every value becomes a string.
    assert.deepEqual(image.meta, { album: 'pets', shot: { roll: '7' } });
    assert.deepEqual(
      Object.keys(image).filter((key) => ['creator', 'draft', 'metadata'].includes(key)),
      [],
    );
  });

  test('metadata sent as json text keeps its types', async () => {
    const { upload } = freshAccount();
    const metadata = { album: 'pets', shot: { roll: 7, keep: true } };
    const image = await upload('photo.jpg', { metadata: JSON.stringify(metadata) });
    assert.deepEqual(image.meta, metadata);
  });

  test('an image without metadata has no meta', async () => {
    const { upload } = freshAccount();
    const image = await upload('photo.jpg', { metadata: {} });
    assert.equal('meta' in image, false);
  });

  test('a file stream is uploaded under its file name', async () => {
    const { client, account_id } = freshAccount();
    const image = await client.images.v1.create({ account_id, file: fixtureStream('geometry.png') });
    assert.equal(image.filename, 'geometry.png');
  });

  test('a creator comes back in upload and details', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { creator: 'user-7' });
    assert.equal(image.creator, 'user-7');
    assert.equal((await client.images.v1.get(image.id, account)).creator, 'user-7');
  });

  test('a file that is no image is refused with 5455', async () => {
    const { client, account, upload } = freshAccount();
    await assertRefused(upload('broken/not-an-image.jpg'), APIError, 415, 5455);
    assert.deepEqual((await client.images.v2.list(account)).images, []);
  });

  test('a custom id that is taken is refused with 5409', async () => {
    const { client, account, upload } = freshAccount();
    await upload('photo.jpg', { id: 'shop/red.jpg' });
    await assertRefused(upload('geometry.png', { id: 'shop/red.jpg' }), ConflictError, 409, 5409);
    assert.equal((await client.images.v1.get('shop/red.jpg', account)).filename, 'photo.jpg');
  });

  test('a truncated file is refused with 9422', async () => {
    const { upload } = freshAccount();
    await assertRefused(upload('broken/truncated.png'), UnprocessableEntityError, 422, 9422);
  });

  test('a file over 10 mb is refused with 5413', async () => {
    const { client, account, account_id } = freshAccount();
    // A photo first, so that only its size speaks against it.
    const bytes = Buffer.concat([fixtureBytes('photo.jpg'), Buffer.alloc(10 * 1024 * 1024)]);
    const file = new File([bytes], 'large.jpg');
    await assertRefused(client.images.v1.create({ account_id, file }), APIError, 413, 5413);
    assert.deepEqual((await client.images.v2.list(account)).images, []);
  });

  test('a file sent as text is refused with 5455', async () => {
    // As Terraform sends it: a part without a file name.
    const { client, account_id } = freshAccount();
    await assertRefused(client.images.v1.create({ account_id, file: 'bytes' }), APIError, 415, 5455);
  });

  test('a body that is no form is refused with 5415', async () => {
    const { client, images } = freshAccount();
    const body = { url: 'http://127.0.0.1/cat.jpg' };
    await assertRefused(client.post(images('/v1'), { body }), APIError, 415, 5415);
  });

  test('an upload needs a file or a url, and not both', async () => {
    const { client, account_id, upload } = freshAccount();
    await assertRefused(client.images.v1.create({ account_id }), BadRequestError, 400, 5400);
    const both = upload('photo.jpg', { url: 'http://127.0.0.1/cat.jpg' });
    await assertRefused(both, BadRequestError, 400, 5400);
  });

  test('metadata that is too long or no object is refused with 5400', async () => {
    const { upload } = freshAccount();
    const long = { text: 'x'.repeat(1024) };
    for (const metadata of [long, JSON.stringify(long), '[1]', '7', '{']) {
      await assertRefused(upload('photo.jpg', { metadata }), BadRequestError, 400, 5400);
    }
    const fits = { text: 'x'.repeat(1024 - '{"text":""}'.length) };
    assert.deepEqual((await upload('photo.jpg', { metadata: fits })).meta, fits);
  });

  test('a creator has at most 1024 characters', async () => {
    const { upload } = freshAccount();
    const longest = 'é'.repeat(1024);
    assert.equal((await upload('photo.jpg', { creator: longest })).creator, longest);
    await assertRefused(upload('photo.jpg', { creator: `${longest}é` }), BadRequestError, 400, 5400);
  });

  test('a private upload says so', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { requireSignedURLs: true });
    assert.equal(image.requireSignedURLs, true);
    assert.deepEqual(await client.images.v1.get(image.id, account), image);
  });

  test('of twenty simultaneous uploads with one id a single one wins', async () => {
    const { client, account, upload } = freshAccount();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => upload('photo.jpg', { id: 'one' })));
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const { reason } of results.filter(({ status }) => status === 'rejected')) {
      await assertRefused(Promise.reject(reason), ConflictError, 409, 5409);
    }
    assert.equal((await client.images.v2.list(account)).images.length, 1);
  });
});

describe('custom ids', () => {
  // The SDK sends an id as one segment (`/` as `%2F`), whatever characters it has.
  const customIds = [
    'shop/caps/red.jpg',
    'Urlaub/Strand & Möwe.jpg',
    '100%/sale+more.jpg',
    'keys/door.jpg', // starts like the route of the signing keys
    'albums/blob', // ends like the route of the original bytes
  ];
  for (const id of customIds) {
    test(`${id} is uploaded, found, delivered and deleted`, async () => {
      const { client, account, upload } = freshAccount();

      const image = await upload('photo.jpg', { id });
      assert.equal(image.id, id);
      assert.deepEqual(await client.images.v1.get(id, account), image);
      const blob = await client.images.v1.blobs.get(id, account);
      assert.deepEqual(Buffer.from(await blob.arrayBuffer()), fixtureBytes('photo.jpg'));
      assertImage(await deliver(image.variants[0]), 'image/jpeg', 1024, 768);

      await client.images.v1.delete(id, account);
      await assertRefused(client.images.v1.get(id, account), NotFoundError, 404, 5404);
      assert.equal((await deliver(image.variants[0])).status, 404);
    });
  }

  test('slashes stay literal in the variant url', async () => {
    const { upload } = freshAccount();
    const image = await upload('photo.jpg', { id: 'shop/caps/red.jpg' });
    assert.match(image.variants[0], variantUrl('shop/caps/red[.]jpg', 'public'));
  });

  test('an encoded slash in the variant url finds the same image', async () => {
    const { upload } = freshAccount();
    const image = await upload('photo.jpg', { id: 'shop/caps/red.jpg' });
    const encoded = image.variants[0].replace('shop/caps/red.jpg', 'shop%2Fcaps%2Fred.jpg');
    assertImage(await deliver(encoded), 'image/jpeg', 1024, 768);
  });

  const invalidIds = {
    'a uuid': '3f1c0a52-6c0e-4b7d-2a11-5d0c9e8b7a00',
    'a slash at its start': '/shop/red.jpg',
    'a slash at its end': 'shop/red/',
    'the extension of something else': 'shop/list.txt',
    '1025 characters': 'x'.repeat(1025),
  };
  for (const [what, id] of Object.entries(invalidIds)) {
    test(`an id with or as ${what} is refused with 5411`, async () => {
      const { upload } = freshAccount();
      await assertRefused(upload('photo.jpg', { id }), BadRequestError, 400, 5411);
    });
  }

  test('an id with 1024 characters of any script is taken', async () => {
    const { client, account, upload } = freshAccount();
    const id = 'ключ'.repeat(256);
    assert.equal((await upload('photo.jpg', { id })).id, id);
    assert.equal((await client.images.v1.get(id, account)).id, id);
  });

  test('a private upload with a custom id is refused with 5410', async () => {
    const { upload } = freshAccount();
    const image = upload('photo.jpg', { id: 'shop/red.jpg', requireSignedURLs: true });
    await assertRefused(image, BadRequestError, 400, 5410);
  });

  test('a deleted id can be used again', async () => {
    const { client, account, upload } = freshAccount();
    await upload('photo.jpg', { id: 'shop/red.jpg' });
    await client.images.v1.delete('shop/red.jpg', account);
    assert.equal((await upload('geometry.png', { id: 'shop/red.jpg' })).filename, 'geometry.png');
  });
});

describe('a large upload that is refused before it is read', () => {
  // The client is still sending when the answer is known: whoever closes the connection then, cuts the answer off.
  const large = () => {
    const body = new FormData();
    body.set('file', new File([fixtureBytes('photo.jpg'), Buffer.alloc(9_000_000)], 'large.jpg'));
    return body;
  };
  const bearer = { authorization: 'Bearer any-token' };
  const requests = {
    'without credentials': [400, 9106, '/images/v1', () => ({ body: large() })],
    'with a typing slip in its path': [404, 7000, '/image/v1', () => ({ headers: bearer, body: large() })],
    'without a form': [415, 5415, '/images/v1', () => ({ headers: bearer, body: Buffer.alloc(9_000_000) })],
  };
  for (const [what, [status, code, path, request]] of Object.entries(requests)) {
    test(`${what} is answered all the same`, async () => {
      const url = `${BASE}/client/v4/accounts/${newAccountId()}${path}`;
      for (let time = 0; time < 5; time += 1) {
        const response = await fetch(url, { method: 'POST', ...request() });
        assert.deepEqual([response.status, (await response.json()).errors[0].code], [status, code]);
      }
    });
  }
});
