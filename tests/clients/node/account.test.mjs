// What belongs to an account as a whole: credentials, its configuration, batch tokens; and calls that go astray.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import Cloudflare from 'cloudflare';
import {
  BASE,
  assertImage,
  assertNotDelivered,
  assertRefused,
  clientFor,
  deliver,
  fixtureBytes,
  freshAccount,
  ids,
  newAccountId,
} from './support.mjs';
import { startTintype } from './tintype.mjs';

const { APIError, AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError } = Cloudflare;

describe('credentials', () => {
  /** What the gateway says to a request with these headers. */
  async function listWith(headers) {
    const response = await fetch(`${BASE}/client/v4/accounts/${newAccountId()}/images/v1`, { headers });
    return { status: response.status, body: await response.json() };
  }

  test('a request without any is refused with 9106', async () => {
    const { status, body } = await listWith({});
    assert.equal(status, 400);
    const message = 'Missing X-Auth-Key, X-Auth-Email or Authorization headers';
    assert.deepEqual(body, { success: false, errors: [{ code: 9106, message }] });
  });

  test('an authorization header that is no bearer token is refused with 6003', async () => {
    const { status, body } = await listWith({ authorization: 'nonsense' });
    assert.equal(status, 400);
    assert.equal(body.errors[0].code, 6003);
    assert.equal(body.errors[0].error_chain[0].code, 6111);
  });

  test('a malformed key is refused with 6003', async () => {
    const { status, body } = await listWith({ 'x-auth-email': 'dev@example.com', 'x-auth-key': 'no key' });
    assert.equal(status, 400);
    assert.equal(body.errors[0].code, 6003);
    assert.equal(body.errors[0].error_chain[0].code, 6103);
  });

  test('an e-mail and a key open the account too', async () => {
    const { account, upload } = freshAccount();
    const image = await upload('photo.jpg');
    const key = { apiEmail: 'dev@example.com', apiKey: '144c9defac04969c7bfad8efaa8ea194' };
    assert.deepEqual(await clientFor(BASE, key).images.v1.get(image.id, account), image);
  });

  test('a server with a list of tokens lets each do what it is for', async (t) => {
    const [ours, theirs] = [newAccountId(), newAccountId()];
    const tokens = `reader:read writer:write ours:write:${ours} dev@example.com/s3cret:write`;
    const { base } = await startTintype(t, '--auth', 'tokens', '--tokens', tokens);
    const create = (credentials, account_id) => {
      const file = new File([fixtureBytes('geometry.png')], 'geometry.png');
      return clientFor(base, credentials).images.v1.create({ account_id, file });
    };
    const list = (credentials, account_id) => clientFor(base, credentials).images.v2.list({ account_id });

    const [reader, writer, one] = ['reader', 'writer', 'ours'].map((apiToken) => ({ apiToken }));
    await create(writer, theirs);
    await create(one, ours);
    await create({ apiEmail: 'dev@example.com', apiKey: 's3cret' }, ours);
    assert.equal((await list(reader, ours)).images.length, 2);

    for (const [call, ...args] of [[create, reader, ours], [create, one, theirs], [list, one, theirs]]) {
      await assertRefused(call(...args), PermissionDeniedError, 403, 10000);
    }
    const unknown = [{ apiToken: 'unknown' }, { apiEmail: 'dev@example.com', apiKey: 'other' }];
    for (const credentials of unknown) {
      const { error } = await assertRefused(list(credentials, ours), AuthenticationError, 401, 10000);
      const errors = [{ code: 10000, message: 'Authentication error' }];
      assert.deepEqual(error, { result: null, success: false, errors, messages: [] });
    }
    assert.equal((await list(reader, ours)).images.length, 2);
  });

  test('a server that needs none takes none', async (t) => {
    const { base } = await startTintype(t, '--auth', 'none');
    const response = await fetch(`${base}/client/v4/accounts/${newAccountId()}/images/v1`);
    assert.equal(response.status, 200);
  });
});

describe('a strict server', () => {
  test('answers list v1 without items, so that for await visits nothing', async (t) => {
    const { client } = await startTintype(t, '--strict');
    const { account, upload } = freshAccount(client);
    const image = await upload('photo.jpg');
    const { result } = await client.images.v1.list(account);
    assert.deepEqual(Object.keys(result), ['images']);
    assert.deepEqual(ids(result.images), [image.id]);
    for await (const visited of client.images.v1.list(account)) assert.fail(visited.id);
  });
});

