/** Texts of the list of tenants, and of the form that makes one. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

export const tenants: Texts['tenants'] = {
  tenant: 'Tenant',
  state: 'Estado',
  contract: 'Contrato',
  sent: 'Tentativas, 24\u00a0h',
  failed: 'delas, com\u00a0falha',
  standing: 'Não\u00a0entregues, 24\u00a0h',
  standingHint: 'Entregas aceitas nas últimas 24 horas que constam como falhas',
  created: 'Criado',
  create: 'Criar tenant',
  createTitle: 'Criar um tenant',
  searchHint: 'Nome ou ID externo',
  none: 'Ainda não há tenants',
  noneHint:
    'Um tenant é um cliente do seu produto: uma organização, uma escola, uma empresa. Ele tem endpoints, eventos e chaves próprios, e um contrato que define como são os seus webhooks. Crie o primeiro e depois dê a ele um endpoint.',
  noneFound: (q) => `Nenhum tenant corresponde a “${q}”`,
  noneFoundHint: 'Um tenant é encontrado pelo nome, pelo ID externo ou pelo começo do ID.',
  showAll: 'Mostrar todos',
  noEndpoint: 'Sem endpoint',
  healthy: 'Endpoints saudáveis',
  failing: plural('pt-BR', { one: '# endpoint falhando', other: '# endpoints falhando' }),
  disabled: plural('pt-BR', { one: '# endpoint desativado', other: '# endpoints desativados' }),
  share: (text) => `${text} do total`,

  name: 'Nome',
  nameHint: 'Como as pessoas chamam este cliente. Aparece aqui e nos e-mails.',
  profile: 'Perfil',
  externalId: 'ID externo',
  externalIdHint:
    'O ID que você usa para este cliente. Funciona onde quer que o ID do tenant funcione, e os receptores podem vê-lo.',
  contacts: 'Contatos',
  contactsHint: 'Endereços de e-mail, um por linha. São avisados quando entregas falham em definitivo.',
  created_: (name) => `Tenant ${name} criado. Agora ele precisa de um endpoint.`,
  sourceOf: 'Fonte',
  typesAny: 'Aceita qualquer tipo de evento',
  typesListed: plural('pt-BR', { one: 'Aceita # tipo de evento', other: 'Aceita # tipos de evento' }),
  endpointsMost: plural('pt-BR', { one: '# endpoint por tenant', other: 'até # endpoints por tenant' }),
  httpsOnly: 'só https',
  signed: {
    always: 'todas as requisições são assinadas',
    chosen: 'as requisições são assinadas se o endpoint tem um segredo',
    never: 'as requisições não são assinadas',
  },
  retries: (times, over) => `tenta de novo ${times} ao longo de ${over}`,
  times: plural('pt-BR', { one: '# vez', other: '# vezes' }),
  notRetried: 'sem novas tentativas',
};
