/** Text of machines: bodies, headers, code. Control characters are made visible, and nothing in it is ever run. */
import { type ReactNode, useId, useState } from 'react';
import { useTexts } from '../texts/index.ts';
import styles from './code.module.css';
import { CopyButton } from './copy.tsx';
import { formatJson, visible } from './machine-text.ts';

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d[\d.eE+-]*/g;

/** JSON in colours. */
function Coloured({ text }: { text: string }) {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(at, match.index));
    const [whole, quoted, colon] = match;
    const kind = quoted === undefined ? styles.literal : colon === undefined ? styles.string : styles.key;
    parts.push(
      <span key={match.index} className={kind}>
        {quoted ?? whole}
      </span>,
      colon ?? '',
    );
    at = match.index + whole.length;
  }
  parts.push(text.slice(at));
  return parts;
}

/** Longer text is shown plain: colouring it would take longer than reading it. */
const COLOURED_CHARACTERS = 100_000;

/** A block of text with a button that copies it. @param label names it to screen readers */
export function Code({ text, label, isJson = false }: { text: string; label: string; isJson?: boolean }) {
  const { common } = useTexts();
  const shown = visible(text);
  return (
    <figure className={styles.code} aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <pre tabIndex={0}>
        <code>
          {isJson && shown.length <= COLOURED_CHARACTERS ? <Coloured text={shown} /> : shown || common.empty}
        </code>
      </pre>
      {text !== '' && <CopyButton text={text} of={label} />}
    </figure>
  );
}

/** A body, formatted where it is JSON, with the raw bytes a click away. */
export function Body({ text, label }: { text: string; label: string }) {
  const { common } = useTexts();
  const [isRaw, setIsRaw] = useState(false);
  const id = useId();
  const formatted = formatJson(text);
  if (formatted === null) return <Code text={text} label={label} />;
  return (
    <div className="stack-tight">
      <fieldset className={styles.choice}>
        <legend className="visually-hidden">{label}</legend>
        {[false, true].map((raw) => (
          <label key={String(raw)}>
            <input type="radio" name={id} checked={isRaw === raw} onChange={() => setIsRaw(raw)} />
            {raw ? common.raw : common.formatted}
          </label>
        ))}
      </fieldset>
      <Code text={isRaw ? text : formatted} label={label} isJson={!isRaw} />
    </div>
  );
}
