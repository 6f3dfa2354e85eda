/** The vault: nobody reads, changes or swaps a secret without its key. */
import { randomBytes } from 'node:crypto';
import { createVault } from '../../src/store/vault.ts';

const one = { id: 'one', key: Buffer.alloc(32, 1) };
const two = { id: 'two', key: Buffer.alloc(32, 2) };
const vault = createVault([one]);
const FIRST_FORMAT = 'A29uZQkJCQkJCQkJCQkJCVZKDys8xURQ/n0+BaVCoeGifUij7lJjpxAmL2/Ls/Ny9agOn0c=';

test.each(['', 'secret', 'ü 日本 🎉', '\0', '{"url":"https://example.com/?token=x"}', 'x'.repeat(100_000)])(
  'what is sealed can be opened again: %.40j',
  (plaintext) => {
    expect(vault.open(vault.seal(plaintext, 'ep_1'), 'ep_1')).toBe(plaintext);
  },
);

test('a sealed value does not show what it holds, and never looks the same twice', () => {
  const [first, second] = [vault.seal('top-secret-value', 'ep_1'), vault.seal('top-secret-value', 'ep_1')];
  expect(first.includes('top-secret')).toBe(false);
  expect(first.equals(second)).toBe(false);
});

test('a sealed value names its key, so that keys can be changed', () => {
  const old = createVault([one]).seal('kept', 'ep_1');
  const rotated = createVault([two, one]);
  expect(rotated.open(old, 'ep_1')).toBe('kept');
  expect(createVault([two]).open(rotated.seal('new', 'ep_1'), 'ep_1')).toBe('new');
});

test('a value whose key is gone says which key that was', () => {
  expect(() => createVault([two]).open(vault.seal('lost', 'ep_1'), 'ep_1')).toThrow(
    /"one".*TIDINGS_ENCRYPTION_KEYS/,
  );
});

test('the error of a missing key does not show the value', () => {
  const open = () => createVault([two]).open(vault.seal('top-secret-value', 'ep_1'), 'ep_1');
  expect(open).toThrow(expect.objectContaining({ message: expect.not.stringContaining('top-secret') }));
});

test('another key of the same name does not open it', () => {
  const impostor = createVault([{ id: 'one', key: randomBytes(32) }]);
  expect(() => impostor.open(vault.seal('secret', 'ep_1'), 'ep_1')).toThrow();
});

test('a value that was changed anywhere is not opened', () => {
  const sealed = vault.seal('secret', 'ep_1');
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => vault.open(changed, 'ep_1')).toThrow();
  }
});

test('a value that was cut anywhere is not opened', () => {
  const sealed = vault.seal('secret', 'ep_1');
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => vault.open(sealed.subarray(0, length), 'ep_1')).toThrow();
  }
});

// Without `authTagLength` Node takes a tag of 4 bytes for a whole one, and 4 bytes can be guessed.
test('a value whose tag was cut is not opened, not even an empty one', () => {
  const sealed = vault.seal('', 'ep_1');
  for (let length = 0; length < sealed.length; length += 1) {
    expect(() => vault.open(sealed.subarray(0, length), 'ep_1')).toThrow();
  }
});

test("a value sealed under one key does not pass for another key's", () => {
  const both = createVault([one, { id: 'eno', key: one.key }]);
  const renamed = both.seal('secret', 'ep_1');
  renamed.write('eno', 3);
  expect(() => both.open(renamed, 'ep_1')).toThrow();
});

test('a value that is put where another belongs is not opened', () => {
  expect(() => vault.open(vault.seal('secret', 'ep_1'), 'ep_2')).toThrow();
});

test('resealing puts a value under the new key and keeps what it says', () => {
  const old = vault.seal('kept', 'ep_1');
  const rotated = createVault([two, one]);
  const resealed = rotated.reseal(old, 'ep_1');
  expect(createVault([two]).open(resealed as Buffer, 'ep_1')).toBe('kept');
  expect(rotated.reseal(resealed as Buffer, 'ep_1')).toBeNull();
  expect(() => rotated.reseal(old, 'ep_2')).toThrow();
});

// Written by version 0.1.0, where the ring's key encrypted the value itself.
test('a value of the first format is opened, and becomes an envelope when it is resealed', () => {
  const first = Buffer.from(FIRST_FORMAT, 'base64');
  expect(vault.open(first, 'ep_1')).toBe('from before envelopes');
  const resealed = vault.reseal(first, 'ep_1') as Buffer;
  expect(vault.open(resealed, 'ep_1')).toBe('from before envelopes');
  expect(() => vault.open(resealed, 'ep_2')).toThrow();
});

test('there is no vault without a key', () => {
  expect(() => createVault([])).toThrow('key ring is empty');
});

test('a key of the wrong length is not used', () => {
  expect(() => createVault([{ id: 'short', key: Buffer.alloc(16) }]).seal('x', 'ep_1')).toThrow(
    /key length/i,
  );
});
