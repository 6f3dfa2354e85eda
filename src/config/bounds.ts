/** The bounds in force: every variable that is a number, a choice or a switch, with its value. Addresses, keys and URLs are not among them. */
import { valueMeta } from '../variable-kinds.ts';
import { type Environment, environmentSchema } from './environment.ts';

export type Bound = {
  /** the environment variable */
  name: string;
  description: string;
  value: number | string | boolean;
  /** `null`: none */
  defaultValue: number | string | boolean | null;
  min: number | null;
  max: number | null;
};

/** Kinds whose values are no secrets and lead nowhere. */
const KINDS = ['whole', 'number', 'choice', 'flag'];
/** Whole numbers, too, but no bounds. */
const PORTS = /_PORT$/;

/** In the order of the reference. A variable without a value and a default is left out. */
export function boundsOf(environment: Environment): Bound[] {
  const values: Record<string, unknown> = environment;
  return Object.entries(environmentSchema.shape).flatMap(([name, schema]) => {
    const { kind = '', min = null, max = null } = valueMeta(schema);
    const value = values[name];
    if (!KINDS.includes(kind) || PORTS.test(name) || !isPlain(value)) return [];
    const unset = schema.safeParse(undefined);
    const defaultValue = unset.success && isPlain(unset.data) ? unset.data : null;
    return [{ name, description: schema.description ?? '', value, defaultValue, min, max }];
  });
}

const isPlain = (value: unknown): value is Bound['value'] =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
