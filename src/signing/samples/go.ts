/** The sample in Go. */
import { isTimed, keyWord, lines, type SampleMaker, signedHeaders, TOLERANCE_S } from './sample.ts';

export const go: SampleMaker = {
  language: 'go',
  title: 'Go',
  // Long because it is the text of one file, line by line.
  make(recipe) {
    const { algorithm, header, prefix, separator, encoding, key } = recipe;
    const isHmac = algorithm === 'hmac-sha256';
    const param = isHmac ? 'secret' : 'publicKey';
    const usesBase64 = !isHmac || key.encoding === 'base64' || encoding === 'base64';
    const isSplit = separator !== null || !isHmac;
    const stripped = key.prefix === '' ? param : `strings.TrimPrefix(${param}, "${key.prefix}")`;
    const decoded = `base64.RawStdEncoding.DecodeString(strings.TrimRight(${stripped}, "="))`;
    const digest =
      encoding === 'hex'
        ? 'hex.EncodeToString(mac.Sum(nil))'
        : 'base64.StdEncoding.EncodeToString(mac.Sum(nil))';
    const imports = [
      ...(isHmac ? ['crypto/hmac', 'crypto/sha256'] : ['crypto/ed25519']),
      ...(usesBase64 ? ['encoding/base64'] : []),
      ...(isHmac && encoding === 'hex' ? ['encoding/hex'] : []),
      'net/http',
      ...(isTimed(recipe) ? ['strconv'] : []),
      ...(isSplit || key.prefix !== '' || key.encoding === 'base64' ? ['strings'] : []),
      ...(isTimed(recipe) ? ['time'] : []),
    ].sort();
    const before = signedHeaders(recipe)
      .map((name) => `headers.Get("${name}") + "."`)
      .join(' + ');
    return lines(
      'package receiver',
      '',
      'import (',
      ...imports.map((name) => `\t"${name}"`),
      ')',
      '',
      `// IsGenuine reports whether a request is genuine, by the ${keyWord(recipe)} of the endpoint`,
      '// and the raw body, before anything parses it.',
      `func IsGenuine(${param} string, headers http.Header, body []byte) bool {`,
      ...(isTimed(recipe)
        ? [
            '\tsentAt, err := strconv.ParseInt(headers.Get("webhook-timestamp"), 10, 64)',
            `\tif age := time.Now().Unix() - sentAt; err != nil || age > ${TOLERANCE_S} || age < -${TOLERANCE_S} {`,
            '\t\treturn false',
            '\t}',
          ]
        : []),
      before === '' ? '\tsigned := body' : `\tsigned := append([]byte(${before}), body...)`,
      ...(key.encoding === 'base64'
        ? [
            `\tkey, err := ${decoded}`,
            `\tif err != nil${isHmac ? '' : ' || len(key) != ed25519.PublicKeySize'} {`,
            '\t\treturn false',
            '\t}',
          ]
        : [`\tkey := []byte(${stripped})`]),
      ...(isHmac
        ? [
            '\tmac := hmac.New(sha256.New, key)',
            '\tmac.Write(signed)',
            `\texpected := ${prefix === '' ? '' : `"${prefix}" + `}${digest}`,
          ]
        : []),
      ...(isHmac && separator === null
        ? [`\treturn hmac.Equal([]byte(headers.Get("${header}")), []byte(expected))`, '}']
        : [
            `\tfor _, given := range strings.Split(headers.Get("${header}"), "${separator ?? ' '}") {`,
            ...(isHmac
              ? ['\t\tif hmac.Equal([]byte(given), []byte(expected)) {', '\t\t\treturn true', '\t\t}']
              : [
                  `\t\ttext, isOurs := strings.CutPrefix(given, "${prefix}")`,
                  '\t\tsignature, err := base64.StdEncoding.DecodeString(text)',
                  '\t\tif isOurs && err == nil && ed25519.Verify(key, signed, signature) {',
                  '\t\t\treturn true',
                  '\t\t}',
                ]),
            '\t}',
            '\treturn false',
            '}',
          ]),
    );
  },
};
