/** What every auth scheme owes: credentials are judged, and those that pass make a header that HTTP takes. */
import type { EndpointAuth } from '../../src/domain/endpoint.ts';
import { AUTH_SCHEMES, authorizationHeader, authProblem } from '../../src/signing/index.ts';

/** For each scheme: credentials with the header that they must make, and credentials that must be refused. */
const cases: {
  [Type in EndpointAuth['type']]: {
    good: [Extract<EndpointAuth, { type: Type }>, string | null][];
    bad: [Extract<EndpointAuth, { type: Type }>, string][];
  };
} = {
  none: { good: [[{ type: 'none' }, null]], bad: [] },
  basic: {
    good: [
      // The credentials and the header of Leah's document.
      [{ type: 'basic', username: 'my_user', password: 'my_pass' }, 'Basic bXlfdXNlcjpteV9wYXNz'],
      // RFC 7617, section 2 and 2.1
      [{ type: 'basic', username: 'Aladdin', password: 'open sesame' }, 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
      [{ type: 'basic', username: 'test', password: '123£' }, 'Basic dGVzdDoxMjPCow=='],
      [{ type: 'basic', username: 'a', password: 'b:c' }, 'Basic YTpiOmM='],
      [{ type: 'basic', username: '', password: '' }, 'Basic Og=='],
    ],
    bad: [[{ type: 'basic', username: 'a:b', password: 'c' }, 'username']],
  },
  bearer: {
    good: [
      [{ type: 'bearer', token: 'qhDm976TwG2sBZcftRLube' }, 'Bearer qhDm976TwG2sBZcftRLube'],
      [{ type: 'bearer', token: 'a.b-c_d~e+f/g==' }, 'Bearer a.b-c_d~e+f/g=='],
    ],
    bad: ['', ' ', 'a b', 'a\r\nevil: 1', 'a\0', 'tökén'].map((token) => [
      { type: 'bearer', token },
      'token',
    ]),
  },
  authorization: {
    good: [
      [{ type: 'authorization', value: 'exactly  as written' }, 'exactly  as written'],
      [{ type: 'authorization', value: 'bearer lower-case' }, 'bearer lower-case'],
      [{ type: 'authorization', value: 'clé' }, 'clé'],
      [{ type: 'authorization', value: '' }, null],
      [{ type: 'authorization', value: '   ' }, null],
    ],
    bad: [' a', 'a ', 'a\r\nevil: 1', 'a\nb', 'a\0b', '日本'].map((value) => [
      { type: 'authorization', value },
      'value',
    ]),
  },
};

test('every scheme of the registry has its cases here', () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(AUTH_SCHEMES).sort());
});

describe.each(Object.entries(AUTH_SCHEMES))('the auth scheme %s', (type, scheme) => {
  const { good, bad } = cases[type as EndpointAuth['type']];

  test('is registered under its own name', () => {
    expect(scheme.type).toBe(type);
  });

  test.each(good)('%j makes the header %j', (auth, header) => {
    expect(authProblem(auth)).toBeNull();
    expect(authorizationHeader(auth)).toBe(header);
  });

  const sent = good.map(([, header]) => header).filter((header) => header !== null);
  if (sent.length > 0) {
    test.each(sent)('%j is carried by HTTP unchanged', (value) => {
      expect(new Headers({ authorization: value }).get('authorization')).toBe(value);
    });
  }

  if (bad.length > 0) {
    test.each(bad)('%j is refused, and the field named', (auth, field) => {
      expect(authProblem(auth)).toEqual({ field, message: expect.stringMatching(/^(may not|must) /) });
    });
  }
});
