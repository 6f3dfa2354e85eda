/**
 * The address guard, as a table of the addresses that may be dialled: it stands between a customer's URL and the operator's
 * network.
 */
import { isIP } from 'node:net';
import { AddressBlockedError, createAddressGuard } from '../../src/http/address-guard.ts';

const allowing = (...allowCidrs: string[]) => createAddressGuard({ allowCidrs });
const guard = createAddressGuard({ allowCidrs: [] });

describe('a public address may be dialled', () => {
  test.each([
    '1.1.1.1',
    '8.8.8.8',
    '93.184.215.14',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2001:4860:4860::8888',
    '2a00:1450:4001:80b::200e',
    '::ffff:8.8.8.8',
  ])('%s', (address) => {
    expect(guard.problem(address, 443)).toBeNull();
  });
});

describe('an address that is not public may not be dialled', () => {
  test.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '10.255.255.255'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.0.1'],
    ['private', '192.168.255.255'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['carrier-grade NAT', '100.127.255.255'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.254'],
    ['link-local', '169.254.0.1'],
    ["a cloud's metadata", '169.254.169.254'],
    ["a container's credentials", '169.254.170.2'],
    ["another cloud's metadata", '100.100.100.200'],
    ['protocol assignments', '192.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['6to4 relay', '192.88.99.1'],
    ['benchmarking', '198.18.0.1'],
    ['benchmarking', '198.19.255.255'],
    ['multicast', '224.0.0.1'],
    ['multicast', '239.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['reserved', '255.255.255.254'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['loopback', '::1'],
    ['loopback, written in full', '0:0:0:0:0:0:0:1'],
    ['IPv4-compatible loopback', '::7f00:1'],
    ['IPv4-compatible, dotted', '::127.0.0.1'],
    ['IPv4-compatible private', '::10.0.0.1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['mapped loopback in hex', '::ffff:7f00:1'],
    ['mapped metadata', '::ffff:169.254.169.254'],
    ['mapped private', '::ffff:10.0.0.1'],
    ['mapped unspecified', '::ffff:0.0.0.0'],
    ['IPv4-translated', '::ffff:0:127.0.0.1'],
    ['NAT64 to loopback', '64:ff9b::7f00:1'],
    ['NAT64 to metadata', '64:ff9b::169.254.169.254'],
    ['NAT64 to a public address', '64:ff9b::8.8.8.8'],
    ['local NAT64', '64:ff9b:1::7f00:1'],
    ['6to4 to loopback', '2002:7f00:1::'],
    ['6to4 to private', '2002:c0a8:1::1'],
    ['Teredo', '2001::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['benchmarking', '2001:2::1'],
    ['ORCHID', '2001:10::1'],
    ['ORCHIDv2', '2001:20::1'],
    ['documentation', '2001:db8::1'],
    ['newer documentation', '3fff::1'],
    ['unique local', 'fc00::1'],
    ['unique local', 'fd12:3456:789a::1'],
    ["a cloud's metadata by IPv6", 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['link-local with a zone', 'fe80::1%eth0'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['multicast', 'ff0e::1'],
    ['discard', '100::1'],
    ['segment routing', '5f00::1'],
    ['not given out', '4000::1'],
    ['not given out', '1::1'],
  ])('%s: %s', (_what, address) => {
    expect(guard.problem(address, 443)).toMatch(/TIDINGS_ALLOW_CIDRS/);
  });

  test.each(['', 'localhost', 'example.com', '1.2.3.4.5', '1.2.3.4/8', '[::1]', '::g'])(
    '%j is no address at all',
    (text) => {
      expect(guard.problem(text, 443)).toMatch(/is not an IP address/);
    },
  );

  test.each(['127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0x7f.0.0.1'])(
    '%s, an old spelling of loopback',
    (text) => {
      expect(guard.problem(text, 443)).not.toBeNull();
    },
  );
});

describe('what the operator allows', () => {
  test.each([
    { cidr: '127.0.0.0/8', address: '127.0.0.1', allowed: true },
    { cidr: '127.0.0.0/8', address: '::ffff:127.0.0.1', allowed: true },
    { cidr: '127.0.0.0/8', address: '::1', allowed: false },
    { cidr: '127.0.0.0/8', address: '10.0.0.1', allowed: false },
    { cidr: '127.0.0.0/8', address: '64:ff9b::7f00:1', allowed: false },
    { cidr: '::1/128', address: '::1', allowed: true },
    { cidr: '::1/128', address: '127.0.0.1', allowed: false },
    { cidr: '10.1.2.0/24', address: '10.1.2.255', allowed: true },
    { cidr: '10.1.2.0/24', address: '10.1.3.0', allowed: false },
    { cidr: '10.1.2.3/32', address: '10.1.2.3', allowed: true },
    { cidr: '10.1.2.3/32', address: '10.1.2.4', allowed: false },
    { cidr: 'fd00::/8', address: 'fd12::1', allowed: true },
    { cidr: 'fd00::/8', address: 'fe80::1', allowed: false },
    { cidr: '0.0.0.0/0', address: '169.254.169.254', allowed: true },
    { cidr: '0.0.0.0/0', address: '::1', allowed: false },
    { cidr: '::/0', address: '64:ff9b::8.8.8.8', allowed: true },
    { cidr: '::/0', address: '64:ff9b::7f00:1', allowed: false },
    { cidr: '64:ff9b::/96', address: '64:ff9b::169.254.169.254', allowed: false },
    { cidr: '64:ff9b:1::/48', address: '64:ff9b:1::10.0.0.1', allowed: false },
    { cidr: '::/0', address: '::127.0.0.1', allowed: false },
    { cidr: '::/0', address: '::ffff:0:127.0.0.1', allowed: false },
    { cidr: '2002::/16', address: '2002:808:808::1', allowed: true },
    { cidr: '2002::/16', address: '2002:7f00:1::1', allowed: false },
    { cidr: '2001::/32', address: '2001:0:4136:e378:8000:63bf:f7f7:f7f7', allowed: true },
    { cidr: '2001::/32', address: '2001:0:4136:e378:8000:63bf:80ff:fffe', allowed: false },
    { cidr: '::/0', address: '::1', allowed: true },
  ])('$cidr lets $address through: $allowed', ({ cidr, address, allowed }) => {
    expect(allowing(cidr).problem(address, 443) === null).toBe(allowed);
  });

  test('does not close what is public', () => {
    expect(allowing('10.0.0.0/8').problem('8.8.8.8', 443)).toBeNull();
  });

  test('can be several networks', () => {
    const both = allowing('10.0.0.0/8', '192.168.0.0/16');
    expect([both.problem('10.0.0.1', 443), both.problem('192.168.0.1', 443)]).toEqual([null, null]);
    expect(both.problem('172.16.0.1', 443)).not.toBeNull();
  });

  test.each(['10.0.0.0', '10.0.0.0/33', 'example.com/8', '', '::/129'])('is not written as %j', (cidr) => {
    expect(() => allowing(cidr)).toThrow();
  });
});

describe('what a customer types', () => {
  const PRIVATE = 'https://10.0.0.1/';

  test.each([
    ['decimal', 'http://2130706433/'],
    ['octal', 'http://0177.0.0.1/'],
    ['octal in one number', 'http://017700000001/'],
    ['hexadecimal', 'http://0x7f000001/'],
    ['hexadecimal parts', 'http://0x7f.0x0.0x0.0x1/'],
    ['mixed notations', 'http://0x7f.0.1/'],
    ['two parts', 'http://127.1/'],
    ['three parts', 'http://127.0.1/'],
    ['zero', 'http://0/'],
    ['an empty hexadecimal number, which is zero', 'http://0x/'],
    ['a trailing dot', 'http://127.0.0.1./'],
    ['percent-encoding', 'http://%31%32%37.0.0.1/'],
    ['percent-encoded dots', 'http://127%2e0%2e0%2e1/'],
    ['fullwidth digits', 'http://１２７.０.０.１/'],
    ['ideographic full stops', 'http://127。0。0。1/'],
    ['circled digits', 'http://①②⑦.⓪.⓪.①/'],
    ['metadata in decimal', 'http://2852039166/latest/meta-data/'],
    ['metadata in octal', 'http://0251.0376.0251.0376/'],
    ['metadata with a part too few', 'http://169.254.43518/'],
    ['backslashes', 'http:\\\\127.0.0.1\\'],
    ['too many slashes', 'http:////127.0.0.1/'],
    ['no slashes', 'http:127.0.0.1/'],
    ['tabs and line feeds inside', 'http://127.0\t.0\n.1/'],
    ['spaces around', '  http://127.0.0.1/  '],
    ['a user name that looks like a host', 'http://example.com@127.0.0.1/'],
    ['a password that looks like a host', 'http://user:example.com@127.0.0.1/'],
    ['a fragment that looks like a host', 'http://127.0.0.1#@example.com/'],
    ['a query that looks like a host', 'http://127.0.0.1?@example.com/'],
    ['a backslash before the real-looking host', 'http://127.0.0.1\\@example.com/'],
    ['IPv6 loopback', 'http://[::1]/'],
    ['IPv6 loopback in full', 'http://[0000:0000:0000:0000:0000:0000:0000:0001]/'],
    ['IPv6 unspecified', 'http://[::]/'],
    ['mapped, dotted', 'http://[::ffff:127.0.0.1]/'],
    ['mapped, hexadecimal', 'http://[::ffff:7f00:1]/'],
    ['mapped metadata', 'http://[::FFFF:A9FE:A9FE]/'],
    ['compatible', 'http://[::127.0.0.1]/'],
    ['NAT64', 'http://[64:ff9b::127.0.0.1]/'],
    ['6to4', 'http://[2002:7f00:1::]/'],
    ['unique local metadata', 'http://[fd00:ec2::254]/'],
    ['https and another port', 'https://127.0.0.1:8443/'],
    ['localhost', 'http://localhost/'],
    ['localhost in capitals', 'http://LOCALHOST/'],
    ['localhost with a trailing dot', 'http://localhost./'],
    ['localhost percent-encoded', 'http://%6c%6f%63alhost/'],
    ['localhost in fullwidth letters', 'http://ｌｏｃａｌｈｏｓｔ/'],
    ['localhost with a soft hyphen', 'http://local\u00adhost/'],
    ['a name below localhost', 'http://app.localhost/'],
    ['two names below localhost', 'http://a.b.localhost:3000/'],
    ['the localhost of old systems', 'http://localhost.localdomain/'],
    ['the localhost of hosts files', 'http://ip6-localhost/'],
    ['private', PRIVATE],
  ])('%s: %j is refused before anything is looked up', (_what, text) => {
    expect(guard.urlProblem(new URL(text))).toMatch(/TIDINGS_ALLOW_CIDRS/);
  });

  test.each([
    ['a zone', 'http://[fe80::1%25eth0]/'],
    ['a part too large', 'http://256.0.0.1/'],
    ['a number too large', 'http://4294967296/'],
    ['five parts', 'http://1.2.3.4.5/'],
    ['a name that ends in a number', 'http://example.1/'],
    ['no digit of octal', 'http://08.0.0.1/'],
    ['a NUL', 'http://127.0.0.1\0/'],
    ['a percent-encoded slash', 'http://127.0.0.1%2f/'],
    ['a space', 'http://exa mple.com/'],
    ['a port beyond all ports', 'http://example.com:65536/'],
    ['IPv6 without brackets', 'http://::1/'],
    ['a bracket too many', 'http://[[::1]]/'],
  ])('%s: %j is no URL at all', (_what, text) => {
    expect(URL.canParse(text)).toBe(false);
  });

  test.each([
    'https://example.com/',
    'https://example.com:8443/hook',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'https://localhost.example.com/',
    'https://notlocalhost/',
    'https://127.0.0.1.example.com/',
    'https://xn--mnchen-3ya.example/',
  ])('%s has nothing against it', (text) => {
    expect(guard.urlProblem(new URL(text))).toBeNull();
  });

  test.each(['127.0.0.0/8', '::1/128'])('localhost is welcome where %s is allowed', (cidr) => {
    expect(allowing(cidr).urlProblem(new URL('http://app.localhost:3000/'))).toBeNull();
  });
});

describe('ports', () => {
  test.each([1, 22, 23, 25, 53, 110, 143, 465, 587, 993, 2049, 6000, 6667, 10_080])(
    'port %i belongs to another protocol: neither taken in a URL nor dialled',
    async (port) => {
      const everything = allowing('0.0.0.0/0', '::/0');
      expect(everything.urlProblem(new URL(`http://example.com:${port}/`))).toMatch(`port ${port}`);
      expect(everything.urlProblem(new URL(`http://8.8.8.8:${port}/`))).toMatch(`port ${port}`);
      await expect(everything.resolve('8.8.8.8', port)).rejects.toThrow(AddressBlockedError);
    },
  );

  test.each([80, 443, 3000, 8000, 8080, 8443, 65_535])('port %i is as good as any', (port) => {
    expect(guard.urlProblem(new URL(`http://example.com:${port}/`))).toBeNull();
  });

  test('a name on such a port is not even looked up', async () => {
    let lookups = 0;
    const counting = createAddressGuard({
      allowCidrs: [],
      lookup: async () => {
        lookups += 1;
        return [{ address: '8.8.8.8', family: 4 }];
      },
    });
    await expect(counting.resolve('example.com', 25)).rejects.toThrow(AddressBlockedError);
    expect(lookups).toBe(0);
  });
});

describe('all answers of the resolver are judged', () => {
  test.each([
    { answers: ['8.8.8.8', '1.1.1.1'], dialled: ['8.8.8.8', '1.1.1.1'] },
    { answers: ['8.8.8.8', '10.0.0.1'], dialled: null },
    { answers: ['10.0.0.1', '8.8.8.8'], dialled: null },
    { answers: ['8.8.8.8', '::1'], dialled: null },
    { answers: ['2606:4700:4700::1111', '::ffff:127.0.0.1'], dialled: null },
    { answers: ['8.8.8.8', '2606:4700:4700::1111'], dialled: ['8.8.8.8', '2606:4700:4700::1111'] },
    { answers: ['8.8.8.8', 'not an address'], dialled: null },
  ])('$answers: $dialled is dialled', async ({ answers, dialled }) => {
    const lookup = async () => answers.map((address) => ({ address, family: isIP(address) }));
    const answer = createAddressGuard({ allowCidrs: [], lookup }).resolve('example.com', 443);
    if (dialled === null) await expect(answer).rejects.toThrow(AddressBlockedError);
    else expect(await answer).toEqual(dialled);
  });

  test('a name without any address is an error of the name', async () => {
    const empty = createAddressGuard({ allowCidrs: [], lookup: async () => [] });
    await expect(empty.resolve('example.com', 443)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('resolving', () => {
  const loopback = createAddressGuard({ allowCidrs: ['127.0.0.0/8', '::1/128'] });

  test.each([
    ['8.8.8.8', ['8.8.8.8']],
    ['2606:4700:4700::1111', ['2606:4700:4700::1111']],
    ['[2606:4700:4700::1111]', ['2606:4700:4700::1111']],
  ])('%s is itself', async (host, expected) => {
    expect(await guard.resolve(host, 443)).toEqual(expected);
  });

  test.each(['127.0.0.1', '[::1]', '::1', '169.254.169.254', '[::ffff:10.0.0.1]', '10.0.0.1'])(
    '%s is refused although no name is looked up',
    async (host) => {
      await expect(guard.resolve(host, 443)).rejects.toThrow(AddressBlockedError);
    },
  );

  test.each(['localhost', 'LOCALHOST'])('%s is refused for where it leads', async (host) => {
    await expect(guard.resolve(host, 443)).rejects.toThrow(AddressBlockedError);
  });

  test.each(['2130706433', '127.1', '0x7f000001'])('%s, loopback in disguise, is refused', async (host) => {
    await expect(guard.resolve(host, 443)).rejects.toThrow(AddressBlockedError);
  });

  test('localhost leads to loopback where the operator allows that', async () => {
    const addresses = await loopback.resolve('localhost', 443);
    expect(addresses).not.toEqual([]);
    for (const address of addresses) expect(['127.0.0.1', '::1']).toContain(address);
  });

  test('a name that nobody has is an error of the name', async () => {
    await expect(guard.resolve('nonexistent.invalid', 443)).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) }),
    );
  });
});
