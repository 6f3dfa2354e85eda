/** The sample in PHP. */
import { isTimed, keyWord, lines, type SampleMaker, signedHeaders, TOLERANCE_S } from './sample.ts';

export const php: SampleMaker = {
  language: 'php',
  title: 'PHP',
  make(recipe) {
    const { algorithm, header, prefix, separator, encoding, key } = recipe;
    const isHmac = algorithm === 'hmac-sha256';
    const param = isHmac ? '$secret' : '$publicKey';
    const stripped = key.prefix === '' ? param : `substr(${param}, strlen('${key.prefix}'))`;
    const before = signedHeaders(recipe)
      .map((name) => `($headers['${name}'] ?? '') . '.' . `)
      .join('');
    const given = `$headers['${header.toLowerCase()}'] ?? ''`;
    const digest =
      encoding === 'hex'
        ? "hash_hmac('sha256', $signed, $key)"
        : "base64_encode(hash_hmac('sha256', $signed, $key, true))";
    return lines(
      '<?php',
      '/**',
      ' * Whether a request is genuine.',
      ` * ${param}: the ${keyWord(recipe)} of the endpoint`,
      ' * $headers: array_change_key_case(getallheaders())',
      " * $body: the raw body, file_get_contents('php://input')",
      ' */',
      `function is_genuine(string ${param}, array $headers, string $body): bool`,
      '{',
      ...(isTimed(recipe)
        ? [
            "    $sentAt = $headers['webhook-timestamp'] ?? '';",
            `    if (!ctype_digit($sentAt) || abs(time() - (int) $sentAt) > ${TOLERANCE_S}) {`,
            '        return false;',
            '    }',
          ]
        : []),
      `    $signed = ${before}$body;`,
      key.encoding === 'utf8' ? `    $key = ${stripped};` : `    $key = base64_decode(${stripped});`,
      isHmac ? `    $expected = ${prefix === '' ? '' : `'${prefix}' . `}${digest};` : null,
      ...(isHmac && separator === null
        ? [`    return hash_equals($expected, ${given});`]
        : [
            `    foreach (explode('${separator ?? ' '}', ${given}) as $each) {`,
            ...(isHmac
              ? ['        if (hash_equals($expected, $each)) {']
              : [
                  `        $signature = base64_decode(substr($each, ${prefix.length}));`,
                  `        if (str_starts_with($each, '${prefix}') && strlen($signature) === 64`,
                  '            && sodium_crypto_sign_verify_detached($signature, $signed, $key)) {',
                ]),
            '            return true;',
            '        }',
            '    }',
            '    return false;',
          ]),
      '}',
    );
  },
};
