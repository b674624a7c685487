// Image URLs by the builders that frameworks use, each fetched and checked to be the picture that was meant.
//
// `unpic` is what unpic-img and Astro build URLs with. Of `@nuxt/image` this is what runs in a page: `createImage` makes
// its `$img`, from its published entry `@nuxt/image/runtime`; the providers are what its module generates imports of.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createImage } from '@nuxt/image/runtime';
import nuxtCloudflare from '@nuxt/image/runtime/providers/cloudflare';
import nuxtCloudflareImages from '@nuxt/image/runtime/providers/cloudflareimages';
import { transformUrl } from 'unpic';
import * as unpicCloudflare from 'unpic/providers/cloudflare';
import * as unpicCloudflareImages from 'unpic/providers/cloudflare_images';
import { BLUE, GREEN, RED, YELLOW, assertLooks, cell, quadrants } from './pixels.mjs';
import { BASE, assertImage, deliver, fixtureBytes, freshAccount } from './support.mjs';
import { startTintype } from './tintype.mjs';
import { shows, startWeb } from './web.mjs';

const HALF = [0.5, 0.5];
const WHOLE = [1, 1];
const ORANGE = [0xff, 0x80, 0x00];
const AZURE = [0x00, 0x80, 0xff];
const ORDINARY = 'image/*;q=0.8,*/*;q=0.5';

const scaled = (colour, factor) => colour.map((channel) => channel * factor);
const side = (left, right) => [[cell(1, 2, HALF), left], [cell(1, 3, HALF), right]];
/** Spots in the corners of alpha.png at half its size, where it is transparent. */
const corners = (colour) => [[[4, 4], colour], [[145, 95], colour]];

/** What is wanted, in the service's own words, and what comes of it: a PNG of this size that looks like this. */
const PICTURES = [
  ['a width', { width: 200 }, [200, 150], quadrants(HALF)],
  ['a height', { height: 150 }, [200, 150], quadrants(HALF)],
  ['a width with a fraction', { width: 199.6 }, [200, 150], quadrants(HALF)],
  ['scale-down', { width: 800, height: 900 }, [400, 300], quadrants(WHOLE)],
  ['contain', { width: 800, height: 900, fit: 'contain' }, [800, 600], quadrants([2, 2])],
  ['scale-up', { width: 800, height: 900, fit: 'scale-up' }, [800, 600], quadrants([2, 2])],
  ['cover', { width: 200, height: 100, fit: 'cover' }, [200, 100], quadrants(HALF, [0, -25])],
  ['crop', { width: 600, height: 100, fit: 'crop' }, [400, 100], quadrants(WHOLE, [0, -100])],
  ['aspect-crop', { width: 800, height: 400, fit: 'aspect-crop' }, [400, 200], quadrants(WHOLE, [0, -50])],
  ['squeeze', { width: 200, height: 120, fit: 'squeeze' }, [200, 120], quadrants([0.5, 0.4])],
  [
    'pad',
    { width: 200, height: 200, fit: 'pad', background: '#ff8000' },
    [200, 200],
    [...quadrants(HALF, [0, 25]), [[100, 4], ORANGE], [[100, 195], ORANGE]],
  ],
  ['pad without a colour', { width: 200, height: 200, fit: 'pad' }, [200, 200], [[[100, 4], [255, 255, 255]]]],
  ['dpr', { width: 100, dpr: 2 }, [200, 150], quadrants(HALF)],

  ['gravity left', { width: 100, height: 150, fit: 'cover', gravity: 'left' }, [100, 150], side(RED, BLUE)],
  [
    'gravity right',
    { width: 100, height: 150, fit: 'cover', gravity: 'right' },
    [100, 150],
    [[cell(6, 2, HALF, [-100, 0]), GREEN], [cell(6, 3, HALF, [-100, 0]), YELLOW]],
  ],
  [
    'gravity top',
    { width: 200, height: 75, fit: 'cover', gravity: 'top' },
    [200, 75],
    [[cell(1, 1, HALF), RED], [cell(6, 1, HALF), GREEN]],
  ],
  [
    'gravity bottom',
    { width: 200, height: 75, fit: 'crop', gravity: 'bottom' },
    [200, 75],
    [[cell(1, 4, HALF, [0, -75]), BLUE], [cell(6, 4, HALF, [0, -75]), YELLOW]],
  ],
  ['gravity center', { width: 200, height: 100, fit: 'cover', gravity: 'center' }, [200, 100], quadrants(HALF, [0, -25])],
  ['a point', { width: 100, height: 150, fit: 'cover', gravity: '0x0.5' }, [100, 150], side(RED, BLUE)],
  [
    'a point inside',
    { width: 100, height: 150, fit: 'cover', gravity: '0.75x0.5' },
    [100, 150],
    [[cell(6, 2, HALF, [-75, 0]), GREEN], [cell(6, 3, HALF, [-75, 0]), YELLOW]],
  ],
  ['gravity auto', { width: 100, height: 100, fit: 'cover', gravity: 'auto' }, [100, 100], []],
  ['gravity face', { width: 100, height: 100, fit: 'cover', gravity: 'face' }, [100, 100], [], 'faces.png'],

  [
    'rotate 90',
    { width: 150, rotate: 90 },
    [150, 200],
    [[[150 - 62, 43], RED], [[150 - 87, 43], BLUE], [[150 - 62, 168], GREEN], [[150 - 87, 168], YELLOW]],
  ],
  [
    'rotate 180',
    { width: 200, rotate: 180 },
    [200, 150],
    quadrants(HALF).map(([[x, y], colour]) => [[199 - x, 149 - y], colour]),
  ],
  [
    'rotate 270',
    { width: 150, rotate: 270 },
    [150, 200],
    [[[62, 199 - 43], RED], [[87, 199 - 43], BLUE], [[62, 199 - 168], GREEN], [[87, 199 - 168], YELLOW]],
  ],
  ['flip h', { width: 200, flip: 'h' }, [200, 150], quadrants(HALF).map(([[x, y], colour]) => [[199 - x, y], colour])],
  ['flip v', { width: 200, flip: 'v' }, [200, 150], quadrants(HALF).map(([[x, y], colour]) => [[x, 149 - y], colour])],
  ['trim', { trim: '10;20;30;40' }, [340, 260], quadrants(WHOLE, [-40, -10])],
  ['trim by parts', { trim: '0;0.5;0;0' }, [200, 300], side(RED, BLUE).map(([[x, y], colour]) => [[2 * x, 2 * y], colour])],
  ['trim of a border', { trim: 'border' }, [392, 292], quadrants(WHOLE, [-4, -4])],

  ['sharpen', { width: 200, sharpen: 3 }, [200, 150], quadrants(HALF)],
  [
    'blur',
    { width: 200, blur: 20 },
    [200, 150],
    [[[100, 75], [153, 132, 98].map((channel) => channel * 0.96)]],
  ],
  ['brightness', { width: 200, brightness: 0.5 }, [200, 150], [[cell(1, 2, HALF), scaled(RED, 0.5)]]],
  ['saturation', { width: 200, saturation: 0 }, [200, 150], []],

  ['a background in hex', { width: 150, background: '#0080ff' }, [150, 100], corners(AZURE), 'alpha.png'],
  ['a background in short hex', { width: 150, background: '#08f' }, [150, 100], corners([0, 0x88, 0xff]), 'alpha.png'],
  ['a background by name', { width: 150, background: 'red' }, [150, 100], corners([255, 0, 0]), 'alpha.png'],
  ['a background in rgb', { width: 150, background: 'rgb(0,128,255)' }, [150, 100], corners(AZURE), 'alpha.png'],
  ['a background in hsl', { width: 150, background: 'hsl(210,100%,50%)' }, [150, 100], corners(AZURE), 'alpha.png'],
];

