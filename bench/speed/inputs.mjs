// Makes the pictures that are worked on: inputs.mjs <folder>
//
// The same ones each time. The photo has what costs time in a camera's: detail at all scales (so that its JPEG takes
// about 2.4 bits a pixel), edges, and the noise of a sensor.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

const folder = process.argv[2];
const WIDTH = 4000, HEIGHT = 3000;
// How much of the detail of each scale is kept in the next finer one, and the strength of the noise.
const FALL = 0.93, STRENGTH = 70, NOISE = 10;
const FRAMES = 50, FRAME = { width: 480, height: 270 };

let state = 1;
// mulberry32
function luck() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const between = (low, high) => low + (high - low) * luck();

/** Noise at all scales, as deviations of lightness. */
async function detail() {
  const sum = new Float32Array(WIDTH * HEIGHT);
  let weight = STRENGTH;
  for (let wide = 8; wide <= WIDTH / 2; wide *= 2, weight *= FALL) {
    const high = Math.round((wide * HEIGHT) / WIDTH);
    const grid = Uint8Array.from({ length: wide * high }, () => luck() * 256);
    const { data, info } = await sharp(grid, { raw: { width: wide, height: high, channels: 1 } })
      .resize(WIDTH, HEIGHT, { fit: "fill", kernel: "cubic" }).raw().toBuffer({ resolveWithObject: true });
    for (let at = 0; at < sum.length; at++) sum[at] += (data[at * info.channels] / 255 - 0.5) * weight;
  }
  return sum;
}

/** A sky over a ground, with things in front. */
function scene() {
  const colour = () => `hsl(${between(0, 360) | 0},${between(10, 70) | 0}%,${between(20, 75) | 0}%)`;
  const things = Array.from({ length: 150 }, (_, at) => {
    const x = between(0, WIDTH), y = between(HEIGHT / 4, HEIGHT), size = between(20, 350);
    const paint = `fill="${colour()}" fill-opacity="${between(0.5, 1).toFixed(2)}"`;
    if (at % 3 === 0) return `<circle cx="${x}" cy="${y}" r="${size}" ${paint}/>`;
    if (at % 3 === 1) return `<rect x="${x}" y="${y}" width="${size}" height="${size * 2}" ${paint}/>`;
    const point = () => `${x + between(-size, size)},${y + between(-size, size)}`;
    return `<polygon points="${point()} ${point()} ${point()} ${point()}" ${paint}/>`;
  });
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">
    <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#4a78b8"/><stop offset=".5" stop-color="#e8d8c0"/>
    <stop offset=".5" stop-color="#6a7a4a"/><stop offset="1" stop-color="#3a3020"/></linearGradient>
    <rect width="100%" height="100%" fill="url(#sky)"/>${things.join("")}</svg>`);
}

async function photo() {
  const pixels = await sharp(scene()).removeAlpha().raw().toBuffer();
  const lightness = await detail();
  for (let at = 0; at < lightness.length; at++) {
    for (let channel = 0; channel < 3; channel++) {
      const noise = (luck() + luck() + luck() - 1.5) * NOISE;
      pixels[at * 3 + channel] = Math.max(0, Math.min(255, pixels[at * 3 + channel] + lightness[at] + noise));
    }
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

/** A camera that pans over the photo. */
async function video(whole) {
  const { data, info } = await whole.clone().resize(1400).raw().toBuffer({ resolveWithObject: true });
  const frames = [];
  for (let n = 0; n < FRAMES; n++) {
    const window = { left: 20 + n * 9, top: Math.round(350 + 90 * Math.sin(n / 8)), ...FRAME };
    frames.push(await sharp(data, { raw: info }).extract(window).raw().toBuffer());
  }
  const raw = { width: FRAME.width, height: FRAME.height * FRAMES, channels: 3, pageHeight: FRAME.height };
  return sharp(Buffer.concat(frames), { raw }).gif({ delay: Array(FRAMES).fill(40), loop: 0, effort: 3 }).toBuffer();
}

/** With a comment of spaces behind its first marker, so that it has this length. */
function padded(jpeg, length) {
  const size = length - jpeg.length - 2;
  if (size < 30 || size > 65535) throw new Error(`a JPEG of ${jpeg.length} bytes can't be made ${length} bytes long`);
  const comment = Buffer.alloc(size + 2, " ");
  comment.writeUInt16BE(0xfffe, 0);
  comment.writeUInt16BE(size, 2);
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
}

const whole = await photo();
// Cameras write the tables of the standard.
const camera = { quality: 90, optimiseCoding: false };
const disc = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="1250">
  <radialGradient id="soft"><stop offset=".7" stop-opacity="1"/><stop offset="1" stop-opacity="0"/></radialGradient>
  <ellipse cx="800" cy="625" rx="800" ry="625" fill="url(#soft)"/></svg>`);
const small = await whole.clone().resize(640, 480).jpeg({ quality: 75 }).toBuffer();
const files = {
  "12mp.jpg": await whole.clone().jpeg(camera).toBuffer(),
  "6mp.jpg": await whole.clone().resize(3000, 2000).jpeg(camera).toBuffer(),
  "2mp.jpg": await whole.clone().resize(1632, 1224).jpeg({ quality: 82 }).toBuffer(),
  "2mp.png": await whole.clone().resize(1600, 1250).composite([{ input: disc, blend: "dest-in" }]).png().toBuffer(),
  "50frames.gif": await video(whole),
  "100kb.jpg": padded(small, 100_000),
};
for (const [name, bytes] of Object.entries(files)) {
  await writeFile(join(folder, name), bytes);
  console.error(`${name}: ${(bytes.length / 1e6).toFixed(2)} MB`);
}
const megabytes = files["12mp.jpg"].length / 1e6;
if (megabytes < 3 || megabytes > 4) throw new Error(`12mp.jpg has ${megabytes} MB, not 3 to 4`);
