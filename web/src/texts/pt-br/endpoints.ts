/** Texts of the endpoint pages. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

const missed = plural('pt-BR', { one: '# evento', other: '# eventos' });

export const endpoints: Texts['endpoints'] = {
  endpoint: 'Endpoint',
  health: 'Saúde',
  created: 'Criado',
  create: 'Criar endpoint',
  none: 'Ainda não há endpoints',
  noneHint:
    'Um endpoint é uma URL sua que recebe os eventos. Crie um, e um evento de teste mostra na hora se ele funciona.',
  allTypes: 'todos',
  types: plural('pt-BR', { one: '# tipo', other: '# tipos' }),
  healthy: 'Saudável',
  failing: 'Falhando',
  inARowSince: (at: string) => `desde ${at}`,
  failures: plural('pt-BR', { one: '# falha seguida', other: '# falhas seguidas' }),
  stalled: 'Pausado',
  disabled: 'Desativado',
  unreadable: 'Não é possível ler os segredos',
  disabledReason: {
    manual: 'a pedido',
    gone: 'respondeu 410 Gone',
    failing: 'falhou por tempo demais',
  },

  new: 'Novo endpoint',
  saveAndTest: 'Salvar e testar',
  room: (contract, most, count) =>
    `O contrato de ${contract} permite ${most === 1 ? 'um endpoint' : `até ${most} endpoints`}. ${count === 0 ? 'Ainda não há nenhum.' : count === 1 ? 'Há um.' : `Há ${count}.`}`,
  full: 'Mais um será recusado. Altere um dos que existem ou exclua-o primeiro.',

  tabs: {
    deliveries: 'Entregas',
    health: 'Saúde',
    settings: 'Configurações',
    verify: 'Verifique você mesmo',
  },
  eventType: 'Tipo de evento',
  sendTest: 'Enviar evento de teste',
  test: 'Evento de teste',
  testing: 'Enviando um evento de teste…',
  isTest: 'teste',
  underWay: 'Ainda sem resposta. Ela aparece aqui assim que chegar.',
  answered: (status, duration) => `O seu endpoint respondeu ${status} em ${duration}.`,
  openTest: 'Abrir no log',
  enable: 'Ativar',
  enabledNow: 'Ativado. A partir de agora, os novos eventos são enviados para ele.',
  missed: (count, isBound) =>
    `Deixou de receber ${isBound ? 'pelo menos ' : ''}${missed(count)}: falharam de vez ou chegaram enquanto estava desativado.`,
  missedSince: 'O primeiro é de',
  dismissMissed: 'Deixar de lado',
  disable: 'Desativar',
  disableTitle: 'Desativar este endpoint?',
  disableWhat:
    'Até ser ativado de novo, só recebe eventos de teste. Os eventos aceitos nesse meio-tempo são guardados: “Recuperar” os envia.',
  disableWaiting: plural('pt-BR', {
    one: '# entrega que espera por ele falhará com “disabled”. “Recuperar” a reenvia.',
    other: '# entregas que esperam por ele falharão com “disabled”. “Recuperar” as reenvia.',
  }),
  disableNote: 'Motivo',
  disableNoteHint: 'É mostrado a todos que podem ver este endpoint.',
  disabledNote: 'Motivo informado:',
  disabledNow: 'Desativado. Só recebe eventos de teste.',
  disabledNotice: {
    manual:
      'Este endpoint foi desativado pela API ou por estas páginas. Só recebe eventos de teste. Ative-o e você poderá recuperar o que ele deixou de receber.',
    gone: 'Este endpoint respondeu 410 Gone, que pede para não receber mais entregas, e por isso foi desativado. Se foi um engano, ative-o e recupere o que ele deixou de receber.',
    failing:
      'Este endpoint foi desativado porque tudo o que lhe foi enviado falhou por tempo demais. Corrija o receptor, envie um evento de teste e depois ative-o e recupere o que ele deixou de receber.',
  },
  unreadableNotice:
    'Nada pode ser enviado a este endpoint, porque seus segredos não podem ser lidos. O operador deste serviço precisa repor a chave que os criptografou; se ela se perdeu, exclua o endpoint e crie-o de novo.',
  actsHint:
    'Recuperar envia o que falhou de vez ou não foi recebido. Repetir envia os eventos do período que você escolher. Uma única entrega é repetida na página dela.',
  recover: 'Recuperar',
  replay: 'Repetir',
  delete: 'Excluir',
  deleteTitle: 'Excluir este endpoint?',
  deleteWhat:
    'Nada mais é enviado para ele, e não é possível restaurá-lo. As entregas dele ficam no log até ficarem antigas.',
  deleteWaiting: plural('pt-BR', {
    one: '# entrega que espera por ele falhará e não será enviada.',
    other: '# entregas que esperam por ele falharão e não serão enviadas.',
  }),
  deletedNow: 'O endpoint foi excluído.',

  rotate: 'Rotacionar segredo',
  rotateTitle: 'Rotacionar o segredo',
  rotateOverlaps:
    'Um novo segredo assina a partir da próxima entrega. Por um tempo, o anterior assina junto com ele, para que nada seja recusado até que o seu receptor conheça o novo.',
  rotateAtOnce:
    'Um novo segredo assina a partir da próxima entrega, no lugar do anterior: este contrato tem uma só assinatura. O seu receptor recusa as entregas até conhecer o novo segredo, e elas passam por novas tentativas.',
  overlap: 'O segredo anterior continua assinando por',
  overlaps: {
    0: 'tempo nenhum: o novo assume na hora',
    3600: 'uma hora',
    86400: 'um dia',
    604800: 'sete dias',
  },
  rotatedNow: 'O segredo foi rotacionado.',
  reveal: 'Mostrar segredo',
  noSecret:
    'Este endpoint não tem segredo: as entregas dele não são assinadas. Rotacione o segredo para lhe dar um.',
  secretTitles: {
    created: 'Segredo de assinatura',
    revealed: 'Segredo de assinatura',
    rotated: 'Novo segredo de assinatura',
  },
  secretOnce:
    'Ele é mostrado uma única vez. Copie-o agora e guarde-o onde o seu receptor lê os outros segredos. O seu receptor o usa para verificar que uma entrega vem daqui.',
  secretRevealed:
    'Quem o tiver pode criar entregas que parecem autênticas. O log de atividade registra que você o viu.',
  rotatedAtOnce: 'Ele assina a partir da próxima entrega. O anterior não é mais usado.',
  rotatedOverlap: 'Cada entrega tem duas assinaturas, a do novo segredo e a do anterior, até',
  rotatedOverlapEnd: (header) =>
    `. As duas ficam no cabeçalho ${header}, a mais nova primeiro: um receptor aceita a que corresponder. Dê o novo segredo ao seu receptor antes disso.`,
  howToVerify: 'Como verificar uma entrega com ele',
  hideSecret: 'Ocultar segredo',

  status: 'Status',
  answer: 'Resultado',
  attempts: 'Tentativas',
  accepted: 'Aceita',
  noDeliveries: 'Ainda não há entregas',
  noDeliveriesHint: 'Envie um evento de teste: ele aparece aqui, com o que foi enviado e o que voltou.',
  filterDeliveries: 'Abrir em Entregas para filtrar',

  failingSince: 'Falhando desde',
  inARow: 'Falhas seguidas',
  disablesAt: 'Será desativado se nada for entregue até',
  disabledAt: 'Desativado',
  stalledSince: 'Pausado desde',
  stalledHint:
    'Por este contrato, depois que uma entrega falha em definitivo, nada mais é enviado até que chegue um novo evento.',
  counts: 'Entregas',
  successRate: 'Entregues, entre as que terminaram',
  errors: 'Pelo último erro',
  countedSince: 'Contadas desde',
  told: 'Eventos operacionais',
  wholeHistory: 'Histórico completo',
  history: 'Histórico',
  toldNothing:
    'Nenhum evento operacional: não cabia avisar, o Tidings não o desativou e nenhuma última tentativa falhou.',
  contacts: 'Quem é avisado',
  noContacts:
    'Ninguém: este tenant não tem contatos. Adicione um em Configurações, e os avisos chegarão a alguém.',
  contactStates: {
    verified: 'recebe avisos',
    pending: 'não recebe nada antes de abrir o link do e-mail',
    unsubscribed: 'cancelou a inscrição',
    undeliverable: 'é recusado pelo servidor de e-mail',
  },
  operationalEvents: {
    'endpoint.failing': ({ percent }) => `Aviso: passaram ${percent}% do prazo até a desativação`,
    'endpoint.disabled': () => 'Desativado',
    'endpoint.recovered': () => 'Voltou a funcionar',
    'delivery.exhausted': () => 'A última tentativa de uma entrega falhou',
    'delivery.unsendable': () => 'Não foi possível criar uma entrega',
    'secret.rotated': () => 'O segredo foi rotacionado',
    'operation.failed': () => 'Uma operação falhou',
    'contact.undeliverable': () => 'Não foi possível avisar um contato',
  },

  updated: 'Alterado',
  readOnly: 'Você pode ver este endpoint, mas não alterá-lo.',
  saved: 'Salvo. A alteração vale a partir da próxima tentativa.',
  discard: 'Descartar alterações',
  publicKey: 'Chave pública',
};
