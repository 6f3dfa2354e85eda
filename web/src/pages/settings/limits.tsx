/** The bounds and settings in force, with their defaults. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { type Format, useFormat } from '../../context/format.ts';
import { unitMsOf } from '../../context/units.ts';
import { Loading } from '../../parts/loading.tsx';
import { Markdown } from '../../parts/markdown.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { Table } from '../../parts/table.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './settings.module.css';

type Value = Schemas['Limits']['items'][number]['default'];

export function Limits() {
  const { common, settings: texts } = useTexts();
  const format = useFormat();
  const api = useApi();
  const { data, error, refetch } = useQuery({
    queryKey: ['limits'],
    queryFn: () => dataOf(api.GET('/v1/operator/limits')),
  });
  const shown = (name: string, value: Value) => {
    if (value === null || value === '') return common.none;
    if (typeof value === 'boolean') return value ? common.yes : common.no;
    if (typeof value === 'string') return value;
    const words = inUnits(name, value, format);
    return (
      <span className={styles.whole} title={words === null ? undefined : String(value)}>
        {words ?? format.number(value)}
      </span>
    );
  };
  return (
    <Card title={texts.limits}>
      <p className="muted">{texts.limitsHint}</p>
      {data === undefined &&
        (error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={4} />)}
      {data !== undefined && (
        <Table
          label={texts.limits}
          rows={data.items}
          keyOf={({ name }) => name}
          columns={[
            {
              name: texts.setting,
              cell: ({ name, description }) => (
                <div>
                  <code className="break">{name}</code>
                  <div className="muted">
                    <Markdown text={description} />
                  </div>
                </div>
              ),
            },
            {
              name: texts.value,
              isNumber: true,
              cell: ({ name, value, default: usual }) =>
                value === usual ? shown(name, value) : <strong>{shown(name, value)}</strong>,
            },
            { name: texts.defaultValue, isNumber: true, cell: (each) => shown(each.name, each.default) },
          ]}
        />
      )}
    </Card>
  );
}

/** A duration or a size by how the variable's name ends; `null`: it is neither. */
function inUnits(name: string, value: number, format: Format): string | null {
  if (name.endsWith('_BYTES')) return format.bytes(value);
  const unit = unitMsOf(name);
  // A zero of seconds says that there is none.
  return unit === null || (value <= 0 && name.endsWith('_S')) ? null : format.duration(value * unit);
}
