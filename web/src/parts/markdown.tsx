/** The little Markdown that the API's descriptions have: code between backquotes. */
import { Said } from './said.tsx';

export const Markdown = ({ text }: { text: string }) => (
  <Said>
    {text
      .split('`')
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text that does not change
      .map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}
  </Said>
);
