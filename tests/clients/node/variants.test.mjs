// Variants, by the official TypeScript SDK.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Cloudflare from 'cloudflare';
import { assertImage, assertNotDelivered, assertRefused, deliver, freshAccount, variantUrl } from './support.mjs';

const { BadRequestError, ConflictError, NotFoundError } = Cloudflare;

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
    assertNotDelivered(await deliver(url), 403, 9425);
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

  test('an edit changes the options it names and keeps the others', async () => {
    // As Terraform sends it: only what has changed.
    const { client, account } = freshAccount();
    const { variants } = client.images.v1;
    await variants.create({ ...account, id: 'hero', options, neverRequireSignedURLs: true });
    const { variant } = await variants.edit('hero', { ...account, options: { width: 300 } });
    assert.deepEqual(variant, { id: 'hero', options: { ...options, width: 300 }, neverRequireSignedURLs: true });
    assert.deepEqual((await variants.get('hero', account)).variant, variant);
  });

  test('options that are not given have their defaults', async () => {
    const { client, account } = freshAccount();
    const created = await client.images.v1.variants.create({ ...account, id: 'wide', options: { width: 300 } });
    const expected = { id: 'wide', options: { fit: 'scale-down', width: 300, metadata: 'copyright' } };
    assert.deepEqual(created.variant, { ...expected, neverRequireSignedURLs: false });
  });

  test('blur and browser_ttl are kept', async () => {
    const { client, account, upload } = freshAccount();
    const more = { ...options, blur: 20, browser_ttl: 7200 };
    const created = await client.images.v1.variants.create({ ...account, id: 'hero', options: more });
    assert.deepEqual(created.variant.options, more);
    const image = await upload('photo.jpg');
    const hero = await deliver(image.variants.find((url) => url.endsWith('/hero')));
    assertImage(hero, 'image/jpeg', 200, 100);
    assert.match(hero.headers.get('cache-control'), /\bmax-age=7200\b/);
  });

  test('every fit and every metadata policy is taken', async () => {
    const { client, account } = freshAccount();
    const { variants } = client.images.v1;
    for (const fit of ['scale-down', 'contain', 'cover', 'crop', 'pad']) {
      for (const metadata of ['keep', 'copyright', 'none']) {
        const id = `${fit.replace('-', '')}${metadata}`;
        const { variant } = await variants.create({ ...account, id, options: { ...options, fit, metadata } });
        assert.deepEqual(variant.options, { ...options, fit, metadata });
      }
    }
  });

  test('a flat variant is the definition itself', async () => {
    const { client, account, images } = freshAccount();
    const { variant } = await client.images.v1.variants.create({ ...account, id: 'hero', options });
    assert.deepEqual((await client.get(images('/v1/variants/hero/flat'))).result, variant);
  });

  test('the variant public can be edited but stays when it is deleted', async () => {
    const { client, account, upload } = freshAccount();
    const { variants } = client.images.v1;
    const { variant } = await variants.edit('public', { ...account, options: { width: 100, height: 100 } });
    assert.deepEqual(await variants.delete('public', account), {});
    assert.deepEqual((await variants.get('public', account)).variant, variant);
    assertImage(await deliver((await upload('photo.jpg')).variants[0]), 'image/jpeg', 100, 75);
  });

  test('an unknown variant can neither be edited nor deleted: 5401', async () => {
    const { client, account } = freshAccount();
    const { variants } = client.images.v1;
    await assertRefused(variants.edit('hero', { ...account, options }), NotFoundError, 404, 5401);
    await assertRefused(variants.delete('hero', account), NotFoundError, 404, 5401);
  });

  const invalid = {
    'without options': { options: undefined },
    'with an unknown fit': { options: { ...options, fit: 'stretch' } },
    'with a width of 0': { options: { ...options, width: 0 } },
    'with a width that is no number': { options: { ...options, width: 'wide' } },
    'with an unknown metadata policy': { options: { ...options, metadata: 'some' } },
    'with an empty name': { id: '' },
    'with a name of 100 characters': { id: 'x'.repeat(100) },
    'with an underscore in its name': { id: 'big_hero' },
  };
  for (const [what, fields] of Object.entries(invalid)) {
    test(`a variant ${what} is refused with 5400`, async () => {
      const { client, account } = freshAccount();
      const create = client.images.v1.variants.create({ ...account, id: 'hero', options, ...fields });
      await assertRefused(create, BadRequestError, 400, 5400);
      assert.deepEqual(Object.keys((await client.images.v1.variants.list(account)).variants), ['public']);
    });
  }

  test('an account has at most 100 variants', async () => {
    const { client, account } = freshAccount();
    const { variants } = client.images.v1;
    const create = (index) => variants.create({ ...account, id: `v${index}`, options });
    // The first is public.
    await Promise.all(Array.from({ length: 99 }, (_, index) => create(index)));
    await assertRefused(create(99), BadRequestError, 400, 5400);
    await variants.delete('v0', account);
    assert.equal((await create(99)).variant.id, 'v99');
    assert.equal(Object.keys((await variants.list(account)).variants).length, 100);
  });
});
