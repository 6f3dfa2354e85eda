/** The dashboard and the alerts ask only for metrics and labels that exist. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { readSamples, type Sample } from '../helpers/exposition.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startTestService } from '../helpers/service.ts';

type Rule = { alert: string; expr: string; annotations: { summary: string; runbook: string } };
type Panel = { title: string; description: string; targets?: { expr: string; legendFormat: string }[] };

const read = (path: string) => readFileSync(join(PACKAGE_ROOT, 'ops', path), 'utf8');
const rules: Rule[] = parse(read('prometheus/alerts.yml')).groups.flatMap((group: any) => group.rules);
const panels: Panel[] = JSON.parse(read('grafana/tidings.json')).panels;
const graphs = panels.filter(({ targets }) => targets !== undefined);

/** What Prometheus itself adds to every sample. */
const ADDED = ['instance', 'job'];
/** Its values come with what happens: nothing went wrong in the service that is asked here. */
const OPEN = 'status of tidings_http_requests_total';

let samples: Sample[];
beforeAll(async () => {
  const tidings = await startTestService();
  const receiver = await startReceiver();
  const { body: tenant } = await tidings.call('POST', '/v1/tenants', { name: 'Measured' });
  await tidings.call('POST', `/v1/tenants/${tenant.id}/endpoints`, { url: receiver.url });
  const { body } = await tidings.call('POST', `/v1/tenants/${tenant.id}/events`, { type: 'a.b', data: {} });
  await tidings.settled(body.deliveries[0].id);
  samples = readSamples((await tidings.call('GET', '/metrics')).text);
  await tidings.stop();
});

type Asked = { metric: string; labels: string[]; values: [string, RegExp][] };

/** What an expression asks for, by Prometheus's own grammar. @throws Error where it is not one */
function askedBy(expression: string): { metrics: Asked[]; groupedBy: string[] } {
  // Grafana puts a duration in its place.
  const text = expression.replaceAll('$__rate_interval', '5m');
  const metrics: Asked[] = [];
  const groupedBy: string[] = [];
  parser.parse(text).iterate({
    enter({ type, node, from, to }) {
      const own = text.slice(from, to);
      if (type.isError) throw new Error(`${expression}: cannot be read at ${from}`);
      if (type.name === 'VectorSelector') {
        const metric = /^\w+/.exec(own)?.[0] ?? '';
        metrics.push({ metric, labels: [], values: [] });
      }
      if (type.name === 'UnquotedLabelMatcher') {
        const [, label = '', operator, value = ''] = /^(\w+)\s*(=~|!~|!=|=)\s*"(.*)"$/s.exec(own) ?? [];
        metrics.at(-1)?.labels.push(label);
        // What is excluded need not be there.
        const pattern = operator === '=' ? value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : value;
        if (!operator?.startsWith('!')) metrics.at(-1)?.values.push([label, new RegExp(`^(?:${pattern})$`)]);
      }
      if (type.name === 'LabelName' && node.parent?.name === 'GroupingLabels') groupedBy.push(own);
    },
  });
  return { metrics, groupedBy };
}

const labelsOf = (metric: string) =>
  new Set([...ADDED, ...samples.filter(({ name }) => name === metric).flatMap((s) => Object.keys(s.labels))]);

/** What is asked for and not there, in words. */
function missing(expression: string, shown = ''): string[] {
  const { metrics, groupedBy } = askedBy(expression);
  const known = new Set(metrics.flatMap(({ metric }) => [...labelsOf(metric)]));
  const templated = [...shown.matchAll(/\{\{\s*(?:with\s+)?(?:\$labels\.)?([a-z_]+)\s*\}\}/g)].map(
    ([, label = '']) => label,
  );
  return [
    ...metrics.flatMap(({ metric, labels, values }) => [
      ...(samples.some(({ name }) => name === metric) ? [] : [`the metric ${metric}`]),
      ...labels.filter((label) => !labelsOf(metric).has(label)).map((label) => `${label} of ${metric}`),
      ...values
        .filter(([label]) => `${label} of ${metric}` !== OPEN)
        .filter(
          ([label, value]) => !samples.some((s) => s.name === metric && value.test(s.labels[label] ?? '')),
        )
        .map(([label, value]) => `a ${label} like ${value.source} of ${metric}`),
    ]),
    ...[...groupedBy, ...templated].filter((label) => !known.has(label)).map((label) => `the label ${label}`),
  ];
}

test.each(rules.map((rule) => [rule.alert, rule] as const))(
  'the alert %s asks for what there is',
  (_n, rule) => {
    expect(askedBy(rule.expr).metrics).not.toEqual([]);
    expect(missing(rule.expr, rule.annotations.summary)).toEqual([]);
  },
);

test.each(rules.map((rule) => [rule.alert, rule] as const))('the alert %s says what to do', (_n, rule) => {
  expect(rule.annotations.summary).toMatch(/[.]$/);
  expect(rule.annotations.runbook.split(' ').length).toBeGreaterThan(15);
});

test.each(graphs.map((panel) => [panel.title, panel] as const))(
  'the graph %s asks for what there is',
  (_n, panel) => {
    expect(panel.description).toMatch(/[.]$/);
    for (const { expr, legendFormat } of panel.targets ?? []) {
      expect(askedBy(expr).metrics).not.toEqual([]);
      expect(missing(expr, legendFormat)).toEqual([]);
    }
  },
);

test.each([
  ['sum(rate(tidings_attempts[5m]))', '', ['the metric tidings_attempts']],
  [
    'tidings_endpoints{status="disabled"}',
    '',
    ['status of tidings_endpoints', 'a status like ^(?:disabled)$ of tidings_endpoints'],
  ],
  ['tidings_endpoints{state="asleep"}', '', ['a state like ^(?:asleep)$ of tidings_endpoints']],
  ['sum by (tenant) (tidings_endpoints)', '', ['the label tenant']],
  ['sum by (state) (tidings_endpoints)', '{{state}} {{stat}}', ['the label stat']],
])('%s would be found out', (expression, shown, found) => {
  expect(missing(expression, shown)).toEqual(found);
});

test('an expression that Prometheus could not read would be found out', () => {
  expect(() => askedBy('sum(rate(tidings_attempts_total[5m])')).toThrow('cannot be read');
});

test('every metric of ours is on the dashboard or in an alert', () => {
  const asked = [
    ...rules.map(({ expr }) => expr),
    ...graphs.flatMap(({ targets = [] }) => targets.map((t) => t.expr)),
  ];
  const used = new Set(asked.flatMap((expr) => askedBy(expr).metrics.map(({ metric }) => metric)));
  const family = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
  const families = new Set([...used].map(family));
  const ours = new Set(
    samples.filter(({ name }) => name.startsWith('tidings_')).map(({ name }) => family(name)),
  );
  expect([...ours].filter((name) => !families.has(name))).toEqual([]);
});
