/** Lists of addresses as people paste them. */
import { addressesIn } from '../../web/src/context/addresses.ts';

test.each([
  ['', []],
  [' \n\t', []],
  ['ops@example.com', ['ops@example.com']],
  ['a@example.com\nb@example.com', ['a@example.com', 'b@example.com']],
  ['a@example.com, b@example.com;c@example.com', ['a@example.com', 'b@example.com', 'c@example.com']],
  ['<a@example.com>\r\n<b@example.com>', ['a@example.com', 'b@example.com']],
  ['a@example.com a@example.com', ['a@example.com']],
])('%j holds %j', (text, addresses) => expect(addressesIn(text)).toEqual(addresses));
