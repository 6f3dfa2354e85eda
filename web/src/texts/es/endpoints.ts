/** Texts of the endpoint pages. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const missed = plural('es', { one: '# evento', other: '# eventos' });

export const endpoints: Texts['endpoints'] = {
  endpoint: 'Endpoint',
  health: 'Salud',
  created: 'Creado',
  create: 'Crear endpoint',
  none: 'Aún no hay endpoints',
  noneHint:
    'Un endpoint es una URL suya que recibe los eventos. Cree uno, y un evento de prueba mostrará al instante si funciona.',
  allTypes: 'todos',
  types: plural('es', { one: '# tipo', other: '# tipos' }),
  healthy: 'En buen estado',
  failing: 'Fallando',
  inARowSince: (at: string) => `desde ${at}`,
  failures: plural('es', { one: '# fallo seguido', other: '# fallos seguidos' }),
  stalled: 'En pausa',
  disabled: 'Desactivado',
  unreadable: 'No se pueden leer los secretos',
  disabledReason: {
    manual: 'a petición',
    gone: 'respondió 410 Gone',
    failing: 'falló durante demasiado tiempo',
  },

  new: 'Nuevo endpoint',
  saveAndTest: 'Guardar y probar',
  room: (contract, most, count) =>
    `El contrato de ${contract} permite ${most === 1 ? 'un endpoint' : `hasta ${most} endpoints`}. ${count === 0 ? 'Aún no hay ninguno.' : count === 1 ? 'Hay uno.' : `Hay ${count}.`}`,
  full: 'Si crea otro, será rechazado. Cambie uno de los que hay o elimínelo primero.',

  tabs: {
    deliveries: 'Entregas',
    health: 'Salud',
    settings: 'Configuración',
    verify: 'Verifíquelo usted',
  },
  eventType: 'Tipo de evento',
  sendTest: 'Enviar evento de prueba',
  test: 'Evento de prueba',
  testing: 'Enviando un evento de prueba…',
  isTest: 'prueba',
  underWay: 'Aún no hay respuesta. Aparecerá aquí en cuanto llegue.',
  answered: (status, duration) => `Su endpoint respondió ${status} en ${duration}.`,
  openTest: 'Abrirlo en el registro',
  enable: 'Activar',
  enabledNow: 'Activado. A partir de ahora se le envían los eventos nuevos.',
  missed: (count, isBound) =>
    `Dejó de recibir ${isBound ? 'al menos ' : ''}${missed(count)}: fallaron definitivamente o llegaron mientras estaba desactivado.`,
  missedSince: 'El primero es del',
  dismissMissed: 'Dejarlos de lado',
  disable: 'Desactivar',
  disableTitle: '¿Desactivar este endpoint?',
  disableWhat:
    'Hasta que se vuelva a activar solo recibe eventos de prueba. Los eventos que se acepten mientras tanto se conservan: “Recuperar” los envía.',
  disableWaiting: plural('es', {
    one: '# entrega que lo espera fallará con “disabled”. “Recuperar” la reenvía.',
    other: '# entregas que lo esperan fallarán con “disabled”. “Recuperar” las reenvía.',
  }),
  disableNote: 'Motivo',
  disableNoteHint: 'Lo ven todas las personas que pueden ver este endpoint.',
  disabledNote: 'Motivo indicado:',
  disabledNow: 'Desactivado. Solo recibe eventos de prueba.',
  disabledNotice: {
    manual:
      'Este endpoint se desactivó por la API o estas páginas. Solo recibe eventos de prueba. Actívelo y podrá recuperar lo que no recibió.',
    gone: 'Este endpoint respondió 410 Gone, que pide no recibir más entregas, y por eso se desactivó. Si fue un error, actívelo y recupere lo que no recibió.',
    failing:
      'Este endpoint se desactivó porque todo lo que se le envió falló durante demasiado tiempo. Corrija el receptor, envíe un evento de prueba y después actívelo y recupere lo que no recibió.',
  },
  unreadableNotice:
    'No se puede enviar nada a este endpoint porque sus secretos no se pueden leer. El operador de este servicio debe restituir la clave con la que se cifraron; si se ha perdido, elimine el endpoint y créelo de nuevo.',
  actsHint:
    'Recuperar envía lo que falló definitivamente o no se recibió. Repetir envía los eventos del período que elija. Una sola entrega se reintenta en su página.',
  recover: 'Recuperar',
  replay: 'Repetir',
  delete: 'Eliminar',
  deleteTitle: '¿Eliminar este endpoint?',
  deleteWhat:
    'Ya no se le envía nada y no se puede restaurar. Sus entregas permanecen en el registro hasta que sean antiguas.',
  deleteWaiting: plural('es', {
    one: '# entrega que lo espera fallará y no se enviará.',
    other: '# entregas que lo esperan fallarán y no se enviarán.',
  }),
  deletedNow: 'El endpoint se eliminó.',

  rotate: 'Rotar secreto',
  rotateTitle: 'Rotar el secreto',
  rotateOverlaps:
    'Un secreto nuevo firma a partir de la próxima entrega. Durante un tiempo el anterior firma junto a él, para que nada se rechace hasta que su receptor conozca el nuevo.',
  rotateAtOnce:
    'Un secreto nuevo firma a partir de la próxima entrega en lugar del anterior: este contrato tiene una sola firma. Su receptor rechazará las entregas hasta que conozca el secreto nuevo, y estas se reintentarán.',
  overlap: 'El secreto anterior sigue firmando durante',
  overlaps: {
    0: 'ningún tiempo: el nuevo lo sustituye de inmediato',
    3600: 'una hora',
    86400: 'un día',
    604800: 'siete días',
  },
  rotatedNow: 'El secreto se rotó.',
  reveal: 'Mostrar secreto',
  noSecret: 'Este endpoint no tiene secreto: sus entregas no se firman. Rote el secreto para darle uno.',
  secretTitles: {
    created: 'Secreto de firma',
    revealed: 'Secreto de firma',
    rotated: 'Nuevo secreto de firma',
  },
  secretOnce:
    'Se muestra una sola vez. Cópielo ahora y guárdelo donde su receptor lee sus otros secretos. Su receptor lo usa para comprobar que una entrega viene de aquí.',
  secretRevealed:
    'Quien lo tenga puede crear entregas que parezcan auténticas. El registro de actividad anota que usted lo vio.',
  rotatedAtOnce: 'Firma a partir de la próxima entrega. El anterior ya no se usa.',
  rotatedOverlap: 'Cada entrega lleva dos firmas, la del secreto nuevo y la del anterior, hasta el',
  rotatedOverlapEnd: (header) =>
    `. Ambas están en el encabezado ${header}, la más nueva primero: un receptor acepta la que coincida. Dé el secreto nuevo a su receptor antes de esa fecha.`,
  howToVerify: 'Cómo verificar una entrega con él',
  hideSecret: 'Ocultar secreto',

  status: 'Estado',
  answer: 'Resultado',
  attempts: 'Intentos',
  accepted: 'Aceptada',
  noDeliveries: 'Aún no hay entregas',
  noDeliveriesHint: 'Envíe un evento de prueba: aparecerá aquí, con lo que se envió y lo que se respondió.',
  filterDeliveries: 'Abrir en Entregas para filtrar',

  failingSince: 'Falla desde',
  inARow: 'Fallos seguidos',
  disablesAt: 'Se desactiva si nada se entrega hasta',
  disabledAt: 'Desactivado',
  stalledSince: 'En pausa desde',
  stalledHint:
    'Según este contrato, cuando una entrega falla definitivamente no se envía nada más hasta que llegue un evento nuevo.',
  counts: 'Entregas',
  successRate: 'Entregadas, de las que terminaron',
  errors: 'Por el último error',
  countedSince: 'Se cuentan desde',
  told: 'Eventos operativos',
  wholeHistory: 'Historial completo',
  history: 'Historial',
  toldNothing:
    'Ningún evento operativo: no correspondía avisar, Tidings no lo desactivó y no falló ningún último intento.',
  contacts: 'A quién se avisa',
  noContacts:
    'A nadie: este inquilino no tiene contactos. Agregue uno en Configuración y los avisos llegarán a alguien.',
  contactStates: {
    verified: 'recibe avisos',
    pending: 'no recibe nada hasta que se abra el enlace de su correo',
    unsubscribed: 'canceló la suscripción',
    undeliverable: 'lo rechaza su servidor de correo',
  },
  operationalEvents: {
    'endpoint.failing': ({ percent }) => `Aviso: pasó el ${percent} % del plazo para desactivarlo`,
    'endpoint.disabled': () => 'Desactivado',
    'endpoint.recovered': () => 'Vuelve a funcionar',
    'delivery.exhausted': () => 'Falló el último intento de una entrega',
    'delivery.unsendable': () => 'Una entrega no se pudo crear',
    'secret.rotated': () => 'El secreto se rotó',
    'operation.failed': () => 'Una operación falló',
    'contact.undeliverable': () => 'No se pudo avisar a un contacto',
  },

  updated: 'Modificado',
  readOnly: 'Puede ver este endpoint, pero no modificarlo.',
  saved: 'Guardado. El cambio se aplica desde el próximo intento.',
  discard: 'Descartar cambios',
  publicKey: 'Clave pública',
};
