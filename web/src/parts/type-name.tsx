/** The name of an event type: it breaks after its dots and underlines rather than within a word, and reads from left to right everywhere. */
import { Fragment } from 'react';

export const TypeName = ({ name }: { name: string }) => (
  <bdi dir="ltr">
    {name.split(/(?<=[._-])/).map((part, at) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a name's parts have no other identity
      <Fragment key={at}>
        {at > 0 && <wbr />}
        {part}
      </Fragment>
    ))}
  </bdi>
);