describe('unpic and @nuxt/image', () => {
  let web;
  let zone;
  let account;
  let nuxt;
  const stops = [];
  const hosted = {};

  before(async () => {
    const names = ['geometry.png', 'alpha.png', 'faces.png', 'photo.jpg', 'orientation-6.jpg', 'animation.gif'];
    const pages = Object.fromEntries(names.map((name) => [`/shop/${name}`, shows(name)]));
    pages['/shop/broken.png'] = shows('broken/truncated.png');
    pages['/shop/page.html'] = (_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>');
    web = await startWeb(pages);
    // A zone of its own, whose site is the web server.
    zone = (await startTintype({ after: (stop) => stops.push(stop) }, '--origin', web.origin)).base;

    account = freshAccount();
    await account.client.patch(account.images('/v1/config'), { body: { flexible_variants: true } });
    for (const name of names) hosted[name] = await account.upload(name);
    const accountHash = new URL(hosted['photo.jpg'].variants[0]).pathname.split('/').at(-3);
    hosted.hash = accountHash;

    // What the module makes of a site's configuration.
    nuxt = createImage({
      provider: 'cloudflare',
      providers: {
        cloudflare: { setup: nuxtCloudflare, defaults: { baseURL: zone } },
        cloudflareimages: { setup: nuxtCloudflareImages, defaults: { baseURL: BASE, accountHash } },
      },
      presets: { avatar: { modifiers: { width: 50, height: 50, fit: 'cover', format: 'jpeg' } } },
      alias: {},
      domains: [],
      screens: { sm: 640, md: 768 },
      densities: [1, 2],
    });
  });
  after(async () => {
    web.close();
    for (const stop of stops) await stop();
  });

  // unpic writes https, whatever the host.
  const plain = (url) => url.replace(/^https:/, 'http:');
  const host = (base) => new URL(base).host;
  const hostedBy = (name) => ({ accountHash: hosted.hash, imageId: hosted[name].id });

  // unpic fills in its own fit and format if there are none. It changes the object it is given.
  const explicit = (operations) => ({ fit: 'scale-down', format: 'png', ...operations });
  const builders = {
    'unpic, cloudflare': (name, operations) =>
      plain(unpicCloudflare.generate(`/shop/${name}`, explicit(operations), { domain: host(zone) })),
    'unpic, cloudflare, from elsewhere': (name, operations) =>
      plain(unpicCloudflare.generate(`${web.origin}/shop/${name}`, explicit(operations), { domain: host(BASE) })),
    'unpic, cloudflare_images': (name, operations) =>
      plain(unpicCloudflareImages.generate('', explicit(operations), { host: host(BASE), ...hostedBy(name) })),
    'nuxt, cloudflare': (name, operations) => nuxt(`/shop/${name}`, { format: 'png', ...operations }),
    'nuxt, cloudflareimages': (name, operations) =>
      nuxt(hosted[name].id, { format: 'png', ...operations }, { provider: 'cloudflareimages' }),
  };

  for (const [builder, url] of Object.entries(builders)) {
    for (const [what, operations, [width, height], looks, name = 'geometry.png'] of PICTURES) {
      test(`${builder}: ${what}`, async () => {
        const picture = await deliver(url(name, operations));
        assertImage(picture, 'image/png', width, height);
        assertLooks(picture.body, looks, what === 'blur' ? 25 : undefined);
      });
    }

    test(`${builder}: formats`, async () => {
      for (const format of ['jpeg', 'baseline-jpeg', 'webp', 'avif', 'png']) {
        const type = `image/${format.replace('baseline-', '')}`;
        assertImage(await deliver(url('geometry.png', { width: 200, format })), type, 200, 150);
      }
    });

    test(`${builder}: format auto, for who takes what`, async () => {
      const auto = url('photo.jpg', { width: 200, format: 'auto' });
      for (const [accept, type] of [
        ['image/avif,image/webp,*/*', 'image/avif'],
        ['image/webp,*/*', 'image/webp'],
        [ORDINARY, 'image/jpeg'],
      ]) {
        const picture = await deliver(auto, { headers: { accept } });
        assertImage(picture, type, 200, 150);
        assert.match(picture.headers.get('vary'), /\baccept\b/i);
      }
    });

    test(`${builder}: format json`, async () => {
      const { status, headers, body } = await deliver(url('photo.jpg', { width: 200, format: 'json' }));
      assert.deepEqual([status, headers.get('content-type')], [200, 'application/json']);
      const original = { file_size: fixtureBytes('photo.jpg').length, width: 1600, height: 1200, format: 'image/jpeg' };
      assert.deepEqual(JSON.parse(body), { width: 200, height: 150, original });
    });

    test(`${builder}: quality`, async () => {
      const sizes = [];
      for (const quality of [10, 50, 90]) {
        const picture = await deliver(url('photo.jpg', { width: 400, format: 'jpeg', quality }));
        assertImage(picture, 'image/jpeg', 400, 300);
        sizes.push(picture.body.length);
      }
      assert.ok(sizes[0] < sizes[1] && sizes[1] < sizes[2], `${sizes}`);
    });

    test(`${builder}: metadata`, async () => {
      for (const [metadata, says] of [['keep', true], ['copyright', true], ['none', false]]) {
        const picture = await deliver(url('orientation-6.jpg', { format: 'jpeg', metadata }));
        assertImage(picture, 'image/jpeg', 120, 80);
        assert.equal(picture.body.includes('CC0'), says, metadata);
      }
    });

    test(`${builder}: anim`, async () => {
      const moving = (picture) => picture.body.includes('NETSCAPE2.0');
      const still = await deliver(url('animation.gif', { width: 80, anim: false, format: 'auto' }));
      // Hosted images stay what they were; a zone makes JPEG or, where something is clear, PNG of a still.
      const isHosted = /images/.test(builder);
      assertImage(still, isHosted ? 'image/gif' : 'image/png', 80, 60);
      assert.equal(moving(still), false);
      const animation = await deliver(url('animation.gif', { width: 80, format: 'auto' }));
      assertImage(animation, 'image/gif', 80, 60);
      assert.equal(moving(animation), true);
    });
  }

  for (const builder of ['unpic, cloudflare', 'nuxt, cloudflare']) {
    test(`${builder}: onerror`, async () => {
      const url = builders[builder];
      const lenient = url('broken.png', { width: 200, onerror: 'redirect' });
      const { status, headers } = await deliver(lenient, { redirect: 'manual' });
      assert.deepEqual([status, headers.get('location')], [307, `${web.origin}/shop/broken.png`]);
      const refused = await deliver(url('broken.png', { width: 200 }));
      assert.deepEqual([refused.status, refused.headers.get('cf-resized')], [422, 'err=9516']);
    });

    test(`${builder}: what is no image`, async () => {
      const page = await deliver(builders[builder]('page.html', { width: 200 }));
      assert.deepEqual([page.status, page.headers.get('cf-resized')], [415, 'err=9412']);
      const nothing = await deliver(builders[builder]('nothing.png', { width: 200 }));
      assert.deepEqual([nothing.status, nothing.headers.get('cf-resized')], [404, 'err=9404']);
    });
  }

  test('unpic fills in cover and auto', async () => {
    const url = plain(unpicCloudflare.generate('/shop/photo.jpg', { width: 100, height: 100 }, { domain: host(zone) }));
    assert.match(url, /f=auto/);
    assertImage(await deliver(url, { headers: { accept: 'image/webp' } }), 'image/webp', 100, 100);
  });

  test('unpic says cover with one side, and is warned', async () => {
    const url = plain(unpicCloudflare.generate('/shop/photo.jpg', { width: 100 }, { domain: host(zone) }));
    const picture = await deliver(url);
    assertImage(picture, 'image/jpeg', 100, 75);
    assert.match(picture.headers.get('warning'), /"cover fit mode needs both width and height"/);
  });

  test('unpic changes a URL that is one of a zone already', async () => {
    // It takes the zone's name off the URL and leaves its port, so that the zone has to be named again.
    const first = `${zone}/cdn-cgi/image/width=50,height=60,fit=squeeze/shop/photo.jpg`;
    const change = { url: first, width: 100, format: 'webp' };
    const url = plain(transformUrl(change, {}, { cloudflare: { domain: host(zone) } }));
    assertImage(await deliver(url), 'image/webp', 100, 60);
  });

  test('unpic makes a flexible variant of a named one, and leaves its name behind as an option', async () => {
    const named = `https://imagedelivery.net/${hosted.hash}/${hosted['photo.jpg'].id}/public`;
    const url = transformUrl({ url: named, width: 300, height: 200, format: 'webp' });
    assert.match(url, /public=undefined/);
    const picture = await deliver(url.replace('https://imagedelivery.net', BASE));
    assertImage(picture, 'image/webp', 300, 200);
    assert.match(picture.headers.get('warning'), /\bpublic\b/);
  });

  test("nuxt's own words for fits", async () => {
    // What each provider makes of them differs.
    const [box, inside] = [[200, 100], [133, 100]];
    const sizes = {
      cloudflare: { cover: box, contain: inside, fill: inside, outside: box, inside: box },
      cloudflareimages: { cover: box, contain: inside, fill: box, outside: box, inside },
    };
    for (const [provider, expected] of Object.entries(sizes)) {
      const source = provider === 'cloudflare' ? '/shop/photo.jpg' : hosted['photo.jpg'].id;
      for (const [fit, [width, height]] of Object.entries(expected)) {
        const url = nuxt(source, { width: 200, height: 100, fit, format: 'jpeg' }, { provider });
        assertImage(await deliver(url), 'image/jpeg', width, height);
      }
    }
  });

  test('nuxt makes a srcset, and every picture of it is as wide as it says', async () => {
    for (const [provider, source] of [['cloudflare', '/shop/photo.jpg'], ['cloudflareimages', hosted['photo.jpg'].id]]) {
      const modifiers = { width: 400, height: 300, format: 'webp', quality: 60 };
      const { srcset } = nuxt.getSizes(source, { provider, sizes: 'sm:100vw md:300px', modifiers });
      const entries = srcset.split(', ').map((entry) => entry.split(' '));
      assert.ok(entries.length >= 4, srcset);
      for (const [url, width] of entries) {
        const wide = Number.parseInt(width, 10);
        assertImage(await deliver(url), 'image/webp', wide, wide * 0.75);
      }
    }
  });

  test('nuxt takes presets, whole URLs with queries, and variants', async () => {
    assertImage(await deliver(nuxt('/shop/photo.jpg', {}, { preset: 'avatar' })), 'image/jpeg', 50, 50);
    const elsewhere = nuxt(`${web.origin}/shop/photo.jpg?size=large&v=2`, { width: '100px', format: 'webp' });
    assertImage(await deliver(elsewhere), 'image/webp', 100, 75);
    assert.equal(web.asked.at(-1).url, '/shop/photo.jpg?size=large&v=2');
    // unpic escapes the question mark: a source with a query is out of its reach.
    const variant = nuxt(hosted['photo.jpg'].id, { variant: 'public' }, { provider: 'cloudflareimages' });
    assertImage(await deliver(variant), 'image/jpeg', 1024, 768);
  });
});
