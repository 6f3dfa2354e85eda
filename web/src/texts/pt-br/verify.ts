/** Texts for people who write a receiver. */
import type { Texts } from '../index.ts';

export const verify: Texts['verify'] = {
  headers: 'Cabeçalhos a verificar',
  hint: 'Todas as entregas são assinadas. O que não tem assinatura, ou tem uma errada, não vem daqui: recuse.',
  noSecret:
    'Este endpoint não tem segredo, por isso as entregas dele não são assinadas. Rotacione o segredo para lhe dar um.',
  noSignature:
    'Este contrato não tem assinatura. Reconheça as entregas pela autenticação que você configurou e aceite somente https.',
  publicKey: 'Chave pública',
  code: 'Código para o seu receptor',
  language: 'Linguagem',
  rules: 'O que ter em mente',
  advice: [
    'Verifique o corpo bruto, byte por byte. Um JSON que foi interpretado e escrito de novo é diferente.',
    'Compare em tempo constante, como faz o código: o tempo de uma comparação simples revela quanto estava certo.',
    'O mesmo webhook-id pode chegar duas vezes, depois de uma nova tentativa ou de uma repetição. Anote-o e faça o trabalho uma só vez.',
    'Responda com 2xx assim que a entrega estiver armazenada e trabalhe nela depois.',
  ],
};
