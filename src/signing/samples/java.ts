/** The sample in Java 17. */
import {
  ED25519_DER,
  isTimed,
  keyWord,
  lines,
  type SampleMaker,
  signedHeaders,
  TOLERANCE_S,
} from './sample.ts';

export const java: SampleMaker = {
  language: 'java',
  title: 'Java',
  // Long because it is the text of one file, line by line.
  make(recipe) {
    const { algorithm, header, prefix, separator, encoding, key } = recipe;
    const isHmac = algorithm === 'hmac-sha256';
    const param = isHmac ? 'secret' : 'publicKey';
    const isSplit = separator !== null || !isHmac;
    const usesBase64 = !isHmac || key.encoding === 'base64' || encoding === 'base64';
    const usesHex = !isHmac || encoding === 'hex';
    const stripped = key.prefix === '' ? param : `${param}.replaceFirst("^${key.prefix}", "")`;
    const before = signedHeaders(recipe)
      .map((name) => `header.apply("${name}") + "."`)
      .join(' + ');
    const digest =
      encoding === 'hex'
        ? 'HexFormat.of().formatHex(mac.doFinal())'
        : 'Base64.getEncoder().encodeToString(mac.doFinal())';
    const imports = [
      'java.nio.charset.StandardCharsets',
      'java.security.GeneralSecurityException',
      ...(isHmac
        ? ['java.security.MessageDigest']
        : ['java.security.KeyFactory', 'java.security.Signature', 'java.security.spec.X509EncodedKeySpec']),
      ...(usesBase64 ? ['java.util.Base64'] : []),
      ...(usesHex ? ['java.util.HexFormat'] : []),
      'java.util.function.UnaryOperator',
      ...(isHmac ? ['javax.crypto.Mac', 'javax.crypto.spec.SecretKeySpec'] : []),
    ];
    const verified = isHmac
      ? ['if (MessageDigest.isEqual(utf8(given), utf8(expected))) return true;']
      : [
          `if (!given.startsWith("${prefix}")) continue;`,
          'Signature verifier = Signature.getInstance("Ed25519");',
          'verifier.initVerify(key);',
          ...(before === '' ? [] : ['verifier.update(utf8(before));']),
          'verifier.update(body);',
          'try {',
          `  if (verifier.verify(Base64.getDecoder().decode(given.substring(${prefix.length})))) return true;`,
          '} catch (GeneralSecurityException | IllegalArgumentException notASignature) {',
          '  // The next one may be.',
          '}',
        ];
    return lines(
      ...imports.map((name) => `import ${name};`),
      '',
      'public final class TidingsSignature {',
      '  /**',
      '   * Whether a request is genuine.',
      `   * @param ${param} the ${keyWord(recipe)} of the endpoint`,
      '   * @param header finds a header, like request::getHeader',
      '   * @param body the raw body, before anything parses it',
      '   */',
      `  public static boolean isGenuine(String ${param}, UnaryOperator<String> header, byte[] body)`,
      '      throws GeneralSecurityException {',
      `    String signatures = header.apply("${header}");`,
      '    if (signatures == null) return false;',
      ...(isTimed(recipe)
        ? [
            '    try {',
            '      long sentAt = Long.parseLong(header.apply("webhook-timestamp"));',
            `      if (Math.abs(System.currentTimeMillis() / 1000 - sentAt) > ${TOLERANCE_S}) return false;`,
            '    } catch (NumberFormatException missing) {',
            '      return false;',
            '    }',
          ]
        : []),
      before === '' ? null : `    String before = ${before};`,
      ...(isHmac
        ? [
            key.encoding === 'utf8'
              ? `    byte[] key = utf8(${stripped});`
              : `    byte[] key = Base64.getDecoder().decode(${stripped});`,
            '    Mac mac = Mac.getInstance("HmacSHA256");',
            '    mac.init(new SecretKeySpec(key, "HmacSHA256"));',
            before === '' ? null : '    mac.update(utf8(before));',
            '    mac.update(body);',
            `    String expected = ${prefix === '' ? '' : `"${prefix}" + `}${digest};`,
          ]
        : [
            `    byte[] raw = Base64.getDecoder().decode(${stripped});`,
            `    byte[] encoded = HexFormat.of().parseHex("${ED25519_DER}" + HexFormat.of().formatHex(raw));`,
            '    var key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));',
          ]),
      ...(isSplit
        ? [
            `    for (String given : signatures.split("${separator ?? ' '}")) {`,
            ...verified.map((line) => `      ${line}`),
            '    }',
            '    return false;',
          ]
        : ['    return MessageDigest.isEqual(utf8(signatures), utf8(expected));']),
      '  }',
      '',
      '  private static byte[] utf8(String text) {',
      '    return text.getBytes(StandardCharsets.UTF_8);',
      '  }',
      '}',
    );
  },
};
