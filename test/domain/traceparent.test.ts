/** Valid `traceparent` headers are read and written again; all others are ignored. */
import { formatTraceparent, parseTraceparent } from '../../src/domain/traceparent.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const span = '00f067aa0ba902b7';

test.each([
  ['the example of the standard', `00-${trace}-${span}-01`, true],
  ['one that is not sampled', `00-${trace}-${span}-00`, false],
  ['more flags than are known', `00-${trace}-${span}-03`, true],
  ['a later version', `01-${trace}-${span}-01`, true],
  ['a later version with more fields', `cc-${trace}-${span}-00-what-the-future-holds`, false],
])('%s is read', (_name, header, sampled) => {
  const read = parseTraceparent(header);
  expect(read).toEqual({ traceId: trace, spanId: span, sampled });
  // What is sent on is of the version that is spoken here.
  expect(read && formatTraceparent(read)).toBe(`00-${trace}-${span}-0${sampled ? 1 : 0}`);
});

test.each([
  ['nothing', undefined],
  ['an empty header', ''],
  ['two headers joined', `00-${trace}-${span}-01, 00-${trace}-${span}-01`],
  ['capital letters', `00-${trace.toUpperCase()}-${span}-01`],
  ['a trace id of zeros', `00-${'0'.repeat(32)}-${span}-01`],
  ['a span id of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
  ['a short trace id', `00-${trace.slice(1)}-${span}-01`],
  ['the forbidden version', `ff-${trace}-${span}-01`],
  ['more fields in version 00', `00-${trace}-${span}-01-more`],
  ['a later version that runs on', `01-${trace}-${span}-01more`],
  ['white space', ` 00-${trace}-${span}-01`],
  ['a line break', `00-${trace}-${span}-01\n`],
])('%s is not believed', (_name, header) => {
  expect(parseTraceparent(header)).toBeNull();
});
