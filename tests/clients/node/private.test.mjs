// Signing keys by the official TypeScript SDK, and private images behind URLs signed with them, by the service's own
// example and by `tintype sign`.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import Cloudflare from 'cloudflare';
import { BASE, assertImage, assertNotDelivered, assertRefused, deliver, freshAccount } from './support.mjs';

const { BadRequestError, ConflictError, NotFoundError } = Cloudflare;

const names = (keys) => keys.map(({ name }) => name);
const valueOf = (keys, name) => keys.find((key) => key.name === name).value;
const seconds = () => Math.floor(Date.now() / 1000);

describe('signing keys', () => {
  test('a fresh account has the key default', async () => {
    const { client, account } = freshAccount();
    const { keys } = await client.images.v1.keys.list(account);
    assert.deepEqual(names(keys), ['default']);
    assert.deepEqual(Object.keys(keys[0]), ['name', 'value']);
    assert.ok(keys[0].value.length >= 24, keys[0].value);
    assert.deepEqual((await client.images.v1.keys.list(account)).keys, keys);
  });

  test('two accounts have different keys', async () => {
    const values = new Set();
    for (const { client, account } of [freshAccount(), freshAccount()]) {
      values.add((await client.images.v1.keys.list(account)).keys[0].value);
    }
    assert.equal(values.size, 2);
  });

  test('an update of an unknown name creates a key and answers with all', async () => {
    const { client, account } = freshAccount();
    const before = await client.images.v1.keys.list(account);
    const { keys } = await client.images.v1.keys.update('ci', account);
    assert.deepEqual(names(keys).sort(), ['ci', 'default']);
    assert.equal(valueOf(keys, 'default'), valueOf(before.keys, 'default'));
    assert.notEqual(valueOf(keys, 'ci'), valueOf(keys, 'default'));
    assert.deepEqual((await client.images.v1.keys.list(account)).keys, keys);
  });

  test('an update of a known name gives the key another value', async () => {
    const { client, account } = freshAccount();
    const before = await client.images.v1.keys.update('ci', account);
    const after = await client.images.v1.keys.update('ci', account);
    assert.deepEqual(names(after.keys).sort(), ['ci', 'default']);
    assert.notEqual(valueOf(after.keys, 'ci'), valueOf(before.keys, 'ci'));
    assert.equal(valueOf(after.keys, 'default'), valueOf(before.keys, 'default'));
  });

  test('a third key is refused with 5400', async () => {
    const { client, account } = freshAccount();
    const { keys } = await client.images.v1.keys.update('ci', account);
    await assertRefused(client.images.v1.keys.update('third', account), BadRequestError, 400, 5400);
    assert.deepEqual((await client.images.v1.keys.list(account)).keys, keys);
  });

  test('a name has at most 20 characters', async () => {
    const { client, account } = freshAccount();
    await assertRefused(client.images.v1.keys.update('x'.repeat(21), account), BadRequestError, 400, 5400);
    const { keys } = await client.images.v1.keys.update('x'.repeat(20), account);
    assert.deepEqual(names(keys).sort(), ['default', 'x'.repeat(20)]);
  });

  test('a deleted key is gone, the other one stays', async () => {
    const { client, account } = freshAccount();
    const before = await client.images.v1.keys.update('ci', account);
    const { keys } = await client.images.v1.keys.delete('default', account);
    assert.deepEqual(keys, [{ name: 'ci', value: valueOf(before.keys, 'ci') }]);
  });

  test('an unknown key can not be deleted: 5404', async () => {
    const { client, account } = freshAccount();
    await assertRefused(client.images.v1.keys.delete('ci', account), NotFoundError, 404, 5404);
    assert.deepEqual(names((await client.images.v1.keys.list(account)).keys), ['default']);
  });

  test('a fresh default takes the place of the last key', async () => {
    const { client, account } = freshAccount();
    const before = await client.images.v1.keys.list(account);
    const { keys } = await client.images.v1.keys.delete('default', account);
    assert.deepEqual(names(keys), ['default']);
    assert.notEqual(valueOf(keys, 'default'), valueOf(before.keys, 'default'));
    assert.deepEqual((await client.images.v1.keys.list(account)).keys, keys);
  });

  test('a name in the body renames the key', async () => {
    // The documentation's example sends one; the SDK can't.
    const { client, account, images } = freshAccount();
    const before = await client.images.v1.keys.update('ci', account);
    const rename = (name) => client.put(images('/v1/keys/ci'), { body: { name } });
    await assertRefused(rename('default'), ConflictError, 409, 5409);
    const { keys } = (await rename('deploy')).result;
    assert.deepEqual(names(keys).sort(), ['default', 'deploy']);
    assert.equal(valueOf(keys, 'deploy'), valueOf(before.keys, 'ci'));
  });
});

