/** Headers that an endpoint gets with every delivery. Those that are set are named, and never shown. */
import { Button, IconButton } from '../../parts/button.tsx';
import { FieldGroup, useProblemAt } from '../../parts/field.tsx';
import { useTexts } from '../../texts/index.ts';
import type { FieldsProps } from './endpoint-fields.tsx';
import styles from './endpoint-form.module.css';

type Header = { name: string; value: string };

export function HeaderFields({ profile, values, onValues, endpoint }: FieldsProps) {
  const { endpointForm: texts } = useTexts();
  const names = Object.keys(endpoint?.headers ?? {});
  const { headers } = values;
  const put = (next: readonly Header[]) => onValues({ headers: next });
  const isFull = (headers?.length ?? 0) >= profile.endpoint_bounds.headers.max_entries;
  const hint = headers !== null && names.length > 0 ? texts.headersReplaced : texts.headersHint;
  return (
    <FieldGroup label={texts.headers} path="headers" isOptional hint={hint}>
      {(wiring) => (
        <>
          {headers === null && names.length > 0 && <p>{texts.headersSet(names.join(', '))}</p>}
          {headers?.map((header, at) => (
            <HeaderRow
              // biome-ignore lint/suspicious/noArrayIndexKey: a header has no other identity while it is typed
              key={at}
              at={at}
              header={header}
              describedBy={wiring['aria-describedby']}
              onHeader={(next) =>
                put(next === null ? headers.filter((_, each) => each !== at) : headers.with(at, next))
              }
            />
          ))}
          <div className="row">
            {headers === null && names.length > 0 ? (
              <Button onClick={() => put(names.map((name) => ({ name, value: '' })))}>
                {texts.replaceHeaders}
              </Button>
            ) : (
              !isFull && (
                <Button icon="plus" onClick={() => put([...(headers ?? []), { name: '', value: '' }])}>
                  {texts.addHeader}
                </Button>
              )
            )}
          </div>
        </>
      )}
    </FieldGroup>
  );
}

/** Name and value. The one that was refused is marked, by its place or by its name. */
function HeaderRow({
  at,
  header,
  describedBy,
  onHeader,
}: {
  at: number;
  header: Header;
  describedBy: string | undefined;
  /** @param next `null`: it is taken away */
  onHeader(next: Header | null): void;
}) {
  const { endpointForm: texts } = useTexts();
  const ofPlace = useProblemAt(`headers[${at}]`);
  const ofName = useProblemAt(`headers.${header.name.trim()}`);
  const isRefused = ofPlace !== undefined || ofName !== undefined;
  return (
    <div className={styles.header}>
      <input
        aria-label={texts.headerName(at + 1)}
        aria-invalid={isRefused || undefined}
        aria-describedby={describedBy}
        placeholder={texts.headerNamePlaceholder}
        autoComplete="off"
        spellCheck={false}
        value={header.name}
        onChange={(event) => onHeader({ ...header, name: event.target.value })}
      />
      <input
        aria-label={texts.headerValue(at + 1)}
        placeholder={texts.headerValuePlaceholder}
        autoComplete="off"
        spellCheck={false}
        value={header.value}
        onChange={(event) => onHeader({ ...header, value: event.target.value })}
      />
      <IconButton icon="cross" label={texts.removeHeader(at + 1)} onClick={() => onHeader(null)} />
    </div>
  );
}
