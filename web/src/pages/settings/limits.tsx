/** The bounds and settings in force, with their defaults. */
import { useQuery } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { useFormat } from '../../context/format.ts';
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
  const shown = (value: Value) => {
    if (value === null || value === '') return common.none;
    if (typeof value === 'boolean') return value ? common.yes : common.no;
    if (typeof value === 'string') return value;
    return <span className={styles.whole}>{format.number(value)}</span>;
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
              cell: ({ value, default: usual }) =>
                value === usual ? shown(value) : <strong>{shown(value)}</strong>,
            },
            { name: texts.defaultValue, isNumber: true, cell: (each) => shown(each.default) },
          ]}
        />
      )}
    </Card>
  );
}
