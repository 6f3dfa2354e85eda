/** Texts of the event pages. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const deliveries = plural('es', { one: '# entrega', other: '# entregas' });

export const events: Texts['events'] = {
  send: 'Enviar un evento',
  list: 'Lista de eventos',
  event: 'Evento',
  eventType: 'Tipo de evento',
  happened: 'Ocurrido',
  accepted: 'Aceptado',
  outcome: 'Resultado',
  waiting: 'En espera',
  noDelivery: 'ninguna entrega',
  payload: 'Carga útil',
  erased: 'Borrada',
  any: 'Cualquiera',
  searchHint: 'ID o clave de idempotencia',
  none: 'Aún no hay eventos',
  noneHint: 'Su código envía eventos a la API. Envíe uno a mano para ver qué recibe un endpoint.',
  noneMatch: 'Ningún evento coincide',
  noneMatchHint:
    'Se puede buscar por un ID, por el comienzo de uno o por una clave de idempotencia completa.',
  clear: 'Quitar filtros',

  detail: {
    title: 'Evento',
    back: 'Todos los eventos',
    payload: 'Datos del evento',
    payloadHint:
      'Tal como se aceptaron. La página de una entrega muestra el cuerpo entero que recibe su endpoint: el contrato añade el tipo y la hora a estos datos.',
    erasedAt: (at) => `La carga útil se borró el ${at}. El registro de sus entregas se conserva.`,
    deliveries: 'Entregas de este evento',
    noDeliveries: 'Ningún endpoint lo recibió. La sección siguiente dice por qué.',
    noEndpoints: 'Ningún endpoint lo recibió, porque no había ninguno.',
    missed: 'Quién no recibió nada y por qué',
    nobodyMissed: 'Todos los endpoints lo recibieron, o está en camino.',
    endpoint: 'Endpoint',
    delivery: 'Entrega',
    status: 'Estado',
    why: 'Por qué',
    since: 'Desde',
    whoChangedIt: 'Quién lo cambió',
    helps: 'Qué ayuda',
    replayTitle: '¿Enviar este evento a este endpoint?',
    replayAsks: (event, endpoint) => `El evento ${event} se envía a ${endpoint}, y a ningún otro endpoint.`,
    replayNothing:
      'Tal como están las cosas, no se enviaría nada: el endpoint ya lo recibió, o está en camino.',
    replayStarted: 'El evento se está enviando al endpoint.',
    missedHelp:
      '«Repetir a este endpoint» envía este evento a ese único endpoint. «Reenviar con cambios» crea un evento nuevo, que recibe cada endpoint suscrito.',
    replay: 'Repetir a este endpoint',
    obstacle: {
      test: 'No hay que hacer nada: era una prueba de otro endpoint.',
      erased: 'Su contenido está borrado: emítalo de nuevo.',
      deleted: 'Nada: el endpoint está eliminado.',
      not_subscribed: 'El endpoint no escucha este tipo. Añádalo y luego repita el envío.',
      disabled: 'El endpoint está desactivado. Actívelo y luego repita el envío.',
    },
    copy: 'Reenviar con cambios',
    erase: 'Borrar carga útil',
    eraseAsks: (id) =>
      `Los datos de ${id} y lo que respondieron los receptores se borran para siempre, y se cancelan sus entregas que aún esperan. En el registro queda que se envió algo, cuándo y con qué resultado.`,
    eraseDone: 'La carga útil se borró.',
    reason: {
      test: 'Prueba de otro endpoint',
      created_later: 'Creado después',
      deleted: 'Eliminado',
      disabled: 'Desactivado',
      not_subscribed: 'No escucha este tipo',
      erased: 'Carga útil borrada',
      failed: 'Fallida',
      cancelled: 'Cancelada',
      unknown: 'Se desconoce',
    },
  },

  compose: {
    type: 'Tipo de evento',
    choose: 'Elija un tipo de evento',
    other: 'Otro tipo…',
    otherName: 'Nombre del tipo',
    otherHint: 'Letras, dígitos y guiones bajos, separados por puntos: invoice.paid',
    ofContract: 'Del contrato',
    own: 'Tipos propios',
    data: 'Datos',
    format: 'Dar formato',
    example: 'Usar el ejemplo',
    schema: 'Esquema',
    key: 'Clave de idempotencia',
    keyHint:
      'Un segundo evento con la misma clave no se envía. Consérvela si no está seguro de que el primero llegó.',
    submit: 'Enviar',
    copied: (id) => `Se rellenó a partir de ${id}. Lo que envíe será un evento nuevo.`,
    place: (line, column) => `Línea ${line}, columna ${column}`,
    expected: {
      value: 'aquí se espera un valor',
      name: 'aquí se espera un nombre entre comillas dobles',
      colon: 'aquí se esperan dos puntos',
      'comma-or-end': 'aquí se espera una coma o el cierre del objeto o de la lista',
      end: 'no se espera nada más después del valor',
      string: 'este texto no termina o contiene un carácter que se debe escapar',
    },
    goTo: 'Mostrarlo',
    sent: (count) =>
      count === 0 ? 'Aceptado. Ningún endpoint lo recibe.' : `Aceptado: ${deliveries(count)}.`,
    sentTitle: 'Enviado',
    sentHint: 'Está en camino. Cada línea cambia por sí sola.',
    open: 'Abrir el evento',
    nobody: 'Ningún endpoint escucha este tipo, o aún no hay ninguno.',
  },
};
