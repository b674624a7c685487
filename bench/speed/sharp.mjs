// sharp behind a minimal server, one thread: GET /<job>, a JSON object {file, resize, format, options}, encoded.
// Prints its base URL.

import { createServer } from "node:http";
import sharp from "sharp";

sharp.concurrency(1);
sharp.cache(false);

const server = createServer(async (request, response) => {
  try {
    const { file, resize, format, options } = JSON.parse(decodeURIComponent(request.url.slice(1)));
    const animated = file.endsWith(".gif");
    const image = sharp(file, { animated }).autoOrient().resize({ withoutEnlargement: true, ...resize });
    const bytes = await image.toFormat(format, options).toBuffer();
    response.writeHead(200, { "content-type": `image/${format}`, "content-length": bytes.length }).end(bytes);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});
// Clients keep their connections while the other side works.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
