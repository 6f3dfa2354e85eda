/** Builds the portal's element into dist/web/embed.js: one classic script, which needs no permission of ours to be loaded elsewhere. */
import { defineConfig } from 'vite';

// biome-ignore lint/style/noDefaultExport: Vite asks for it
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: '../dist/web',
    emptyOutDir: false,
    lib: {
      entry: `${import.meta.dirname}/src/embed.ts`,
      formats: ['iife'],
      name: 'TidingsPortal',
      fileName: () => 'embed.js',
    },
  },
});
