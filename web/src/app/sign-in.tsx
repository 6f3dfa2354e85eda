/** Signing in with a key. */
import { dataOf, type Schemas } from '@tidings/client';
import { useEffect, useState } from 'react';
import { useApi } from '../context/api.tsx';
import { Button } from '../parts/button.tsx';
import { TextField } from '../parts/field.tsx';
import { Form, useSubmission } from '../parts/form.tsx';
import { Notice, ProblemNotice } from '../parts/problem.tsx';
import { useTexts } from '../texts/index.ts';
import styles from './sign-in.module.css';

export function SignInForm({ onSignedIn }: { onSignedIn: (session: Schemas['Session']) => void }) {
  const { signIn } = useTexts();
  const api = useApi();
  const [key, setKey] = useState('');
  const submission = useSubmission(
    () => dataOf(api.POST('/v1/sessions', { body: { key: key.trim() } })),
    onSignedIn,
  );
  return (
    <Form submission={submission} paths={['key']}>
      <TextField label={signIn.key} path="key" type="password" autoFocus value={key} onValue={setKey} />
      <div>
        <Button look="primary" type="submit" isBusy={submission.isBusy}>
          {signIn.submit}
        </Button>
      </div>
    </Form>
  );
}

/** @param problem why a link did not sign in, or why nobody could be asked */
export function SignInPage({
  problem,
  hasLeft,
  onSignedIn,
}: {
  problem: Error | null;
  hasLeft: boolean;
  onSignedIn: (session: Schemas['Session']) => void;
}) {
  const { signIn } = useTexts();
  useEffect(() => {
    document.title = `${signIn.title} · Tidings`;
  }, [signIn]);
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <h1>{signIn.title}</h1>
        {hasLeft && (
          <div role="status">
            <Notice tone="good">
              <p>{signIn.signedOut}</p>
            </Notice>
          </div>
        )}
        {problem && <ProblemNotice problem={problem} />}
        <p className="muted">{signIn.hint}</p>
        <SignInForm onSignedIn={onSignedIn} />
        <details>
          <summary>{signIn.whereTitle}</summary>
          <p className="muted">{signIn.where}</p>
        </details>
      </div>
    </main>
  );
}
