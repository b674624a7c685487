// Says what an image is, so that no error page and no other job is timed: POST /[?file=FILE] with the image.
// With a file, also how like it is to that, resized in full (no scaled decoding): PSNR, and SSIM of the lightness with a
// Gaussian window of σ 1.5 over 11 pixels. Prints its base URL.

import { createServer } from "node:http";
import sharp from "sharp";

const REACH = 5;
const WINDOW = Array.from({ length: 2 * REACH + 1 }, (_, at) => Math.exp(-((at - REACH) ** 2) / 4.5));
const TOTAL = WINDOW.reduce((sum, share) => sum + share);

async function pixels(image) {
  return (await image.flatten({ background: "white" }).toColourspace("srgb").raw().toBuffer({ resolveWithObject: true }));
}

async function reference(file, width, height) {
  const whole = await pixels(sharp(file).autoOrient());
  return (await sharp(whole.data, { raw: whole.info }).resize(width, height, { fit: "cover" }).raw().toBuffer());
}

function psnr(one, other) {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] - other[at]) ** 2;
  return 10 * Math.log10(255 ** 2 / Math.max(sum / one.length, 1e-9));
}

function lightness(rgb) {
  return Float64Array.from({ length: rgb.length / 3 }, (_, at) =>
    0.299 * rgb[at * 3] + 0.587 * rgb[at * 3 + 1] + 0.114 * rgb[at * 3 + 2]);
}

/** The means of the windows that lie inside: along rows, then turned over, twice. */
function blur(plane, width) {
  const height = plane.length / width;
  const turn = (from, wide, high) => {
    const inside = wide - 2 * REACH, to = new Float64Array(inside * high);
    for (let y = 0; y < high; y++) for (let x = 0; x < inside; x++) {
      let sum = 0;
      for (let at = 0; at < WINDOW.length; at++) sum += WINDOW[at] * from[y * wide + x + at];
      to[x * high + y] = sum / TOTAL;
    }
    return to;
  };
  return turn(turn(plane, width, height), height, width - 2 * REACH);
}

function ssim(one, other, width) {
  const a = lightness(one), b = lightness(other), times = (p, q) => p.map((value, at) => value * q[at]);
  const [ma, mb, aa, bb, ab] = [a, b, times(a, a), times(b, b), times(a, b)].map((plane) => blur(plane, width));
  const c1 = (0.01 * 255) ** 2, c2 = (0.03 * 255) ** 2;
  let sum = 0;
  for (let at = 0; at < ma.length; at++) {
    const spread = aa[at] - ma[at] ** 2 + bb[at] - mb[at] ** 2, together = ab[at] - ma[at] * mb[at];
    sum += ((2 * ma[at] * mb[at] + c1) * (2 * together + c2)) / ((ma[at] ** 2 + mb[at] ** 2 + c1) * (spread + c2));
  }
  return sum / ma.length;
}

/** By the marker of its frame: libvips calls a baseline JPEG with a scan for each component progressive too. */
function isProgressive(jpeg) {
  let at = 2;
  while (jpeg[at + 1] < 0xc0 || jpeg[at + 1] > 0xc2) at += 2 + jpeg.readUInt16BE(at + 2);
  return jpeg[at + 1] === 0xc2;
}

async function judge(bytes, file) {
  const { format, compression, width, pageHeight, height, pages, space } =
    await sharp(bytes, { animated: true }).metadata();
  const about = {
    format: compression === "av1" ? "avif" : format, width, height: pageHeight ?? height, frames: pages ?? 1,
    progressive: format === "jpeg" && isProgressive(bytes), space,
  };
  // Decodes it all: a header alone is no picture.
  const { data } = await pixels(sharp(bytes, { animated: true }));
  if (!file) return about;
  const wanted = await reference(file, width, height);
  return { ...about, psnr: psnr(data, wanted), ssim: ssim(data, wanted, width) };
}

const server = createServer(async (request, response) => {
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const file = new URL(request.url, "http://judge").searchParams.get("file");
    response.end(JSON.stringify(await judge(Buffer.concat(chunks), file)));
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
});
// Clients keep their connections while the other side works.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
