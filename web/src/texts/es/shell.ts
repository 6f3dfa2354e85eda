/** Texts of the frame around every page. */
import type { Texts } from '../index.ts';

export const shell: Texts['shell'] = {
  navigation: 'Principal',
  skip: 'Ir al contenido',
  overview: 'Resumen',
  tenants: 'Inquilinos',
  endpoints: 'Endpoints',
  events: 'Eventos',
  deliveries: 'Entregas',
  eventTypes: 'Tipos de evento',
  activity: 'Actividad',
  settings: 'Configuración',
  operator: 'Todos los inquilinos',
  find: 'Buscar cualquier cosa',
  shortcuts: 'Atajos de teclado',
  appearance: 'Apariencia',
  modes: { auto: 'Según el sistema', light: 'Claro', dark: 'Oscuro' },
  language: 'Idioma',
  signOut: 'Cerrar sesión',
  back: (name) => `Volver a ${name}`,
  menu: 'Menú',
  away: {
    service:
      'El servicio no responde. Esta página lo intenta de nuevo por sí sola y muestra lo último que se supo.',
    storage:
      'El servicio no llega a su base de datos. Esta página lo intenta de nuevo por sí sola y muestra lo último que se supo.',
  },
  cut: 'Los cambios no llegan solos en este momento. Esta página pregunta por ellos cada diez segundos.',
  stored: (detail) => detail,
  notFound: 'Esta página no existe',
  notFoundHint: 'El enlace puede ser antiguo, o aquello a lo que apunta se eliminó.',
  notLoaded: 'No se pudo cargar esta página',
  notLoadedHint:
    'El servicio no responde o se actualizó entretanto. Vuelva a cargar la página; no se pierde nada de lo que envió.',
  broken: 'Esta página falló',
  brokenHint: 'Es un error de estas páginas. Vuelva a cargar la página; no se pierde nada de lo que envió.',
  reload: 'Volver a cargar',
  forbidden: 'No tiene acceso a esta página',
  forbiddenHint: 'El enlace o la clave con que entró no la incluye. Consulte a quien se lo dio.',
  goTo: 'Ir a',
  keys: {
    palette: 'Buscar cualquier cosa: un ID, un ID externo, una URL, un tipo de evento',
    search: 'Ir al campo de búsqueda o a los filtros',
    next: 'Fila siguiente',
    previous: 'Fila anterior',
    open: 'Abrir la fila',
    retry: 'Reintentar la entrega abierta',
    help: 'Mostrar esta lista',
  },
};
