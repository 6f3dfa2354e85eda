/** Texts for people who write a receiver. */
export const verify = {
  headers: 'Headers to look at',
  hint: 'Every delivery is signed. What has no signature, or a wrong one, does not come from here: refuse it.',
  noSecret:
    'This endpoint has no secret, so that its deliveries are not signed. Rotate the secret to give it one.',
  noSignature:
    'This contract has no signature. Recognise deliveries by the authentication that you set, and accept https alone.',
  publicKey: 'Public key',
  code: 'Code for your receiver',
  language: 'Language',
  rules: 'What to keep in mind',
  advice: [
    'Verify the raw body, byte for byte. JSON that was parsed and written again differs.',
    'Compare in constant time, as the code does: the time of a plain comparison tells how much was right.',
    'The same webhook-id may come twice, after a retry or a replay. Take note of it, and do the work once.',
    'Answer with 2xx as soon as the delivery is stored, and work on it afterwards.',
  ],
};
