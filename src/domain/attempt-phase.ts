/** The phases of an attempt on the wire, and the words for a timeout in each. */

export const WAITED_FOR = {
  name: 'its name was not resolved',
  connect: 'nothing accepted the connection',
  tunnel: 'the egress proxy opened no way to it',
  tls: 'the TLS handshake did not end',
  request: 'the receiver did not take the whole request',
  answer: 'the receiver had the request and said nothing',
  head: 'the headers of its response did not end',
} as const;

export type Phase = keyof typeof WAITED_FOR;
