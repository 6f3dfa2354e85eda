/** An editor for JSON: a text area with line numbers, which says where the text stops being JSON as it is typed, and marks the lines that were refused. */
import { useId, useMemo, useRef } from 'react';
import { Button } from '../../parts/button.tsx';
import { inWhoseWords } from '../../parts/field.tsx';
import { mapJson, placeOf, spanOf } from '../../parts/json-map.ts';
import { formatJson } from '../../parts/machine-text.ts';
import { useTexts } from '../../texts/index.ts';
import styles from './events.module.css';

/** A field below the text that the API refused. @param path below the text: '' is all of it */
export type Refusal = { path: string; message: string };

/** `isSaid`: the API says so */
type Finding = { offset: number; end: number; text: string; isSaid: boolean };

/** What is wrong with the text, each with its place. */
function useFindings(text: string, refusals: readonly Refusal[]): Finding[] {
  const { events } = useTexts();
  const { expected } = events.compose;
  return useMemo(() => {
    if (text.trim() === '' && refusals.length === 0) return [];
    const map = mapJson(text);
    const { problem } = map;
    if (problem !== null)
      return [
        { offset: problem.offset, end: problem.offset + 1, text: expected[problem.expected], isSaid: false },
      ];
    return refusals.map(({ path, message }) => {
      const span = spanOf(map, path) ?? { start: 0, end: 0 };
      return {
        offset: span.start,
        end: span.end,
        text: `${path === '' ? 'data' : `data.${path}`}: ${message}`,
        isSaid: true,
      };
    });
  }, [text, refusals, expected]);
}

export function JsonEditor({
  label,
  value,
  onValue,
  refusals,
  actions,
}: {
  label: string;
  value: string;
  onValue(value: string): void;
  refusals: readonly Refusal[];
  actions?: React.ReactNode;
}) {
  const { events } = useTexts();
  const texts = events.compose;
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const findings = useFindings(value, refusals);
  const places = findings.map((finding) => ({ ...finding, ...placeOf(value, finding.offset) }));
  const refusedLines = new Set(places.map(({ line }) => line));
  const lines = value.split('\n').length;
  const isRefused = findings.length > 0;
  const formatted = isRefused && refusals.length === 0 ? null : formatJson(value);
  const goTo = ({ offset, end }: Finding) => {
    area.current?.focus();
    area.current?.setSelectionRange(offset, end);
  };
  return (
    <div className="stack-tight">
      <div className="spread">
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        <div className="row">
          {actions}
          <Button
            look="quiet"
            disabled={formatted === null || formatted === value}
            onClick={() => formatted !== null && onValue(formatted)}
          >
            {texts.format}
          </Button>
        </div>
      </div>
      <div className={styles.editor} data-refused={isRefused || undefined}>
        <div className={styles.lines} aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the number is what a line is
            <div key={index} data-refused={refusedLines.has(index + 1) || undefined}>
              {index + 1}
            </div>
          ))}
        </div>
        <textarea
          ref={area}
          id={id}
          value={value}
          rows={Math.max(lines, 8)}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          aria-invalid={isRefused || undefined}
          aria-describedby={isRefused ? `${id}-problems` : undefined}
          onChange={(event) => onValue(event.target.value)}
        />
      </div>
      <ul id={`${id}-problems`} className={styles.problems} aria-live="polite">
        {places.map((place) => (
          <li key={`${place.offset} ${place.text}`}>
            <button type="button" onClick={() => goTo(place)}>
              {texts.place(place.line, place.column)}
            </button>
            {': '}
            {inWhoseWords(place.text, place.isSaid)}
          </li>
        ))}
      </ul>
    </div>
  );
}
