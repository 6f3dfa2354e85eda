/**
 * Derives the JSON Schema of an event type from its samples (wire-contracts.md): it requires the fields that every sample has, and
 * allows unknown ones.
 */
import type { CatalogueEntry, JsonSchema } from '../domain/profile.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A catalogue entry with the schema that its samples have in common; the first sample is the example. */
export function entryFromSamples(
  name: string,
  description: string,
  ...samples: [Json, ...Json[]]
): CatalogueEntry {
  return { name, description, schema: schemaOf(samples), example: JSON.stringify(samples[0]) };
}

/** A catalogue entry for a type of which the document gives only the name: its schema requires the identifiers alone. */
export function looseEntry(
  name: string,
  description: string,
  example: { [key: string]: Json },
  ...identifiers: string[]
): CatalogueEntry {
  const properties = Object.fromEntries(identifiers.map((key) => [key, { type: 'string', minLength: 1 }]));
  return {
    name,
    description,
    schema: { type: 'object', properties, required: identifiers },
    example: JSON.stringify(example),
  };
}

function schemaOf(samples: readonly Json[]): JsonSchema {
  // A null in a sample shows that the value may be absent; it does not show the type of a value that is present.
  const kinds = new Set(samples.map(kindOf));
  if (kinds.size !== 1 || kinds.has('null')) return {};
  const [kind] = kinds;
  if (kind === 'array') {
    const items = (samples as Json[][]).flat();
    return items.length === 0 ? { type: 'array' } : { type: 'array', items: schemaOf(items) };
  }
  if (kind === 'object') return objectSchema(samples as { [key: string]: Json }[]);
  return { type: kind };
}

function objectSchema(samples: readonly { [key: string]: Json }[]): JsonSchema {
  const keys = [...new Set(samples.flatMap((sample) => Object.keys(sample)))];
  const valuesOf = (key: string) =>
    samples.filter((sample) => key in sample).map((sample) => sample[key] as Json);
  return {
    type: 'object',
    properties: Object.fromEntries(keys.map((key) => [key, schemaOf(valuesOf(key))])),
    required: keys.filter((key) => samples.every((sample) => key in sample)),
  };
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
