/** The route of a request to its receiver, as the log shows it. */

export type TriedAddress = {
  address: string;
  /** a code like `ECONNREFUSED`, or a message */
  error: string;
};

export type Route = {
  /** the address that took the connection; `null`: none did */
  address: string | null;
  /** the addresses that were tried before it or beside it, and what they answered */
  others: TriedAddress[];
};
