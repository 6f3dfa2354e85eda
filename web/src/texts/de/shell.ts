/** German texts of the frame around every page. */
import type { Texts } from '../index.ts';

export const shell: Texts['shell'] = {
  navigation: 'Hauptnavigation',
  skip: 'Zum Inhalt springen',
  overview: 'Übersicht',
  tenants: 'Mandanten',
  endpoints: 'Endpunkte',
  events: 'Ereignisse',
  deliveries: 'Zustellungen',
  eventTypes: 'Ereignistypen',
  activity: 'Aktivität',
  settings: 'Einstellungen',
  operator: 'Alle Mandanten',
  find: 'Alles finden',
  shortcuts: 'Tastenkürzel',
  appearance: 'Darstellung',
  modes: { auto: 'Wie das System', light: 'Hell', dark: 'Dunkel' },
  language: 'Sprache',
  signOut: 'Abmelden',
  back: (name) => `Zurück zu ${name}`,
  menu: 'Menü',
  away: {
    service:
      'Der Dienst antwortet nicht. Diese Seite versucht es von selbst weiter und zeigt, was zuletzt bekannt war.',
    storage:
      'Der Dienst erreicht seine Datenbank nicht. Diese Seite versucht es von selbst weiter und zeigt, was zuletzt bekannt war.',
  },
  cut: 'Änderungen kommen im Moment nicht von selbst. Diese Seite fragt alle zehn Sekunden nach.',
  stored: (detail) => detail,
  notFound: 'Diese Seite gibt es nicht',
  notFoundHint: 'Der Link ist vielleicht alt, oder das, worauf er zeigt, wurde gelöscht.',
  notLoaded: 'Diese Seite konnte nicht geladen werden',
  notLoadedHint:
    'Der Dienst antwortet nicht, oder er wurde inzwischen aktualisiert. Laden Sie die Seite neu; nichts von dem, was Sie gesendet haben, ist verloren.',
  broken: 'Diese Seite ist abgestürzt',
  brokenHint:
    'Das ist ein Fehler dieser Seiten. Laden Sie die Seite neu; nichts von dem, was Sie gesendet haben, ist verloren.',
  reload: 'Neu laden',
  forbidden: 'Das dürfen Sie nicht sehen',
  forbiddenHint:
    'Der Link oder Schlüssel, mit dem Sie gekommen sind, umfasst das nicht. Fragen Sie die Person, von der Sie ihn haben.',
  goTo: 'Gehe zu',
  keys: {
    palette: 'Alles finden: eine Id, eine externe ID, eine URL, einen Ereignistyp',
    search: 'Zum Suchfeld oder zu den Filtern',
    next: 'Nächste Zeile',
    previous: 'Vorherige Zeile',
    open: 'Zeile öffnen',
    retry: 'Geöffnete Zustellung wiederholen',
    help: 'Diese Liste anzeigen',
  },
};