describe('configuration', () => {
  const DEFAULTS = { flexible_variants: false, browser_ttl: 172_800, preserve_content_credentials: false };

  /** The configuration as read, and a way to change it. The SDK has no methods for either. */
  const configOf = ({ client, images }) => ({
    read: async () => (await client.get(images('/v1/config'))).result,
    edit: async (body) => (await client.patch(images('/v1/config'), { body })).result,
  });

  test('starts with its defaults', async () => {
    assert.deepEqual(await configOf(freshAccount()).read(), DEFAULTS);
  });

  test('an edit changes what it names and answers with all', async () => {
    const config = configOf(freshAccount());
    assert.deepEqual(await config.edit({ browser_ttl: 3600 }), { ...DEFAULTS, browser_ttl: 3600 });
    const edited = await config.edit({ flexible_variants: true, preserve_content_credentials: true });
    assert.deepEqual(edited, { flexible_variants: true, browser_ttl: 3600, preserve_content_credentials: true });
    assert.deepEqual(await config.edit({}), edited);
    assert.deepEqual(await config.read(), edited);
  });

  test('flexible variants are delivered once they are enabled, and refused with 9429 before and after', async () => {
    const fresh = freshAccount();
    const config = configOf(fresh);
    const image = await fresh.upload('photo.jpg');
    const flexible = image.variants[0].replace(/public$/, 'w=100');
    assertNotDelivered(await deliver(flexible), 403, 9429);
    await config.edit({ flexible_variants: true });
    assertImage(await deliver(flexible), 'image/jpeg', 100, 75);
    assertImage(await deliver(image.variants[0]), 'image/jpeg', 1024, 768);
    // Images are shown with the named variants only.
    assert.deepEqual(await fresh.client.images.v1.get(image.id, fresh.account), image);
    await config.edit({ flexible_variants: false });
    assertNotDelivered(await deliver(flexible), 403, 9429);
  });

  test('the browser ttl of the account is the max-age of its images', async () => {
    const fresh = freshAccount();
    const { variants } = await fresh.upload('photo.jpg');
    const maxAge = async () => (await deliver(variants[0])).headers.get('cache-control').match(/max-age=(\d+)/)[1];
    assert.equal(await maxAge(), '172800');
    await configOf(fresh).edit({ browser_ttl: 31_536_000 });
    assert.equal(await maxAge(), '31536000');
  });

  test('a browser ttl outside an hour to a year, or of another type, is refused with 5400', async () => {
    const config = configOf(freshAccount());
    for (const bad of [{ browser_ttl: 3599 }, { browser_ttl: 31_536_001 }, { flexible_variants: 'yes' }]) {
      await assertRefused(config.edit(bad), BadRequestError, 400, 5400);
    }
    assert.deepEqual(await config.read(), DEFAULTS);
  });
});

describe('a batch token', () => {
  /** An account, and fetch for the batch host with a token of it. */
  async function batchAccount() {
    const fresh = freshAccount();
    const { result } = await fresh.client.get(fresh.images('/v1/batch_token'));
    const headers = { authorization: `Bearer ${result.token}` };
    const call = async (path, init = {}) => {
      const request = { ...init, headers: { ...headers, ...init.headers } };
      const response = await fetch(`${BASE}/batch/images${path}`, request);
      return { status: response.status, ...(await response.json()) };
    };
    return { ...fresh, ...result, call };
  }

  test('says when it expires', async () => {
    const { token, expiresAt } = await batchAccount();
    assert.ok(token.length > 20, token);
    const minutes = (Date.parse(expiresAt) - Date.now()) / 60_000;
    assert.ok(minutes > 50 && minutes < 70, expiresAt);
  });

  test('opens every operation of the batch host for its account', async () => {
    const { client, account, call } = await batchAccount();
    const body = new FormData();
    body.set('file', new File([fixtureBytes('photo.jpg')], 'photo.jpg'));
    body.set('id', 'shop/red.jpg');
    const { status, result: image } = await call('/v1', { method: 'POST', body });
    assert.deepEqual([status, image.id], [200, 'shop/red.jpg']);
    assert.deepEqual(await client.images.v1.get('shop/red.jpg', account), image);
    assertImage(await deliver(image.variants[0]), 'image/jpeg', 1024, 768);

    assert.deepEqual((await call('/v2')).result, { images: [image], continuation_token: null });
    assert.deepEqual((await call('/v1/shop%2Fred.jpg')).result, image);
    const edit = { method: 'PATCH', body: '{"creator":"user-7"}', headers: { 'content-type': 'application/json' } };
    assert.equal((await call('/v1/shop%2Fred.jpg', edit)).result.creator, 'user-7');
    assert.equal((await call('/v1/stats')).result.count.current, 1);
    const direct = await call('/v2/direct_upload', { method: 'POST' });
    assert.equal((await client.images.v1.get(direct.result.id, account)).draft, true);
    assert.deepEqual((await call('/v1/shop%2Fred.jpg', { method: 'DELETE' })).result, {});
    const gone = await call('/v1/shop%2Fred.jpg');
    assert.deepEqual([gone.status, gone.errors[0].code], [404, 5404]);
  });

  test('is no token for the api, and one of the api none for the batch host', async () => {
    const { token, account, call } = await batchAccount();
    const api = clientFor(BASE, { apiToken: token });
    await assertRefused(api.images.v2.list(account), AuthenticationError, 401, 10000);
    const refused = await call('/v2', { headers: { authorization: 'Bearer any-token' } });
    assert.deepEqual([refused.status, refused.errors[0].code], [401, 10000]);
  });
});

describe('a call that goes astray', () => {
  const meant = ({ error }) => error.messages.map(({ message }) => message).join();

  test('because the base url lacks its path is told so', async () => {
    const account_id = newAccountId();
    const client = new Cloudflare({ baseURL: BASE, apiToken: 'any-token', maxRetries: 0 });
    const error = await assertRefused(client.images.v1.list({ account_id }), NotFoundError, 404, 7000);
    assert.ok(meant(error).includes(`/client/v4/accounts/${account_id}/images/v1`), meant(error));
  });

  test('because of a typing slip is told so', async () => {
    const { client, account_id } = freshAccount();
    const slip = client.get(`/accounts/${account_id}/image/v1/stats`);
    const error = await assertRefused(slip, NotFoundError, 404, 7000);
    assert.ok(meant(error).includes(`/client/v4/accounts/${account_id}/images/v1/stats`), meant(error));
  });

  test('because its method has no such route is refused with 405', async () => {
    const { client, images } = freshAccount();
    await assertRefused(client.put(images('/v1')), APIError, 405, 10000);
  });

  test('because the account id is none is refused with 7003', async () => {
    const { client } = freshAccount();
    await assertRefused(client.images.v1.list({ account_id: 'not-an-account!' }), NotFoundError, 404, 7003);
  });
});
