/** Texts for people who write a receiver. */
import type { Texts } from '../index.ts';

export const verify: Texts['verify'] = {
  headers: 'Encabezados que debe revisar',
  hint: 'Todas las entregas se firman. Lo que no tiene firma, o tiene una incorrecta, no viene de aquí: rechácelo.',
  noSecret:
    'Este endpoint no tiene secreto, así que sus entregas no se firman. Rote el secreto para darle uno.',
  noSignature:
    'Este contrato no tiene firma. Reconozca las entregas por la autenticación que usted configuró y acepte solo https.',
  publicKey: 'Clave pública',
  code: 'Código para su receptor',
  language: 'Lenguaje',
  rules: 'Qué tener en cuenta',
  advice: [
    'Verifique el cuerpo tal como llegó, byte por byte. Un JSON que se interpretó y se volvió a escribir es distinto.',
    'Compare en tiempo constante, como hace el código: lo que tarda una comparación simple revela cuánto era correcto.',
    'El mismo webhook-id puede llegar dos veces, tras un reintento o una repetición. Anótelo y haga el trabajo una sola vez.',
    'Responda con 2xx en cuanto la entrega esté guardada y procésela después.',
  ],
};
