// What every Node suite needs: the started server, a fresh account on it, our own images, and what the SDK can't do.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import Cloudflare, { toFile } from 'cloudflare';
import { imageSize } from 'image-size';

assert.ok(process.env.TINTYPE_URL, 'TINTYPE_URL is not set: start the suites with tests/clients/run');
export const BASE = process.env.TINTYPE_URL.replace(/\/$/, '');

const fixturePath = (name) => new URL(`../../../fixtures/${name}`, import.meta.url);
export const fixtureBytes = (name) => readFileSync(fixturePath(name));
export const fixtureStream = (name) => createReadStream(fixturePath(name));
export const fixtureFile = (name) => toFile(fixtureBytes(name), name.split('/').pop());

export const newAccountId = () => randomBytes(16).toString('hex');

/** The SDK for a server. maxRetries 0: it repeats a 409 twice, which would cost every conflict a second or two. */
export const clientFor = (base, credentials = { apiToken: 'any-token' }) =>
  new Cloudflare({ baseURL: `${base}/client/v4`, maxRetries: 0, ...credentials });

/** An account nobody has used yet, so that tests neither wait for nor see each other. */
export function freshAccount(client = clientFor(BASE)) {
  const account_id = newAccountId();
  const upload = async (name, fields = {}) =>
    client.images.v1.create({ account_id, file: await fixtureFile(name), ...fields });
  /** A path of the account, for what no method of the SDK sends: `client.post(images('/v1'), { body })`. */
  const images = (path) => `/accounts/${account_id}/images${path}`;
  return { client, account_id, account: { account_id }, upload, images };
}

/** Waits for a refusal by the server and checks its class, HTTP status and Cloudflare error code. */
export async function assertRefused(promise, ErrorClass, status, code) {
  const error = await promise.then(
    () => assert.fail(`expected a refusal with ${status} and code ${code}`),
    (error) => error,
  );
  if (!(error instanceof ErrorClass)) throw error;
  assert.equal(error.status, status, error.message);
  assert.equal(error.errors[0]?.code, code, error.message);
  return error;
}

export const ids = (images) => images.map((image) => image.id);

export const GENERATED_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{10}00$/;

/** Everything between the origin and `/<variant>` that the SDK hands out: account hash and image id. */
export const variantUrl = (id, variant) =>
  new RegExp(`^${BASE}/(cdn-cgi/imagedelivery/)?[A-Za-z0-9_-]{22}/${id}/${variant}$`);

/** GETs (or HEADs) a delivery URL. */
export async function deliver(url, { headers = {}, method = 'GET', redirect = 'follow' } = {}) {
  const response = await fetch(url, { headers, method, redirect });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

export function assertImage(delivered, contentType, width, height) {
  assert.equal(delivered.status, 200);
  assert.equal(delivered.headers.get('content-type'), contentType);
  const size = imageSize(delivered.body);
  // The pixels must be what the header says: image-size reads the type from the bytes.
  assert.equal(`image/${size.type.replace('jpg', 'jpeg')}`, contentType);
  assert.deepEqual([size.width, size.height], [width, height]);
}

/** A delivery that was refused says so in its status, its header and its text. */
export function assertNotDelivered(delivered, status, code) {
  assert.equal(delivered.status, status);
  assert.equal(delivered.headers.get('cf-images'), `err=${code}`);
  assert.match(delivered.headers.get('content-type'), /^text\/plain/);
  assert.match(delivered.body.toString(), new RegExp(`^ERROR ${code}: `));
}
