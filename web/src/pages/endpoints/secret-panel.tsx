/** A signing secret on the page: of a new endpoint, after a rotation, or because somebody asked for it. */
import { Link } from 'wouter';
import { ExactTime } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import type { Endpoint, Profile } from './endpoint-values.ts';
import { SecretOnce } from './secret-once.tsx';

export type ShownSecret =
  | { kind: 'created' | 'revealed'; value: string }
  | { kind: 'rotated'; value: string; previousExpiresAt: string | null };

export function SecretPanel({
  secret,
  profile,
  endpoint,
  onHide,
}: {
  secret: ShownSecret;
  profile: Profile;
  endpoint: Endpoint;
  onHide: () => void;
}) {
  const { endpoints: texts } = useTexts();
  const header = profile.signatures[0]?.header;
  return (
    <SecretOnce title={texts.secretTitles[secret.kind]} secret={secret.value} onHide={onHide}>
      <p>{secret.kind === 'revealed' ? texts.secretRevealed : texts.secretOnce}</p>
      {secret.kind === 'rotated' &&
        (secret.previousExpiresAt === null ? (
          <p>{texts.rotatedAtOnce}</p>
        ) : (
          <p>
            {texts.rotatedOverlap} <ExactTime at={secret.previousExpiresAt} />
            {texts.rotatedOverlapEnd(header ?? '')}
          </p>
        ))}
      <p>
        <Link href={`/endpoints/${endpoint.id}/verify`}>{texts.howToVerify}</Link>
      </p>
    </SecretOnce>
  );
}
