/** The sample in Ruby. */
import {
  ED25519_DER,
  isTimed,
  keyWord,
  lines,
  type SampleMaker,
  signedHeaders,
  TOLERANCE_S,
} from './sample.ts';

export const ruby: SampleMaker = {
  language: 'ruby',
  title: 'Ruby',
  make(recipe) {
    const { algorithm, header, prefix, separator, encoding, key } = recipe;
    const isHmac = algorithm === 'hmac-sha256';
    const param = isHmac ? 'secret' : 'public_key';
    const stripped = key.prefix === '' ? param : `${param}.delete_prefix("${key.prefix}")`;
    const before = signedHeaders(recipe)
      .map((name) => `#{headers["${name}"]}.`)
      .join('');
    const given = `headers["${header}"].to_s`;
    const digest =
      encoding === 'hex'
        ? 'OpenSSL::HMAC.hexdigest("SHA256", key, signed)'
        : '[OpenSSL::HMAC.digest("SHA256", key, signed)].pack("m0")';
    return lines(
      'require "openssl"',
      '',
      '# Whether a request is genuine.',
      `# ${param}: the ${keyWord(recipe)} of the endpoint`,
      '# headers: request.headers of Rails, or any that find a name whatever its case',
      '# body: the raw body, request.raw_post',
      `def genuine?(${param}, headers, body)`,
      isTimed(recipe) ? '  sent_at = Integer(headers["webhook-timestamp"].to_s, 10, exception: false)' : null,
      isTimed(recipe)
        ? `  return false if sent_at.nil? || (Time.now.to_i - sent_at).abs > ${TOLERANCE_S}`
        : null,
      before === '' ? '  signed = body.b' : `  signed = "${before}".b + body.b`,
      key.encoding === 'utf8' ? `  key = ${stripped}` : `  key = ${stripped}.unpack1("m")`,
      ...(isHmac
        ? [
            `  expected = ${prefix === '' ? '' : `"${prefix}" + `}${digest}`,
            separator === null
              ? `  OpenSSL.secure_compare(${given}, expected)`
              : `  ${given}.split("${separator}").any? { |each| OpenSSL.secure_compare(each, expected) }`,
          ]
        : [
            `  verifier = OpenSSL::PKey.read(["${ED25519_DER}"].pack("H*") + key)`,
            `  ${given}.split("${separator ?? ' '}").any? do |each|`,
            `    each.start_with?("${prefix}") &&`,
            `      verifier.verify(nil, each.delete_prefix("${prefix}").unpack1("m"), signed)`,
            '  end',
          ]),
      'end',
    );
  },
};
