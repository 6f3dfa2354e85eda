/** The sample in C#, for .NET 8. It has no ed25519 of its own: NSec.Cryptography has. */
import { isTimed, keyWord, lines, type SampleMaker, signedHeaders, TOLERANCE_S } from './sample.ts';

export const csharp: SampleMaker = {
  language: 'csharp',
  title: 'C#',
  make(recipe) {
    const { algorithm, header, prefix, separator, encoding, key } = recipe;
    const isHmac = algorithm === 'hmac-sha256';
    const param = isHmac ? 'secret' : 'publicKey';
    const stripped = key.prefix === '' ? param : `${param}.Replace("${key.prefix}", "")`;
    const before = signedHeaders(recipe)
      .map((name) => `{header("${name}")}.`)
      .join('');
    const given = `(header("${header}") ?? "")`;
    const digest =
      encoding === 'hex' ? 'Convert.ToHexString(mac).ToLowerInvariant()' : 'Convert.ToBase64String(mac)';
    const compare = 'CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), expected)';
    return lines(
      'using System.Security.Cryptography;',
      'using System.Text;',
      isHmac ? null : 'using NSec.Cryptography;',
      '',
      'public static class TidingsSignature',
      '{',
      '    /// <summary>Whether a request is genuine.</summary>',
      `    /// <param name="${param}">The ${keyWord(recipe)} of the endpoint.</param>`,
      '    /// <param name="header">Finds a header: name => Request.Headers[name]</param>',
      '    /// <param name="body">The raw body, before anything parses it.</param>',
      `    public static bool IsGenuine(string ${param}, Func<string, string?> header, byte[] body)`,
      '    {',
      ...(isTimed(recipe)
        ? [
            '        if (!long.TryParse(header("webhook-timestamp"), out var sentAt)) return false;',
            `        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - sentAt) > ${TOLERANCE_S}) return false;`,
          ]
        : []),
      before === ''
        ? '        var signed = body;'
        : `        var signed = Encoding.UTF8.GetBytes($"${before}").Concat(body).ToArray();`,
      key.encoding === 'utf8'
        ? `        var key = Encoding.UTF8.GetBytes(${stripped});`
        : `        var key = Convert.FromBase64String(${stripped});`,
      ...(isHmac
        ? [
            '        var mac = HMACSHA256.HashData(key, signed);',
            `        var expected = Encoding.UTF8.GetBytes(${prefix === '' ? '' : `"${prefix}" + `}${digest});`,
            separator === null ? `        var given = ${given};` : null,
            separator === null
              ? `        return ${compare};`
              : `        return ${given}.Split("${separator}").Any(given => ${compare});`,
          ]
        : [
            '        var ed25519 = SignatureAlgorithm.Ed25519;',
            '        var imported = PublicKey.Import(ed25519, key, KeyBlobFormat.RawPublicKey);',
            `        return ${given}.Split("${separator ?? ' '}").Any(given =>`,
            `            given.StartsWith("${prefix}", StringComparison.Ordinal)`,
            `            && ed25519.Verify(imported, signed, Convert.FromBase64String(given[${prefix.length}..])));`,
          ]),
      '    }',
      '}',
    );
  },
};