/**
 * Signs a URL, step by step as the service's documentation does: WebCrypto, the value of the key as it is, over the path
 * and a query of `URLSearchParams`. Without an expiry, which its example always has, over the bare path.
 */
async function signed(address, secret, expiry) {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['sign']);
  const url = new URL(address);
  let stringToSign = url.pathname;
  if (expiry !== undefined) {
    url.searchParams.set('exp', expiry);
    stringToSign = url.pathname + '?' + url.searchParams.toString();
  }
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(stringToSign));
  const hex = [...new Uint8Array(mac)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  url.searchParams.set('sig', hex);
  return url.href;
}

describe('private images', () => {
  /** A private image, its URL in the short form, and the value of the key `default`. */
  async function privatePhoto() {
    const fresh = freshAccount();
    const { keys } = await fresh.client.images.v1.keys.list(fresh.account);
    const image = await fresh.upload('photo.jpg', { requireSignedURLs: true });
    return { ...fresh, image, url: image.variants[0].replace('/cdn-cgi/imagedelivery', ''), secret: keys[0].value };
  }

  test('without a signature are refused with 9425', async () => {
    const { url } = await privatePhoto();
    assertNotDelivered(await deliver(url), 403, 9425);
    assertNotDelivered(await deliver(`${url}?exp=${seconds() + 60}`), 403, 9425);
  });

  test('with a signature and an expiry to come are delivered', async () => {
    const { url, secret } = await privatePhoto();
    assertImage(await deliver(await signed(url, secret, seconds() + 60)), 'image/jpeg', 1024, 768);
  });

  test('with a signature without expiry are delivered', async () => {
    const { url, secret } = await privatePhoto();
    assertImage(await deliver(await signed(url, secret)), 'image/jpeg', 1024, 768);
  });

  test('with a signature over a query that was there before are delivered', async () => {
    // The documentation's example signs whatever query the URL has.
    const { url, secret } = await privatePhoto();
    const right = await signed(`${url}?v=2&name=a%20b`, secret, seconds() + 60);
    assert.match(right, /\?v=2&name=a\+b&exp=\d+&sig=[0-9a-f]{64}$/);
    assertImage(await deliver(right), 'image/jpeg', 1024, 768);
    assertNotDelivered(await deliver(right.replace('v=2', 'v=3')), 403, 9425);
  });

  test('with an expiry that has passed are refused with 9425', async () => {
    const { url, secret } = await privatePhoto();
    assertNotDelivered(await deliver(await signed(url, secret, seconds() - 60)), 403, 9425);
  });

  test('with a signature that is not for this url are refused with 9425', async () => {
    const { client, account, url, secret } = await privatePhoto();
    const options = { fit: 'cover', width: 200, height: 100, metadata: 'none' };
    await client.images.v1.variants.create({ ...account, id: 'hero', options });
    const expiry = seconds() + 60;
    const right = await signed(url, secret, expiry);
    const wrong = [
      right.replace(`exp=${expiry}`, `exp=${expiry + 1}`),
      right.replace('/public?', '/hero?'),
      right.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
      right.replace(/sig=.*/, 'sig=nonsense'),
      await signed(url, `${secret}x`, expiry),
    ];
    for (const changed of wrong) assertNotDelivered(await deliver(changed), 403, 9425);
  });

  test('a signature holds under the address of a zone too', async () => {
    const { url, secret } = await privatePhoto();
    const onZone = (address) => address.replace(/(:\d+)\//, '$1/cdn-cgi/imagedelivery/');
    const right = await signed(url, secret, seconds() + 60);
    assertImage(await deliver(onZone(right)), 'image/jpeg', 1024, 768);
    // It is over the short path: one over the long path is none.
    assertNotDelivered(await deliver(await signed(onZone(url), secret, seconds() + 60)), 403, 9425);
  });

  test('every key opens them, until it is rotated or deleted', async () => {
    const { client, account, url } = await privatePhoto();
    const { keys } = client.images.v1;
    const second = valueOf((await keys.update('ci', account)).keys, 'ci');
    const withSecond = await signed(url, second, seconds() + 60);
    assertImage(await deliver(withSecond), 'image/jpeg', 1024, 768);

    const rotated = valueOf((await keys.update('ci', account)).keys, 'ci');
    assertNotDelivered(await deliver(withSecond), 403, 9425);
    const withRotated = await signed(url, rotated, seconds() + 60);
    assertImage(await deliver(withRotated), 'image/jpeg', 1024, 768);

    await keys.delete('ci', account);
    assertNotDelivered(await deliver(withRotated), 403, 9425);
  });

  test('a variant that never requires signed urls shows them to everyone', async () => {
    const { client, account, image } = await privatePhoto();
    const options = { fit: 'cover', width: 200, height: 100, metadata: 'none' };
    const create = { ...account, id: 'hero', options, neverRequireSignedURLs: true };
    await client.images.v1.variants.create(create);
    const { variants } = await client.images.v1.get(image.id, account);
    const hero = variants.find((url) => url.endsWith('/hero'));
    assertImage(await deliver(hero), 'image/jpeg', 200, 100);
    await client.images.v1.variants.edit('hero', { ...account, options, neverRequireSignedURLs: false });
    assertNotDelivered(await deliver(hero), 403, 9425);
  });

  test('flexible variants do not show them, signed or not', async () => {
    const { client, images, url, secret } = await privatePhoto();
    await client.patch(images('/v1/config'), { body: { flexible_variants: true } });
    const flexible = url.replace(/public$/, 'w=100');
    assertNotDelivered(await deliver(flexible), 403, 9425);
    assertNotDelivered(await deliver(await signed(flexible, secret, seconds() + 60)), 403, 9425);
  });

  test('their blob needs no signature', async () => {
    const { client, account, image } = await privatePhoto();
    const blob = await client.images.v1.blobs.get(image.id, account);
    assert.equal(blob.headers.get('content-type'), 'image/jpeg');
  });

  test('a signature does a public image no harm', async () => {
    const { client, account, upload } = freshAccount();
    const { keys } = await client.images.v1.keys.list(account);
    const image = await upload('photo.jpg');
    assertImage(await deliver(await signed(image.variants[0], keys[0].value, seconds() + 60)), 'image/jpeg', 1024, 768);
  });

  test('an image that becomes private is signed under its new id', async () => {
    const { client, account, upload } = freshAccount();
    const { keys } = await client.images.v1.keys.list(account);
    const image = await upload('photo.jpg');
    const edited = await client.images.v1.edit(image.id, { ...account, requireSignedURLs: true });
    const url = edited.variants[0].replace('/cdn-cgi/imagedelivery', '');
    assertNotDelivered(await deliver(url), 403, 9425);
    assertImage(await deliver(await signed(url, keys[0].value, seconds() + 60)), 'image/jpeg', 1024, 768);
  });
});

describe('tintype sign', () => {
  /** What it prints and says, and how it ends. */
  async function sign(...args) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TINTYPE_')));
    const done = promisify(execFile)(process.env.TINTYPE_BIN, ['sign', ...args, '--server', BASE], { env });
    return done.catch((error) => error);
  }

  async function privateImage() {
    const fresh = freshAccount();
    return { ...fresh, image: await fresh.upload('photo.jpg', { requireSignedURLs: true }) };
  }

  test('prints a URL that is delivered, for every form of one', async () => {
    const { image } = await privateImage();
    const short = image.variants[0].replace('/cdn-cgi/imagedelivery', '');
    const onZone = short.replace(BASE, `${BASE}/cdn-cgi/imagedelivery`);
    for (const url of [short, onZone, `${short}?exp=1&sig=old`]) {
      const { stdout } = await sign(url);
      const [address] = url.split('?');
      assert.match(stdout, new RegExp(`^${address}\\?sig=[0-9a-f]{64}\\n$`));
      assertImage(await deliver(stdout.trim()), 'image/jpeg', 1024, 768);
    }
  });

  test('signs until an hour from now, and with the key that is named', async () => {
    const { client, account, image } = await privateImage();
    await client.images.v1.keys.update('ci', account);
    const { stdout } = await sign(image.variants[0], '--expires', '1h', '--key', 'ci');
    const expiry = Number(new URL(stdout).searchParams.get('exp'));
    assert.ok(Math.abs(expiry - seconds() - 3600) <= 5, stdout);
    assertImage(await deliver(stdout.trim()), 'image/jpeg', 1024, 768);
    await client.images.v1.keys.delete('ci', account);
    assertNotDelivered(await deliver(stdout.trim()), 403, 9425);
  });

  test('makes the URL of an image and a variant', async () => {
    const { account_id, image } = await privateImage();
    const { stdout } = await sign(image.id, 'public', '--account', account_id);
    assertImage(await deliver(stdout.trim()), 'image/jpeg', 1024, 768);
  });

  test('says what is wrong', async () => {
    const { image } = await privateImage();
    for (const [args, text] of [
      [[image.variants[0], '--key', 'nothing'], /no such key.*default/],
      [[`${BASE}/nothing`], /no delivery URL/],
      [[image.variants[0], '--expires', 'soon'], /no time/],
    ]) {
      const { code, stdout, stderr } = await sign(...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, text);
    }
  });
});
