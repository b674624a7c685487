// A web server of a test's own on loopback, that images are fetched from.

import { createServer } from 'node:http';
import { fixtureBytes } from './support.mjs';

/** A page that shows one of our own images. */
export const shows = (name, headers = {}) => (_, response) => {
  for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
  response.end(fixtureBytes(name));
};

/** Starts it. `pages` are functions of request and response, by path; others are not found. `asked` are its requests. */
export async function startWeb(pages) {
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const page = pages[request.url.split('?')[0]];
    if (page) page(request, response);
    else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, asked, close };
}
