/** `<header>: <prefix><hex HMAC-SHA256(secret, body)>`: the signature of products that sign the body alone. */
import { createHmac, randomBytes } from 'node:crypto';
import type { SigningScheme } from '../domain/signing.ts';

/**
 * @public for profiles to come, see docs/adding-a-profile.md
 * @param options.header the header's name as the product's document spells it
 * @param options.prefix goes before the hex digits (`sha256=`)
 * @param options.extraHeaders sent beside the signature, word for word
 */
export function hmacHeader(options: {
  name: string;
  header: string;
  prefix?: string;
  extraHeaders?: Record<string, string>;
}): SigningScheme {
  const { name, header, prefix = '', extraHeaders = {} } = options;
  return {
    name,
    secretForm: '1 to 256 characters',
    headers: [
      {
        name: header,
        holds: `${prefix === '' ? 'The' : `\`${prefix}\` and the`} hex HMAC-SHA256 of the body`,
      },
      ...Object.entries(extraHeaders).map(([name, value]) => ({ name, holds: `\`${value}\`` })),
    ],
    recipes: [
      {
        ...{ secretKind: null, algorithm: 'hmac-sha256', header, prefix, separator: null, encoding: 'hex' },
        ...{ signed: ['body'], key: { prefix: '', encoding: 'utf8' } },
      },
    ],
    signsWithAll: false,
    generateSecret: () => randomBytes(32).toString('base64url'),
    secretProblem(secret) {
      if (secret.length < 1 || secret.length > 256) return 'must have 1 to 256 characters';
      return null;
    },
    sign({ body, secrets }) {
      const [secret] = secrets;
      if (secret === undefined) throw new Error(`${name} cannot sign without a secret`);
      return { [header]: prefix + createHmac('sha256', secret).update(body).digest('hex'), ...extraHeaders };
    },
  };
}

/** Reading Steps: `X-ReadingSteps-Signature: sha256=<hex>`. */
export const readingStepsSignature = hmacHeader({
  name: 'reading-steps',
  header: 'X-ReadingSteps-Signature',
  prefix: 'sha256=',
});

/** The SCORM API: `X-Allure-Signature: <hex>` and the algorithm's name. */
export const allureSignature = hmacHeader({
  name: 'allure',
  header: 'X-Allure-Signature',
  extraHeaders: { 'X-Allure-Signature-Algorithm': 'sha256' },
});
