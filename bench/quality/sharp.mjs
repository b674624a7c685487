// Does what it is told on standard input, one JSON object a line, and answers each with a line:
// {source, width, format, options, target} → the milliseconds it took.

import { createInterface } from "node:readline";
import { writeFile } from "node:fs/promises";
import sharp from "sharp";

sharp.concurrency(1);
sharp.cache(false);

for await (const line of createInterface({ input: process.stdin })) {
  const { source, width, format, options, target } = JSON.parse(line);
  const started = performance.now();
  let image = sharp(source, { animated: /\.gif$/.test(source) }).rotate();
  if (width) image = image.resize({ width, withoutEnlargement: true });
  const bytes = await image.toFormat(format, options).toBuffer();
  const took = performance.now() - started;
  await writeFile(target, bytes);
  console.log(took.toFixed(1));
}
