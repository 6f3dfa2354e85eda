/** The recognition of a genuine delivery by a receiver. */

import { Markdown } from '../../parts/markdown.tsx';
import { useTexts } from '../../texts/index.ts';
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
              <Markdown text={holds} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
