/** The dialog that makes a key. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useState } from 'react';
import { useApi } from '../../context/api.tsx';
import { Dialog, FormActions } from '../../parts/dialog.tsx';
import { Checkbox, Field, TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './settings.module.css';

type Scope = Schemas['Key']['scopes'][number];
const SCOPES: readonly Scope[] = ['emit', 'read', 'manage'];

/** @param tenant `null`: an admin key */
export function CreateKey({
  tenant,
  onClose,
  onMade,
}: {
  tenant: string | null;
  onClose: () => void;
  onMade: (key: Schemas['NewKey']) => void;
}) {
  const { settings: texts } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['emit']);
  const submission = useSubmission(
    () => {
      const named = name.trim() === '' ? {} : { name: name.trim() };
      const body =
        tenant === null
          ? { kind: 'admin' as const, ...named }
          : {
              kind: 'tenant' as const,
              tenant,
              scopes: SCOPES.filter((each) => scopes.includes(each)),
              ...named,
            };
      return dataOf(api.POST('/v1/keys', { body }));
    },
    (key) => {
      void queries.invalidateQueries({ queryKey: ['keys'] });
      onMade(key);
    },
  );
  return (
    <Dialog title={texts.createKeyTitle} onClose={onClose}>
      <Form submission={submission} paths={['name', 'scopes']}>
        <TextField
          label={texts.keyName}
          path="name"
          hint={texts.keyNameHint}
          isOptional
          value={name}
          onValue={setName}
          autoFocus
        />
        {tenant === null ? (
          <p className="muted">{texts.everything}</p>
        ) : (
          <Field label={texts.scopes} path="scopes">
            {(wiring) => (
              <fieldset {...wiring} aria-label={texts.scopes} className={styles.choices}>
                {SCOPES.map((scope) => (
                  <Checkbox
                    key={scope}
                    label={texts.scope[scope]}
                    hint={texts.scopeHints[scope]}
                    checked={scopes.includes(scope)}
                    onChecked={(isChosen) =>
                      setScopes((now) => (isChosen ? [...now, scope] : now.filter((each) => each !== scope)))
                    }
                  />
                ))}
              </fieldset>
            )}
          </Field>
        )}
        <FormActions submission={submission} onClose={onClose} label={texts.createKey} />
      </Form>
    </Dialog>
  );
}
