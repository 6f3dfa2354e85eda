/** The TLS of a connection as the log shows it: the protocol, and the certificate that the receiver showed. */
export type Peer = {
  /** such as `TLSv1.3`; `null`: the handshake did not end */
  protocol: string | null;
  /** distinguished names, `CN=…, O=…` */
  subject: string | null;
  issuer: string | null;
  /** ISO 8601 */
  validTo: string | null;
  /** the names and addresses that it is for, a bounded number */
  names: string[];
  /** of the certificate's DER, in hex with colons */
  fingerprintSha256: string | null;
};
