/** The sample in Python. */
import { isTimed, keyWord, lines, type SampleMaker, signedHeaders, TOLERANCE_S } from './sample.ts';

export const python: SampleMaker = {
  language: 'python',
  title: 'Python',
  // Long because it is the text of one file, line by line.
  make(recipe) {
    const { algorithm, header, prefix, separator, encoding, key } = recipe;
    const isHmac = algorithm === 'hmac-sha256';
    const param = isHmac ? 'secret' : 'public_key';
    const before = signedHeaders(recipe)
      .map((name) => `{headers.get('${name}', '')}.`)
      .join('');
    const stripped = key.prefix === '' ? param : `${param}.removeprefix("${key.prefix}")`;
    const given = `headers.get("${header}", "")`;
    const isBase64 = key.encoding === 'base64' || encoding === 'base64' || !isHmac;
    const digest =
      encoding === 'hex'
        ? 'hmac.new(key, signed, hashlib.sha256).hexdigest()'
        : 'base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()';
    return lines(
      isBase64 ? 'import base64' : null,
      ...(isHmac ? ['import hashlib', 'import hmac'] : []),
      isTimed(recipe) ? 'import time' : null,
      ...(isHmac
        ? []
        : [
            '',
            'from cryptography.exceptions import InvalidSignature',
            'from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey',
          ]),
      '',
      '',
      `def is_genuine(${param}, headers, body):`,
      '    """Whether a request is genuine.',
      '',
      `    ${param}: the ${keyWord(recipe)} of the endpoint`,
      '    headers: of the request, found whatever their case, like those of Flask and Django',
      '    body: the raw bytes, before anything parses them',
      '    """',
      ...(isTimed(recipe)
        ? [
            '    try:',
            '        age_s = time.time() - int(headers.get("webhook-timestamp", ""))',
            '    except ValueError:',
            '        return False',
            `    if abs(age_s) > ${TOLERANCE_S}:`,
            '        return False',
          ]
        : []),
      before === '' ? '    signed = body' : `    signed = f"${before}".encode() + body`,
      ...(isHmac
        ? [
            key.encoding === 'utf8'
              ? `    key = ${stripped}.encode()`
              : `    key = base64.b64decode(${stripped} + "==")`,
            `    expected = ${prefix === '' ? '' : `"${prefix}" + `}${digest}`,
            separator === null
              ? `    return hmac.compare_digest(${given}.encode(), expected.encode())`
              : `    given = ${given}.split("${separator}")`,
            separator === null
              ? null
              : '    return any(hmac.compare_digest(each.encode(), expected.encode()) for each in given)',
          ]
        : [
            `    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(${stripped} + "=="))`,
            `    for each in ${given}.split("${separator ?? ' '}"):`,
            '        try:',
            `            if each.startswith("${prefix}"):`,
            `                key.verify(base64.b64decode(each[${prefix.length}:]), signed)`,
            '                return True',
            '        except (InvalidSignature, ValueError):',
            '            continue',
            '    return False',
          ]),
    );
  },
};
