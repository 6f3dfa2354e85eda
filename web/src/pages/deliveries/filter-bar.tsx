/** The filters of a list of deliveries: selects of what there is, and a chip for each that is set. */
import { type ComponentProps, useState } from 'react';
import { useFormat } from '../../context/format.ts';
import { useShortcut } from '../../context/shortcuts.ts';
import { Button } from '../../parts/button.tsx';
import { type Choice, Select, TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './deliveries.module.css';
import {
  FILTER_NAMES,
  type FilterName,
  isBeginningOfEndpointId,
  isEndpointId,
  isHttpCode,
  isRange,
  RANGES,
} from './filters.ts';
import type { Filters } from './use-filters.ts';
import { useIsWide } from './use-is-wide.ts';

type Options = {
  eventTypes: readonly string[];
  /** ids with their names; absent: the endpoint is typed in */
  endpoints?: ReadonlyMap<string, string>;
};

/** Choices with "any" first, and with what the address asks for, should it not be among them. */
function withAny(any: string, choices: readonly Choice[], value: string): Choice[] {
  const isKnown = value === '' || choices.some((each) => each.value === value);
  return [{ value: '', label: any }, ...choices, ...(isKnown ? [] : [{ value, label: value }])];
}

export function FilterBar({ filters, options }: { filters: Filters; options: Options }) {
  const { deliveries: texts } = useTexts();
  const isWide = useIsWide('40rem');
  const [isOpen, setOpen] = useState(false);
  useShortcut('/', () => {
    setOpen(true);
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-first-filter]')?.focus());
  });
  return (
    <search aria-label={texts.filters} className="stack-tight">
      {isWide ? (
        <Fields filters={filters} options={options} />
      ) : (
        <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
          <summary>{filters.count > 0 ? texts.filtersSet(filters.count) : texts.filters}</summary>
          <Fields filters={filters} options={options} />
        </details>
      )}
      {filters.count > 0 && <Chips filters={filters} options={options} />}
    </search>
  );
}

function Fields({ filters, options }: { filters: Filters; options: Options }) {
  const { common, deliveries: texts } = useTexts();
  const { search, set } = filters;
  const value = (name: FilterName) => search.get(name) ?? '';
  const entries = (words: Record<string, string>): Choice[] =>
    Object.entries(words).map(([each, label]) => ({ value: each, label }));
  const select = (name: FilterName, label: string, choices: readonly Choice[]) => (
    <Select
      key={name}
      label={label}
      path={name}
      data-first-filter={name === 'status' || undefined}
      value={value(name)}
      onValue={(next) => set({ [name]: next })}
      choices={withAny(texts.any, choices, value(name))}
    />
  );
  return (
    <div className={styles.fields}>
      {select('status', texts.status, entries(common.status))}
      {select(
        'event_type',
        texts.eventType,
        options.eventTypes.map((each) => ({ value: each, label: each })),
      )}
      {options.endpoints === undefined ? (
        <TypedFilter
          filters={filters}
          name="endpoint_id"
          label={texts.endpoint}
          placeholder="ep_…"
          isWhole={isEndpointId}
          badText={(typed) => (isBeginningOfEndpointId(typed) ? undefined : texts.badEndpoint)}
        />
      ) : (
        options.endpoints.size > 0 &&
        select(
          'endpoint_id',
          texts.endpoint,
          [...options.endpoints].map(([id, label]) => ({ value: id, label })),
        )
      )}
      {select('error_code', texts.error, entries(texts.errors))}
      <TypedFilter
        filters={filters}
        name="response_status"
        label={texts.responseStatus}
        inputMode="numeric"
        maxLength={3}
        placeholder={texts.any}
        isWhole={isHttpCode}
        badText={(typed) => (typed.length >= 3 ? texts.badCode : undefined)}
      />
      <TimeFields filters={filters} />
    </div>
  );
}

/**
 * A filter that is typed or pasted in. It is taken when it is whole.
 * @param badText what is wrong with a text that is not whole, where that can be told already
 */
