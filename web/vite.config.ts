/** Builds the pages into dist/web: the dashboard, the portal, and the portal's element. */
import { defineConfig, type Plugin } from 'vite';

/** Where `npm run dev:web` finds the API. */
const SERVICE = process.env.TIDINGS_URL ?? 'http://localhost:8400';

/** Gives every address of an entrance its page, as the API does. */
const entrances: Plugin = {
  name: 'entrances',
  configureServer(server) {
    server.middlewares.use((request, _response, next) => {
      if (/^\/dashboard(\/|$|\?)/.test(request.url ?? '')) request.url = '/index.html';
      if (/^\/portal(\/|$|\?)/.test(request.url ?? '')) request.url = '/portal.html';
      next();
    });
  },
};

// biome-ignore lint/style/noDefaultExport: Vite asks for it
export default defineConfig({
  root: import.meta.dirname,
  // Assets stand beside both entrances, under /assets/.
  base: '/',
  appType: 'mpa',
  plugins: [entrances],
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // The content security policy allows no data: URL but images, and small files gain nothing.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One small file of styles, the same whatever page is loaded first.
    cssCodeSplit: false,
    rolldownOptions: {
      // Libraries name what is for browsers alone: here, all of it is.
      onLog: (level, log, report) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
      input: { dashboard: `${import.meta.dirname}/index.html`, portal: `${import.meta.dirname}/portal.html` },
    },
  },
  server: { proxy: { '/v1': SERVICE, '/readyz': SERVICE, '/healthz': SERVICE } },
});
