/** The signing secret of a new endpoint, where the contract lets one be chosen. */
import { Select, TextField } from '../../parts/field.tsx';
import { useTexts } from '../../texts/index.ts';
import type { FieldsProps } from './endpoint-fields.tsx';
import { SecretForm } from './secret-form.tsx';

export function SecretFields({ profile, values, onValues }: FieldsProps) {
  const { endpointForm: texts } = useTexts();
  if (!profile.endpoint_fields.includes('secret')) return null;
  const { kinds, form, rule } = profile.secret;
  const algorithmOf = (kind: string) =>
    profile.signatures.find(({ secret_kind }) => secret_kind === kind)?.algorithm ?? kind;
  return (
    <>
      {kinds.length > 1 && values.secret === '' && (
        <Select
          label={texts.signature}
          path="signature"
          choices={kinds.map((kind) => ({
            value: kind,
            label: texts.algorithms[algorithmOf(kind)] ?? kind,
          }))}
          value={values.signature}
          onValue={(signature) => onValues({ signature })}
        />
      )}
      <TextField
        label={texts.secret}
        path="secret"
        isOptional
        type="password"
        autoComplete="new-password"
        hint={
          <>
            {rule === 'always' ? texts.secretMade : texts.secretChosen}{' '}
            {form !== null && <SecretForm form={form} />}
          </>
        }
        value={values.secret}
        onValue={(secret) => onValues({ secret })}
      />
    </>
  );
}
