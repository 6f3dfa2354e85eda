/** Spanish. */
import type { Texts } from '../index.ts';
import { activity } from './activity.ts';
import { chart } from './chart.ts';
import { common } from './common.ts';
import { deliveries } from './deliveries.ts';
import { endpointForm } from './endpoint-form.ts';
import { endpoints } from './endpoints.ts';
import { eventTypes } from './event-types.ts';
import { events } from './events.ts';
import { overview } from './overview.ts';
import { palette } from './palette.ts';
import { sendAgain } from './send-again.ts';
import { settings } from './settings.ts';
import { shell } from './shell.ts';
import { signIn } from './sign-in.ts';
import { tenants } from './tenants.ts';
import { verify } from './verify.ts';

export const es: Texts = {
  direction: 'ltr',
  common,
  shell,
  signIn,
  endpoints,
  tenants,
  deliveries,
  events,
  endpointForm,
  eventTypes,
  sendAgain,
  overview,
  activity,
  chart,
  palette,
  settings,
  verify,
};
