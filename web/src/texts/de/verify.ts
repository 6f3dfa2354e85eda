/** German texts for people who write a receiver. */
import type { Texts } from '../index.ts';

export const verify: Texts['verify'] = {
  headers: 'Header, auf die es ankommt',
  hint: 'Jede Zustellung ist signiert. Was keine oder eine falsche Signatur trägt, kommt nicht von hier: Lehnen Sie es ab.',
  noSecret:
    'Dieser Endpunkt hat kein Geheimnis, darum sind seine Zustellungen nicht signiert. Rotieren Sie das Geheimnis, um ihm eines zu geben.',
  noSignature:
    'Dieser Vertrag hat keine Signatur. Erkennen Sie Zustellungen an der Authentifizierung, die Sie festgelegt haben, und nehmen Sie nur https an.',
  publicKey: 'Öffentlicher Schlüssel',
  code: 'Code für Ihren Empfänger',
  language: 'Sprache',
  rules: 'Was zu beachten ist',
  advice: [
    'Prüfen Sie den unveränderten Body, Byte für Byte. JSON, das gelesen und neu geschrieben wurde, weicht davon ab.',
    'Vergleichen Sie in konstanter Zeit, wie es der Code tut: Die Dauer eines gewöhnlichen Vergleichs verrät, wie viel richtig war.',
    'Dieselbe webhook-id kann zweimal kommen, nach einer Wiederholung oder nach erneutem Senden. Merken Sie sich die Id, und tun Sie die Arbeit nur einmal.',
    'Antworten Sie mit 2xx, sobald die Zustellung gespeichert ist, und verarbeiten Sie sie danach.',
  ],
};
