/** Texts of the command palette. */
import type { Texts } from '../index.ts';

export const palette: Texts['palette'] = {
  title: 'Paleta de comandos',
  placeholder: 'Cole um ID, uma URL, um nome ou um tipo de evento',
  results: 'Resultados',
  pages: 'Páginas e ações',
  found: 'Encontrados',
  searching: 'Buscando…',
  nothing: (q) => `Nada encontrado para “${q}”.`,
  canFind:
    'São encontrados tenants, endpoints, eventos, entregas, operações, chaves, sessões e sessões do portal por ID (basta o começo), tenants por nome e ID externo, endpoints pelo começo da URL ou do host, eventos pelo seu próprio ID e por Idempotency-Key, e tipos de evento por nome.',
  deleted: 'excluído',
  createEndpoint: 'Criar endpoint',
  createTenant: 'Criar tenant',
  sendEvent: 'Enviar um evento',
  deliveriesOf: (type) => `Entregas do tipo ${type}`,
  inActivity: (id) => `Procurar ${id} na atividade`,
  kinds: {
    tenant: 'Tenant',
    endpoint: 'Endpoint',
    event: 'Evento',
    delivery: 'Entrega',
    event_type: 'Tipo de evento',
    operation: 'Operação',
    operational_event: 'Evento operacional',
    key: 'Chave',
    session: 'Sessão',
    portal_session: 'Sessão do portal',
  },
};
