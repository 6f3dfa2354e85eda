/** Texts of recover and replay. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const count = (one: string, other: string) => plural('pt-BR', { one, other });
const number = new Intl.NumberFormat('pt-BR');
const atLeast = (isBound: true | undefined, text: string) => (isBound === true ? `pelo menos ${text}` : text);

export const sendAgain: Texts['sendAgain'] = {
  titles: { recover: 'Recuperar o que não foi recebido', replay: 'Repetir' },
  what: {
    recover: 'O que falhou, e o que nem foi tentado enquanto o endpoint estava desativado, é reenviado.',
    replay:
      'Tudo do período escolhido é reenviado, inclusive o que o seu endpoint já recebeu. Uma entrega assim leva o mesmo webhook-id, pelo qual o receptor a reconhece.',
  },
  since: 'Desde',
  until: 'Até',
  sinceMissing: 'deve ser uma data e hora',
  eventType: 'Tipo de evento',
  allTypes: 'Todos',
  onlyMissing: 'Somente o que ele nunca recebeu',
  onlyMissingHint: 'O que falhou, foi cancelado ou nunca foi enviado.',
  dryRun: ({ matched, among, at_least, among_at_least }) => {
    if (matched === 0) return 'Nada deste período seria reenviado.';
    const of = atLeast(among_at_least, number.format(among));
    return `A reenviar: ${atLeast(at_least, number.format(matched))} de ${of}.`;
  },
  started: count('# entrega está sendo reenviada.', '# entregas estão sendo reenviadas.'),
};
