/** The recognition of a genuine delivery by a receiver: the headers to look at, and code for it. */
import { useQuery } from '@tanstack/react-query';
import { dataOf } from '@tidings/client';
import { useApi } from '../../context/api.tsx';
import { useParam } from '../../context/params.ts';
import { useTenant } from '../../context/tenant.tsx';
import { Code } from '../../parts/code.tsx';
import { CopyText } from '../../parts/copy.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Markdown } from '../../parts/markdown.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './endpoint.module.css';
import type { Endpoint, Profile } from './endpoint-values.ts';
import { usePublicKey } from './use-public-key.ts';

type Props = { endpoint: Endpoint; profile: Profile };

export function EndpointVerify({ endpoint, profile }: Props) {
  const { verify: texts } = useTexts();
  const publicKey = usePublicKey(endpoint, profile);
  const isSigned = endpoint.is_signed && profile.secret.rule !== 'never';
  return (
    <div className="stack">
      <Card title={texts.headers}>
        <p>{isSigned ? texts.hint : profile.secret.rule === 'chosen' ? texts.noSecret : texts.noSignature}</p>
        <dl className={styles.holds}>
          {profile.headers.map(({ name, holds }) => (
            <div key={name}>
              <dt className="mono">{name}</dt>
              <dd>
                <Markdown text={holds} />
              </dd>
            </div>
          ))}
        </dl>
        {publicKey && (
          <p>
            {texts.publicKey} <CopyText text={publicKey} label={texts.publicKey} />
          </p>
        )}
      </Card>
      {isSigned && <Samples endpoint={endpoint} profile={profile} />}
      {isSigned && (
        <Card title={texts.rules}>
          <ul className={styles.rules}>
            {texts.advice.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}

/** The code of the kind of signature that this endpoint has. */
function Samples({ endpoint, profile }: Props) {
  const { verify: texts } = useTexts();
  const api = useApi();
  const tenant = useTenant();
  const [language, setLanguage] = useParam('language');
  const { data, error, refetch } = useQuery({
    queryKey: ['profile', tenant.profile, 'samples'],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () =>
      dataOf(api.GET('/v1/profiles/{profile}/samples', { params: { path: { profile: tenant.profile } } })),
  });
  if (data === undefined)
    return error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={6} />;
  const isOfKind = profile.secret.kinds.length > 1;
  const samples = data.items.filter(
    ({ secret_kind }) => secret_kind === (isOfKind ? endpoint.secret_kind : null),
  );
  const shown = samples.find((each) => each.language === language) ?? samples[0];
  if (shown === undefined) return null;
  return (
    <Card title={texts.code}>
      <fieldset className={styles.languages}>
        <legend className="visually-hidden">{texts.language}</legend>
        {samples.map((each) => (
          <label key={each.language}>
            <input
              type="radio"
              name="language"
              checked={each === shown}
              onChange={() => setLanguage(each.language)}
            />
            <span>{each.title}</span>
          </label>
        ))}
      </fieldset>
      <Code text={shown.code} label={shown.title} />
    </Card>
  );
}
