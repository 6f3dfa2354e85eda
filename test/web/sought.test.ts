/** Text that somebody pastes to find something. */
import { soughtIn } from '../../web/src/context/sought.ts';

const ORIGIN = 'https://tidings.example.com';
const ENDPOINT = 'ep_01m8feqs3bfexsth59e68vzzzx';
const TENANT = 'ten_01m8feqs25fexsth4dhtn4ajg8';

test.each([
  ['', ''],
  [`  ${ENDPOINT}\n`, ENDPOINT],
  [`"${ENDPOINT}",`, ENDPOINT],
  [`${ORIGIN}/dashboard/tenants/${TENANT}/endpoints/${ENDPOINT}/deliveries`, ENDPOINT],
  [`${ORIGIN}/dashboard/tenants/${TENANT}`, TENANT],
  [`${ORIGIN}/dashboard/`, `${ORIGIN}/dashboard/`],
  ['https://hooks.example.com/a?b=c', 'https://hooks.example.com/a?b=c'],
  ['invoice.paid', 'invoice.paid'],
])('%j seeks %j', (text, sought) => expect(soughtIn(text, ORIGIN)).toBe(sought));
