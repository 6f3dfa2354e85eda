/** The dialog that makes a portal link: what it allows, how long, and how the portal looks. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useState } from 'react';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Dialog, FormActions } from '../../parts/dialog.tsx';
import { Checkbox, Select, TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './settings.module.css';
import { NO_THEME, ThemeFields, type ThemeValues, themeOf } from './theme-fields.tsx';

type Capability = Schemas['PortalSession']['capabilities'][number];

const CAPABILITIES: readonly Capability[] = ['view', 'endpoints', 'secrets', 'send_test', 'retry', 'replay'];
const EXPIRIES = ['3600', '28800', '86400', '604800'] as const;
const PATHS = [
  'capabilities',
  'expires_in_seconds',
  'return_url',
  'theme.name',
  'theme.accent',
  'theme.logo',
];

export function CreatePortal({
  onClose,
  onMade,
}: {
  onClose: () => void;
  onMade: (session: Schemas['NewPortalSession']) => void;
}) {
  const { settings: texts } = useTexts();
  const api = useApi();
  const { id } = useTenant();
  const queries = useQueryClient();
  // A link may be passed on: secrets are shown only where that is chosen.
  const [chosen, setChosen] = useState<readonly Capability[]>(
    CAPABILITIES.filter((each) => each !== 'secrets'),
  );
  const [expiry, setExpiry] = useState<string>(EXPIRIES[0]);
  const [returnUrl, setReturnUrl] = useState('');
  const [theme, setTheme] = useState<ThemeValues>(NO_THEME);
  const submission = useSubmission(
    () =>
      dataOf(
        api.POST('/v1/tenants/{tenant}/portal-sessions', {
          params: { path: { tenant: id } },
          body: {
            capabilities: CAPABILITIES.filter((each) => chosen.includes(each)),
            expires_in_seconds: Number(expiry),
            ...(returnUrl.trim() !== '' && { return_url: returnUrl.trim() }),
            theme: themeOf(theme),
          },
        }),
      ),
    (session) => {
      void queries.invalidateQueries({ queryKey: ['portal-sessions'] });
      onMade(session);
    },
  );
  return (
    <Dialog title={texts.createPortalTitle} onClose={onClose} isWide>
      <Form submission={submission} paths={PATHS}>
        <fieldset className={styles.choices}>
          <legend>{texts.capabilities}</legend>
          {CAPABILITIES.map((each) => (
            <Checkbox
              key={each}
              label={each === 'view' ? `${texts.capability.view} (${texts.always})` : texts.capability[each]}
              checked={chosen.includes(each)}
              disabled={each === 'view'}
              onChecked={(isChosen) =>
                setChosen((now) => (isChosen ? [...now, each] : now.filter((one) => one !== each)))
              }
            />
          ))}
        </fieldset>
        <Select
          label={texts.expires}
          path="expires_in_seconds"
          value={expiry}
          onValue={setExpiry}
          choices={EXPIRIES.map((seconds) => ({ value: seconds, label: texts.expiry[seconds] ?? seconds }))}
        />
        <TextField
          label={texts.returnUrl}
          path="return_url"
          hint={texts.returnUrlHint}
          isOptional
          inputMode="url"
          value={returnUrl}
          onValue={setReturnUrl}
        />
        <ThemeFields values={theme} onValues={setTheme} />
        <FormActions submission={submission} onClose={onClose} label={texts.createPortal} />
      </Form>
    </Dialog>
  );
}
