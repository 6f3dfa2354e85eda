/** A JSON Schema as rows of a table: each field with its type, whether it must be there, and its bounds. */

export type Rule =
  | { kind: 'min' | 'max' | 'above' | 'below' | 'multiple'; value: number }
  | { kind: 'minLength' | 'maxLength' | 'minItems' | 'maxItems' | 'minFields' | 'maxFields'; value: number }
  | { kind: 'format' | 'pattern'; value: string }
  | { kind: 'enum' | 'const' | 'default'; value: string }
  | { kind: 'unique' | 'closed' | 'recursive' };

export type SchemaRow = {
  /** its name; `null`: an item of the list above it */
  name: string | null;
  depth: number;
  /** such as `string`, `number | null`; empty: any */
  type: string;
  isRequired: boolean;
  /** the row is one of several shapes of which the one above it has */
  variant: 'one' | 'any' | 'all' | null;
  description: string;
  rules: readonly Rule[];
};

type Schema = Readonly<Record<string, unknown>>;

/** A schema may be deep, wide, or refer to itself: the rest is left out. */
const MAX_ROWS = 1_000;
const MAX_DEPTH = 12;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The fields of `data`, in the order of the schema, each before its own fields. */
export function schemaRows(root: Schema): { rows: SchemaRow[]; isCut: boolean } {
  const rows: SchemaRow[] = [];
  let isCut = false;

  /** Follows `$ref`s within the document. @returns also the references that were followed, by which a circle is seen */
  function resolved(schema: Schema, seen: readonly string[]): { schema: Schema; seen: readonly string[] } {
    const ref = schema.$ref;
    if (typeof ref !== 'string' || !ref.startsWith('#') || seen.includes(ref)) return { schema, seen };
    const target = ref
      .slice(1)
      .split('/')
      .filter(Boolean)
      .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((at, part) => (isSchema(at) ? at[part] : undefined), root);
    if (!isSchema(target)) return { schema, seen };
    const { $ref: _, ...others } = schema;
    return resolved({ ...target, ...others }, [...seen, ref]);
  }

  function add(row: SchemaRow, schema: Schema, seen: readonly string[]): void {
    if (rows.length >= MAX_ROWS) {
      isCut = true;
      return;
    }
    rows.push(row);
    addFields(schema, row.depth + 1, seen);
  }

  function addFields(schema: Schema, depth: number, seen: readonly string[]): void {
    if (depth > MAX_DEPTH) {
      isCut = true;
      return;
    }
    const required = list(schema.required);
    for (const [name, field] of Object.entries(isSchema(schema.properties) ? schema.properties : {})) {
      addOne(field, { name, depth, isRequired: required.includes(name), variant: null }, seen);
    }
    if (isSchema(schema.additionalProperties) && Object.keys(schema.additionalProperties).length > 0)
      addOne(schema.additionalProperties, { name: '*', depth, isRequired: false, variant: null }, seen);
    for (const item of [...list(schema.prefixItems), schema.items]) {
      if (isSchema(item) && Object.keys(item).length > 0)
        addOne(item, { name: null, depth, isRequired: false, variant: null }, seen);
    }
    for (const [keyword, variant] of [
      ['oneOf', 'one'],
      ['anyOf', 'any'],
      ['allOf', 'all'],
    ] as const) {
      for (const each of list(schema[keyword]))
        addOne(each, { name: null, depth, isRequired: false, variant }, seen);
    }
  }

  function addOne(
    given: unknown,
    place: Pick<SchemaRow, 'name' | 'depth' | 'isRequired' | 'variant'>,
    before: readonly string[],
  ): void {
    const { schema, seen } = resolved(isSchema(given) ? given : {}, before);
    const isCircle = typeof schema.$ref === 'string';
    add(
      {
        ...place,
        type: typeOf(schema),
        description: text(schema.description) || text(schema.title),
        rules: [...rulesOf(schema), ...(isCircle ? [{ kind: 'recursive' } as const] : [])],
      },
      schema,
      seen,
    );
  }

  const { schema, seen } = resolved(root, []);
  addFields(schema, 0, seen);
  return { rows, isCut };
}

function typeOf(schema: Schema): string {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  const named = types.filter((type) => typeof type === 'string');
  if (named.length > 0) {
    const item = isSchema(schema.items) ? typeOf(schema.items) : '';
    return named.map((type) => (type === 'array' && item !== '' ? `array of ${item}` : type)).join(' | ');
  }
  if ('properties' in schema) return 'object';
  return 'items' in schema ? 'array' : '';
}

const NUMBERS = [
  ['minimum', 'min'],
  ['maximum', 'max'],
  ['exclusiveMinimum', 'above'],
  ['exclusiveMaximum', 'below'],
  ['multipleOf', 'multiple'],
  ['minLength', 'minLength'],
  ['maxLength', 'maxLength'],
  ['minItems', 'minItems'],
  ['maxItems', 'maxItems'],
  ['minProperties', 'minFields'],
  ['maxProperties', 'maxFields'],
] as const;

function rulesOf(schema: Schema): Rule[] {
  const rules: Rule[] = [];
  for (const [keyword, kind] of NUMBERS) {
    const value = schema[keyword];
    if (typeof value === 'number') rules.push({ kind, value });
  }
  if (typeof schema.format === 'string') rules.push({ kind: 'format', value: schema.format });
  if (typeof schema.pattern === 'string') rules.push({ kind: 'pattern', value: schema.pattern });
  if (Array.isArray(schema.enum))
    rules.push({ kind: 'enum', value: schema.enum.map((each) => JSON.stringify(each)).join(', ') });
  if ('const' in schema) rules.push({ kind: 'const', value: JSON.stringify(schema.const) });
  if ('default' in schema) rules.push({ kind: 'default', value: JSON.stringify(schema.default) });
  if (schema.uniqueItems === true) rules.push({ kind: 'unique' });
  if (schema.additionalProperties === false) rules.push({ kind: 'closed' });
  return rules;
}
