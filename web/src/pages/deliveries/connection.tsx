/** The way of a request to its receiver: the time of each phase, the address, the certificate. */
import type { Schemas } from '@tidings/client';
import { useNow } from '../../context/clock.ts';
import { useFormat } from '../../context/format.ts';
import { visible } from '../../parts/machine-text.ts';
import { Facts } from '../../parts/page.tsx';
import { Notice } from '../../parts/problem.tsx';
import { ExactTime } from '../../parts/time.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './delivery.module.css';
import type { Attempt } from './timeline-entries.ts';

const PHASES = ['resolve_ms', 'connect_ms', 'tls_ms', 'first_byte_ms', 'body_ms'] as const;

export function Connection({ attempt }: { attempt: Attempt }) {
  const { deliveries } = useTexts();
  const texts = deliveries.attempt;
  const { timings, connection, remote_address: address, tls } = attempt;
  if (timings === null && connection === null && address === null && tls === null) return null;
  return (
    <div className="stack-tight">
      <h3>{texts.how}</h3>
      {timings && <Waterfall timings={timings} />}
      {timings?.reused && <p className="muted">{texts.reused}</p>}
      {connection?.resent && <p className="muted">{texts.resent}</p>}
      <Facts
        facts={[
          [texts.address, address && <code>{address}</code>],
          [
            texts.others,
            connection !== null && connection.others.length > 0 && (
              <ul>
                {connection.others.map((other) => (
                  <li key={other.address}>
                    <code>{other.address}</code> <span className="muted">{visible(other.error)}</span>
                  </li>
                ))}
              </ul>
            ),
          ],
        ]}
      />
      {tls && <Certificate tls={tls} />}
    </div>
  );
}

/** One bar a phase, each beginning where the one before ended. */
function Waterfall({ timings }: { timings: Schemas['Timings'] }) {
  const { deliveries } = useTexts();
  const texts = deliveries.attempt;
  const format = useFormat();
  const total = PHASES.reduce((sum, phase) => sum + (timings[phase] ?? 0), 0);
  let before = 0;
  return (
    <dl className={styles.waterfall} aria-label={texts.timingsLabel}>
      {PHASES.filter((phase) => timings[phase] !== null).map((phase) => {
        const ms = timings[phase] ?? 0;
        const start = before;
        before += ms;
        const share = (part: number) => `${total === 0 ? 0 : (100 * part) / total}%`;
        return (
          <div key={phase}>
            <dt>{texts.phases[phase]}</dt>
            <dd>
              <span className={styles.track} aria-hidden="true">
                <span
                  className={styles.bar}
                  data-phase={phase}
                  style={{ marginInlineStart: share(start), inlineSize: share(ms) }}
                />
              </span>
              <span className={styles.ms}>{ms < 10 ? format.milliseconds(ms) : format.duration(ms)}</span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

const SOON_MS = 21 * 86_400_000;

function Certificate({ tls }: { tls: Schemas['AttemptTls'] }) {
  const { deliveries } = useTexts();
  const texts = deliveries.attempt;
  const format = useFormat();
  const nowMs = useNow();
  const left = tls.valid_to === null ? null : Date.parse(tls.valid_to) - nowMs;
  return (
    <details className="stack-tight" open={left !== null && left < SOON_MS}>
      <summary>
        {texts.certificate} {tls.subject && <span className="muted">{visible(tls.subject)}</span>}
      </summary>
      <div className="stack-tight">
        {left !== null && left < SOON_MS && tls.valid_to !== null && (
          <Notice tone={left < 0 ? 'bad' : 'warn'}>
            <p>{(left < 0 ? texts.expired : texts.expiresSoon)(format.relative(tls.valid_to, nowMs))}</p>
          </Notice>
        )}
        <Facts
          facts={[
            [texts.subject, tls.subject && visible(tls.subject)],
            [texts.names, tls.names.length > 0 && visible(tls.names.join(', '))],
            [texts.issuer, tls.issuer && visible(tls.issuer)],
            [texts.expires, tls.valid_to && <ExactTime at={tls.valid_to} />],
            [texts.protocol, tls.protocol],
            [texts.fingerprint, tls.fingerprint_sha256 && <code>{tls.fingerprint_sha256}</code>],
          ]}
        />
      </div>
    </details>
  );
}
