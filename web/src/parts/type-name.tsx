/** The name of an event type, which breaks after its dots and underlines rather than within a word. */
import { Fragment } from 'react';

export const TypeName = ({ name }: { name: string }) =>
  name.split(/(?<=[._-])/).map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a name's parts have no other identity
    <Fragment key={at}>
      {at > 0 && <wbr />}
      {part}
    </Fragment>
  ));
