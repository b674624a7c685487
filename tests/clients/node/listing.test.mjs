// Listing (v1 and v2), details, original bytes and statistics, by the official TypeScript SDK.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Cloudflare from 'cloudflare';
import { assertRefused, fixtureBytes, freshAccount, ids } from './support.mjs';

const { BadRequestError, NotFoundError } = Cloudflare;

/** Uploads so many images, one after the other, oldest first. */
async function uploadMany(upload, count) {
  const images = [];
  for (let index = 0; index < count; index += 1) {
    images.push(await upload('geometry.png', { metadata: JSON.stringify({ index }) }));
  }
  return images;
}

describe('list v1', () => {
  test('v1 lists every image of the account', async () => {
    const { client, account, upload } = freshAccount();
    const photo = await upload('photo.jpg', { metadata: { album: 'pets' } });
    const geometry = await upload('geometry.png');

    // The SDK's page expects `result.items`; the images are where the service puts them, too.
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

  test('for await visits every image once and ends', async () => {
    const { client, account, upload } = freshAccount();
    const uploaded = await uploadMany(upload, 5);
    for (const size of [{}, { per_page: 2 }, { per_page: 5 }, { per_page: 1 }]) {
      const visited = [];
      for await (const image of client.images.v1.list({ ...account, ...size })) visited.push(image);
      assert.deepEqual(ids(visited).sort(), ids(uploaded).sort(), JSON.stringify(size));
      assert.deepEqual(visited.find(({ id }) => id === uploaded[3].id), uploaded[3]);
    }
  });

  test('for await over an empty account ends at once', async () => {
    const { client, account } = freshAccount();
    for await (const image of client.images.v1.list(account)) assert.fail(image.id);
  });

  test('v1 lists the images of one creator', async () => {
    const { client, account, upload } = freshAccount();
    const mine = await upload('photo.jpg', { creator: 'user-7' });
    await upload('photo.jpg', { creator: 'user-8' });
    await upload('photo.jpg');
    const page = await client.images.v1.list({ ...account, creator: 'user-7' });
    assert.deepEqual(ids(page.result.images), [mine.id]);
  });
});

describe('list v2', () => {
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

  test('v2 pages stay right while images come and go', async () => {
    const { client, account, upload } = freshAccount();
    const uploaded = ids(await uploadMany(upload, 6)).reverse();
    const visited = [];
    let continuation_token;
    do {
      const page = await client.images.v2.list({ ...account, per_page: 2, continuation_token });
      visited.push(...ids(page.images));
      // One that was visited goes, and a newer one comes: neither moves the rest.
      if (continuation_token === undefined) {
        await client.images.v1.delete(visited[1], account);
        await upload('photo.jpg');
      }
      ({ continuation_token } = page);
    } while (continuation_token !== null);
    assert.deepEqual(visited, uploaded);
  });

  test('a token of null starts at the beginning', async () => {
    const { client, account, upload } = freshAccount();
    const image = await upload('photo.jpg');
    // The SDK sends `continuation_token=`.
    const { images } = await client.images.v2.list({ ...account, continuation_token: null });
    assert.deepEqual(ids(images), [image.id]);
  });

  test('an empty creator lists the images without one', async () => {
    const { client, account, upload } = freshAccount();
    const theirs = await upload('photo.jpg', { creator: 'user-7' });
    const nobodys = await upload('photo.jpg');
    const listed = async (creator) => ids((await client.images.v2.list({ ...account, creator })).images);
    assert.deepEqual(await listed('user-7'), [theirs.id]);
    assert.deepEqual(await listed(''), [nobodys.id]);
    assert.deepEqual(await listed('user-9'), []);
  });

  test('a bad page size, order or token is refused with 5400', async () => {
    const { client, account } = freshAccount();
    const bad = [{ per_page: 0 }, { per_page: 10_001 }, { per_page: 'many' }, { continuation_token: 'nonsense' }];
    for (const query of [...bad, { sort_order: 'sideways' }]) {
      await assertRefused(client.images.v2.list({ ...account, ...query }), BadRequestError, 400, 5400);
    }
  });
});

describe('metadata filters', () => {
  const library = {
    red: { status: 'active', priority: 1, region: { name: 'eu-west' }, featured: true },
    green: { status: 'active', priority: 5, region: { name: 'us-east' }, featured: false },
    blue: { status: 'old', priority: '5', region: { name: 'eu-west' } },
    plain: undefined,
  };
  const cases = [
    [{ 'status[eq]': 'active' }, 'green red'],
    [{ 'status[eq:string]': 'active', 'priority[gt]': 1 }, 'green'],
    [{ 'priority[eq:number]': 5 }, 'green'],
    [{ 'priority[eq:string]': '5' }, 'blue'],
    [{ 'priority[gte:number]': 1, 'priority[lte:number]': 5 }, 'green red'],
    [{ 'priority[lt]': 5 }, 'red'],
    [{ 'featured[eq:boolean]': true }, 'red'],
    [{ 'region.name[eq]': 'eu-west' }, 'blue red'],
    [{ 'region.name[in]': 'us-east|eu-north' }, 'green'],
    [{ 'priority[in:number]': '1|5' }, 'green red'],
    [{ 'priority[eq:number]': 5, 'priority[lte:number]': 3 }, ''],
    [{ 'nothing[eq]': 'x' }, ''],
  ];

  test('v2 lists the images whose metadata fits every filter', async () => {
    const { client, account, upload } = freshAccount();
    for (const [id, metadata] of Object.entries(library)) {
      await upload('geometry.png', { id, ...(metadata && { metadata: JSON.stringify(metadata) }) });
    }
    for (const [meta, expected] of cases) {
      const { images } = await client.images.v2.list({ ...account, meta });
      assert.equal(ids(images).sort().join(' '), expected, JSON.stringify(meta));
    }
  });

  test('filters and a creator go together', async () => {
    const { client, account, upload } = freshAccount();
    const mine = await upload('photo.jpg', { metadata: { status: 'active' }, creator: 'user-7' });
    await upload('photo.jpg', { metadata: { status: 'active' } });
    await upload('photo.jpg', { creator: 'user-7' });
    const query = { ...account, creator: 'user-7', meta: { 'status[eq]': 'active' } };
    assert.deepEqual(ids((await client.images.v2.list(query)).images), [mine.id]);
  });

  test('filtered pages continue where the token says', async () => {
    const { client, account, upload } = freshAccount();
    const wanted = [];
    for (const status of ['active', 'old', 'active', 'old', 'active']) {
      const image = await upload('geometry.png', { metadata: { status } });
      if (status === 'active') wanted.unshift(image.id);
    }
    const query = { ...account, per_page: 2, meta: { 'status[eq]': 'active' } };
    const first = await client.images.v2.list(query);
    const last = await client.images.v2.list({ ...query, continuation_token: first.continuation_token });
    assert.deepEqual([ids(first.images), ids(last.images)], [wanted.slice(0, 2), wanted.slice(2)]);
    assert.equal(last.continuation_token, null);
  });

  const filled = (count, filter) => Object.fromEntries(Array.from({ length: count }, (_, index) => filter(index)));
  const values = (count) => Array.from({ length: count }, (_, index) => index).join('|');
  const limits = {
    '5 filters': [5, (count) => filled(count, (index) => [`field${index}[eq]`, 'x'])],
    '5 levels': [5, (count) => ({ [`${Array(count).fill('a').join('.')}[eq]`]: 'x' })],
    '10 values': [10, (count) => ({ 'status[in]': values(count) })],
  };
  for (const [what, [limit, meta]] of Object.entries(limits)) {
    test(`a filter has at most ${what}`, async () => {
      const { client, account } = freshAccount();
      assert.deepEqual((await client.images.v2.list({ ...account, meta: meta(limit) })).images, []);
      const tooMany = client.images.v2.list({ ...account, meta: meta(limit + 1) });
      await assertRefused(tooMany, BadRequestError, 400, 5400);
    });
  }

  test('an unknown operator or a value that is no number is refused with 5400', async () => {
    const { client, account } = freshAccount();
    for (const meta of [{ 'status[like]': 'x' }, { 'priority[gt]': 'high' }, { 'priority[eq:number]': 'x' }]) {
      await assertRefused(client.images.v2.list({ ...account, meta }), BadRequestError, 400, 5400);
    }
  });
});

describe('details, blob and stats', () => {
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

  test('an unknown image has neither details nor a blob', async () => {
    const { client, account } = freshAccount();
    for (const id of ['nothing', 'shop/nothing.jpg', '3f1c0a52-6c0e-4b7d-2a11-5d0c9e8b7a00']) {
      await assertRefused(client.images.v1.get(id, account), NotFoundError, 404, 5404);
      await assertRefused(client.images.v1.blobs.get(id, account), NotFoundError, 404, 5404);
      await assertRefused(client.images.v1.delete(id, account), NotFoundError, 404, 5404);
    }
  });
});
