/** The fields of an endpoint, as the tenant's contract has them. A new one and a changed one have the same. */
import type { ReactNode } from 'react';
import { TextField } from '../../parts/field.tsx';
import { Said } from '../../parts/said.tsx';
import { useTexts } from '../../texts/index.ts';
import { AdvancedFields } from './advanced-fields.tsx';
import { AuthFields } from './auth-fields.tsx';
import type { Endpoint, EndpointValues, Profile } from './endpoint-values.ts';
import { EventTypeChoice } from './event-type-choice.tsx';
import { SecretFields } from './secret-fields.tsx';

/** Of the request's body; what is refused elsewhere stands above the form. */
export const ENDPOINT_PATHS = [
  ...['url', 'description', 'event_types', 'auth', 'secret', 'signature', 'headers', 'timeout_ms'],
  ...['retry_schedule', 'rate_limit', 'ordered'],
];

export type FieldsProps = {
  profile: Profile;
  values: EndpointValues;
  onValues(change: Partial<EndpointValues>): void;
  /** the endpoint that is changed; absent: a new one */
  endpoint?: Endpoint | undefined;
};

/** @param urlHint what stands below the URL, where it is not the usual */
export function EndpointFields(props: FieldsProps & { urlHint?: ReactNode }) {
  const { profile, values, onValues, endpoint, urlHint } = props;
  const { endpointForm: texts } = useTexts();
  return (
    <>
      <TextField
        label={<Said>{profile.url.label}</Said>}
        path="url"
        type="url"
        inputMode="url"
        placeholder="https://example.com/webhooks"
        autoFocus={endpoint === undefined}
        hint={urlHint ?? (profile.url.https_only ? texts.urlHttpsHint : texts.urlHint)}
        value={values.url}
        onValue={(url) => onValues({ url })}
      />
      <TextField
        label={texts.description}
        path="description"
        isOptional
        hint={texts.descriptionHint}
        value={values.description}
        onValue={(description) => onValues({ description })}
      />
      <EventTypeChoice
        value={values.eventTypes}
        allowsOthers={profile.event_types.unknown_allowed}
        onValue={(eventTypes) => onValues({ eventTypes })}
      />
      <AuthFields {...props} />
      {endpoint === undefined && <SecretFields {...props} />}
      <AdvancedFields {...props} />
    </>
  );
}