function TypedFilter({
  filters,
  name,
  isWhole,
  badText,
  ...field
}: Omit<ComponentProps<typeof TextField>, 'path' | 'value' | 'onValue' | 'problem'> & {
  filters: Filters;
  name: FilterName;
  isWhole(typed: string): boolean;
  badText(typed: string): string | undefined;
}) {
  const taken = filters.search.get(name) ?? '';
  const [typed, setTyped] = useState(taken);
  const [followed, setFollowed] = useState(taken);
  // It may be set and cleared elsewhere, too.
  if (followed !== taken) {
    setFollowed(taken);
    setTyped(taken);
  }
  const take = (text: string) => {
    const next = text.trim();
    setTyped(next);
    if (next === '' || isWhole(next)) filters.set({ [name]: next });
  };
  const isBad = typed !== '' && !isWhole(typed);
  return (
    <TextField
      {...field}
      path={name}
      value={typed}
      onValue={take}
      problem={isBad ? badText(typed) : undefined}
    />
  );
}

const CUSTOM = 'custom';

/** A range back from now, or two times. */
export function TimeFields({ filters }: { filters: Pick<Filters, 'search' | 'set'> }) {
  const { deliveries: texts } = useTexts();
  const { search, set } = filters;
  const range = search.get('range');
  const isCustom = !isRange(range) && (search.has('after') || search.has('before') || range === CUSTOM);
  const local = (name: 'after' | 'before') => toLocal(search.get(name));
  return (
    <>
      <Select
        label={texts.time}
        path="range"
        value={isRange(range) ? range : isCustom ? CUSTOM : ''}
        onValue={(next) => set({ range: next, after: '', before: '' })}
        choices={[
          { value: '', label: texts.anyTime },
          ...Object.keys(RANGES).map((each) => ({
            value: each,
            label: texts.ranges[each as keyof typeof RANGES],
          })),
          { value: CUSTOM, label: texts.custom },
        ]}
      />
      {isCustom &&
        (['after', 'before'] as const).map((name) => (
          <TextField
            key={name}
            label={texts[name]}
            path={name}
            type="datetime-local"
            isVerbatim
            value={local(name)}
            onValue={(next) =>
              set({ range: CUSTOM, [name]: next === '' ? '' : new Date(next).toISOString() })
            }
          />
        ))}
    </>
  );
}

/** A time of the address as an input of the browser takes it: in the viewer's zone, without one. */
function toLocal(value: string | null): string {
  const at = new Date(value ?? Number.NaN);
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function Chips({ filters, options }: { filters: Filters; options: Options }) {
  const { common, deliveries: texts } = useTexts();
  const format = useFormat();
  const { search, set, clear } = filters;
  const words: Record<FilterName, (value: string) => string> = {
    status: (value) => `${texts.status}: ${(common.status as Record<string, string>)[value] ?? value}`,
    event_type: (value) => `${texts.eventType}: ${value}`,
    endpoint_id: (value) => `${texts.endpoint}: ${options.endpoints?.get(value) ?? value}`,
    event_id: (value) => `${texts.event}: ${value}`,
    error_code: (value) => `${texts.error}: ${(texts.errors as Record<string, string>)[value] ?? value}`,
    response_status: (value) => `${texts.responseStatus}: ${value}`,
    is_test: (value) => (texts.tests as Record<string, string>)[value] ?? value,
    range: (value) => (isRange(value) ? texts.ranges[value] : texts.custom),
    after: (value) => texts.afterChip(timeText(value)),
    before: (value) => texts.beforeChip(timeText(value)),
  };
  const timeText = (value: string) => (toLocal(value) === '' ? value : format.dayAndTime(value));
  return (
    <div className="row">
      {FILTER_NAMES.filter((name) => search.get(name)).map((name) => {
        const text = words[name](search.get(name) ?? '');
        return (
          <button
            key={name}
            type="button"
            className={styles.chip}
            aria-label={texts.remove(text)}
            onClick={() => set({ [name]: '' })}
          >
            <span className="ellipsis">{text}</span>
            <Icon name="cross" size={12} />
          </button>
        );
      })}
      <Button look="quiet" onClick={clear}>
        {texts.clear}
      </Button>
    </div>
  );
}
