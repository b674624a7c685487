// Looks at pictures, decoded by pngjs.

import assert from 'node:assert/strict';
import { PNG } from 'pngjs';

export const RED = [0xe6, 0x19, 0x4b];
export const GREEN = [0x3c, 0xb4, 0x4b];
export const BLUE = [0x43, 0x63, 0xd8];
export const YELLOW = [0xff, 0xe1, 0x19];

/** Checks that the points of a PNG have these colours: `[[x, y], [red, green, blue]]`, opaque. */
export function assertLooks(body, looks, tolerance = 12) {
  const { width, data } = PNG.sync.read(body);
  for (const [[x, y], expected] of looks) {
    const at = 4 * (Math.floor(y) * width + Math.floor(x));
    const found = [...data.subarray(at, at + 4)];
    const near = [...expected, 255].every((channel, index) => Math.abs(channel - found[index]) <= tolerance);
    assert.ok(near, `(${x}, ${y}) is ${found}, and should be ${expected}`);
  }
}

/**
 * A spot in a cell of geometry.png where there is nothing but the colour of its quadrant, for a picture that was scaled by
 * `sx` and `sy` and then moved by `dx` and `dy`. There are 8 columns and 6 rows of cells.
 */
export const cell = (column, row, [sx, sy] = [1, 1], [dx, dy] = [0, 0]) => [
  (50 * column + 37.5) * sx + dx,
  (50 * row + 25) * sy + dy,
];

/** The four quadrants of geometry.png, looked at a little above and below the middle. */
export const quadrants = (scale, move) => [
  [cell(1, 2, scale, move), RED],
  [cell(6, 2, scale, move), GREEN],
  [cell(1, 3, scale, move), BLUE],
  [cell(6, 3, scale, move), YELLOW],
];
