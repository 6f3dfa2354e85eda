/** Texts of one exchange with a receiver. */
import type { Schemas } from '@tidings/client';

export const exchange = {
  whatHappened: 'What happened',
  request: 'Request',
  response: 'Response',
  requestBody: 'body that was sent',
  responseBody: 'body that came back',
  underWay: 'No answer yet. It appears here as soon as it comes.',
  answered: (status: number, duration: string) => `Your endpoint answered ${status} after ${duration}.`,
  noRequest: 'It is not known what was sent.',
  noResponse: 'Nothing came back.',
  erased: 'The payload is erased.',
  truncated: 'Only the first 16 KiB are kept.',
  open: 'Open this delivery',
  who: {
    receiver: 'Whoever runs the receiver:',
    customer: 'Whoever set the endpoint up:',
    operator: 'The operator of Tidings:',
    tidings: '',
  } as Record<NonNullable<Schemas['Delivery']['explanation']>['who'], string>,
};
