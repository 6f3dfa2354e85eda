/** The form that makes a tenant, and leads on to its first endpoint. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { addressesIn } from '../../context/addresses.ts';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useProfiles } from '../../context/profiles.ts';
import { Button, LinkButton } from '../../parts/button.tsx';
import { Select, TextArea, TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Page } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import { ContractSentence } from './contract.tsx';

export function NewTenant() {
  const { shell, tenants: texts } = useTexts();
  const { data: profiles, error, refetch } = useProfiles();
  return (
    <Page title={texts.createTitle} above={<Link href="/tenants">{shell.tenants}</Link>}>
      {profiles !== undefined && <TenantForm profiles={profiles} />}
      {profiles === undefined &&
        (error ? <ProblemNotice problem={error} onRetry={refetch} /> : <Loading rows={5} />)}
    </Page>
  );
}

function TenantForm({ profiles }: { profiles: readonly Schemas['Profile'][] }) {
  const { common, tenants: texts } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [, navigate] = useLocation();
  const [name, setName] = useState('');
  const [profile, setProfile] = useState(
    () => (profiles.find((each) => each.is_default) ?? profiles[0])?.name ?? '',
  );
  const [externalId, setExternalId] = useState('');
  const [contacts, setContacts] = useState('');
  const chosen = profiles.find((each) => each.name === profile);
  const submission = useSubmission(
    () =>
      dataOf(
        api.POST('/v1/tenants', {
          body: {
            name: name.trim(),
            profile: profile as Schemas['CreateTenant']['profile'],
            contacts: addressesIn(contacts),
            ...(externalId.trim() !== '' && { external_id: externalId.trim() }),
          },
        }),
      ),
    (tenant) => {
      void queries.invalidateQueries({ queryKey: ['tenants'] });
      announce(texts.created_(tenant.name));
      navigate(`/tenants/${tenant.id}/endpoints/new`);
    },
  );
  return (
    <Form isAlone submission={submission} paths={['name', 'profile', 'external_id', 'contacts']}>
      <TextField
        label={texts.name}
        path="name"
        hint={texts.nameHint}
        value={name}
        onValue={setName}
        dir="auto"
        autoFocus
      />
      <Select
        label={texts.profile}
        path="profile"
        hint={chosen && <ContractSentence profile={chosen} />}
        value={profile}
        onValue={setProfile}
        choices={profiles.map((each) => ({ value: each.name, label: each.title }))}
      />
      <TextField
        label={texts.externalId}
        path="external_id"
        hint={texts.externalIdHint}
        isOptional
        value={externalId}
        onValue={setExternalId}
      />
      <TextArea
        label={texts.contacts}
        path="contacts"
        hint={texts.contactsHint}
        isOptional
        rows={3}
        inputMode="email"
        value={contacts}
        onValue={setContacts}
      />
      <div className="row">
        <Button look="primary" type="submit" isBusy={submission.isBusy}>
          {texts.create}
        </Button>
        <LinkButton href="/tenants">{common.cancel}</LinkButton>
      </div>
    </Form>
  );
}
