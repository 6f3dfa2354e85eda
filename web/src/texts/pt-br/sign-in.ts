/** Texts of signing in, and of sessions that end. */
import type { Texts } from '../index.ts';

export const signIn: Texts['signIn'] = {
  title: 'Entrar',
  hint: 'Com uma chave de administração você vê todos os tenants; com a chave de um tenant, só ele.',
  key: 'Chave de API',
  submit: 'Entrar',
  whereTitle: 'Onde está a minha chave?',
  where:
    'O comando npm start exibe um link de entrada; tidings sign-in exibe um novo, na máquina do serviço. Um operador cria as chaves de um tenant em Configurações.',
  endedTitle: 'A sua sessão terminou',
  endedHint: 'Entre de novo para continuar. O que você digitou ainda está aqui.',
  signedOut: 'Você saiu.',
  portalEndedTitle: 'Esta sessão terminou',
  portalEndedHint:
    'Abra o portal de novo a partir de onde obteve o link. O que você digitou fica aqui enquanto esta página estiver aberta.',
  portalNoLinkTitle: 'Abra o portal pelo seu produto',
  portalNoLinkHint:
    'Esta página precisa de um link que o seu provedor cria para você. Volte lá e abra de novo as configurações de webhooks.',
  portalCodeFailedTitle: 'Este link não pode mais ser usado',
  portalCodeFailedHint:
    'Um link funciona uma vez e só por um tempo. Volte para onde o obteve e abra de novo as configurações de webhooks.',
  returnTo: 'Voltar',
};
