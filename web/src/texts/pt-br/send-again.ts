/** Texts of recover and replay. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const count = (one: string, other: string) => plural('pt-BR', { one, other });
const number = new Intl.NumberFormat('pt-BR');
const atLeast = (isBound: true | undefined, text: string) => (isBound === true ? `pelo menos ${text}` : text);

export const sendAgain: Texts['sendAgain'] = {
  titles: { recover: 'Recuperar o que não foi recebido', replay: 'Repetir' },
  what: {
    recover:
      'É enviado o que falhou e o que nem foi tentado enquanto o endpoint estava desativado. O que o seu endpoint já recebeu fica como está.',
    replay:
      'São enviados os eventos do período que você escolher, de um tipo ou de todos. Se algo falhou, recuperar é o caminho mais curto.',
  },
  twice:
    'O que o seu endpoint já recebeu é enviado mais uma vez, com o mesmo webhook-id, pelo qual o receptor o reconhece.',
  sample: 'Os primeiros',
  neverSent: 'ainda não enviado',
  more: (count, isBound) => `e mais ${atLeast(isBound || undefined, number.format(count))}`,
  since: 'Desde',
  until: 'Até',
  sinceMissing: 'deve ser uma data e hora',
  eventType: 'Tipo de evento',
  allTypes: 'Todos',
  onlyMissing: 'Somente o que ele nunca recebeu',
  onlyMissingHint: 'O que falhou, foi cancelado ou nunca foi enviado.',
  dryRun: ({ matched, among, at_least, among_at_least }) => {
    if (matched === 0) return 'Nada deste período seria enviado.';
    const of = atLeast(among_at_least, number.format(among));
    return `A enviar, de novo ou pela primeira vez: ${atLeast(at_least, number.format(matched))} de ${of}.`;
  },
  started: count('Iniciado: # entrega.', 'Iniciado: # entregas.'),
};
