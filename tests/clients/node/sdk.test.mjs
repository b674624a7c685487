// The official TypeScript SDK (npm `cloudflare`) against a started server: upload, list, details, blob,
// variants, delivery, deletion, refusals.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Cloudflare from 'cloudflare';
import { BASE, assertImage, assertRefused, deliver, fixtureBytes, fixtureStream, freshAccount } from './support.mjs';

const { APIError, BadRequestError, ConflictError, NotFoundError } = Cloudflare;

const ids = (images) => images.map((image) => image.id);

/** Everything between the origin and `/<variant>` that the SDK hands out: account hash and image id. */
const variantUrl = (id, variant) =>
  new RegExp(`^${BASE}/(cdn-cgi/imagedelivery/)?[A-Za-z0-9_-]{22}/${id}/${variant}$`);

describe('upload', () => {
  test('an upload is answered with the whole image', async () => {
    const { upload } = freshAccount();
    const before = Date.now();

    const image = await upload('photo.jpg', { metadata: { album: 'pets', shot: { roll: 7 } } });

    assert.match(image.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{10}00$/);
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
});

describe('list, details and blob', () => {
  test('v1 lists every image of the account', async () => {
    const { client, account, upload } = freshAccount();
    const photo = await upload('photo.jpg', { metadata: { album: 'pets' } });
    const geometry = await upload('geometry.png');

    // The SDK's page expects `result.items`, the service answers `result.images`: read it from the page.
    const page = await client.images.v1.list(account);

    assert.deepEqual(ids(page.result.images).sort(), [photo.id, geometry.id].sort());
    assert.deepEqual(page.result.images.find((image) => image.id === photo.id), photo);
  });

  test('v1 pages are counted from one and end empty', async () => {
    const { client, account, upload } = freshAccount();
    const uploaded = ids([await upload('photo.jpg'), await upload('geometry.png')]);

    const listed = [];
    for (const page of [1, 2, 3]) {
      const { result } = await client.images.v1.list({ ...account, page, per_page: 1 });
      listed.push(ids(result.images));
    }

    assert.deepEqual(listed.map((page) => page.length), [1, 1, 0]);
    assert.deepEqual(listed.flat().sort(), uploaded.sort());
  });

  test('v2 lists newest first, or oldest first on request', async () => {
    const { client, account, upload } = freshAccount();
    const [first, second] = [await upload('photo.jpg'), await upload('geometry.png')];

    const newest = await client.images.v2.list(account);
    assert.deepEqual(newest.images, [second, first]);
    assert.equal(newest.continuation_token, null);
    const oldest = await client.images.v2.list({ ...account, sort_order: 'asc' });
    assert.deepEqual(oldest.images, [first, second]);
  });

  test('v2 continues where the token says', async () => {
    const { client, account, upload } = freshAccount();
    const [first, second] = [await upload('photo.jpg'), await upload('geometry.png')];

    const page = await client.images.v2.list({ ...account, per_page: 1 });
    assert.deepEqual(ids(page.images), [second.id]);
    const { continuation_token } = page;
    assert.ok(continuation_token.length <= 32, continuation_token);
    const last = await client.images.v2.list({ ...account, per_page: 1, continuation_token });
    assert.deepEqual(ids(last.images), [first.id]);
    assert.equal(last.continuation_token, null);
  });

  test('details are what the upload answered', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg', { metadata: { album: 'pets' } });
    assert.deepEqual(await client.images.v1.get(image.id, account), image);
  });

  test('a blob is the uploaded file, byte for byte', async () => {
    const { client, account, upload } = freshAccount();
    for (const [name, contentType] of [
      ['photo.jpg', 'image/jpeg'],
      ['geometry.png', 'image/png'],
      ['animation.gif', 'image/gif'],
    ]) {
      const image = await upload(name);
      const blob = await client.images.v1.blobs.get(image.id, account);
      assert.equal(blob.headers.get('content-type'), contentType);
      assert.deepEqual(Buffer.from(await blob.arrayBuffer()), fixtureBytes(name));
    }
  });

  test('an image of another account is not found', async () => {
    const image = await freshAccount().upload('photo.jpg');
    const { client, account } = freshAccount();
    await assertRefused(client.images.v1.get(image.id, account), NotFoundError, 404, 5404);
    assert.deepEqual((await client.images.v2.list(account)).images, []);
  });

  test('stats count uploads and deletions', async () => {
    const { client, account, upload } = freshAccount();
    assert.equal((await client.images.v1.stats.get(account)).count.current, 0);
    const image = await upload('photo.jpg');
    const { count } = await client.images.v1.stats.get(account);
    assert.equal(count.current, 1);
    assert.ok(count.allowed > count.current, `allowed is ${count.allowed}`);
    await client.images.v1.delete(image.id, account);
    assert.equal((await client.images.v1.stats.get(account)).count.current, 0);
  });
});

describe('variants', () => {
  const options = { fit: 'cover', width: 200, height: 100, metadata: 'none' };

  test('a fresh account has the variant public', async () => {
    const { client, account } = freshAccount();
    // A map by name. The SDK types it as one object with the key `hero`, copied from an example.
    const { variants } = await client.images.v1.variants.list(account);
    assert.deepEqual(variants, {
      public: {
        id: 'public',
        options: { fit: 'scale-down', width: 1366, height: 768, metadata: 'none' },
        neverRequireSignedURLs: false,
      },
    });
  });

  test('a variant is created, listed, found, edited and deleted', async () => {
    const { client, account } = freshAccount();
    const { variants } = client.images.v1;

    const created = await variants.create({ ...account, id: 'hero', options, neverRequireSignedURLs: true });
    assert.deepEqual(created.variant, { id: 'hero', options, neverRequireSignedURLs: true });
    assert.deepEqual((await variants.get('hero', account)).variant, created.variant);
    const listed = (await variants.list(account)).variants;
    assert.deepEqual(Object.keys(listed).sort(), ['hero', 'public']);
    assert.deepEqual(listed.hero, created.variant);

    const wider = { ...options, width: 300 };
    const edited = await variants.edit('hero', { ...account, options: wider, neverRequireSignedURLs: false });
    assert.deepEqual(edited.variant, { id: 'hero', options: wider, neverRequireSignedURLs: false });
    assert.deepEqual((await variants.get('hero', account)).variant, edited.variant);

    assert.deepEqual(await variants.delete('hero', account), {});
    assert.deepEqual(Object.keys((await variants.list(account)).variants), ['public']);
    // Only the status: the live service answers this one in plain text, without a code.
    await assert.rejects(variants.get('hero', account), NotFoundError);
    await assertRefused(variants.delete('hero', account), NotFoundError, 404, 5401);
  });

  test('a new variant appears in the urls of images that were there before', async () => {
    const { client, account, upload } = freshAccount();
    const { id } = await upload('photo.jpg');
    await client.images.v1.variants.create({ ...account, id: 'hero', options });
    const urls = (await client.images.v1.get(id, account)).variants.sort();
    assert.equal(urls.length, 2);
    assert.match(urls[0], variantUrl(id, 'hero'));
    assert.match(urls[1], variantUrl(id, 'public'));
  });

  test('an edited variant is delivered with its new size', async () => {
    const { client, account, upload } = freshAccount();
    await client.images.v1.variants.create({ ...account, id: 'hero', options });
    const image = await upload('photo.jpg');
    const url = image.variants.find((variant) => variant.endsWith('/hero'));

    const first = await deliver(url);
    assertImage(first, 'image/jpeg', 200, 100);
    await client.images.v1.variants.edit('hero', { ...account, options: { ...options, fit: 'contain' } });
    const second = await deliver(url, { headers: { 'if-none-match': first.headers.get('etag') } });
    assertImage(second, 'image/jpeg', 133, 100);
  });

  test('a deleted variant is delivered no more', async () => {
    const { client, account, upload } = freshAccount();
    await client.images.v1.variants.create({ ...account, id: 'hero', options });
    const image = await upload('photo.jpg');
    const url = image.variants.find((variant) => variant.endsWith('/hero'));
    assert.equal((await deliver(url)).status, 200);
    await client.images.v1.variants.delete('hero', account);
    const gone = await deliver(url);
    assert.equal(gone.status, 403);
    assert.equal(gone.headers.get('cf-images'), 'err=9425');
  });

  test('a variant name with a dash is refused with 5400', async () => {
    const { client, account } = freshAccount();
    const create = client.images.v1.variants.create({ ...account, id: 'big-hero', options });
    await assertRefused(create, BadRequestError, 400, 5400);
  });

  test('a variant name that is taken is refused with 5409', async () => {
    const { client, account } = freshAccount();
    await client.images.v1.variants.create({ ...account, id: 'hero', options });
    const again = client.images.v1.variants.create({ ...account, id: 'hero', options });
    await assertRefused(again, ConflictError, 409, 5409);
  });
});

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
      const gone = await deliver(image.variants[0], { headers: conditional });
      assert.equal(gone.status, 404);
      assert.equal(gone.headers.get('cf-images'), 'err=9404');
    }
  });
});

describe('credentials', () => {
  test('a request without credentials is refused with 9106', async () => {
    const { account_id } = freshAccount();
    const response = await fetch(`${BASE}/client/v4/accounts/${account_id}/images/v1`);
    const body = await response.json();
    assert.equal(response.status, 400);
    assert.equal(body.success, false);
    assert.equal(body.errors[0].code, 9106);
  });

  test('an authorization header that is no bearer token is refused with 6003', async () => {
    const { account_id } = freshAccount();
    const response = await fetch(`${BASE}/client/v4/accounts/${account_id}/images/v1`, {
      headers: { authorization: 'nonsense' },
    });
    const body = await response.json();
    assert.equal(response.status, 400);
    assert.equal(body.errors[0].code, 6003);
  });

  test('an e-mail and a key open the account too', async () => {
    const { account, upload } = freshAccount();
    const image = await upload('photo.jpg');
    const withKey = new Cloudflare({
      baseURL: `${BASE}/client/v4`,
      apiEmail: 'dev@example.com',
      apiKey: '144c9defac04969c7bfad8efaa8ea194',
      maxRetries: 0,
    });
    assert.deepEqual(await withKey.images.v1.get(image.id, account), image);
  });
});
