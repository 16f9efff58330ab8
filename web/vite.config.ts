import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Nothing inlined: the page runs under a policy that allows neither data: nor inline code.
    assetsInlineLimit: 0,
    // Browsers of this age preload modules themselves.
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1' },
});
