/** Logos: images of pixels, within 64 kB, as data URLs. */
import { logoProblem, MAX_LOGO_CHARACTERS } from '../../src/domain/theme.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
const url = (type: string, bytes: Buffer) => `data:${type};base64,${bytes.toString('base64')}`;

test.each([
  ['image/png', PNG],
  ['image/jpeg', Buffer.from('ffd8ffe000104a464946', 'hex')],
  ['image/gif', Buffer.from('GIF89a\x01\x00')],
  ['image/gif', Buffer.from('GIF87a\x01\x00')],
  ['image/webp', Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(4), Buffer.from('WEBPVP8 ')])],
])('%s is taken', (type, bytes) => {
  expect(logoProblem(url(type, bytes))).toBeNull();
});

test.each([
  ['an SVG', url('image/svg+xml', Buffer.from('<svg onload="alert(1)"/>'))],
  ['an SVG that calls itself a PNG', url('image/png', Buffer.from('<svg onload="alert(1)"/>'))],
  ['a page', url('text/html', PNG)],
  ['an address', 'https://example.com/logo.png'],
  ['a script', 'javascript:alert(1)'],
  ['an image that is not base64', 'data:image/png,%89PNG'],
  ['another parameter', `data:image/png;charset=x;base64,${PNG.toString('base64')}`],
  ['a quote after the data', `${url('image/png', PNG)}"onerror="alert(1)`],
  ['a line after the data', `${url('image/png', PNG)}\n`],
  ['nothing', ''],
  ['a name that every object has', 'data:constructor;base64,iVBORw0KGgo='],
])('%s is refused', (_what, logo) => {
  expect(logoProblem(logo)).toMatch(/^must be data:/);
});

test('a logo may have 64 kB, and no character more', () => {
  const bytes = Buffer.alloc(((MAX_LOGO_CHARACTERS - 'data:image/png;base64,'.length) / 4) * 3 - 3);
  PNG.copy(bytes);
  const largest = url('image/png', bytes);
  expect(largest.length).toBeLessThanOrEqual(MAX_LOGO_CHARACTERS);
  expect(logoProblem(largest)).toBeNull();
  expect(logoProblem(url('image/png', Buffer.concat([bytes, Buffer.alloc(9)])))).toMatch(/64000/);
});
