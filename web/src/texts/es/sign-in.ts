/** Texts of signing in, and of sessions that end. */
import type { Texts } from '../index.ts';

export const signIn: Texts['signIn'] = {
  title: 'Iniciar sesión',
  hint: 'Con una clave de administración ve todos los inquilinos; con la clave de un inquilino, solo ese.',
  key: 'Clave de API',
  submit: 'Iniciar sesión',
  whereTitle: '¿Dónde está mi clave?',
  where:
    'El comando npm start muestra un enlace que inicia sesión; tidings sign-in muestra uno nuevo, en la máquina del servicio. Un operador crea las claves de un inquilino en Configuración.',
  endedTitle: 'Su sesión terminó',
  endedHint: 'Inicie sesión de nuevo para continuar. Lo que escribió sigue aquí.',
  signedOut: 'Cerró la sesión.',
  portalEndedTitle: 'Esta sesión terminó',
  portalEndedHint:
    'Abra el portal de nuevo desde donde obtuvo el enlace. Lo que escribió se conserva aquí mientras esta página esté abierta.',
  portalNoLinkTitle: 'Abra el portal desde su producto',
  portalNoLinkHint:
    'Esta página necesita un enlace que su proveedor crea para usted. Vuelva allí y abra de nuevo la configuración de webhooks.',
  portalCodeFailedTitle: 'Este enlace ya no se puede usar',
  portalCodeFailedHint:
    'Un enlace funciona una vez y solo durante un tiempo. Vuelva a donde lo obtuvo y abra de nuevo la configuración de webhooks.',
  returnTo: 'Volver',
};
