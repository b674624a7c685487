// Direct uploads: one-time URLs made with the official TypeScript SDK, used with fetch as a browser does.

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
  fixtureBytes,
  freshAccount,
} from './support.mjs';

const { APIError, BadRequestError, ConflictError, NotFoundError } = Cloudflare;

const ORIGIN = { origin: 'https://shop.example' };

/** An account, and a direct upload of it made with these fields. */
async function directUpload(fields = {}) {
  const fresh = freshAccount();
  const created = await fresh.client.images.v2.directUploads.create({ ...fresh.account, ...fields });
  return { ...fresh, ...created };
}

/** POSTs a file to an upload URL, without credentials. */
async function post(uploadURL, name = 'photo.jpg') {
  const body = new FormData();
  body.set('file', new File([fixtureBytes(name)], name.split('/').pop()));
  const response = await fetch(uploadURL, { method: 'POST', headers: ORIGIN, body });
  // Readable for the script of any page, failures included.
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  return { status: response.status, ...(await response.json()) };
}

function assertPostRefused(answer, status, code) {
  assert.equal(answer.status, status);
  assert.equal(answer.success, false);
  assert.equal(answer.result, null);
  assert.equal(answer.errors[0].code, code);
}

const inMinutes = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString();

describe('direct upload', () => {
  test('without arguments gives an id and a url with it', async () => {
    const { id, uploadURL } = await directUpload();
    assert.match(id, GENERATED_ID);
    assert.match(uploadURL, new RegExp(`^${BASE}/upload/[A-Za-z0-9_-]{22}/${id}$`));
  });

  test('without a body gives the same', async () => {
    const { client, images } = freshAccount();
    const { result } = await client.post(images('/v2/direct_upload'));
    assert.match(result.id, GENERATED_ID);
    assert.ok(result.uploadURL.endsWith(`/${result.id}`), result.uploadURL);
  });

  test('of v1 takes json with an expiry', async () => {
    const { client, account, images } = freshAccount();
    const { result } = await client.post(images('/v1/direct_upload'), { body: { expiry: inMinutes(10) } });
    assert.equal((await post(result.uploadURL)).status, 200);
    assert.equal((await client.images.v1.get(result.id, account)).filename, 'photo.jpg');
    const late = client.post(images('/v1/direct_upload'), { body: { expiry: inMinutes(400) } });
    await assertRefused(late, BadRequestError, 400, 5400);
  });

  test('of v2 refuses json with 5415', async () => {
    const { client, images } = freshAccount();
    const json = client.post(images('/v2/direct_upload'), { body: { expiry: inMinutes(10) } });
    await assertRefused(json, APIError, 415, 5415);
  });

  test('takes id, metadata, creator and expiry, which the draft and the image then have', async () => {
    const fields = { id: 'shop/caps/50% red.jpg', metadata: { shot: { roll: 'a' } }, creator: 'user-7' };
    const { client, account, id, uploadURL } = await directUpload({ ...fields, expiry: inMinutes(10) });
    assert.equal(id, fields.id);
    // One segment, slashes and all.
    assert.ok(uploadURL.endsWith('/shop%2Fcaps%2F50%25%20red.jpg'), uploadURL);
    const draft = await client.images.v1.get(id, account);
    assert.deepEqual([draft.meta, draft.creator, draft.draft], [fields.metadata, fields.creator, true]);
    const { result } = await post(uploadURL);
    assert.deepEqual([result.id, result.meta, result.creator], [id, fields.metadata, fields.creator]);
    assertImage(await deliver(result.variants[0]), 'image/jpeg', 1024, 768);
  });

  test('can be for a private image', async () => {
    const { uploadURL } = await directUpload({ requireSignedURLs: true });
    const { result } = await post(uploadURL);
    assert.equal(result.requireSignedURLs, true);
    assertNotDelivered(await deliver(result.variants[0]), 403, 9425);
  });

  test('has an expiry between two minutes and six hours from now', async () => {
    for (const minutes of [3, 359]) await directUpload({ expiry: inMinutes(minutes) });
    for (const expiry of [inMinutes(-1), inMinutes(1), inMinutes(361), 'soon']) {
      await assertRefused(directUpload({ expiry }), BadRequestError, 400, 5400);
    }
  });

  test('refuses a private image with a custom id, with 5410', async () => {
    await assertRefused(directUpload({ id: 'red.jpg', requireSignedURLs: true }), BadRequestError, 400, 5410);
  });

  test('refuses an id that can be none, with 5411', async () => {
    for (const id of ['3f1c0a52-6c0e-4b7d-2a11-5d0c9e8b7a00', '/red.jpg', 'list.txt']) {
      await assertRefused(directUpload({ id }), BadRequestError, 400, 5411);
    }
  });

  test('refuses an id that is taken, by an image or a draft, with 5409', async () => {
    const { client, account, upload } = await directUpload({ id: 'draft.jpg' });
    await upload('photo.jpg', { id: 'image.jpg' });
    for (const id of ['draft.jpg', 'image.jpg']) {
      const again = client.images.v2.directUploads.create({ ...account, id });
      await assertRefused(again, ConflictError, 409, 5409);
    }
    await assertRefused(upload('photo.jpg', { id: 'draft.jpg' }), ConflictError, 409, 5409);
  });
});

