/** Leah: flat events for a partnership's endpoints, https and static credentials only. */
import type { Profile } from '../domain/profile.ts';
import { entryFromSamples } from './schema-from-samples.ts';

export const leah: Profile = {
  name: 'leah',
  title: 'Leah',
  source: 'Leah, "Webhooks"',
  // The samples of Leah's document, word for word; the second one of USER_REGISTERED is its curl example.
  catalogue: [
    entryFromSamples(
      'USER_REGISTERED',
      'A user joined by redeeming a partnership code or a license key',
      {
        user: {
          id: '65e9c4884805c146b5770c61',
          personalInformation: {
            email: 'johndoe@example.com',
            familyName: 'Doe',
            givenName: 'John',
            phoneNumber: '+573334445555',
            picture: 'https://cdn.example.com/pictures/profile.jpg',
            customFields: [
              {
                name: 'doc_type',
                value: 'CC',
              },
              {
                name: 'doc_number',
                value: '1048222222',
              },
            ],
          },
        },
        partner: {
          id: '662fc3c33eb47f6dcb97c71e',
          name: 'Test Partner',
          code: null,
        },
        date: '2024-03-07T13:43:40.674Z',
        externalIds: ['random-external-id'],
      },
      {
        user: {
          id: '65e9c4884805c146b5770c61',
          personalInformation: {
            email: 'johndoe@example.com',
            familyName: 'Doe',
            givenName: 'John',
            phoneNumber: '+573334445555',
            picture: 'https://cdn.example.com/pictures/profile.jpg',
            customFields: [
              {
                name: 'doc_type',
                value: 'CC',
              },
              {
                name: 'doc_number',
                value: '1048222222',
              },
            ],
          },
        },
        date: '2024-03-07T13:43:40.674Z',
        externalIds: ['random-external-id'],
      },
    ),
    entryFromSamples(
      'ONBOARDING_FINISHED',
      'A user completed their profile, self-assessment and learning goal',
      {
        externalIds: ['random-external-id'],
        date: '2024-09-02T14:31:28.757Z',
        user: {
          id: '65e9c4884805c146b5770c61',
          personalInformation: {
            email: 'johndoe@example.com',
            familyName: 'Doe',
            givenName: 'John',
            phoneNumber: '+573334445555',
            picture: 'https://cdn.example.com/pictures/profile.jpg',
            customFields: [
              {
                name: 'doc_type',
                value: 'CC',
              },
              {
                name: 'doc_number',
                value: '1048222222',
              },
            ],
          },
        },
        partner: {
          id: '662fc3c33eb47f6dcb97c71e',
          name: 'Test Partner',
          code: null,
        },
        perception: {
          countryCode: 'CO',
          regionName: 'Atlantico',
          proficiency: {
            grammarAndVocabulary: 5,
            readingComprehension: 4,
            listeningComprehension: 3,
            writing: 2,
            speaking: 1,
          },
          goal: 'B2',
          timeStudyingEnglish: 'BETWEEN_3_AND_5_YEARS',
          whyIsLearningEnglish: 'INCREASE_YOUR_KNOWLEDGE',
          topicsOfInterest: ['General English', 'Technology'],
        },
      },
    ),
    entryFromSamples('PLACEMENT_TEST_FINISHED', 'A user completed a placement test', {
      test: {
        id: '65e9c74f4805c146b5770d4c',
        start: '2024-03-07T13:55:27.709Z',
        end: '2024-03-07T13:56:27.846Z',
        questionCount: 36,
        result: {
          level: 'A1',
          sublevel: 'A1.2',
          score: 7.61,
          languageScore: 2.65,
          readingScore: 24.26,
          listeningScore: 26.83,
          pdf: 'https://static.leahapp.com/certificates/diagnostic/fee7d137-8119-4ee7-b4f3.pdf',
        },
      },
      user: {
        id: '65e9c4884805c146b5770c61',
        personalInformation: {
          email: 'johndoe@example.com',
          familyName: 'Doe',
          givenName: 'John',
          phoneNumber: '+573334445555',
          picture: 'https://cdn.example.com/pictures/profile.jpg',
          customFields: [
            {
              name: 'doc_type',
              value: 'CC',
            },
            {
              name: 'doc_number',
              value: '1048222222',
            },
          ],
        },
      },
      partner: {
        id: '662fc3c33eb47f6dcb97c71e',
        name: 'Test Partner',
        code: null,
      },
      date: '2024-03-07T13:56:27.846Z',
      externalIds: ['random-external-id'],
    }),
    entryFromSamples('SPEAKING_TEST_FINISHED', 'A user completed a speaking test', {
      test: {
        id: '65e9c9384805c146b57710bc',
        start: '2024-03-07T14:03:36.894Z',
        end: '2024-03-07T14:05:45.078Z',
        questionCount: 3,
        isValid: true,
        result: {
          level: 'Pre-A1',
          sublevel: 'Pre-A1',
          score: 42.87,
          vocabularyScore: 41.49,
          fluencyScore: 39.54,
          pronunciationScore: 59.31,
          grammarScore: 38.86,
          pdf: 'https://static.leahapp.com/certificates/speaking/e8b40139-c654-4fd3-bb14.pdf',
        },
      },
      user: {
        id: '65e9c4884805c146b5770c61',
        personalInformation: {
          email: 'johndoe@example.com',
          familyName: 'Doe',
          givenName: 'John',
          phoneNumber: '+573334445555',
          picture: 'https://cdn.example.com/pictures/profile.jpg',
          customFields: [
            {
              name: 'doc_type',
              value: 'CC',
            },
            {
              name: 'doc_number',
              value: '1048222222',
            },
          ],
        },
      },
      partner: {
        id: '662fc3c33eb47f6dcb97c71e',
        name: 'Test Partner',
        code: null,
      },
      date: '2024-03-07T14:05:45.078Z',
      externalIds: ['random-external-id'],
    }),
    entryFromSamples(
      'OVERALL_LEVEL',
      'The overall level of a user was calculated after a speaking or placement test',
      {
        overall: {
          score: 27.4,
          level: 'Level 1',
          sublevel: 'Sublevel 1.1',
        },
        speakingTest: {
          id: '663d0406c293f8d5895f639c',
          start: '2024-05-09T17:12:38.616Z',
          end: '2024-05-09T17:15:20.238Z',
          questionCount: 3,
          isValid: false,
          result: {
            level: 'Pre-A1',
            sublevel: 'Pre-A1',
            score: 0,
            vocabularyScore: 0,
            fluencyScore: 0,
            pronunciationScore: 0,
            grammarScore: 0,
          },
        },
        placementTest: {
          id: '6647c08136ec32eb28152cf6',
          start: '2024-05-17T20:39:29.218Z',
          end: '2024-05-17T20:41:09.135Z',
          questionCount: 36,
          result: {
            level: 'Level 1',
            sublevel: 'Sublevel 1.1',
            score: 21.75,
            languageScore: 23.37,
            readingScore: 21.09,
            listeningScore: 31.68,
          },
        },
        user: {
          id: '660b2921fd05f52867c408e1',
          personalInformation: {
            email: 'johndoe@example.com',
            familyName: 'Doe',
            givenName: 'John',
            phoneNumber: '+573334445555',
            customFields: [],
          },
        },
        partner: {
          id: '6408f36388f7f41b188288a6',
          name: 'Test Partner',
          code: '0000',
        },
        date: '2024-05-17T20:41:23.238Z',
        externalIds: [],
      },
    ),
  ],
  allowsUnknownTypes: false,
  schedule: { delaysS: [60, 5 * 60], jitter: 0 },
  timeoutMs: 15_000,
  signing: null,
  secret: 'never',
  authTypes: ['basic', 'bearer'],
  defaultAuth: null,
  httpsOnly: true,
  maxEndpoints: null,
  stallsWhenExhausted: false,
  dataProblem(data) {
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return 'must be an object';
    return 'event' in data ? 'may not have a key "event": the type is sent under that name' : null;
  },
  render({ type, data }) {
    // `data` is an object (dataProblem). Its fields, without the braces, follow the event's name.
    const open = data.indexOf('{');
    const inner = data.slice(open + 1, data.lastIndexOf('}'));
    const head = `{"event":${JSON.stringify(type)}`;
    const separator = inner.trim() === '' ? '' : ',';
    const bytes = Buffer.from(`${head}${separator}${inner}}`);
    const start = Buffer.byteLength(head + separator);
    return { bytes, dataSpan: [start, bytes.length] };
  },
  dataFromSpan: (span) => Buffer.concat([Buffer.from('{'), span]),
  testEventType: 'USER_REGISTERED',
};
