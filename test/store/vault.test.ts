/** What the vault promises: nobody reads, changes or confuses a secret without its key. */
import { randomBytes } from 'node:crypto';
import { createVault } from '../../src/store/vault.ts';

const one = { id: 'one', key: Buffer.alloc(32, 1) };
const two = { id: 'two', key: Buffer.alloc(32, 2) };
const vault = createVault([one]);

test.each(['', 'secret', 'ü 日本 🎉', '\0', '{"url":"https://example.com/?token=x"}', 'x'.repeat(100_000)])(
  'what is sealed can be opened again: %.40j',
  (plaintext) => {
    expect(vault.open(vault.seal(plaintext))).toBe(plaintext);
  },
);

test('a sealed value does not show what it holds, and never looks the same twice', () => {
  const [first, second] = [vault.seal('top-secret-value'), vault.seal('top-secret-value')];
  expect(first.includes('top-secret')).toBe(false);
  expect(first.equals(second)).toBe(false);
});

test('a sealed value names its key, so that keys can be changed', () => {
  const old = createVault([one]).seal('kept');
  const rotated = createVault([two, one]);
  expect(rotated.open(old)).toBe('kept');
  expect(createVault([two]).open(rotated.seal('new'))).toBe('new');
});

test('a value whose key is gone says which key that was', () => {
  expect(() => createVault([two]).open(vault.seal('lost'))).toThrow(/"one".*TIDINGS_ENCRYPTION_KEYS/);
});

test('the error of a missing key does not show the value', () => {
  const open = () => createVault([two]).open(vault.seal('top-secret-value'));
  expect(open).toThrow(expect.objectContaining({ message: expect.not.stringContaining('top-secret') }));
});

test('another key of the same name does not open it', () => {
  const impostor = createVault([{ id: 'one', key: randomBytes(32) }]);
  expect(() => impostor.open(vault.seal('secret'))).toThrow();
});

test('a value that was changed anywhere is not opened', () => {
  const sealed = vault.seal('secret');
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => vault.open(changed)).toThrow();
  }
});

test('a value that was cut anywhere is not opened', () => {
  const sealed = vault.seal('secret');
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => vault.open(sealed.subarray(0, length))).toThrow();
  }
});

// Without `authTagLength` Node takes a tag of 4 bytes for a whole one, and 4 bytes can be guessed.
test('a value whose tag was cut is not opened, not even an empty one', () => {
  const sealed = vault.seal('');
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => vault.open(sealed.subarray(0, length))).toThrow();
  }
});

test("a value sealed under one key does not pass for another key's", () => {
  const both = createVault([one, { id: 'eno', key: one.key }]);
  const renamed = both.seal('secret');
  renamed.write('eno', 1);
  expect(() => both.open(renamed)).toThrow();
});

test('there is no vault without a key', () => {
  expect(() => createVault([])).toThrow('key ring is empty');
});

test('a key of the wrong length is not used', () => {
  expect(() => createVault([{ id: 'short', key: Buffer.alloc(16) }]).seal('x')).toThrow(/key length/i);
});
