/** Three steps to the first delivery, for a tenant without endpoints. */
import { useViewer } from '../../context/session.tsx';
import { PlaceButton } from '../../parts/button.tsx';
import { Card } from '../../parts/page.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './overview.module.css';

export function FirstSteps() {
  const { overview } = useTexts();
  const { can } = useViewer();
  const { steps: texts } = overview;
  return (
    <Card title={overview.stepsTitle}>
      <p className="muted">{overview.stepsHint}</p>
      <ol className={styles.steps}>
        <li>
          <h3>{texts.endpoint}</h3>
          <div className="stack-tight">
            <p className="muted">{texts.endpointHint}</p>
            {can('endpoints') && (
              <div>
                <PlaceButton look="primary" icon="plus" href="/endpoints/new">
                  {texts.createEndpoint}
                </PlaceButton>
              </div>
            )}
          </div>
        </li>
        <li>
          <h3>{texts.test}</h3>
          <p className="muted">{texts.testHint}</p>
        </li>
        <li>
          <h3>{texts.event}</h3>
          <div className="stack-tight">
            <p className="muted">{texts.eventHint}</p>
            {can('emit') && (
              <div>
                <PlaceButton icon="send" href="/events/new">
                  {texts.sendEvent}
                </PlaceButton>
              </div>
            )}
          </div>
        </li>
      </ol>
    </Card>
  );
}
