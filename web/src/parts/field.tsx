/** Form fields: a label, a hint, and the API's own words where it refused the value. */
import { type ComponentProps, createContext, type ReactNode, use, useId } from 'react';
import { useTexts } from '../texts/index.ts';
import styles from './field.module.css';
import { Said } from './said.tsx';

/** What is wrong with each field, by its path in the request; and whether the API says so. */
type FieldProblems = { messages: ReadonlyMap<string, string>; areSaid: boolean };

const FieldProblemsContext = createContext<FieldProblems>({ messages: new Map(), areSaid: false });

/** Gives the fields below it their problems, by `path`. */
export const FieldProblemsProvider = FieldProblemsContext.Provider;

/** The problem of a path, or of what lies below it: `url`, `event_types` for `event_types[2]`. */
function problemAt({ messages }: FieldProblems, path: string): string | undefined {
  const own = messages.get(path);
  if (own !== undefined) return own;
  for (const [at, message] of messages) {
    if (at.startsWith(`${path}.`) || at.startsWith(`${path}[`))
      return `${at.slice(path.length + 1)}: ${message}`;
  }
  return undefined;
}

/** The problem of this very path, for a field that shows another one's, too. */
export const useProblemAt = (path: string): string | undefined =>
  use(FieldProblemsContext).messages.get(path);

/** Whether any of these paths, or of what lies below them, was refused. */
export function useProblemIn(paths: readonly string[]): boolean {
  const problems = use(FieldProblemsContext);
  return paths.some((path) => problemAt(problems, path) !== undefined);
}

/** A message in the words of the API, or in the viewer's language. */
export const inWhoseWords = (message: string, isSaid: boolean): ReactNode =>
  isSaid ? <Said>{message}</Said> : message;

/** What is wrong with a field. @param own what the page itself found, or what it shows of another path */
function useFound(path: string, own: string | undefined): ReactNode {
  const problems = use(FieldProblemsContext);
  const found = problemAt(problems, path);
  if (found !== undefined) return inWhoseWords(found, problems.areSaid);
  if (own === undefined) return undefined;
  return inWhoseWords(own, problems.areSaid && [...problems.messages.values()].includes(own));
}

type Shape = {
  label: ReactNode;
  /** where the field stands in the request, to find its problem */
  path: string;
  hint?: ReactNode;
  /** what is wrong, where the page itself knows it */
  problem?: string | undefined;
  isOptional?: boolean;
};
type Wiring = { id: string; 'aria-describedby': string | undefined; 'aria-invalid': true | undefined };

/** What stands around any control of a field: where its problem is found, and how the control is wired to it. */
function useShape({ path, hint, problem }: Pick<Shape, 'path' | 'hint' | 'problem'>) {
  const id = useId();
  const found = useFound(path, problem);
  const described = [hint ? `${id}-hint` : '', found ? `${id}-problem` : ''].filter(Boolean).join(' ');
  const wiring: Wiring = {
    id,
    'aria-describedby': described || undefined,
    'aria-invalid': found ? true : undefined,
  };
  return {
    wiring,
    isRefused: found !== undefined || undefined,
    problem: found && (
      <p id={`${id}-problem`} className={styles.problem}>
        {found}
      </p>
    ),
    hint: hint && (
      <div id={`${id}-hint`} className={styles.hint}>
        {hint}
      </div>
    ),
  };
}

function Label({ isOptional, children }: { isOptional: boolean; children: ReactNode }) {
  const { form } = useTexts().common;
  return (
    <div className={styles.label}>
      {children}
      {isOptional && <span className="muted">{form.optional}</span>}
    </div>
  );
}

/** A field around any control. @param children makes the control, with its wiring */
export function Field({
  label,
  isOptional = false,
  children,
  ...shape
}: Shape & { children: (wiring: Wiring) => ReactNode }) {
  const { wiring, isRefused, problem, hint } = useShape(shape);
  return (
    <div className={styles.field} data-refused={isRefused}>
      <Label isOptional={isOptional}>
        <label htmlFor={wiring.id}>{label}</label>
      </Label>
      {children(wiring)}
      {problem}
      {hint}
    </div>
  );
}

/** Several controls that are one field. @param children makes them; the wiring without its id belongs to the first of them */
export function FieldGroup({
  label,
  isOptional = false,
  children,
  ...shape
}: Shape & { children: (wiring: Omit<Wiring, 'id'>) => ReactNode }) {
  const {
    wiring: { id, ...wiring },
    isRefused,
    problem,
    hint,
  } = useShape(shape);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a legend cannot stand in a row with what is beside it
    <div role="group" aria-labelledby={`${id}-label`} className={styles.field} data-refused={isRefused}>
      <Label isOptional={isOptional}>
        <b id={`${id}-label`}>{label}</b>
      </Label>
      {problem}
      {hint}
      {children(wiring)}
    </div>
  );
}

type Text = { value: string; onValue(value: string): void };

/** A line of text. White space around it is cut off when the field is left: it cannot be meant. */
export function TextField({
  value,
  onValue,
  isVerbatim = false,
  ...rest
}: Shape & Text & { isVerbatim?: boolean } & Omit<ComponentProps<'input'>, 'value' | 'onChange'>) {
  const { label, path, hint, problem, isOptional, ...input } = rest;
  return (
    <Field {...{ label, path, hint, problem, isOptional }}>
      {(wiring) => (
        <input
          autoComplete="off"
          spellCheck={false}
          {...input}
          {...wiring}
          className={styles.input}
          value={value}
          onChange={(event) => onValue(event.target.value)}
          onBlur={() => {
            if (!isVerbatim && value.trim() !== value) onValue(value.trim());
          }}
        />
      )}
    </Field>
  );
}

export function TextArea({
  value,
  onValue,
  ...rest
}: Shape & Text & Omit<ComponentProps<'textarea'>, 'value' | 'onChange'>) {
  const { label, path, hint, problem, isOptional, ...input } = rest;
  return (
    <Field {...{ label, path, hint, problem, isOptional }}>
      {(wiring) => (
        <textarea
          spellCheck={false}
          rows={4}
          {...input}
          {...wiring}
          className={`${styles.input} ${styles.area}`}
          value={value}
          onChange={(event) => onValue(event.target.value)}
        />
      )}
    </Field>
  );
}

/** `lang` of the label, where it is not the viewer's */
export type Choice = { value: string; label: string; lang?: string };

export function Select({
  value,
  onValue,
  choices,
  ...rest
}: Shape & Text & { choices: readonly Choice[] } & Omit<ComponentProps<'select'>, 'value' | 'onChange'>) {
  const { label, path, hint, problem, isOptional, ...select } = rest;
  return (
    <Field {...{ label, path, hint, problem, isOptional }}>
      {(wiring) => (
        <select
          {...select}
          {...wiring}
          className={styles.input}
          value={value}
          onChange={(event) => onValue(event.target.value)}
        >
          {choices.map((each) => (
            <option key={each.value} value={each.value} lang={each.lang}>
              {each.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function Checkbox({
  label,
  hint,
  checked,
  onChecked,
  ...rest
}: { label: ReactNode; hint?: ReactNode; checked: boolean; onChecked(checked: boolean): void } & Omit<
  ComponentProps<'input'>,
  'checked' | 'onChange'
>) {
  const id = useId();
  return (
    <div className={styles.check}>
      <input
        {...rest}
        type="checkbox"
        id={id}
        checked={checked}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChecked(event.target.checked)}
      />
      <label htmlFor={id}>{label}</label>
      {hint && (
        <div id={`${id}-hint`} className={styles.hint}>
          {hint}
        </div>
      )}
    </div>
  );
}
