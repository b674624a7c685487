// What every Node suite needs: the started server, a fresh account on it, and our own images.

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

/** An account nobody has used yet, so that tests neither wait for nor see each other. */
export function freshAccount() {
  // maxRetries 0: the SDK repeats a 409 twice, which would cost every conflict a second or two.
  const client = new Cloudflare({ baseURL: `${BASE}/client/v4`, apiToken: 'any-token', maxRetries: 0 });
  const account_id = randomBytes(16).toString('hex');
  const upload = async (name, fields = {}) =>
    client.images.v1.create({ account_id, file: await fixtureFile(name), ...fields });
  return { client, account_id, account: { account_id }, upload };
}

/** Waits for a refusal by the server and checks its class, HTTP status and Cloudflare error code. */
export async function assertRefused(promise, ErrorClass, status, code) {
  const error = await promise.then(
    () => assert.fail(`expected a refusal with ${status} and code ${code}`),
    (error) => error,
  );
  if (!(error instanceof ErrorClass)) throw error;
  assert.equal(error.status, status);
  assert.equal(error.errors[0]?.code, code);
  return error;
}

/** GETs (or HEADs) a delivery URL. */
export async function deliver(url, { headers = {}, method = 'GET' } = {}) {
  const response = await fetch(url, { headers, method });
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
