/** The button that ends a session of somebody else, with the question before it. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAnnounce } from '../../context/announce.tsx';
import { Button } from '../../parts/button.tsx';
import { ConfirmDialog } from '../../parts/dialog.tsx';
import { useSubmission } from '../../parts/form.tsx';
import { useTexts } from '../../texts/index.ts';

/**
 * @param id of the session
 * @param listed first part of the key of the list that it stands in
 * @param hint what ending it does, to whom
 */
export function EndSession({
  id,
  listed,
  label,
  hint,
  end,
}: {
  id: string;
  listed: string;
  label: string;
  hint: string;
  end(): Promise<unknown>;
}) {
  const { settings: texts } = useTexts();
  const queries = useQueryClient();
  const announce = useAnnounce();
  const [isAsking, setAsking] = useState(false);
  const submission = useSubmission(end, () => {
    setAsking(false);
    void queries.invalidateQueries({ queryKey: [listed] });
    announce(texts.ended);
  });
  return (
    <>
      <Button look="small" aria-label={`${label} ${id}`} onClick={() => setAsking(true)}>
        {label}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={texts.endTitle}
          submission={submission}
          onClose={() => setAsking(false)}
          look="danger"
        >
          <p>{hint}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
