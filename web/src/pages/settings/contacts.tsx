/** Contacts of a tenant, each with its state and what can be done about it. */
import { useQueryClient } from '@tanstack/react-query';
import { dataOf, type Schemas } from '@tidings/client';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { useApi } from '../../context/api.tsx';
import { useTenant } from '../../context/tenant.tsx';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { Form, useSubmission } from '../../parts/form.tsx';
import type { IconName } from '../../parts/icon.tsx';
import { Card } from '../../parts/page.tsx';
import { ProblemNotice } from '../../parts/problem.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './settings.module.css';

type Contact = Schemas['Contact'];

const LOOKS: Record<Contact['state'], [Tone, IconName]> = {
  verified: ['good', 'check'],
  pending: ['info', 'clock'],
  unsubscribed: ['quiet', 'stop'],
  undeliverable: ['bad', 'warning'],
};

/** Sets the contacts, in the order given. */
function useSetContacts() {
  const api = useApi();
  const { id } = useTenant();
  return (contacts: string[]) =>
    dataOf(api.PATCH('/v1/tenants/{tenant}', { params: { path: { tenant: id } }, body: { contacts } }));
}

function useSaved() {
  const queries = useQueryClient();
  const announce = useAnnounce();
  return (text: string) => {
    void queries.invalidateQueries({ queryKey: ['tenant'] });
    announce(text);
  };
}

export function Contacts() {
  const { settings: texts } = useTexts();
  const { contact_states: contacts } = useTenant();
  return (
    <Card title={texts.contacts} isNarrow isRegion>
      <p className="muted">{texts.contactsHint}</p>
      {contacts.length === 0 ? (
        <p>{texts.noContacts}</p>
      ) : (
        <ul className={styles.list}>
          {contacts.map((contact) => (
            <ContactRow key={contact.address} contact={contact} />
          ))}
        </ul>
      )}
      <AddContact />
    </Card>
  );
}

function ContactRow({ contact }: { contact: Contact }) {
  const { settings: texts } = useTexts();
  const api = useApi();
  const saved = useSaved();
  const { id, contacts } = useTenant();
  const setContacts = useSetContacts();
  const [isRemoving, setRemoving] = useState(false);
  const { address, state, refusal } = contact;
  const [tone, icon] = LOOKS[state];
  const link = useSubmission(
    () =>
      dataOf(
        api.POST('/v1/tenants/{tenant}/contacts/send-link', {
          params: { path: { tenant: id } },
          body: { address },
        }),
      ),
    () => saved(texts.linkSent(address)),
  );
  const removal = useSubmission(
    () => setContacts(contacts.filter((each) => each !== address)),
    () => {
      setRemoving(false);
      saved(texts.saved);
    },
  );
  return (
    <li>
      <div className={styles.grow}>
        <div className="row">
          <bdi className="break">{address}</bdi>
          <Badge tone={tone} icon={icon}>
            {texts.contactStates[state]}
          </Badge>
        </div>
        {(texts.contactHints[state] || refusal) && (
          <small className="muted break">
            {texts.contactHints[state]}
            {texts.contactHints[state] && refusal && ': '}
            {refusal && <bdi dir="ltr">{refusal}</bdi>}
          </small>
        )}
        {link.problem && <ProblemNotice problem={link.problem} />}
      </div>
      <div className="row">
        {(state === 'pending' || state === 'undeliverable') && (
          <Button
            look="small"
            isBusy={link.isBusy}
            onClick={link.submit}
            aria-label={`${texts.sendLink} ${address}`}
          >
            {texts.sendLink}
          </Button>
        )}
        <Button look="small" onClick={() => setRemoving(true)} aria-label={`${texts.remove} ${address}`}>
          {texts.remove}
        </Button>
      </div>
      {isRemoving && (
        <ConfirmDialog
          title={texts.removeContact(address)}
          submission={removal}
          onClose={() => setRemoving(false)}
          look="danger"
        >
          <p>{texts.removeContactHint}</p>
        </ConfirmDialog>
      )}
    </li>
  );
}

function AddContact() {
  const { settings: texts } = useTexts();
  const { contacts } = useTenant();
  const saved = useSaved();
  const setContacts = useSetContacts();
  const [address, setAddress] = useState('');
  const path = `contacts.${contacts.length}`;
  const submission = useSubmission(
    () => setContacts([...contacts, address.trim()]),
    () => {
      setAddress('');
      saved(texts.saved);
    },
  );
  return (
    <Form submission={submission} paths={['contacts', path]} label={texts.addContact}>
      <TextField
        label={texts.address}
        path={path}
        type="email"
        inputMode="email"
        value={address}
        onValue={setAddress}
      />
      <div>
        <Button type="submit" isBusy={submission.isBusy}>
          {texts.addContact}
        </Button>
      </div>
    </Form>
  );
}
