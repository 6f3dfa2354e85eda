/** Text that the API makes: English in every language of the pages, and from left to right also among text that is not. */
import { TidingsError } from '@tidings/client';
import type { ReactNode } from 'react';
import { piecesOf } from './said-times.ts';
import { ExactTime } from './time.tsx';

/** Marked, so that it is read aloud as English. Its times are shown as everywhere else, in the viewer's zone. */
export const Said = ({ children }: { children: ReactNode }) => (
  <bdi lang="en" dir="ltr">
    {typeof children === 'string' ? <WithTimes text={children} /> : children}
  </bdi>
);

const WithTimes = ({ text }: { text: string }) =>
  piecesOf(text).map((piece, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text stay where they are
    piece.isTime ? <ExactTime key={index} at={piece.text} /> : piece.text,
  );

/** Whether an error speaks in the words of the API or of its client: what a page refuses by itself is in its own language. */
export const isSaid = (error: Error | null): boolean =>
  error instanceof TidingsError &&
  (error.requestId !== null || error.code === 'no_answer' || error.code === 'unexpected_answer');

/** The words of an error, in whose language they are. */
export const ErrorText = ({ error }: { error: Error }) =>
  isSaid(error) ? <Said>{error.message}</Said> : <bdi>{error.message}</bdi>;
