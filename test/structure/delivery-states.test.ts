/** The transition table names functions that are there, and docs/delivery-states.md shows it as it is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deliveryStatesPage } from '../../scripts/delivery-states-page.ts';
import { TRANSITIONS } from '../../src/domain/delivery-transitions.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

test('docs/delivery-states.md is what `npm run generate-docs` writes', () => {
  expect(readFileSync(join(PACKAGE_ROOT, 'docs', 'delivery-states.md'), 'utf8')).toBe(deliveryStatesPage());
});

test.each(TRANSITIONS.map(({ name, by }) => [name, by]))(
  'who makes the change "%s" is there',
  (_name, by) => {
    let source = '';
    for (const word of by.split(/[,;]? /)) {
      if (word.endsWith('.ts')) source = readFileSync(join(PACKAGE_ROOT, 'src', 'store', word), 'utf8');
      else expect(source).toContain(`function ${word}(`);
    }
  },
);
