/** German texts of signing in, and of sessions that end. */
import type { Texts } from '../index.ts';

export const signIn: Texts['signIn'] = {
  title: 'Anmelden',
  hint: 'Mit einem Admin-Schlüssel sehen Sie alle Mandanten, mit dem Schlüssel eines Mandanten nur diesen.',
  key: 'API-Schlüssel',
  submit: 'Anmelden',
  whereTitle: 'Wo finde ich meinen Schlüssel?',
  where:
    'Der Befehl npm start gibt einen Link aus, der Sie anmeldet; tidings sign-in gibt einen neuen aus, auf dem Rechner des Dienstes. Die Schlüssel eines Mandanten erstellt der Betreiber unter „Einstellungen“.',
  endedTitle: 'Ihre Sitzung ist beendet',
  endedHint: 'Melden Sie sich wieder an, um fortzufahren. Was Sie eingegeben haben, ist noch da.',
  signedOut: 'Sie sind abgemeldet.',
  portalEndedTitle: 'Diese Sitzung ist beendet',
  portalEndedHint:
    'Öffnen Sie das Portal noch einmal dort, wo Sie den Link erhalten haben. Was Sie eingegeben haben, bleibt hier, solange diese Seite offen ist.',
  portalNoLinkTitle: 'Öffnen Sie das Portal aus Ihrem Produkt heraus',
  portalNoLinkHint:
    'Diese Seite braucht einen Link, den Ihr Anbieter für Sie erstellt. Gehen Sie dorthin zurück und öffnen Sie die Webhook-Einstellungen noch einmal.',
  portalCodeFailedTitle: 'Dieser Link gilt nicht mehr',
  portalCodeFailedHint:
    'Ein Link gilt einmal und nur für kurze Zeit. Gehen Sie dorthin zurück, wo Sie ihn erhalten haben, und öffnen Sie die Webhook-Einstellungen noch einmal.',
  returnTo: 'Zurück',
};
