/** Messages between the portal in a frame and the element around it. */

export type FromPortal =
  | { tidings: 'portal'; kind: 'ready' | 'ended' }
  /** of the whole page, in pixels */
  | { tidings: 'portal'; kind: 'height'; height: number };

/** `code`: of the link of a new session */
export type ToPortal = { tidings: 'embed'; kind: 'session'; code: string };

const isObject = (data: unknown): data is Record<string, unknown> =>
  typeof data === 'object' && data !== null;

export function isFromPortal(data: unknown): data is FromPortal {
  if (!isObject(data) || data.tidings !== 'portal') return false;
  return data.kind === 'height'
    ? Number.isFinite(data.height)
    : data.kind === 'ready' || data.kind === 'ended';
}

export const toPortal = (code: string): ToPortal => ({ tidings: 'embed', kind: 'session', code });

export const isToPortal = (data: unknown): data is ToPortal =>
  isObject(data) && data.tidings === 'embed' && data.kind === 'session' && typeof data.code === 'string';
