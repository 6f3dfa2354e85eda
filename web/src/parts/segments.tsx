/** A choice of a few, side by side: radio buttons that look like one control. */
import { useId } from 'react';
import styles from './segments.module.css';

export function Segments<Value extends string>({
  label,
  value,
  choices,
  onValue,
}: {
  label: string;
  value: Value;
  choices: readonly { value: Value; label: string }[];
  onValue(value: Value): void;
}) {
  const name = useId();
  return (
    <fieldset className={styles.segments}>
      <legend className="visually-hidden">{label}</legend>
      {choices.map((each) => (
        <label key={each.value} className={styles.segment}>
          <input
            type="radio"
            name={name}
            checked={each.value === value}
            onChange={() => onValue(each.value)}
          />
          <span>{each.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