describe('a draft', () => {
  test('is found, but is in no list and not counted', async () => {
    const { client, account, id } = await directUpload();
    const draft = await client.images.v1.get(id, account);
    assert.deepEqual([draft.id, draft.draft, draft.filename], [id, true, null]);
    assert.equal(draft.variants.length, 1);
    assert.equal('meta' in draft, false);
    assert.deepEqual((await client.images.v1.list(account)).result.images, []);
    assert.deepEqual((await client.images.v2.list(account)).images, []);
    assert.equal((await client.images.v1.stats.get(account)).count.current, 0);
  });

  test('is neither delivered nor a blob', async () => {
    const { client, account, id } = await directUpload();
    const { variants } = await client.images.v1.get(id, account);
    assertNotDelivered(await deliver(variants[0]), 404, 9404);
    await assertRefused(client.images.v1.blobs.get(id, account), NotFoundError, 404, 5404);
  });

  test('is edited and stays a draft', async () => {
    const { client, account, id, uploadURL } = await directUpload({ metadata: { album: 'pets' } });
    const edited = await client.images.v1.edit(id, { ...account, metadata: { album: 'cats' }, creator: 'user-7' });
    assert.deepEqual([edited.id, edited.draft, edited.meta], [id, true, { album: 'cats' }]);
    const { result } = await post(uploadURL);
    assert.deepEqual([result.meta, result.creator], [{ album: 'cats' }, 'user-7']);
  });

  test('that is deleted takes its upload url along', async () => {
    const { client, account, id, uploadURL } = await directUpload();
    assert.deepEqual(await client.images.v1.delete(id, account), {});
    await assertRefused(client.images.v1.get(id, account), NotFoundError, 404, 5404);
    assertPostRefused(await post(uploadURL), 404, 5404);
  });
});

describe('an upload url', () => {
  test('takes a file once, and answers with the image', async () => {
    const { client, account, id, uploadURL } = await directUpload();
    const { status, success, result } = await post(uploadURL);
    assert.deepEqual([status, success], [200, true]);
    assert.deepEqual([result.id, result.filename], [id, 'photo.jpg']);
    assert.equal('draft' in result, false);
    assert.deepEqual(await client.images.v1.get(id, account), result);
    assert.deepEqual((await client.images.v2.list(account)).images, [result]);
    assertImage(await deliver(result.variants[0]), 'image/jpeg', 1024, 768);

    assertPostRefused(await post(uploadURL, 'geometry.png'), 409, 5409);
    assert.deepEqual(await client.images.v1.get(id, account), result);
  });

  test('that nobody was given is not found', async () => {
    const { id, uploadURL } = await directUpload();
    const foreign = uploadURL.replace(/upload\/.{22}/, `upload/${'A'.repeat(22)}`);
    for (const unknown of [uploadURL.replace(id, 'nothing'), foreign]) {
      assertPostRefused(await post(unknown), 404, 5404);
    }
  });

  test('stays usable after an upload that failed', async () => {
    const { client, account, id, uploadURL } = await directUpload();
    assertPostRefused(await post(uploadURL, 'broken/not-an-image.jpg'), 415, 5455);
    assertPostRefused(await post(uploadURL, 'broken/truncated.png'), 422, 9422);
    const raw = await fetch(uploadURL, { method: 'POST', body: fixtureBytes('photo.jpg') });
    assertPostRefused({ status: raw.status, ...(await raw.json()) }, 415, 5415);
    const empty = await fetch(uploadURL, { method: 'POST', body: new FormData() });
    assertPostRefused({ status: empty.status, ...(await empty.json()) }, 400, 5400);

    assert.equal((await client.images.v1.get(id, account)).draft, true);
    assert.equal((await post(uploadURL)).status, 200);
  });

  test('ignores what else a browser sends along', async () => {
    const { id, uploadURL } = await directUpload();
    const body = new FormData();
    // FilePond sends `file` twice, Uppy adds names of its own.
    for (const [name, text] of [['file', '{}'], ['name', 'cat.jpg'], ['type', 'image/jpeg'], ['id', 'other']]) {
      body.append(name, text);
    }
    body.append('file', new File([fixtureBytes('photo.jpg')], 'photo.jpg', { type: 'text/plain' }));
    const response = await fetch(uploadURL, { method: 'POST', body });
    const { result } = await response.json();
    assert.deepEqual([response.status, result?.id, result?.filename], [200, id, 'photo.jpg']);
  });

  test('lets browsers of every origin ask first', async () => {
    const { uploadURL } = await directUpload();
    const headers = {
      ...ORIGIN,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-requested-with',
    };
    const response = await fetch(uploadURL, { method: 'OPTIONS', headers });
    assert.equal(response.status, 204);
    assert.equal(await response.text(), '');
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.match(response.headers.get('access-control-allow-methods'), /\bPOST\b/);
    assert.match(response.headers.get('access-control-allow-headers'), /\*|x-requested-with/i);
    assert.equal((await post(uploadURL)).status, 200);
  });

  test('lets one of 50 simultaneous posts win', async () => {
    const { client, account, id, uploadURL } = await directUpload();
    const names = ['photo.jpg', 'geometry.png', 'still.gif'];
    const posts = Array.from({ length: 50 }, (_, index) => post(uploadURL, names[index % names.length]));
    const answers = await Promise.all(posts);

    const won = answers.filter(({ status }) => status === 200);
    assert.equal(won.length, 1);
    for (const lost of answers.filter(({ status }) => status !== 200)) assertPostRefused(lost, 409, 5409);
    assert.deepEqual(await client.images.v1.get(id, account), won[0].result);
    const blob = await client.images.v1.blobs.get(id, account);
    assert.deepEqual(Buffer.from(await blob.arrayBuffer()), fixtureBytes(won[0].result.filename));
    assert.equal((await client.images.v1.stats.get(account)).count.current, 1);
  });
});
