/** The schema of an event type's data as a table that people can read. */
import { useFormat } from '../../context/format.ts';
import { Badge } from '../../parts/badge.tsx';
import { Said } from '../../parts/said.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './event-types.module.css';
import { type Rule, type SchemaRow, schemaRows } from './schema-rows.ts';

/** @param isOfContract whether its descriptions are the contract's */
export function SchemaTable({
  schema,
  isOfContract = false,
}: {
  schema: Record<string, unknown>;
  isOfContract?: boolean;
}) {
  const { eventTypes: texts } = useTexts();
  const { rows, isCut } = schemaRows(schema);
  if (rows.length === 0) return <p className="muted">{texts.anyData}</p>;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard */}
      <section className={styles.schema} aria-label={texts.fields} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{texts.field}</th>
              <th scope="col">{texts.type}</th>
              <th scope="col">{texts.rules}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a schema that does not change
              <Row key={at} row={row} isOfContract={isOfContract} />
            ))}
          </tbody>
        </table>
      </section>
      {isCut && <p className="muted">{texts.cut}</p>}
    </>
  );
}

function Row({ row, isOfContract }: { row: SchemaRow; isOfContract: boolean }) {
  const { eventTypes: texts } = useTexts();
  const format = useFormat();
  const said = (rule: Rule): string => {
    if (!('value' in rule)) return texts.flags[rule.kind];
    if (typeof rule.value === 'number') return texts.bounds[rule.kind as 'min'](format.number(rule.value));
    return texts.words[rule.kind as 'enum'](rule.value);
  };
  return (
    <tr>
      <th scope="row" style={{ paddingInlineStart: `${row.depth * 1.25}rem` }}>
        {row.name === null ? (
          <i className="muted">{row.variant === null ? texts.item : texts.variants[row.variant]}</i>
        ) : (
          <code>{row.name === '*' ? texts.anyField : row.name}</code>
        )}{' '}
        {row.isRequired && <Badge tone="info">{texts.required}</Badge>}
      </th>
      <td>{row.type === '' ? <span className="muted">{texts.any}</span> : <code>{row.type}</code>}</td>
      <td>
        {row.description && (
          <p>{isOfContract ? <Said>{row.description}</Said> : <bdi>{row.description}</bdi>}</p>
        )}
        {row.rules.map((rule) => (
          <div key={rule.kind} className="muted">
            {said(rule)}
          </div>
        ))}
      </td>
    </tr>
  );
}
