/** Texts of recover and replay. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const count = (one: string, other: string) => plural('es', { one, other });
const number = new Intl.NumberFormat('es');
const atLeast = (isBound: true | undefined, text: string) => (isBound === true ? `al menos ${text}` : text);

export const sendAgain: Texts['sendAgain'] = {
  titles: { recover: 'Recuperar lo que no se recibió', replay: 'Repetir' },
  what: {
    recover:
      'Se envía lo que falló y lo que ni siquiera se intentó mientras el endpoint estaba desactivado. Lo que su endpoint ya recibió se deja como está.',
    replay:
      'Se envían los eventos del período que elija, de un tipo o de todos. Si algo falló, recuperar es el camino más corto.',
  },
  twice:
    'Lo que su endpoint ya recibió se le envía una vez más, con el mismo webhook-id, por el que el receptor lo reconoce.',
  sample: 'Los primeros',
  neverSent: 'aún no enviado',
  more: (count, isBound) => `y ${atLeast(isBound || undefined, number.format(count))} más`,
  since: 'Desde',
  until: 'Hasta',
  sinceMissing: 'debe ser una fecha y hora',
  eventType: 'Tipo de evento',
  allTypes: 'Todos',
  onlyMissing: 'Solo lo que nunca recibió',
  onlyMissingHint: 'Lo que falló, se canceló o nunca se envió.',
  dryRun: ({ matched, among, at_least, among_at_least }) => {
    if (matched === 0) return 'No se enviaría nada de este período.';
    const of = atLeast(among_at_least, number.format(among));
    const verb = matched === 1 ? 'Se reenviaría' : 'Se reenviarían';
    return `${verb} ${atLeast(at_least, number.format(matched))} de ${of}, de nuevo o por primera vez.`;
  },
  started: count('Iniciado: # entrega.', 'Iniciado: # entregas.'),
};
