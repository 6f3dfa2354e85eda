/**
 * The pages of `web/`, as `npm run build` has left them in a folder: the dashboard, the portal, and their assets. The service works without
 * them: where they are not built, a page says what to do.
 */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export type PageSettings = {
  /** holds `index.html`, `portal.html`, `embed.js` and `assets/` */
  folder: string;
  /** origins whose pages may show the portal in a frame, separated by spaces; `null`: nobody's */
  frameAncestors: string | null;
};

/** Where `/` leads. */
export const FIRST_PAGE = '/dashboard/';

const SESSION_UNKNOWN = '<meta name="tidings-session" content="unknown"';
const SESSION_NONE = '<meta name="tidings-session" content="none"';

const hide = { schema: { hide: true } };

/** What every answer has. The pages load nothing of another origin, and run nothing that stands in the page itself. */
const COMMON = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

/** Whether there is a file, or a folder, of that name that can be looked at. */
function is(what: 'isFile' | 'isDirectory', path: string): boolean {
  try {
    return statSync(path)[what]();
  } catch {
    return false;
  }
}

function pageHeaders(frameAncestors: string | null): Record<string, string> {
  return {
    ...COMMON,
    'content-security-policy': [
      ...["default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"],
      ...[
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
      ],
      `frame-ancestors ${frameAncestors ?? "'none'"}`,
    ].join('; '),
    // Which assets belong together stands in the page alone.
    'cache-control': 'no-store',
    ...(frameAncestors === null
      ? {
          'x-frame-options': 'DENY',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
        }
      : // A page that isolates itself may frame it only so.
        { 'cross-origin-resource-policy': 'cross-origin' }),
  };
}

/**
 * Serves the pages.
 * @param settings.hasSession whether a request came with a session's cookie, good or not
 * @param warn a structured logger's `warn`; called once when they are not built, and for a file that cannot be read
 */
export async function pages(
  app: FastifyInstance,
  { folder, frameAncestors, hasSession }: PageSettings & { hasSession(request: FastifyRequest): boolean },
  warn: (fields: object, message: string) => void,
): Promise<void> {
  const isBuilt = (file: string) => is('isFile', join(folder, file));
  if (!isBuilt('index.html') || !isBuilt('portal.html')) {
    warn({ folder }, 'the pages are not built: /dashboard/ and /portal/ only say so. Run npm run build');
  }
  // A scope of its own, because the plugin decorates replies, and so does that of /docs.
  await app.register(async (scope) => {
    answerUnreadable(scope, warn);
    await scope.register(fastifyStatic, { serve: false, suppressWarning: true, preCompressed: true });
    // The plugin refuses a root that is no folder, which would keep the service from starting.
    if (is('isDirectory', join(folder, 'assets'))) {
      await scope.register(fastifyStatic, {
        root: join(folder, 'assets'),
        prefix: '/assets/',
        decorateReply: false,
        suppressWarning: true,
        // Only files that are there when the service starts get a route; no path is ever looked up on the disk.
        wildcard: false,
        globIgnore: ['**/*.{br,gz}'],
        preCompressed: true,
        index: false,
        // Their names hold a hash of what is in them.
        immutable: true,
        maxAge: '1y',
        setHeaders: (reply) => reply.headers({ ...COMMON, 'cross-origin-resource-policy': 'same-origin' }),
      });
    }
    const page = (file: string, headers: Record<string, string>) => (reply: FastifyReply) =>
      isBuilt(file)
        ? reply.headers(headers).sendFile(file, folder, { cacheControl: false })
        : sendNotBuilt(reply);
    // Whatever stands behind the prefix is a place in the application.
    const dashboard = async (request: FastifyRequest, reply: FastifyReply) => {
      if (!isBuilt('index.html')) return sendNotBuilt(reply);
      const html = await readFile(join(folder, 'index.html'), 'utf8');
      // The page cannot see the cookie. Where there is none, it need not ask, and be refused, to know that nobody is signed in.
      const text = hasSession(request) ? html : html.replace(SESSION_UNKNOWN, SESSION_NONE);
      return reply.headers(pageHeaders(null)).type('text/html; charset=utf-8').send(Buffer.from(text));
    };
    scope.get('/dashboard/*', hide, dashboard);
    scope.get('/dashboard', hide, async (_request, reply) => reply.redirect(FIRST_PAGE));
    const portal = page('portal.html', pageHeaders(frameAncestors));
    scope.get('/portal/*', hide, async (_request, reply) => portal(reply));
    scope.get('/portal', hide, async (_request, reply) => reply.redirect('/portal/'));
    // Other sites' pages load it, from a URL that stays.
    const embed = page('embed.js', {
      ...COMMON,
      'cache-control': 'no-cache',
      'cross-origin-resource-policy': 'cross-origin',
    });
    scope.get('/portal/embed.js', hide, async (_request, reply) => embed(reply));
  });
}

/** A file that is there need not be readable: its rights forbid it, or the next build has just taken it away. */
function answerUnreadable(scope: FastifyInstance, warn: (fields: object, message: string) => void): void {
  scope.setErrorHandler(async (error: NodeJS.ErrnoException, _request, reply) => {
    if (error.syscall === undefined) throw error;
    warn({ reason: error.message }, 'a file of the pages cannot be read');
    return sendNotBuilt(reply);
  });
}

const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>The pages are not built</title></head>
<body><main><h1>The pages are not built</h1>
<p>Tidings works, and its API answers. Run <code>npm run build</code>, as a user whose files it may read, and start it again to have the
dashboard and the portal, or set
<code>TIDINGS_PAGES=off</code> to serve none.</p>
<p><a href="/docs">API reference</a></p></main></body></html>
`;

function sendNotBuilt(reply: FastifyReply): FastifyReply {
  return reply
    .status(503)
    .headers({ ...COMMON, 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" })
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(Buffer.from(NOT_BUILT));
}
