/** The form that a secret of the contract has, in the words of its profile. */
import { Markdown } from '../../parts/markdown.tsx';
import { useTexts } from '../../texts/index.ts';

export function SecretForm({ form }: { form: string }) {
  const { endpointForm: texts } = useTexts();
  return (
    <div>
      {texts.secretForm} <Markdown text={form} />
    </div>
  );
}
