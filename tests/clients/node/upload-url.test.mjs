// Uploads by URL through the official TypeScript SDK, from a web server of our own on loopback.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Cloudflare from 'cloudflare';
import { assertImage, assertRefused, deliver, fixtureBytes, freshAccount } from './support.mjs';
import { startTintype } from './tintype.mjs';
import { shows, startWeb } from './web.mjs';

const { APIError, BadRequestError, ConflictError } = Cloudflare;

const BASIC = `Basic ${Buffer.from('dev@example.com:s3cret/:word').toString('base64')}`;

/** What the web server answers, by path. */
const PAGES = {
  '/shop/photo.jpg': shows('photo.jpg'),
  '/labelled-as-text': shows('geometry.png', { 'content-type': 'text/plain' }),
  '/page.jpg': (_, response) => {
    response.setHeader('content-type', 'image/jpeg').end('<!doctype html>');
  },
  '/moved.jpg': (_, response) => response.writeHead(302, { location: '/shop/photo.jpg' }).end(),
  '/round.jpg': (_, response) => response.writeHead(302, { location: '/round.jpg' }).end(),
  '/private.jpg': (request, response) => {
    if (request.headers.authorization !== BASIC) {
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
    } else {
      response.end(fixtureBytes('photo.jpg'));
    }
  },
  '/broken.jpg': (_, response) => response.writeHead(500).end(),
  '/large.jpg': (_, response) => {
    response.end(Buffer.concat([fixtureBytes('photo.jpg'), Buffer.alloc(10 * 1024 * 1024)]));
  },
};

describe('upload by url', () => {
  let web;
  let origin;

  before(async () => {
    web = await startWeb(PAGES);
    origin = web.origin;
  });
  after(() => web.close());

  const uploadUrl = ({ client, account }, url, fields = {}) => client.images.v1.create({ ...account, url, ...fields });

  test('an image is fetched, and named by the last segment of its url', async () => {
    const { client, account } = freshAccount();
    const image = await uploadUrl({ client, account }, `${origin}/shop/photo.jpg?size=large`);
    assert.equal(image.filename, 'photo.jpg');
    const blob = await client.images.v1.blobs.get(image.id, account);
    assert.deepEqual(Buffer.from(await blob.arrayBuffer()), fixtureBytes('photo.jpg'));
    assertImage(await deliver(image.variants[0]), 'image/jpeg', 1024, 768);
  });

  test('id, metadata and creator go along with a url', async () => {
    const fresh = freshAccount();
    const fields = { id: 'shop/red.jpg', metadata: { album: 'pets' }, creator: 'user-7' };
    const image = await uploadUrl(fresh, `${origin}/shop/photo.jpg`, fields);
    assert.deepEqual([image.id, image.meta, image.creator], ['shop/red.jpg', { album: 'pets' }, 'user-7']);
    await assertRefused(uploadUrl(fresh, `${origin}/shop/photo.jpg`, fields), ConflictError, 409, 5409);
  });

  test('a user and a password in the url are sent as basic auth', async () => {
    const fresh = freshAccount();
    const url = new URL(`${origin}/private.jpg`);
    await assertRefused(uploadUrl(fresh, url.href), BadRequestError, 400, 5454);
    // URL encodes both; the web server gets them decoded.
    url.username = 'dev@example.com';
    url.password = 's3cret/:word';
    assert.equal((await uploadUrl(fresh, url.href)).filename, 'private.jpg');
  });

  test('a redirect is followed', async () => {
    const { client, account } = freshAccount();
    const image = await uploadUrl({ client, account }, `${origin}/moved.jpg`);
    const blob = await client.images.v1.blobs.get(image.id, account);
    assert.deepEqual(Buffer.from(await blob.arrayBuffer()), fixtureBytes('photo.jpg'));
  });

  test('what an image is, its bytes say and not its label', async () => {
    const fresh = freshAccount();
    const image = await uploadUrl(fresh, `${origin}/labelled-as-text`);
    assertImage(await deliver(image.variants[0]), 'image/png', 400, 300);
    await assertRefused(uploadUrl(fresh, `${origin}/page.jpg`), APIError, 415, 5455);
  });

  const failures = {
    'that is not found': () => `${origin}/nothing.jpg`,
    'that fails': () => `${origin}/broken.jpg`,
    'that redirects for ever': () => `${origin}/round.jpg`,
    'where nobody listens': () => 'http://127.0.0.1:9/photo.jpg',
    'of an unknown host': () => 'http://nowhere.invalid/photo.jpg',
    'of our own delivery': () => 'https://imagedelivery.net/Vi7wi5KSItxGFsWRG2Us6Q/cat/public',
  };
  for (const [what, url] of Object.entries(failures)) {
    test(`a url ${what} is refused with 5454`, async () => {
      const { client, account } = freshAccount();
      await assertRefused(uploadUrl({ client, account }, url()), BadRequestError, 400, 5454);
      assert.deepEqual((await client.images.v2.list(account)).images, []);
    });
  }

  test('a url that is not http is refused', async () => {
    const fresh = freshAccount();
    for (const url of ['ftp://127.0.0.1/photo.jpg', 'file:///etc/passwd', 'photo.jpg']) {
      await assert.rejects(uploadUrl(fresh, url), BadRequestError, url);
    }
  });

  test('a fetched file over 10 mb is refused with 5413', async () => {
    await assertRefused(uploadUrl(freshAccount(), `${origin}/large.jpg`), APIError, 413, 5413);
  });

  test('a server that was told so does not fetch from this machine', async (t) => {
    const { client } = await startTintype(t, '--deny-private-fetch');
    for (const url of [`${origin}/shop/photo.jpg`, `${origin.replace('127.0.0.1', 'localhost')}/shop/photo.jpg`]) {
      await assertRefused(uploadUrl(freshAccount(client), url), BadRequestError, 400, 5454);
    }
  });
});
