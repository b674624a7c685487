// One account's life through every Images method of the official TypeScript SDK. What each method does in detail is
// for the other files; this one fails when the SDK has a method that nobody calls.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixtureFile, freshAccount, ids } from './support.mjs';

/** The methods of an API resource and the resources in it, by their dotted names. */
function methodsOf(resource, path = 'images') {
  const own = new Set();
  for (let type = Object.getPrototypeOf(resource); type !== Object.prototype; type = Object.getPrototypeOf(type)) {
    for (const name of Object.getOwnPropertyNames(type)) if (name !== 'constructor') own.add(`${path}.${name}`);
  }
  const inner = Object.entries(resource).filter(([name, value]) => !name.startsWith('_') && typeof value === 'object');
  return [...own, ...inner.flatMap(([name, value]) => methodsOf(value, `${path}.${name}`))];
}

/** The same resource, noting which methods are called. */
function noting(resource, called, path = 'images') {
  return new Proxy(resource, {
    get(target, name) {
      const value = target[name];
      if (typeof value === 'function') {
        return (...args) => {
          called.add(`${path}.${name}`);
          return value.apply(target, args);
        };
      }
      return typeof value === 'object' ? noting(value, called, `${path}.${name}`) : value;
    },
  });
}

test('every images method of the sdk works on one account', async () => {
  const { client, account } = freshAccount();
  const called = new Set();
  const { v1, v2 } = noting(client.images, called);

  const photo = await v1.create({ ...account, file: await fixtureFile('photo.jpg'), metadata: { album: 'pets' } });
  assert.deepEqual(await v1.get(photo.id, account), photo);
  assert.deepEqual((await v1.edit(photo.id, { ...account, metadata: { album: 'cats' } })).meta, { album: 'cats' });
  assert.equal((await v1.blobs.get(photo.id, account)).headers.get('content-type'), 'image/jpeg');

  const { id: announced } = await v2.directUploads.create(account);
  assert.equal((await v1.get(announced, account)).draft, true);

  const listed = [];
  for await (const image of v1.list(account)) listed.push(image);
  assert.deepEqual(ids(listed), [photo.id]);
  assert.deepEqual(ids((await v2.list(account)).images), [photo.id]);
  assert.equal((await v1.stats.get(account)).count.current, 1);

  const options = { fit: 'cover', width: 200, height: 100, metadata: 'none' };
  const { variant } = await v1.variants.create({ ...account, id: 'hero', options });
  assert.deepEqual((await v1.variants.get('hero', account)).variant, variant);
  assert.deepEqual((await v1.variants.list(account)).variants.hero, variant);
  const wider = { ...options, width: 300 };
  assert.deepEqual((await v1.variants.edit('hero', { ...account, options: wider })).variant.options, wider);
  assert.deepEqual(await v1.variants.delete('hero', account), {});

  const names = ({ keys }) => keys.map(({ name }) => name).sort();
  assert.deepEqual(names(await v1.keys.update('ci', account)), ['ci', 'default']);
  assert.deepEqual(names(await v1.keys.list(account)), ['ci', 'default']);
  assert.deepEqual(names(await v1.keys.delete('ci', account)), ['default']);

  assert.deepEqual(await v1.delete(photo.id, account), {});
  assert.equal((await v1.stats.get(account)).count.current, 0);

  assert.deepEqual([...called].sort(), methodsOf(client.images).sort());
});
