/** Which addresses may be dialled: the table that stands between a customer's URL and the operator's network. */
import { AddressBlockedError, createAddressGuard } from '../../src/http/address-guard.ts';

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
    expect(guard.problem(address)).toBeNull();
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
    expect(guard.problem(address)).toMatch(/TIDINGS_ALLOW_CIDRS/);
  });

  test.each(['', 'localhost', 'example.com', '1.2.3.4.5', '1.2.3.4/8', '[::1]', '::g'])(
    '%j is no address at all',
    (text) => {
      expect(guard.problem(text)).toMatch(/is not an IP address/);
    },
  );

  test.each(['127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0x7f.0.0.1'])(
    '%s, an old spelling of loopback',
    (text) => {
      expect(guard.problem(text)).not.toBeNull();
    },
  );
});

describe('what the operator allows', () => {
  const allowing = (...allowCidrs: string[]) => createAddressGuard({ allowCidrs });

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
  ])('$cidr lets $address through: $allowed', ({ cidr, address, allowed }) => {
    expect(allowing(cidr).problem(address) === null).toBe(allowed);
  });

  test('does not close what is public', () => {
    expect(allowing('10.0.0.0/8').problem('8.8.8.8')).toBeNull();
  });

  test('can be several networks', () => {
    const both = allowing('10.0.0.0/8', '192.168.0.0/16');
    expect([both.problem('10.0.0.1'), both.problem('192.168.0.1')]).toEqual([null, null]);
    expect(both.problem('172.16.0.1')).not.toBeNull();
  });

  test.each(['10.0.0.0', '10.0.0.0/33', 'example.com/8', '', '::/129'])('is not written as %j', (cidr) => {
    expect(() => allowing(cidr)).toThrow();
  });
});

describe('resolving', () => {
  const loopback = createAddressGuard({ allowCidrs: ['127.0.0.0/8', '::1/128'] });

  test.each([
    ['8.8.8.8', { address: '8.8.8.8', family: 4 }],
    ['2606:4700:4700::1111', { address: '2606:4700:4700::1111', family: 6 }],
    ['[2606:4700:4700::1111]', { address: '2606:4700:4700::1111', family: 6 }],
  ])('%s is itself', async (host, expected) => {
    expect(await guard.resolve(host)).toEqual(expected);
  });

  test.each(['127.0.0.1', '[::1]', '::1', '169.254.169.254', '[::ffff:10.0.0.1]', '10.0.0.1'])(
    '%s is refused although no name is looked up',
    async (host) => {
      await expect(guard.resolve(host)).rejects.toThrow(AddressBlockedError);
    },
  );

  test.each(['localhost', 'LOCALHOST'])('%s is refused for where it leads', async (host) => {
    await expect(guard.resolve(host)).rejects.toThrow(AddressBlockedError);
  });

  test.each(['2130706433', '127.1', '0x7f000001'])('%s, loopback in disguise, is refused', async (host) => {
    await expect(guard.resolve(host)).rejects.toThrow(AddressBlockedError);
  });

  test('localhost leads to loopback where the operator allows that', async () => {
    const { address } = await loopback.resolve('localhost');
    expect(['127.0.0.1', '::1']).toContain(address);
  });

  test('a name that nobody has is an error of the name', async () => {
    await expect(guard.resolve('nonexistent.invalid')).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) }),
    );
  });
});
