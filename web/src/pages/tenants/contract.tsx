/** A contract in a sentence, made from the profile's data. */
import type { Schemas } from '@tidings/client';
import { useFormat } from '../../context/format.ts';
import { useTexts } from '../../texts/index.ts';

export function ContractSentence({ profile }: { profile: Schemas['Profile'] }) {
  const { tenants: texts } = useTexts();
  const format = useFormat();
  const { event_types: types, max_endpoints: most, secret, url, retry_schedule: schedule, source } = profile;
  const seconds = schedule.delays_s.reduce((sum, each) => sum + each, 0);
  const parts = [
    types.unknown_allowed ? texts.typesAny : texts.typesListed(types.count),
    texts.endpointsMost(most),
    texts.signed[secret.rule],
    schedule.delays_s.length === 0
      ? texts.notRetried
      : texts.retries(texts.times(schedule.delays_s.length), format.duration(seconds * 1_000)),
    ...(url.https_only ? [texts.httpsOnly] : []),
  ];
  return (
    <>
      {parts.join(' · ')}.{' '}
      {/^https:\/\//.test(source) ? (
        <a href={source} target="_blank" rel="noreferrer">
          {texts.sourceOf}
        </a>
      ) : (
        source
      )}
    </>
  );
}
