/** The sample in TypeScript, for Node.js. */
import { isTimed, keyWord, lines, type SampleMaker, signedHeaders, TOLERANCE_S } from './sample.ts';

export const typescript: SampleMaker = {
  language: 'ts',
  title: 'TypeScript',
  // Long because it is the text of one file, line by line.
  make(recipe) {
    const { algorithm, header, prefix, separator, encoding, key } = recipe;
    const isHmac = algorithm === 'hmac-sha256';
    const param = isHmac ? 'secret' : 'publicKey';
    const before = signedHeaders(recipe)
      .map((name) => `\${header('${name}')}.`)
      .join('');
    const stripped = key.prefix === '' ? param : `${param}.replace('${key.prefix}', '')`;
    const given = `header('${header.toLowerCase()}')${separator === null ? '' : `.split('${separator}')`}`;
    const check = isHmac
      ? ['return given.length === expected.length && timingSafeEqual(given, expected);']
      : [
          `if (!signature.startsWith('${prefix}')) return false;`,
          `const bytes = Buffer.from(signature.slice(${prefix.length}), '${encoding}');`,
          'return verify(null, signed, key, bytes);',
        ];
    return lines(
      isHmac
        ? "import { createHmac, timingSafeEqual } from 'node:crypto';"
        : "import { createPublicKey, verify } from 'node:crypto';",
      '',
      '/**',
      ' * Whether a request is genuine.',
      ` * @param ${param} the ${keyWord(recipe)} of the endpoint`,
      " * @param headers Node's request.headers, whose names are in lower case",
      ' * @param body the raw body, before anything parses it',
      ' */',
      'export function isGenuine(',
      `  ${param}: string,`,
      '  headers: Record<string, string | string[] | undefined>,',
      '  body: Buffer,',
      '): boolean {',
      "  const header = (name: string) => String(headers[name] ?? '');",
      isTimed(recipe) ? "  const ageS = Date.now() / 1000 - Number(header('webhook-timestamp'));" : null,
      isTimed(recipe) ? `  if (!(Math.abs(ageS) <= ${TOLERANCE_S})) return false;` : null,
      before === ''
        ? '  const signed = body;'
        : `  const signed = Buffer.concat([Buffer.from(\`${before}\`), body]);`,
      ...(isHmac
        ? [
            key.encoding === 'utf8'
              ? `  const key = ${stripped};`
              : `  const key = Buffer.from(${stripped}, 'base64');`,
            `  const digest = createHmac('sha256', key).update(signed).digest('${encoding}');`,
            `  const expected = Buffer.from(${prefix === '' ? 'digest' : `\`${prefix}\${digest}\``});`,
          ]
        : [
            `  const x = Buffer.from(${stripped}, 'base64').toString('base64url');`,
            "  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });",
          ]),
      separator === null
        ? `  const given = Buffer.from(${given});`
        : `  return ${given}.some((signature) => {`,
      ...(separator === null
        ? check.map((line) => `  ${line}`)
        : [
            isHmac ? '    const given = Buffer.from(signature);' : null,
            ...check.map((line) => `    ${line}`),
            '  });',
          ]),
      '}',
    );
  },
};
