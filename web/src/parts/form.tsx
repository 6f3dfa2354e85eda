/** Forms: one submission at a time, and the API's refusals at their fields. */
import { useMutation } from '@tanstack/react-query';
import { TidingsError } from '@tidings/client';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTexts } from '../texts/index.ts';
import styles from './field.module.css';
import { FieldProblemsProvider, inWhoseWords } from './field.tsx';
import { Notice, ProblemNotice } from './problem.tsx';
import { isSaid } from './said.tsx';

export type Submission = {
  /** Sends, unless one is under way. */
  submit(): void;
  isBusy: boolean;
  problem: Error | null;
  /** Forgets what was refused. */
  reset(): void;
};

/**
 * One action at a time: a second click while the first is under way does nothing.
 * @param action what is done; its result goes to `onDone`
 */
export function useSubmission<Result>(
  action: () => Promise<Result>,
  onDone: (result: Result) => unknown = () => {},
): Submission {
  // State comes with the next render, and a double click before it.
  const isUnderWay = useRef(false);
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: action,
    onSuccess: onDone,
    onSettled: () => {
      isUnderWay.current = false;
    },
  });
  return {
    submit: () => {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      mutate();
    },
    isBusy: isPending,
    problem: error,
    reset,
  };
}

const fieldsOf = (problem: Error | null) => (problem instanceof TidingsError ? problem.fields : []);

/** The first field that was refused. */
const REFUSED = '[aria-invalid=true]';

/** Of a form with more fields, the beginning may be out of sight from its button. */
const LONG = 4;

/**
 * A form around `useSubmission`. Refused fields say why; the sum of it stands above the form as an alert, and what belongs to no field that
 * is shown stands there whole.
 * @param paths of the fields that are shown
 * @param isAlone it is all of its page, and only as wide as it is read
 */
export function Form({
  submission,
  paths,
  children,
  label,
  isAlone = false,
}: {
  submission: Submission;
  paths: readonly string[];
  children: ReactNode;
  label?: string;
  isAlone?: boolean;
}) {
  const { common } = useTexts();
  const fields = fieldsOf(submission.problem);
  const areSaid = isSaid(submission.problem);
  const isShown = (path: string) =>
    paths.some((each) => path === each || path.startsWith(`${each}.`) || path.startsWith(`${each}[`));
  const shown = fields.filter(({ path }) => isShown(path));
  const others = fields.filter(({ path }) => !isShown(path));
  const form = useRef<HTMLFormElement>(null);
  // What a page asks for by itself, such as a count, moves nobody's focus.
  const wasSent = useRef(false);
  useEffect(() => {
    if (submission.isBusy || !wasSent.current) return;
    wasSent.current = false;
    if (submission.problem !== null) form.current?.querySelector<HTMLElement>(REFUSED)?.focus();
  }, [submission.isBusy, submission.problem]);
  return (
    <FieldProblemsProvider
      value={{ messages: new Map(shown.map(({ path, message }) => [path, message])), areSaid }}
    >
      <form
        ref={form}
        noValidate
        aria-label={label}
        className={`stack ${isAlone ? styles.alone : ''}`}
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          wasSent.current = true;
          submission.submit();
        }}
      >
        {submission.problem !== null && fields.length === 0 && <ProblemNotice problem={submission.problem} />}
        {fields.length > 0 && (
          <div role="alert">
            <Notice tone="bad">
              {shown.length > 0 && <p>{common.fieldsRefused(shown.length)}</p>}
              {others.map(({ path, message }) => (
                <p key={path} className="break">
                  {inWhoseWords(path === '' ? message : `${path}: ${message}`, areSaid)}
                </p>
              ))}
            </Notice>
          </div>
        )}
        {children}
        {shown.length > 0 && paths.length > LONG && <p className={styles.problem}>{common.form.refused}</p>}
      </form>
    </FieldProblemsProvider>
  );
}
