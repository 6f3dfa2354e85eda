/** The authentication of an endpoint: one of the schemes that the contract allows, with its fields. */
import { Button } from '../../parts/button.tsx';
import { Select, TextField, useProblemAt } from '../../parts/field.tsx';
import { Markdown } from '../../parts/markdown.tsx';
import { Said } from '../../parts/said.tsx';
import { useTexts } from '../../texts/index.ts';
import { showHeaders } from './advanced-fields.tsx';
import type { FieldsProps } from './endpoint-fields.tsx';
import styles from './endpoint-form.module.css';
import type { Profile } from './endpoint-values.ts';

type Scheme = Profile['auth']['schemes'][number];

export function AuthFields({ profile, values, onValues, endpoint }: FieldsProps) {
  const { endpointForm: texts } = useTexts();
  const { schemes } = profile.auth;
  const scheme = schemes.find(({ type }) => type === values.authType);
  const problem = useProblemAt('auth');
  const isSet = values.authFields === null && endpoint?.auth.type === values.authType;
  // The header stands among the advanced settings, which open for it. Those that are set are not shown, and only replaced all at once.
  const addHeader = () => {
    const isHidden = values.headers === null && Object.keys(endpoint?.headers ?? {}).length > 0;
    if (!isHidden) onValues({ headers: [...(values.headers ?? []), { name: '', value: '' }] });
    requestAnimationFrame(showHeaders);
  };
  return (
    <div className="stack-tight">
      <Select
        label={texts.auth}
        path="auth.type"
        problem={problem}
        hint={scheme?.description && <Markdown text={scheme.description} />}
        choices={[
          ...(values.authType === '' ? [{ value: '', label: `${texts.chooseAuth}…` }] : []),
          ...schemes.map(({ type, title }) => ({ value: type, label: title, lang: 'en' })),
        ]}
        value={values.authType}
        onValue={(authType) =>
          onValues({ authType, authFields: authType === endpoint?.auth.type ? null : {} })
        }
      />
      {profile.endpoint_fields.includes('headers') && (
        <div>
          <Button look="quiet" icon="plus" onClick={addHeader}>
            {texts.otherHeader}
          </Button>
        </div>
      )}
      {isSet && scheme !== undefined && scheme.fields.length > 0 && (
        <div className="row">
          <span className="muted">{texts.credentialsSet}</span>
          <Button onClick={() => onValues({ authFields: {} })}>{texts.replaceCredentials}</Button>
        </div>
      )}
      {!isSet && scheme !== undefined && scheme.fields.length > 0 && (
        <div className={styles.inset}>
          {scheme.fields.map((field) => (
            <Credential
              key={field.name}
              field={field}
              value={values.authFields?.[field.name] ?? ''}
              onValue={(value) => onValues({ authFields: { ...values.authFields, [field.name]: value } })}
            />
          ))}
        </div>
      )}
    </div>
  );
}

/** Credentials go out exactly as they were typed, so that nothing is cut off them here. */
const Credential = ({
  field,
  value,
  onValue,
}: {
  field: Scheme['fields'][number];
  value: string;
  onValue(value: string): void;
}) => (
  <TextField
    label={<Said>{field.label}</Said>}
    path={`auth.${field.name}`}
    isVerbatim
    isOptional={!field.required}
    type={field.kind === 'secret' ? 'password' : 'text'}
    autoComplete={field.kind === 'secret' ? 'new-password' : 'off'}
    hint={field.description && <Markdown text={field.description} />}
    value={value}
    onValue={onValue}
  />
);
