// A program as it is written for the service: no address of an emulator is in it. It uploads a picture, asks for a thumbnail
// at the URL that it is given, and says so.
import assert from 'node:assert/strict';
import Cloudflare, { toFile } from 'cloudflare';

const account_id = process.env.CLOUDFLARE_ACCOUNT_ID;
const client = new Cloudflare(); // CLOUDFLARE_API_TOKEN, and CLOUDFLARE_BASE_URL where that is set

// One red pixel.
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC',
  'base64',
);
const image = await client.images.v1.create({ account_id, file: await toFile(picture, 'red.png') });
const url = image.variants[0];
console.log('uploaded as', image.id);
console.log('delivered at', url);

const answer = await fetch(url);
assert.equal(answer.status, 200, await answer.clone().text());
console.log('fetched', answer.headers.get('content-type'), (await answer.arrayBuffer()).byteLength, 'bytes');

await client.images.v1.delete(image.id, { account_id });
console.log('deleted');
