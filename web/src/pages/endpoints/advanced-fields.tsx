/** Settings that most endpoints leave to the contract: timeout, retries, rate, order, headers. */
import { useState } from 'react';
import { useFormat } from '../../context/format.ts';
import { Checkbox, Select, TextField, useProblemIn } from '../../parts/field.tsx';
import { useTexts } from '../../texts/index.ts';
import { durationsIn } from './durations.ts';
import type { FieldsProps } from './endpoint-fields.tsx';
import styles from './endpoint-form.module.css';
import type { EndpointValues } from './endpoint-values.ts';
import { HeaderFields } from './header-fields.tsx';

const PATHS = ['timeout_ms', 'retry_schedule', 'rate_limit', 'ordered', 'headers'];

/** Opens the advanced settings at the headers, with the focus in the newest one. */
export function showHeaders(): void {
  const headers = document.querySelector<HTMLElement>('[data-headers]');
  headers?.closest('details')?.setAttribute('open', '');
  const names = headers?.querySelectorAll<HTMLElement>('input:nth-child(1)');
  (names?.item(names.length - 1) ?? headers?.querySelector('button'))?.focus();
}

export function AdvancedFields(props: FieldsProps) {
  const { profile, values, onValues } = props;
  const { endpointForm: texts } = useTexts();
  const format = useFormat();
  const [isOpen, setIsOpen] = useState(false);
  const isRefused = useProblemIn(PATHS);
  const { timeout_ms: bounds, rate_per_second: rates } = profile.endpoint_bounds;
  return (
    <details
      className={styles.advanced}
      open={isOpen || isRefused}
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary>{texts.advanced}</summary>
      <div className="stack">
        <TextField
          label={texts.timeout}
          path="timeout_ms"
          inputMode="numeric"
          isOptional
          placeholder={String(profile.timeout_ms)}
          hint={texts.timeoutHint(
            format.duration(profile.timeout_ms),
            format.duration(bounds.min),
            format.duration(bounds.max),
          )}
          value={values.timeoutMs}
          onValue={(timeoutMs) => onValues({ timeoutMs })}
        />
        <Schedule {...props} />
        <TextField
          label={texts.rate}
          path="rate_limit"
          inputMode="decimal"
          isOptional
          hint={texts.rateHint(format.number(rates.min), format.number(rates.max))}
          value={values.perSecond}
          onValue={(perSecond) => onValues({ perSecond })}
        />
        {profile.endpoint_fields.includes('ordered') && (
          <Checkbox
            label={texts.ordered}
            hint={texts.orderedHint}
            checked={values.isOrdered}
            onChecked={(isOrdered) => onValues({ isOrdered })}
          />
        )}
        <div data-headers>
          <HeaderFields {...props} />
        </div>
      </div>
    </details>
  );
}

const RETRIES: readonly EndpointValues['retries'][] = ['contract', 'none', 'own'];

function Schedule({ profile, values, onValues }: FieldsProps) {
  const { endpointForm: texts, common } = useTexts();
  const format = useFormat();
  const { delays_s: delays } = profile.retry_schedule;
  const wait = (seconds: number) => format.duration(seconds * 1_000);
  const total = (seconds: readonly number[]) => wait(seconds.reduce((sum, each) => sum + each, 0));
  const labels = { contract: texts.retriesContract, none: texts.retriesNone, own: texts.retriesOwn };
  const { seconds, problem } = durationsIn(values.schedule);
  const said = texts.scheduleSum(common.attempts(seconds.length + 1), total(seconds));
  return (
    <>
      <Select
        label={texts.retries}
        path="retries"
        choices={RETRIES.map((value) => ({ value, label: labels[value] }))}
        hint={
          values.retries === 'contract' &&
          (delays.length === 0
            ? texts.noRetries
            : texts.contractSchedule(common.attempts(delays.length + 1), delays.map(wait).join(', ')))
        }
        value={values.retries}
        onValue={(retries) => onValues({ retries: retries as EndpointValues['retries'] })}
      />
      {values.retries === 'own' && (
        <TextField
          label={texts.schedule}
          path="retry_schedule"
          placeholder="30s, 5m, 2h"
          hint={
            <>
              {texts.scheduleHint} {problem === null && seconds.length > 0 && said}
            </>
          }
          value={values.schedule}
          onValue={(schedule) => onValues({ schedule })}
        />
      )}
    </>
  );
}
