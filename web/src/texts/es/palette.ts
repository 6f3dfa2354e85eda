/** Texts of the command palette. */
import type { Texts } from '../index.ts';

export const palette: Texts['palette'] = {
  title: 'Paleta de comandos',
  placeholder: 'Pegue un ID, una URL, un nombre o un tipo de evento',
  results: 'Resultados',
  pages: 'Páginas y acciones',
  found: 'Encontrados',
  searching: 'Buscando…',
  nothing: (q) => `No se encontró nada para “${q}”.`,
  canFind:
    'Se encuentran inquilinos, endpoints, eventos, entregas, operaciones, claves, sesiones y sesiones del portal por ID (basta con el comienzo), inquilinos por nombre e ID externo, endpoints por el comienzo de su URL o host, eventos por su propio ID y por Idempotency-Key, y tipos de evento por nombre.',
  deleted: 'eliminado',
  createEndpoint: 'Crear endpoint',
  createTenant: 'Crear inquilino',
  sendEvent: 'Enviar un evento',
  deliveriesOf: (type) => `Entregas del tipo ${type}`,
  inActivity: (id) => `Buscar ${id} en la actividad`,
  kinds: {
    tenant: 'Inquilino',
    endpoint: 'Endpoint',
    event: 'Evento',
    delivery: 'Entrega',
    event_type: 'Tipo de evento',
    operation: 'Operación',
    operational_event: 'Evento operativo',
    key: 'Clave',
    session: 'Sesión',
    portal_session: 'Sesión del portal',
  },
};
