/** Texts of the list of tenants, and of the form that makes one. */
import type { Texts } from '../index.ts';
import { plural } from '../plural.ts';

export const tenants: Texts['tenants'] = {
  tenant: 'Inquilino',
  state: 'Estado',
  contract: 'Contrato',
  sent: 'Intentos, 24\u00a0h',
  failed: 'de ellos, fallidos',
  standing: 'Sin\u00a0entregar, 24\u00a0h',
  standingHint: 'Entregas aceptadas en las últimas 24 horas que constan como fallidas',
  created: 'Creado',
  create: 'Crear inquilino',
  createTitle: 'Crear un inquilino',
  searchHint: 'Nombre o ID externo',
  none: 'Aún no hay inquilinos',
  noneHint:
    'Un inquilino es un cliente de su producto: una organización, una escuela, una empresa. Tiene sus propios endpoints, eventos y claves, y un contrato que define cómo son sus webhooks. Cree el primero y después dele un endpoint.',
  noneFound: (q) => `Ningún inquilino coincide con “${q}”`,
  noneFoundHint: 'Un inquilino se encuentra por su nombre, por su ID externo o por el comienzo de su ID.',
  showAll: 'Mostrar todos',
  noEndpoint: 'Sin endpoint',
  healthy: 'Endpoints en buen estado',
  failing: plural('es', { one: '# endpoint falla', other: '# endpoints fallan' }),
  disabled: plural('es', { one: '# endpoint desactivado', other: '# endpoints desactivados' }),
  share: (text) => `${text} del total`,

  name: 'Nombre',
  nameHint: 'Como la gente llama a este cliente. Se muestra aquí y en los correos electrónicos.',
  profile: 'Perfil',
  externalId: 'ID externo',
  externalIdHint:
    'El ID que usted usa para este cliente. Sirve en todo lugar donde sirve el ID del inquilino, y los receptores pueden verlo.',
  contacts: 'Contactos',
  contactsHint:
    'Direcciones de correo electrónico, una por línea. Se les avisa cuando las entregas fallan definitivamente.',
  created_: (name) => `Inquilino ${name} creado. Ahora necesita un endpoint.`,
  sourceOf: 'Fuente',
  typesAny: 'Acepta cualquier tipo de evento',
  typesListed: plural('es', { one: 'Acepta # tipo de evento', other: 'Acepta # tipos de evento' }),
  endpointsMost: plural('es', {
    one: 'un endpoint por inquilino',
    other: 'hasta # endpoints por inquilino',
  }),
  httpsOnly: 'solo https',
  signed: {
    always: 'todas las solicitudes se firman',
    chosen: 'las solicitudes se firman si el endpoint tiene un secreto',
    never: 'las solicitudes no se firman',
  },
  retries: (times, over) => `se reintenta ${times} a lo largo de ${over}`,
  times: plural('es', { one: '# vez', other: '# veces' }),
  notRetried: 'no se reintenta',
};
