/** Words that several pages share. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const count = (one: string, other: string) => plural('es', { one, other });

export const common: Texts['common'] = {
  copy: 'Copiar',
  copied: 'Copiado.',
  cancel: 'Cancelar',
  close: 'Cerrar',
  confirm: 'Confirmar',
  save: 'Guardar',
  search: 'Buscar',
  loading: 'Cargando…',
  loadMore: 'Cargar más',
  tryAgain: 'Intentar de nuevo',
  form: { refused: 'Aún no está hecho: el error está junto al campo marcado arriba.', optional: 'opcional' },
  none: 'ninguno',
  never: 'nunca',
  deleted: 'eliminado',
  unknown: 'se desconoce',
  yes: 'sí',
  no: 'no',
  formatted: 'Con formato',
  raw: 'Sin formato',
  empty: 'vacío',
  requestId: (id) => `Solicitud ${id}`,
  somethingWrong: 'Algo salió mal',
  fieldsRefused: count(
    'Se rechazó un campo. Debajo de él se indica el problema.',
    'Se rechazaron # campos. Debajo de cada uno se indica el problema.',
  ),
  bytes: count('# byte', '# bytes'),
  deliveries: count('# entrega', '# entregas'),
  events: count('# evento', '# eventos'),
  endpoints: count('# endpoint', '# endpoints'),
  attempts: count('# intento', '# intentos'),
  atLeast: (text) => `al menos ${text}`,
  inTime: (text) => `en ${text}`,
  now: 'ahora',
  status: {
    pending: 'Pendiente',
    delivering: 'Enviando',
    retrying: 'Reintentando',
    held: 'Retenida',
    succeeded: 'Entregada',
    failed: 'Fallida',
    cancelled: 'Cancelada',
  },
  held: {
    ordered: 'espera su turno: el endpoint recibe sus eventos en orden',
    rate_limited: 'espera por el límite de frecuencia del endpoint',
    stalled: 'espera: el endpoint está en pausa hasta que le llegue un evento nuevo',
  },
  trigger: {
    schedule: 'Programado',
    manual: 'Manual',
    recovery: 'Recuperación o repetición',
    test: 'Prueba',
  },
};
