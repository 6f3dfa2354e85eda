/** The recognition of a genuine delivery by a receiver. */
import { useTexts } from '../../texts/index.ts';
import { Plain } from './auth-fields.tsx';
import type { Endpoint, Profile } from './endpoint-values.ts';

export function EndpointVerify({ profile }: { endpoint: Endpoint; profile: Profile }) {
  const { endpoints: texts } = useTexts();
  return (
    <div className="stack">
      <p>{profile.signatures.length > 0 ? texts.verifyHint : texts.noSignature}</p>
      <dl>
        {profile.headers.map(({ name, holds }) => (
          <div key={name}>
            <dt className="mono">{name}</dt>
            <dd>
              <Plain markdown={holds} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
