/** Words that several pages share. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const count = (one: string, other: string) => plural('pt-BR', { one, other });

export const common: Texts['common'] = {
  copy: 'Copiar',
  copied: 'Copiado.',
  cancel: 'Cancelar',
  close: 'Fechar',
  confirm: 'Confirmar',
  save: 'Salvar',
  search: 'Buscar',
  loading: 'Carregando…',
  loadMore: 'Carregar mais',
  tryAgain: 'Tentar de novo',
  form: { refused: 'Ainda não foi feito: o erro está junto ao campo marcado acima.', optional: 'opcional' },
  none: 'nenhum',
  never: 'nunca',
  deleted: 'excluído',
  unknown: 'desconhecido',
  yes: 'sim',
  no: 'não',
  formatted: 'Formatado',
  raw: 'Bruto',
  empty: 'vazio',
  requestId: (id) => `Requisição ${id}`,
  somethingWrong: 'Algo deu errado',
  fieldsRefused: count(
    '# campo foi recusado. O problema está indicado abaixo dele.',
    '# campos foram recusados. O problema está indicado abaixo de cada um.',
  ),
  bytes: count('# byte', '# bytes'),
  deliveries: count('# entrega', '# entregas'),
  events: count('# evento', '# eventos'),
  endpoints: count('# endpoint', '# endpoints'),
  attempts: count('# tentativa', '# tentativas'),
  atLeast: (text) => `pelo menos ${text}`,
  inTime: (text) => `em ${text}`,
  now: 'agora',
  status: {
    pending: 'Pendente',
    delivering: 'Enviando',
    retrying: 'Tentando de novo',
    held: 'Retida',
    succeeded: 'Entregue',
    failed: 'Falhou',
    cancelled: 'Cancelada',
  },
  held: {
    ordered: 'espera a sua vez: o endpoint recebe os eventos em ordem',
    rate_limited: 'espera pelo limite de taxa do endpoint',
    stalled: 'espera: o endpoint está pausado até que chegue um novo evento para ele',
  },
  trigger: {
    schedule: 'Programada',
    manual: 'Manual',
    recovery: 'Recuperação ou repetição',
    test: 'Teste',
  },
};
