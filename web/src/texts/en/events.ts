/** Texts of the event pages. */
export const events = {
  send: 'Send an event',
};
