// Programs with Cloudflare's hosts compiled in, as they come from npm. Nothing here names a server: the names lead to
// tintype, and the CA comes by NODE_EXTRA_CA_CERTS.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import Cloudflare, { toFile } from 'cloudflare';
import CloudFlareImages from '@jvddavid/cloudflare-images';
import { CloudflareImagesClient } from 'cloudflare-images-client';

const require = createRequire(import.meta.url);
const { CloudflareClient } = require('cloudflare-images');
const strapi = require('strapi-provider-upload-cloudflare-images');

const photo = `${process.env.CLIENTS_FIXTURES}/photo.jpg`;
const newAccountId = () => randomBytes(16).toString('hex');

/** A delivery URL is the service's own, and what is there is a picture. */
async function assertDelivered(url) {
  assert.match(url, /^https:\/\/imagedelivery\.net\/[\w-]{22}\/[^/]+\/public$/);
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^image\//);
  assert.ok((await response.arrayBuffer()).byteLength > 100);
}

test('the official SDK, without baseURL', async () => {
  const client = new Cloudflare({ apiToken: 'any-token', maxRetries: 0 });
  const account = { account_id: newAccountId() };
  const image = await client.images.v1.create({ ...account, file: await toFile(readFileSync(photo), 'photo.jpg') });
  await assertDelivered(image.variants[0]);

  const draft = await client.images.v2.directUploads.create(account);
  assert.match(draft.uploadURL, /^https:\/\/upload\.imagedelivery\.net\/[\w-]{22}\/[\w-]+$/);
  const form = new FormData();
  form.append('file', new Blob([readFileSync(photo)]), 'photo.jpg');
  const uploaded = await fetch(draft.uploadURL, { method: 'POST', body: form });
  assert.equal(uploaded.status, 200);
  await assertDelivered((await uploaded.json()).result.variants[0]);
  assert.equal((await client.images.v1.stats.get(account)).count.current, 2);
});

test('cloudflare-images (axios)', async () => {
  const client = new CloudflareClient({ accountId: newAccountId(), apiKey: 'any-token' });
  const created = await client.createImageFromFile({ id: 'cat', requireSignedURLs: false }, photo);
  assert.equal(created.result.id, 'cat');
  await assertDelivered(created.result.variants[0]);
  assert.equal((await client.listImages()).result.images.length, 1);
  assert.equal((await client.deleteImage('cat')).success, true);
});

test('@jvddavid/cloudflare-images (axios)', async () => {
  const client = new CloudFlareImages({ accountId: newAccountId(), token: 'any-token' }, {});
  const created = await client.uploadImage({ name: 'photo.jpg', image: readFileSync(photo), metadata: { a: 'b' } });
  assert.deepEqual(created.result.meta, { a: 'b' });
  await assertDelivered(created.result.variants[0]);
  const draft = await client.directUploadUrlV2();
  assert.match(draft.result.uploadURL, /^https:\/\/upload\.imagedelivery\.net\//);
});

test('cloudflare-images-client (fetch)', async () => {
  const client = new CloudflareImagesClient({ accountId: newAccountId(), apiToken: 'any-token' });
  const created = await client.uploadImageFromFile({ fileName: 'photo.jpg', filePath: photo });
  await assertDelivered(created.result.variants[0]);
  const blob = await client.getImageAsBlob(created.result.id);
  assert.equal(blob.size, statSync(photo).size);
});

test("Strapi's provider (node-fetch), which builds its URLs itself", async () => {
  const accountId = newAccountId();
  const client = new Cloudflare({ apiToken: 'any-token', maxRetries: 0 });
  const other = await client.images.v1.create({ account_id: accountId, file: await toFile(readFileSync(photo), 'p') });
  const imagesDomain = other.variants[0].split('/').slice(0, 4).join('/');
  await client.patch(`/accounts/${accountId}/images/v1/config`, { body: { flexible_variants: true } });
  const provider = strapi.init({ accessToken: 'any-token', accountId, imagesDomain });
  const file = { name: 'photo.jpg', mime: 'image/jpeg', size: statSync(photo).size, stream: createReadStream(photo) };

  await provider.upload(file);

  const response = await fetch(file.formats.thumbnail.url);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /^image\//);
  await provider.delete(file);
});
